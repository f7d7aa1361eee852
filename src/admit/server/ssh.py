"""The SSH door beside the web server: open while both serve."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from admit.main import Admit
from admit.server.background import kept_up
from admit.ssh.gate import Gate


@asynccontextmanager
async def ssh_door(admit: Admit, listening: socket.socket | None) -> AsyncIterator[None]:
    """Let people in who come to a socket, if there is one, until the block ends."""
    if listening is None:
        yield
        return
    gate = Gate(admit.store, admit.world)

    async def watch(_admit: Admit) -> None:
        await gate.sessions.run()

    watching = asyncio.create_task(kept_up(admit, "sessions", watch))
    server = await gate.listen(listening)
    try:
        yield
    finally:
        server.close()
        # It ends each session with a word, before the connections are closed.
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await gate.close()
