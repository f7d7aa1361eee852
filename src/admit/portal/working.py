"""What pages of people read and write in the store: off the event loop, and under the person's name."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from admit.control.signing_in.web_sessions import SignedIn
from admit.core.texts import printable
from admit.pages.site import Site
from admit.store.engine import Author, Tx

T = TypeVar("T")


async def read(site: Site, body: Callable[[Connection], T]) -> T:
    """What one view shows, read on a thread: whoever may use thousands of accounts holds up nobody."""

    def apart() -> T:
        with site.store.read() as sql:
            return body(sql)

    return await asyncio.to_thread(apart)


async def write(site: Site, signed_in: SignedIn, action: str, body: Callable[[Tx], T]) -> T:
    """What a body says that writes, once it is durable; its author is whoever is signed in."""
    author = Author(printable(signed_in.name), f"home:{action}", site.world.chance.request_id())
    return await asyncio.wrap_future(site.store.write(author, body))
