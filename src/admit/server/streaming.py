"""The door to streamed applications beside the web server: open while it serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from admit.main import Admit
from admit.server.background import kept_up


@asynccontextmanager
async def streaming_door(admit: Admit) -> AsyncIterator[None]:
    """Let applications be streamed until the block ends, if they are."""
    streaming = admit.streaming
    if streaming is None:
        yield
        return
    recorder = streaming.door.recorder

    async def watch(_admit: Admit) -> None:
        await streaming.door.run()

    async def record(_admit: Admit) -> None:
        if recorder is not None:
            await recorder.run()

    async def launch(_admit: Admit) -> None:
        if streaming.launcher is not None:
            await streaming.launcher.run()

    watching = asyncio.create_task(kept_up(admit, "streaming", watch))
    recording = asyncio.create_task(kept_up(admit, "recording of screens", record))
    launching = asyncio.create_task(kept_up(admit, "launcher", launch))
    try:
        yield
    finally:
        # It ends each session with a word, before what runs in them is ended.
        for task in (watching, launching, recording):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if recorder is not None:
            recorder.close()
