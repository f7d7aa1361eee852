"""What of a session goes into its recording, and that the session waits for it."""

import asyncio

from admit.core.recordings import RecordingRefused
from admit.porter.asks import Recording
from admit.ssh.session import ClientEnd, TargetEnd

KEEP_UP_EVERY = 1024 * 1024
"""How many bytes of output may pass before the disk is waited for."""
PLAIN_BYTES = 1024 * 1024
"""How much is recorded of a session without a terminal: what comes after it is hardly read, but data."""
LEFT_OUT = b"\r\nadmit: the rest of this output is not recorded\r\n"
BEHIND = "recording"
"""The reason to hold back a host whose output is not on the disk yet."""


class Transcript:
    """Passes to a recording what a session shows; what cannot be recorded is not shown."""

    def __init__(self, recording: Recording, client: ClientEnd) -> None:
        self._recording = recording
        self._client = client
        self._plain = client.terminal is None
        self._passed = 0
        self._since = 0
        self._keeping_up: asyncio.Task[None] | None = None

    def output(self, shown: bytes, target: TargetEnd) -> bool:
        """Something is to be shown; whether it may be."""
        if self._plain and self._passed > PLAIN_BYTES:
            return True
        self._passed += len(shown)
        self._since += len(shown)
        if self._plain and self._passed > PLAIN_BYTES:
            shown += LEFT_OUT
        try:
            self._recording.output(shown)
        except RecordingRefused as refused:
            self._client.cut(refused.text)
            return False
        if self._since >= KEEP_UP_EVERY and self._keeping_up is None:
            self._since = 0
            self._keeping_up = asyncio.create_task(self._keep_up(target))
        return True

    def typed(self, octets: bytes) -> bool:
        """Something was typed; whether it may go on."""
        try:
            self._recording.input(octets)
        except RecordingRefused as refused:
            self._client.cut(refused.text)
            return False
        return True

    def resized(self, columns: int, rows: int) -> None:
        """The terminal has another size."""
        try:
            self._recording.resized(columns, rows)
        except RecordingRefused as refused:
            self._client.cut(refused.text)

    def finish(self) -> None:
        """The session is over, and all of it is to be on the disk."""
        self._recording.finish()

    async def _keep_up(self, target: TargetEnd) -> None:
        tap = target.tap
        if tap is not None:
            tap.hold(BEHIND)
        await self._recording.keep_up()
        self._keeping_up = None
        if tap is not None and target.other is not None:
            tap.release(BEHIND)
