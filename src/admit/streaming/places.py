"""The sessions that are open, where each of them is, and whether there is room for another."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from admit.control.streaming.streamed_apps import Streamed
from admit.streaming.refusals import FULL, Refused
from admit.streaming.stream import Stream

AHEAD_SHARE = 4
"""One place of so many, at most, is taken by what was opened ahead."""
AHEAD_EACH = 3
"""How much is opened ahead for one user, at most."""

Place: TypeAlias = tuple[int, int, int]


def place_of(streamed: Streamed) -> Place:
    """What there is one session of: an application, in a persistent session if it is in one, as a user."""
    session = 0 if streamed.session is None else streamed.session.key
    return streamed.user.key, streamed.app.key, session


class Places:
    """What is open, and what is being opened."""

    def __init__(self, most: int) -> None:
        """``most`` is how many sessions there may be at once."""
        self.streams: dict[str, Stream] = {}
        self.most = most
        self._opening: dict[Place, tuple[Stream, asyncio.Event]] = {}

    async def standing(self, place: Place) -> Stream | None:
        """The session that is open at a place; of one that is being opened what becomes of it."""
        while (opening := self._opening.get(place)) is not None:
            await opening[1].wait()
        return next((each for each in self.streams.values() if place_of(each.streamed) == place), None)

    @contextmanager
    def held_for(self, stream: Stream) -> Iterator[None]:
        """Hold the place of a session that is being opened."""
        place, over = place_of(stream.streamed), asyncio.Event()
        self._opening[place] = stream, over
        try:
            yield
        finally:
            del self._opening[place]
            over.set()

    def cleared_for(self, streamed: Streamed) -> list[Stream]:
        """What has to give way to something that somebody wants now: only what was opened ahead does.

        Raises:
            Refused: all places are taken.
        """
        there, giving_way = self._there(), []
        while not self._fit(there, streamed):
            full = len(there) >= self.most
            idle = (each for each in there if each.ahead and (full or _is_beside(each, streamed)))
            oldest = min(idle, key=lambda each: each.began_at, default=None)
            if oldest is None:
                raise Refused(FULL, 503)
            there.remove(oldest)
            giving_way.append(oldest)
        return giving_way

    def refuse_crowding(self, streamed: Streamed) -> None:
        """Refuse to open something ahead where that would take too much.

        Raises:
            Refused: it would.
        """
        there = self._there()
        ahead = [each for each in there if each.ahead]
        own = [each for each in ahead if each.streamed.user.key == streamed.user.key]
        crowded = len(ahead) >= max(self.most // AHEAD_SHARE, 1) or len(own) >= AHEAD_EACH
        if crowded or not self._fit(there, streamed):
            raise Refused(FULL, 503)

    def _there(self) -> list[Stream]:
        # What is being opened is in both, once it stands in the list of sessions.
        found = {place_of(each.streamed): each for each in self.streams.values()}
        found |= {place: each for place, (each, _) in self._opening.items()}
        return [each for each in found.values() if each.over is None]

    def _fit(self, there: list[Stream], streamed: Streamed) -> bool:
        inside = [each.streamed.seat for each in there if _is_beside(each, streamed)]
        return len(there) < self.most and streamed.rules.has_place(inside, streamed.seat)


def _is_beside(stream: Stream, streamed: Streamed) -> bool:
    """Whether a session is in the delivery group of something."""
    return stream.streamed.group.key == streamed.group.key
