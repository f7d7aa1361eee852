"""A terminal while somebody works at it: what is recorded is shown as it grows."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admit.console.desk import Desk, Refused, Told, Visit
from admit.pages.changes import Watch
from admit.pages.site import protected

LOOK_S = 0.5
"""How often to look whether there is more."""


async def stream(desk: Desk, request: Request) -> Response:
    """A recording from its beginning and on, as the player follows it: a line of asciicast an event.

    Whoever looks is asked about with each look: their sign-in, and their right to this recording.
    """
    visit = await desk.visit(request)
    first = await visit.call("GetRecording", RecordingId=request.path_params["id"])
    headers = protected({}) | {"x-accel-buffering": "no"}
    return StreamingResponse(_told(visit, first), media_type="text/event-stream", headers=headers)


async def _told(visit: Visit, part: Told) -> AsyncIterator[str]:
    changes, recording = visit.desk.changes, visit.request.path_params["id"]
    with changes.watching() as watch:
        while not changes.stopping:
            for line in filter(None, part["Content"].split("\n")):
                yield f"data: {line}\n\n"
            after = part["NextToken"] or part["FollowToken"]
            if after is None:
                break
            if part["NextToken"] is None:
                # A browser that is gone is noticed by what cannot be sent to it.
                yield ":\n\n"
                await _rest(watch)
                if not await visit.desk.site.sessions.lives(visit.signed_in):
                    break
            try:
                part = await visit.call("GetRecording", RecordingId=recording, NextToken=after)
            except Refused:
                break
        yield "event: done\ndata:\n\n"


async def _rest(watch: Watch) -> None:
    """Until the next look, or until the server stops."""
    try:
        async with asyncio.timeout(LOOK_S):
            await watch.woken.wait()
    except TimeoutError:
        pass
