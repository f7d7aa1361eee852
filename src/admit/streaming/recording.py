"""Recordings of screens: what a page was shown, as it went over the wire, kept as those of terminals are."""

import base64
from collections.abc import Callable

from admit.control.live.recorder import Recorder, Recording
from admit.control.live.recordings import Recorded
from admit.core.recordings import Opening, RecordingRefused
from admit.streaming.sandbox import Screen
from admit.streaming.stream import Stream

NOVNC = "1.7.0"
"""What the pages show screens with. Only the same can show again what was sent to it."""
FORM = "ADMIT_SCREEN"
"""Where the header of a recording says that it is of a screen, and with what it was shown."""
CODE = "b"
"""The code of events that hold bytes: base64, as asciicast is text."""
PIECE = 48 * 1024
"""Bytes in one event at most: as base64 they still fit a block."""


class ScreenTape:
    """The recording of what one page is shown."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def output(self, octets: bytes) -> None:
        """Keep what is shown next.

        Raises:
            RecordingRefused: it cannot be; it must not be shown either.
        """
        for start in range(0, len(octets), PIECE):
            self._recording.event(CODE, base64.b64encode(octets[start : start + PIECE]).decode())

    async def keep_up(self) -> None:
        """Return when the disk is not too far behind."""
        await self._recording.keep_up()

    async def finished(self) -> None:
        """All of it on the disk, and its hash in the ledger."""
        await self._recording.finished()


async def recorded(
    recorder: Recorder, stream: Stream, screen: Screen, failed: Callable[[str], object]
) -> ScreenTape:
    """The recording of a page that is about to show a session.

    ``failed`` is called, once, when it cannot go on: the session must end.

    Raises:
        RecordingRefused: it cannot begin.
    """
    streamed, live = stream.streamed, stream.live
    if live is None:
        raise RecordingRefused("the session has not begun")
    of = Recorded(
        session_id=live.id,
        user=streamed.user,
        host=streamed.group,
        label=streamed.app.name,
        login=streamed.app.id,
        peer=live.about.peer,
        what=live.about.what,
    )
    opening = Opening(screen.width, screen.height, env={FORM: f"novnc {NOVNC}"})

    def told(text: str) -> None:
        failed(text)

    return ScreenTape(await recorder.begin(of, opening, told))
