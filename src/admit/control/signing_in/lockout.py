"""How often somebody may be wrong when they sign in: who guesses must wait, and nobody else."""

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from admit.control.world import World
from admit.core.validity import DAY, HOUR, MINUTE, Millis
from admit.store import wrong_tries as stored
from admit.store.engine import Store
from admit.store.wrong_tries import Count

T = TypeVar("T")

FROM_ONE_PLACE = 5
"""Wrong tries for one name from one place before the first pause."""
OF_ONE_PLACE = 25
"""Wrong tries from one place for whatever names: an office may share an address."""
FOR_ONE_NAME = 100
"""Wrong tries for one name from all the places it has not signed in from yet."""
FIRST_PAUSE: Millis = MINUTE
LONGEST_PAUSE: Millis = 15 * MINUTE
FORGOTTEN: Millis = HOUR
"""How long after the last wrong try they are all forgotten."""
KNOWN_FOR: Millis = 90 * DAY
"""How long it is known that a name has signed in from a place."""
REMEMBERED = 150_000
"""How much is counted, and known, at most: beyond, what was quiet longest is forgotten."""


class _Counted(NamedTuple):
    """What a try is counted for, by the keys it is kept under."""

    here: bytes
    """The name from this place."""
    place: bytes
    name: bytes

    def free(self, key: bytes) -> int:
        """How many wrong tries there are before the first pause."""
        return {self.here: FROM_ONE_PLACE, self.place: OF_ONE_PLACE}.get(key, FOR_ONE_NAME)


class Lockout:
    """Who must wait before the next password or code is looked at.

    Three counts, each against another way to guess:

    * a name from a place (an IPv4 address, an IPv6 /64): five wrong tries, then the pause;
    * a place, whatever the names: one password tried on everybody;
    * a name, from wherever: many machines that guess for one person. This pause
      does not hold where that name has signed in before.

    So nobody can lock a person out from everywhere: a stranger's tries close the
    stranger's own place, and at worst all places the person never came from.
    Signing in with a key is not counted and never pauses, for a key is not guessed.

    Unknown names count as known ones do, so that a pause tells nothing. A try is
    counted as wrong before it is looked at, and taken back if it was right: a
    hundred tries at the same moment are a hundred tries, on however many nodes. It is
    all in the database, under hashes: what strangers type as a name may be a password.
    """

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._clock = world.clock
        self._key = world.sealer.subkey("wrong tries")

    async def take_turn(self, name: str, peer: str) -> Millis:
        """Take a try, and count it as wrong until it was right; or for how long none is taken.

        What is not taken counts nothing and writes nothing.
        """
        now, counted = self._clock.now(), self._counted(name, peer)
        if pause := await self._read(lambda sql: _pause(stored.counts(sql, self._asked(sql, counted)), now)):
            return pause

        def take(sql: Connection) -> Millis:
            asked = self._asked(sql, counted)
            held = stored.hold(sql, asked, now)
            # Others may have been wrong since it was looked at, here or on another node.
            pause = _pause(held, now)
            became = {key: after_wrong(count, counted.free(key), now) for key, count in held.items()}
            stored.put(sql, {} if pause else became)
            return pause

        return await self._write(take)

    async def was_right(self, name: str, peer: str) -> None:
        """The try was right: what it cost is given back.

        The place's other wrong tries stay counted, or who has one account could
        guess at the others without end.
        """
        now, counted = self._clock.now(), self._counted(name, peer)

        def give_back(sql: Connection) -> None:
            asked = self._asked(sql, counted)
            held = stored.hold(sql, asked, now)
            del held[counted.here]
            stored.put(sql, {key: taken_back(count, counted.free(key)) for key, count in held.items()})
            stored.forget(sql, counted.here)

        await self._write(give_back)

    async def came_in(self, names: tuple[str, ...], peer: str) -> None:
        """Names, of one person, have signed in from there, with all that was asked for."""
        now, places = self._clock.now(), sorted(self._counted(name, peer).here for name in names)

        def meet(sql: Connection) -> None:
            for each in places:
                stored.meet(sql, each, now)

        await self._write(meet)

    def _counted(self, name: str, peer: str) -> _Counted:
        there = place(peer)
        return _Counted(self._hash("here", name, there), self._hash("place", there), self._hash("name", name))

    def _asked(self, sql: Connection, counted: _Counted) -> list[bytes]:
        """What is asked about: where a name has signed in before, not how often it was tried elsewhere."""
        return [*counted[:2], *([] if stored.is_known(sql, counted.here) else [counted.name])]

    def _hash(self, *parts: str) -> bytes:
        return hmac.digest(self._key, ascii(parts).encode(), hashlib.sha256)

    async def _read(self, body: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._store.read() as sql:
                return body(sql)

        return read() if self._store.is_sqlite else await asyncio.to_thread(read)

    async def _write(self, body: Callable[[Connection], T]) -> T:
        def lightly(sql: Connection) -> T:
            stored.lose_lightly(sql)
            return body(sql)

        return await asyncio.to_thread(self._store.beside, lightly)


def _pause(counts: dict[bytes, Count], now: Millis) -> Millis:
    return max((count.until - now for count in counts.values() if count.until > now), default=0)


def after_wrong(count: Count, free: int, now: Millis) -> Count:
    """A count after another wrong try.

    After ``free`` of them comes a pause of a minute; each further one doubles it, up to 15.
    """
    wrong = 1 if now - count.last >= FORGOTTEN else count.wrong + 1
    over = wrong - free
    until = count.until if over < 0 else now + min(FIRST_PAUSE << min(over, 16), LONGEST_PAUSE)
    return Count(wrong, now, until)


def taken_back(count: Count, free: int) -> Count:
    """A count without one wrong try, and without the pause that it began."""
    wrong = max(0, count.wrong - 1)
    return Count(wrong, count.last, count.until if wrong >= free else 0)


def sweep(sql: Connection, now: Millis) -> None:
    """Drop what is forgotten, and what there is no room for."""
    stored.sweep(sql, now - FORGOTTEN, now - KNOWN_FOR, REMEMBERED)


def place(peer: str) -> str:
    """Where a peer is counted: its IPv4 address or IPv6 /64, which is what one subscriber has."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
