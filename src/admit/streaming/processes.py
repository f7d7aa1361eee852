"""Processes as the kernel tells of them: what runs below one, and when one is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def inside(pid: int) -> Iterator[int]:
    """The processes below one, itself included."""
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += children(each)


def children(pid: int) -> list[int]:
    """The processes that one began and that still are."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path("/proc", str(pid), "task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


async def gone(descriptor: int) -> None:
    """Wait for the end of a process, which is given as a descriptor."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
