"""Recording sessions as asciicast v2, sealed and streamed to the disk while they run."""

import asyncio
import codecs
import errno
import shutil
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import structlog

from admit.base.clock import Clock
from admit.base.journal import JournalWriter, Position
from admit.control.live import recordings
from admit.control.live.recordings import AUTHOR, Begun, Ending, Recorded
from admit.control.world import World
from admit.core.recordings import Opening, RecordingRefused
from admit.core.validity import SECOND, Millis
from admit.store.engine import Store

T = TypeVar("T")
log = structlog.get_logger("admit.recording")

FULL_BLOCK = 64 * 1024
"""Bytes that are written at once, instead of at the next tick."""
BEHIND = 4 * 1024 * 1024
"""Bytes that may wait for the disk before the session must."""
PIECE = 32 * 1024
"""Bytes in one event at most: escaped, they still fit a block."""
TICK: Millis = SECOND // 2
SYNC_EVERY: Millis = 3 * SECOND
"""How old may be what a crash of the machine loses."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Keeping:
    """How recordings are kept."""

    free_bytes: int = 0
    """No recording begins with less free on the disk."""
    most_bytes: int = 1 << 30
    """The longest file of a recording; the session ends with it."""
    input: bool = False
    """Whether what is typed is recorded too: passwords at a prompt are then in it."""


class Recorder:
    """Begins recordings, and brings them to the disk in time. ``run`` must run while there are any."""

    def __init__(self, store: Store, world: World, keeping: Keeping) -> None:
        self.keeping = keeping
        self._store = store
        self._world = world
        self.clock: Clock = world.clock
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="admit-recording")
        self._live: set[Recording] = set()

    async def begin(self, of: Recorded, opening: Opening, failed: Callable[[str], None]) -> "Recording":
        """A recording that may be written, its beginning safe on the disk.

        ``failed`` is called on the event loop, once, with a line for the person, when
        it cannot go on: the session must end at once.

        Raises:
            RecordingRefused: the disk has too little room, or cannot be written.
        """
        place = await self._in_thread(self._place_with_room)
        begun = await asyncio.wrap_future(
            self._store.write(AUTHOR, lambda tx: recordings.begin(tx, self._world, of, place))
        )
        try:
            writer = await self._in_thread(lambda: self._opened(begun, opening, of))
        except OSError as error:
            await self._finish(begun, Ending("cut off", Position.start(begun.id), _why(error)))
            raise RecordingRefused(_why(error)) from None
        recording = Recording(self, begun, writer, failed)
        self._live.add(recording)
        return recording

    async def run(self) -> None:
        """Write what waits, twice a second."""
        clock = self.clock
        while True:
            for recording in list(self._live):
                recording.tick(clock.now())
            await clock.sleep_until(clock.now() + TICK)

    def close(self) -> None:
        """Let go of the threads."""
        self.threads.shutdown()

    def _place_with_room(self) -> str:
        try:
            place = recordings.place(self._world)
            free = shutil.disk_usage(self._world.recordings).free
        except OSError as error:
            raise RecordingRefused(_why(error)) from None
        if free < self.keeping.free_bytes:
            raise RecordingRefused("the disk has too little room left")
        return place

    def _opened(self, begun: Begun, opening: Opening, of: Recorded) -> JournalWriter:
        path: Path = recordings.path_of(self._world, begun.id)
        writer = JournalWriter(path, begun.key, begun.id, self._world.chance.fill)
        header = {
            "version": 2,
            "width": opening.width,
            "height": opening.height,
            "timestamp": begun.thing.created_at // SECOND,
            "title": of.label,
            "env": {**opening.env, **({"TERM": opening.term} if opening.term else {})},
        }
        try:
            writer.append(msgspec.json.encode(header) + b"\n")
            writer.sync()
        except BaseException:
            writer.close()
            raise
        return writer

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    async def end(self, begun: Begun, writer: JournalWriter, why_not: str) -> None:
        """End a recording's file, and note what became of it."""

        def ended() -> str:
            try:
                writer.end()
            except OSError as error:
                return why_not or _why(error)
            finally:
                writer.close()
            return why_not

        why = await self._in_thread(ended)
        ending = Ending("cut off" if why else "complete", writer.position, why)
        await self._finish(begun, ending)

    def forget(self, recording: "Recording") -> None:
        """It is over."""
        self._live.discard(recording)

    async def _finish(self, begun: Begun, ending: Ending) -> None:
        """Note the end in the ledger."""
        await asyncio.wrap_future(
            self._store.write(AUTHOR, lambda tx: recordings.finish(tx, begun.thing, ending))
        )


class Recording:
    """The recording of one session. Only ``keep_up`` and ``finished`` wait for the disk."""

    def __init__(
        self, recorder: Recorder, begun: Begun, writer: JournalWriter, failed: Callable[[str], None]
    ) -> None:
        self.id = begun.id
        self._recorder = recorder
        self._begun = begun
        self._writer = writer
        self._failed = failed
        self._clock: Clock = recorder.clock
        self._began = self._latest = self._synced_at = begun.thing.created_at
        self._decoders = {"o": _decoder(), "i": _decoder()}
        # One thread puts and one takes, each with a count of its own: neither needs a lock.
        self._waiting: deque[bytes] = deque()
        self._put = self._taken = 0
        self._unsynced = False
        self._writing: asyncio.Future[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._why_not = ""

    @property
    def refusal(self) -> RecordingRefused | None:
        """Why it cannot go on; None while it can."""
        return RecordingRefused(self._why_not) if self._why_not else None

    def output(self, octets: bytes) -> None:
        """What the terminal showed.

        Bytes that are no UTF-8 become U+FFFD, since asciicast is text.

        Raises:
            RecordingRefused: it cannot be recorded; it must not be shown either.
        """
        self._take("o", octets)

    def input(self, octets: bytes) -> None:
        """What was typed: recorded only where that is switched on.

        Raises:
            RecordingRefused: as :meth:`output`.
        """
        if self._recorder.keeping.input:
            self._take("i", octets)

    def resized(self, width: int, height: int) -> None:
        """The terminal has another size.

        Raises:
            RecordingRefused: as :meth:`output`.
        """
        self._put_event("r", f"{width}x{height}")

    def event(self, code: str, text: str) -> None:
        """Something else that happened, under a code of its own; the text must fit a block.

        Raises:
            RecordingRefused: as :meth:`output`.
        """
        self._put_event(code, text)

    async def keep_up(self) -> None:
        """Return when the disk is not too far behind: to be awaited before more is read from the host."""
        while self._put - self._taken > BEHIND and not self._why_not:
            await self._write()

    async def finished(self) -> None:
        """It is over: all of it on the disk, and its hash in the ledger. Never raises for the disk."""
        if self._finishing is None:
            self._finishing = asyncio.ensure_future(self._finish())
        # The end is noted even if who waits for it is stopped.
        await asyncio.shield(self._finishing)

    def cut_off(self, why: str) -> None:
        """Whoever fed it is gone: what is missing will never come."""
        self._why_not = self._why_not or why

    def tick(self, now: Millis) -> None:
        """Begin to write what waits."""
        due = self._unsynced and now - self._synced_at >= SYNC_EVERY
        if self._writing is None and (self._waiting or due) and not self._why_not:
            self._begin_writing()

    # -- inside --------------------------------------------------------------------------------------

    def _take(self, code: Literal["o", "i"], octets: bytes) -> None:
        decoder = self._decoders[code]
        for start in range(0, len(octets), PIECE):
            text = decoder.decode(octets[start : start + PIECE])
            if text:
                self._put_event(code, text)

    def _put_event(self, code: str, text: str) -> None:
        if self._why_not:
            raise RecordingRefused(self._why_not)
        # A clock that was set back must not turn the recording around.
        self._latest = max(self._latest, self._clock.now())
        line = msgspec.json.encode(((self._latest - self._began) / SECOND, code, text)) + b"\n"
        self._waiting.append(line)
        self._put += len(line)
        if self._put - self._taken >= FULL_BLOCK and self._writing is None:
            self._begin_writing()

    async def _write(self) -> None:
        """Write what waits, or wait for who does."""
        if self._writing is None:
            self._begin_writing()
        if self._writing is not None:
            await asyncio.wait((self._writing,))

    def _begin_writing(self) -> None:
        now = self._clock.now()
        sync = now - self._synced_at >= SYNC_EVERY
        if sync:
            self._synced_at = now
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(self._recorder.threads, self._write_blocks, sync)
        self._writing.add_done_callback(self._written)

    def _written(self, writing: "asyncio.Future[None]") -> None:
        self._writing = None
        error = writing.exception()
        if error is not None:
            if not isinstance(error, OSError):
                log.error("recording failed", recording=self.id, exc_info=error)
            self._fail(_why(error))
        elif self._writer.position.offset > self._recorder.keeping.most_bytes:
            self._fail("it has become too long")
        elif self._put - self._taken >= FULL_BLOCK:
            self._begin_writing()

    def _fail(self, why: str) -> None:
        if not self._why_not:
            self._why_not = why
            log.error("recording ended", recording=self.id, why=why)
            self._failed(RecordingRefused(why).text)

    def _write_blocks(self, sync: bool) -> None:  # noqa: FBT001 - handed on by position
        """On a thread, one at a time: all that waits, in blocks."""
        while self._waiting:
            lines, size = [], 0
            while self._waiting and size < FULL_BLOCK:
                lines.append(self._waiting.popleft())
                size += len(lines[-1])
            self._writer.append(b"".join(lines))
            self._taken += size
            self._unsynced = True
        if sync:
            self._writer.sync()
            self._unsynced = False

    async def _finish(self) -> None:
        for code, decoder in self._decoders.items():
            rest = decoder.decode(b"", final=True)
            if rest and not self._why_not:
                self._put_event(code, rest)
        while not self._why_not and (self._writing is not None or self._waiting):
            await self._write()
        self._recorder.forget(self)
        await self._recorder.end(self._begun, self._writer, self._why_not)


def _decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")


def _why(error: BaseException) -> str:
    """What is wrong with the disk, in the person's words."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "the disk is full" if full else "the disk cannot be written"
