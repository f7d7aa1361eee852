"""The SSH door beside the web server: open while both serve."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from admit.main import Admit
from admit.porter.direct import DirectPorter
from admit.porter.gates import Gates
from admit.server.background import kept_up
from admit.ssh.gate import Gate


@dataclass(frozen=True, slots=True)
class Doors:
    """Where people come by SSH, and where gates come that are processes of their own."""

    ssh: socket.socket | None = None
    gates: socket.socket | None = None
    gate_users: frozenset[int] = frozenset()
    """The system users whose gates may connect."""


@asynccontextmanager
async def open_doors(admit: Admit, doors: Doors) -> AsyncIterator[None]:
    """Let people in until the block ends: who comes to a socket there is, or by the web terminal."""
    house = admit.house
    recorder = house.recorder

    async def watch(_admit: Admit) -> None:
        await house.sessions.run()

    async def record(_admit: Admit) -> None:
        if recorder is not None:
            await recorder.run()

    watching = asyncio.create_task(kept_up(admit, "sessions", watch))
    recording = asyncio.create_task(kept_up(admit, "recording", record))
    porter = DirectPorter(house)
    gate, gates = Gate(porter, admit.world.clock), Gates(porter, doors.gate_users)
    server = None if doors.ssh is None else await gate.listen(doors.ssh)
    if doors.gates is not None:
        await gates.listen(doors.gates)
    try:
        yield
    finally:
        if server is not None:
            server.close()
        gates.stop_listening()
        # It ends each session with a word, before the connections are closed.
        await stopped(watching)
        await gate.close()
        await gates.close()
        await house.finished()
        await stopped(recording)
        if recorder is not None:
            recorder.close()


async def stopped(task: asyncio.Task[None]) -> None:
    """End a task, and return when it has."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
