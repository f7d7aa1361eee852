"""A launcher with programs of a test's own, and what they leave behind."""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from admit.base.chance import Chance
from admit.control.programs import Program
from admit.streaming.launcher import Order
from admit.streaming.launching import HOME_MB, LocalLauncher
from admit.streaming.limits import Limiter, best


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until no other process of the tests launches, and have all others wait meanwhile."""
    with Path(tempfile.gettempdir(), f"admit-tests-{os.getuid()}-launchers").open("a") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def launching(
    root: Path, limiter: Limiter | None = None, home_mb: int = HOME_MB, **programs: Program
) -> AsyncIterator[LocalLauncher]:
    """A launcher that runs until the block ends, and beside it no other test's on this machine.

    What takes all it can get hurts only itself, but for the time that all want of a few processors.
    """
    means = best if limiter is None else lambda: limiter
    launcher = LocalLauncher(programs, root, Chance(), means, home_mb)
    with _turn():
        running = asyncio.create_task(launcher.run())
        try:
            yield launcher
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def script(text: str, **more: object) -> Program:
    """A program that is a script of the shell."""
    return Program(name="script", command=("sh", "-c", text), **more)  # type: ignore[arg-type]


def order(session: str, program: str = "probe", home: str = "aig-1/alice") -> Order:
    """An order for one of them."""
    return Order(session, program, home)


async def until(condition: Callable[[], object]) -> None:
    """Let everything run until something is so; a test that waits for ever fails."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)


async def ran(
    launcher: LocalLauncher, session: str, program: str = "probe", home: str = "aig-1/alice"
) -> None:
    """Run a session to its end."""
    await launcher.start(order(session, program, home))
    await until(lambda: session not in launcher.sessions())
