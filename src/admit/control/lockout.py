"""How often somebody may be wrong when they sign in: who guesses must wait, and nobody else."""

import ipaddress
from dataclasses import dataclass
from typing import Generic, TypeVar

from admit.core.validity import HOUR, MINUTE, Millis

K = TypeVar("K")

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
REMEMBERED = 50_000
"""How many names and places are kept count of; beyond, the one that was quiet longest is forgotten."""


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    last: Millis = 0
    until: Millis = 0


class Tally(Generic[K]):
    """Wrong tries by whatever they are counted for, each with a pause that grows.

    After ``free`` wrong tries comes a pause of a minute; each further wrong one
    doubles it, up to 15.
    """

    def __init__(self, free: int, most: int = REMEMBERED) -> None:
        self._free = free
        self._most = most
        self._counts: dict[K, _Count] = {}

    def pause(self, key: K, now: Millis) -> Millis:
        """For how long no try is taken; 0 if one is."""
        count = self._counts.get(key)
        return 0 if count is None else max(0, count.until - now)

    def wrong(self, key: K, now: Millis) -> None:
        """Count a wrong try."""
        # Taken out and put back: the quiet ones gather at the front.
        count = self._counts.pop(key, None)
        if count is None or now - count.last >= FORGOTTEN:
            count = _Count()
        count.wrong += 1
        count.last = now
        over = count.wrong - self._free
        if over >= 0:
            count.until = now + min(FIRST_PAUSE << min(over, 16), LONGEST_PAUSE)
        self._counts[key] = count
        if len(self._counts) > self._most:
            del self._counts[next(iter(self._counts))]

    def take_back(self, key: K) -> None:
        """Uncount one wrong try, and the pause that it began."""
        count = self._counts.get(key)
        if count is not None:
            count.wrong = max(0, count.wrong - 1)
            if count.wrong < self._free:
                count.until = 0

    def forget(self, key: K) -> None:
        """Begin anew."""
        self._counts.pop(key, None)


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
    hundred tries at the same moment are a hundred tries. It all is in memory, of
    one process: a restart forgets it.
    """

    def __init__(self) -> None:
        self._here: Tally[tuple[str, str]] = Tally(FROM_ONE_PLACE)
        self._places: Tally[str] = Tally(OF_ONE_PLACE)
        self._names: Tally[str] = Tally(FOR_ONE_NAME)
        self._known: dict[tuple[str, str], None] = {}

    def pause(self, name: str, peer: str, now: Millis) -> Millis:
        """For how long no try for this name is taken from there; 0 if one is."""
        there = place(peer)
        pause = max(self._here.pause((name, there), now), self._places.pause(there, now))
        if (name, there) not in self._known:
            pause = max(pause, self._names.pause(name, now))
        return pause

    def trying(self, name: str, peer: str, now: Millis) -> None:
        """Count a try, which is wrong until it was right."""
        there = place(peer)
        self._here.wrong((name, there), now)
        self._places.wrong(there, now)
        if (name, there) not in self._known:
            self._names.wrong(name, now)

    def was_right(self, name: str, peer: str) -> None:
        """The try was right: what it cost is given back.

        The place's other wrong tries stay counted, or who has one account could
        guess at the others without end.
        """
        there = place(peer)
        self._here.forget((name, there))
        self._places.take_back(there)
        if (name, there) not in self._known:
            self._names.take_back(name)

    def came_in(self, name: str, peer: str) -> None:
        """The name has signed in from there, with all that was asked for."""
        at = (name, place(peer))
        self._known.pop(at, None)
        self._known[at] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]


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
