"""A page that is kept open knows its browser by more than a token that changes."""

import asyncio

from admit.control.signing_in.web_sessions import Lasting, Proven, WebSessions
from admit.core.links import Kind
from admit.store import things
from admit.store.things import Where
from tests.services.bastionhost.people import Bastion
from tests.system import System


def test_who_shows_again_who_they_are_keeps_the_pages_that_are_open_until_they_sign_out(
    system: System,
) -> None:
    Bastion(system).user("alice")
    with system.admit.store.read() as sql:
        proven = Proven(tuple(things.find(sql, Where(Kind.USER, names=("alice",)))))
    sessions = WebSessions(system.admit.store, system.admit.world, Lasting())

    async def story() -> None:
        token = await sessions.open(proven, "password", "alice", ("192.0.2.7", "a browser"))
        kept_open = await sessions.current(token)
        assert kept_open is not None
        another = await sessions.prove(kept_open, proven, "password")
        assert await sessions.current(token) is None
        assert await sessions.lives(kept_open)
        signed_in = await sessions.current(another)
        assert signed_in is not None
        await sessions.end(signed_in, (signed_in.id,))
        assert not await sessions.lives(kept_open)

    asyncio.run(story())
