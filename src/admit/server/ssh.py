"""The SSH door beside the web server: open while both serve."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from admit.control.recorder import Keeping, Recorder
from admit.main import Admit
from admit.porter.direct import DirectPorter
from admit.porter.house import House
from admit.server.background import kept_up
from admit.settings import Settings
from admit.ssh.gate import Gate

MIB = 1024 * 1024


@asynccontextmanager
async def ssh_door(admit: Admit, listening: socket.socket | None) -> AsyncIterator[None]:
    """Let people in who come to a socket, if there is one, until the block ends."""
    if listening is None:
        yield
        return
    recorder = Recorder(admit.store, admit.world, keeping(admit.settings))
    house = House(admit.store, admit.world, recorder if admit.settings.ssh_recording == "required" else None)

    async def watch(_admit: Admit) -> None:
        await house.sessions.run()

    async def record(_admit: Admit) -> None:
        await recorder.run()

    watching = asyncio.create_task(kept_up(admit, "sessions", watch))
    recording = asyncio.create_task(kept_up(admit, "recording", record))
    gate = Gate(DirectPorter(house), admit.world.clock)
    server = await gate.listen(listening)
    try:
        yield
    finally:
        server.close()
        # It ends each session with a word, before the connections are closed.
        await stopped(watching)
        await gate.close()
        await house.finished()
        await stopped(recording)
        recorder.close()


async def stopped(task: asyncio.Task[None]) -> None:
    """End a task, and return when it has."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def keeping(settings: Settings) -> Keeping:
    """How recordings are kept, as it is set."""
    return Keeping(
        free_bytes=settings.recording_free_mb * MIB,
        most_bytes=settings.recording_most_mb * MIB,
        input=settings.ssh_recording_input,
    )
