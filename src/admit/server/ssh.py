"""The SSH door beside the web server: open while both serve."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from admit.main import Admit
from admit.porter.direct import DirectPorter
from admit.server.background import kept_up
from admit.ssh.gate import Gate


@asynccontextmanager
async def ssh_door(admit: Admit, listening: socket.socket | None) -> AsyncIterator[None]:
    """Let people in until the block ends: who comes to a socket, if there is one, or by the web terminal."""
    house = admit.house
    recorder = house.recorder

    async def watch(_admit: Admit) -> None:
        await house.sessions.run()

    async def record(_admit: Admit) -> None:
        if recorder is not None:
            await recorder.run()

    watching = asyncio.create_task(kept_up(admit, "sessions", watch))
    recording = asyncio.create_task(kept_up(admit, "recording", record))
    gate = Gate(DirectPorter(house), admit.world.clock)
    server = None if listening is None else await gate.listen(listening)
    try:
        yield
    finally:
        if server is not None:
            server.close()
        # It ends each session with a word, before the connections are closed.
        await stopped(watching)
        await gate.close()
        await house.finished()
        await stopped(recording)
        if recorder is not None:
            recorder.close()


async def stopped(task: asyncio.Task[None]) -> None:
    """End a task, and return when it has."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
