"""Connection tickets at the door: each opens what it is for, once, for whoever holds it."""

import asyncio
import hashlib
import hmac
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from admit.control.expected import Wanted
from admit.control.streaming.connection_tickets import TICKET, Binding, TicketRefused, unseal
from admit.core.links import Kind
from admit.pages.cookies import is_secure
from admit.pages.site import Site
from admit.store import things, tokens
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from admit.streaming.door import Door, Visitor
from admit.streaming.refusals import WORTHLESS, Refused
from admit.streaming.stream import Stream

COOKIE = "admit_stream"
"""What lets the holder of a ticket go on in the session it opened, and nowhere else."""
AUTHOR = Author("admit", "streaming", "")
"""That a ticket was used is no policy: it stands in no ledger."""


def is_holder(request: HTTPConnection, stream: Stream) -> bool:
    """Whether this browser opened a session with a ticket."""
    given = request.cookies.get(COOKIE, "")
    return bool(stream.key) and hmac.compare_digest(stream.key.encode(), given.encode("utf-8", "replace"))


def form_token(stream: Stream) -> str:
    """What the forms of a ticket's holder send along."""
    return hmac.new(stream.key.encode(), b"forms", hashlib.sha256).hexdigest()


async def opened(site: Site, door: Door, request: Request) -> Response:
    """Open what a ticket is for, and let the browser go on in it."""
    try:
        binding = await _used(door, request.query_params.get("ticket", ""))
        user = await door.read(lambda sql: _user(sql, door, binding))
        client = request.headers.get("user-agent", "")[:200]
        visitor = Visitor(user.name, (user,), request.client.host if request.client else "", client)
        stream = await door.open(visitor, Wanted(binding.group, binding.app, binding.session or ""))
    except Refused as refused:
        text = site.reader(request).sentence(refused.text)
        values = {"signed_in": None, "text": text, "wanted": None}
        return site.page(request, "streaming/refused.html", values, status=refused.status)
    stream.key = stream.key or door.world.chance.fill(32).hex()
    response = RedirectResponse(f"/stream/{stream.id}", HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        stream.key,
        path=f"/stream/{stream.id}",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


async def _used(door: Door, ticket: str) -> Binding:
    """What a ticket is for; nobody can use it again.

    Raises:
        Refused: it is none, or over, or was used.
    """
    try:
        binding = unseal(door.world, TICKET, ticket, door.world.clock.now())
    except TicketRefused:
        raise Refused(WORTHLESS) from None

    def body(tx: Tx) -> bool:
        return tokens.use_nonces(tx.sql, [f"ticket {binding.id}"], tx.now)[0]

    if not await asyncio.wrap_future(door.store.write(AUTHOR, body)):
        raise Refused(WORTHLESS)
    return binding


def _user(sql: Connection, door: Door, binding: Binding) -> Thing:
    found = things.by_id(sql, Kind.USER, door.world.account_key, binding.user)
    if found is None:
        raise Refused(WORTHLESS)
    return found
