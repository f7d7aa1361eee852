"""The gate as a process of its own: it has a port, a socket to the control plane, and nothing else."""

import asyncio
import concurrent.futures.thread  # noqa: F401 - asyncio imports it late, when it may not be readable any more
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from uvicorn.loops.auto import auto_loop_factory

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.porter.remote import RemotePorter
from admit.ssh.gate import Gate


def run(listening: socket.socket, sockets: Sequence[Path], ready: Callable[[], object]) -> None:
    """Let people in who come to a socket, until SIGTERM or SIGINT; ``ready`` is called once they are.

    Until the control plane was reached they wait.

    Raises:
        NotWelcome: the control plane does not let this gate in.
    """
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(serve_until(listening, sockets, ready))


async def serve_until(listening: socket.socket, sockets: Sequence[Path], ready: Callable[[], object]) -> None:
    """What :func:`run` does, on the loop there is."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    porter = RemotePorter(sockets, Chance())
    asking = asyncio.create_task(porter.run())
    told = asyncio.create_task(stopping.wait())
    reached = asyncio.create_task(porter.reached.wait())
    gate: Gate | None = None
    try:
        await asyncio.wait((asking, told, reached), return_when=asyncio.FIRST_COMPLETED)
        if porter.reached.is_set():
            gate = Gate(porter, SystemClock())
            server = await gate.listen(listening)
            ready()
            await asyncio.wait((asking, told), return_when=asyncio.FIRST_COMPLETED)
            server.close()
        if asking.done():
            # It never returns: what ended it is for whoever started the gate.
            asking.result()
    finally:
        porter.stop()
        if gate is not None:
            await gate.close()
        for task in (asking, told, reached):
            task.cancel()
        await asyncio.gather(asking, told, reached, return_exceptions=True)
