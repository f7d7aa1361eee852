"""A gate's end of the socket, while it holds: questions, their answers, and what is told unasked."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

import msgspec
import structlog

from admit.core.recordings import RecordingRefused
from admit.core.restrictions import Leave
from admit.porter.asks import Away, Refused, Screen
from admit.porter.link import Link, LinkBroken, pause
from admit.porter.messages import (
    Answer,
    Asked,
    Ended,
    FromPorter,
    GivenUp,
    Here,
    Leaves,
    No,
    Season,
    Stops,
    Taken,
    Warned,
)
from admit.porter.questions import Ask, answer_type
from admit.porter.wire import BEAT_S, Message

log = structlog.get_logger("admit.ssh")
A = TypeVar("A")

LOST = (
    "this session ended: the control plane cannot be reached, and nobody can say whether access still holds"
)
STOPPED = "this session ended: the gate stopped"


class Line:
    """One connection to the control plane. What was given on it is worth nothing on another one."""

    def __init__(self, link: Link[FromPorter], season: Season) -> None:
        self.season = season
        self.numbers = count(1)
        self._link = link
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._screens: dict[int, Screen] = {}
        self._leaves: dict[int, Callable[[Leave], None]] = {}
        self._taken: dict[int, Callable[[int], None]] = {}
        self._is_over = False

    # -- asking ------------------------------------------------------------------------------------

    async def ask(self, ask: Ask[A]) -> A:
        """The answer to a question.

        Raises:
            Away: the line does not hold any more.
            Refused: the question is refused.
        """
        if self._is_over:
            raise Away
        number = next(self.numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._link.send(Asked(number, ask))  # type: ignore[arg-type]  # every kind of question is one of them
        try:
            content = await answer
        except asyncio.CancelledError:
            self.say(GivenUp(number))
            raise
        finally:
            self._waiting.pop(number, None)
        found: A = _decoder(type(ask)).decode(content)
        return found

    def say(self, message: Message) -> None:
        """Say something that is not answered."""
        if not self._is_over:
            self._link.send(message)

    # -- sessions ----------------------------------------------------------------------------------

    def show(self, session: int, screen: Screen) -> None:
        """Whoever is told the end of a session."""
        self._screens[session] = screen

    def feed(self, session: int, taken: Callable[[int], None]) -> None:
        """Whoever is told how much of a recording was taken."""
        self._taken[session] = taken

    def follow(self, session: int, leaves: Callable[[Leave], None]) -> None:
        """Whoever is told what may be done in a session."""
        self._leaves[session] = leaves

    def forget(self, session: int) -> bool:
        """A session is over; whether it was not before."""
        self._leaves.pop(session, None)
        return self._screens.pop(session, None) is not None

    def finish(self, session: int) -> None:
        """Nobody need be told how much of a recording was taken."""
        self._taken.pop(session, None)

    # -- hearing -----------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Hear what is said, until the line breaks.

        Raises:
            LinkBroken: it has.
        """
        while True:
            self._hear(await self._link.receive())

    def _hear(self, said: FromPorter) -> None:
        match said:
            case Answer(number, content):
                self._answered(number, lambda waiting: waiting.set_result(bytes(content)))
            case No(number, reason, recording):
                refused = RecordingRefused(reason) if recording else Refused(reason)
                self._answered(number, lambda waiting: waiting.set_exception(refused))
            case Ended() | Warned() | Leaves() | Taken():
                self._hear_of_session(said)
            case Season():
                self.season = said
            case _:
                raise LinkBroken("it says what it may not say now")

    def _hear_of_session(self, said: Ended | Warned | Leaves | Taken) -> None:
        match said:
            case Ended(session, text):
                if (screen := self._screens.get(session)) is not None:
                    screen.end(text)
            case Warned(session, text):
                if (screen := self._screens.get(session)) is not None:
                    screen.warn(text)
            case Leaves(session, leave):
                if (leaves := self._leaves.get(session)) is not None:
                    leaves(leave)
            case Taken(session, size):
                if (taken := self._taken.get(session)) is not None:
                    taken(size)

    def _answered(self, number: int, settle: Callable[[asyncio.Future[bytes]], None]) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            settle(waiting)

    async def beat(self) -> None:
        """Say again and again that the gate is there."""
        while True:
            await pause(BEAT_S)
            self._link.send(Here())

    # -- the end -----------------------------------------------------------------------------------

    def lost(self) -> None:
        """The line is broken: what it let begin ends, since nobody can say any more whether it may go on."""
        self._end(LOST)

    def stop(self) -> None:
        """The gate stops."""
        self._end(STOPPED)
        self._link.send(Stops())

    def _end(self, text: str) -> None:
        self._is_over = True
        screens, self._screens = self._screens, {}
        for screen in screens.values():
            try:
                screen.end(text)
            except Exception:
                log.exception("a session could not be told its end")
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Away())
        for session, taken in tuple(self._taken.items()):
            taken(1 << 60)
            self._taken.pop(session, None)

    def close(self) -> None:
        """Hang up."""
        self._link.close()


_DECODERS: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}


def _decoder(asked: type[Any]) -> msgspec.msgpack.Decoder[Any]:
    if asked not in _DECODERS:
        _DECODERS[asked] = msgspec.msgpack.Decoder(answer_type(asked))
    return _DECODERS[asked]
