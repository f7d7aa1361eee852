"""Answers at some revision or a later one: what callers may ask for who have seen it, from whichever node."""

import asyncio
from collections.abc import Mapping

from admit.base.clock import Clock
from admit.core.errors import InvalidParameter, RevisionNotReached
from admit.core.validity import SECOND, Millis
from admit.store.engine import Store
from admit.store.links import current_revision

ASKED = "x-admit-at-least-revision"
"""The header that asks for it."""
PARAMETER = "AtLeastRevision"
"""The parameter that asks for it, where headers are hard to set."""
TOLD = "x-admit-revision"
"""The header that says at which revision an answer was made."""
LONGEST: Millis = 5 * SECOND
"""How long a revision is waited for."""
POLL: Millis = 50
DIGITS = 18


def at_least(headers: Mapping[str, str], *parameters: Mapping[str, str]) -> int:
    """The revision that a request asks to be answered at, or later; 0 for whichever there is.

    Raises:
        InvalidParameter: it is none.
    """
    given = headers.get(ASKED)
    for each in parameters:
        given = given or each.get(PARAMETER)
    if not given:
        return 0
    if not (given.isascii() and given.isdecimal()) or len(given) > DIGITS:
        raise InvalidParameter(PARAMETER, "a revision is a whole number, as answers have it.")
    return int(given)


async def reached(store: Store, clock: Clock, wanted: int) -> None:
    """Return once the store has come to a revision.

    Raises:
        RevisionNotReached: it has not for :data:`LONGEST`.
    """

    def current() -> int:
        with store.read() as sql:
            return current_revision(sql)

    began = clock.ticks()
    while (found := current() if store.is_sqlite else await asyncio.to_thread(current)) < wanted:
        if clock.ticks() - began >= LONGEST:
            raise RevisionNotReached(wanted, found)
        await clock.pause(POLL)
