"""Asking for access: a person asks, somebody who may grant it decides, and the approval is the grant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.control import grants, names
from admit.control import things as verbs
from admit.control.access import person_behind, was_known_to
from admit.control.recipients import directory_of, granted_together
from admit.control.requests import offers
from admit.control.requests.offers import OfferDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, FOREVER, Millis, Validity
from admit.store import links, then, things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

PATIENCE: Millis = 7 * DAY
"""How long a request waits; after that it has lapsed, and may be made again."""

State: TypeAlias = Literal["waiting", "approved", "declined", "withdrawn"]
Shown: TypeAlias = Literal["waiting", "approved", "declined", "withdrawn", "lapsed"]


class RequestDetails(msgspec.Struct, kw_only=True):
    """What is kept of a request; its parent is the user who asks, and would be granted it."""

    resource: int
    """The key of what is asked for."""
    label: str
    """What people called it then."""
    reason: str
    lasting_ms: Millis
    state: State = "waiting"
    """That it has lapsed is never written: see :func:`state_of`."""
    comment: str = ""
    """What whoever decided said."""
    decided_at: Millis | None = None
    decided_by: str = ""
    """The ARN of a caller, or the name of the person who owns the resource."""
    ends_at: Millis | None = None
    """Until when it was granted."""
    agreement: str = ""
    """The ID of the agreement by which it was taken at once; empty for what was asked."""


class AskRefused(Exception):
    """A request cannot be made. The text says why, and tells nothing of what is not offered."""


class AlreadyDecided(Exception):
    """A request waits no more: somebody decided, it was withdrawn, or it has lapsed."""


class GrantStandsLater(Exception):
    """A grant that begins later stands in the way of one that begins now."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for besides the resource."""

    reason: str
    lasting_ms: Millis


@dataclass(frozen=True, slots=True)
class Answer:
    """Who decides on a request, and what they say."""

    by: str
    comment: str = ""


def state_of(request: Thing, now: Millis) -> Shown:
    """What has become of a request."""
    state = request.read(RequestDetails).state
    return "lapsed" if state == "waiting" and has_lapsed(request, now) else state


def has_lapsed(request: Thing, now: Millis) -> bool:
    """Whether a request, if nobody has decided on it, waits no more."""
    return now >= request.created_at + PATIENCE


def ask(tx: Tx, users: tuple[Thing, ...], resource: Thing | None, wish: Wish) -> Thing:
    """Ask for access as the one of some proven users who is in the resource's directory.

    What is offered may be asked for, and what somebody has or had once. Of all else, whether
    it exists or not (``resource`` is None), the refusal is the same.

    Raises:
        AskRefused: it is not offered, for too long, or asked for already.
    """
    user = None if resource is None else recipient(tx.sql, users, resource)
    if resource is None or user is None or not _may_ask(tx.sql, user, resource):
        raise AskRefused("It is not offered. Choose something that is, or talk to an administrator.")
    longest = longest_for(tx.sql, resource)
    if not offers.SHORTEST <= wish.lasting_ms <= longest:
        raise AskRefused(f"It may be asked for {words_of(offers.SHORTEST)} to {words_of(longest)}.")
    if any(of.resource == resource.key for of in _waiting_of(tx, user)):
        raise AskRefused("You have asked for it already, and nobody has decided yet.")
    label = names.labels(tx.sql, [resource.key])[resource.key].label
    details = RequestDetails(
        resource=resource.key, label=label, reason=wish.reason, lasting_ms=wish.lasting_ms
    )
    return verbs.add(tx, New(Kind.ACCESS_REQUEST, user.key, label, details))


def recipient(sql: Connection, users: tuple[Thing, ...], resource: Thing) -> Thing | None:
    """The proven user who would be granted a resource; None if none of them is in its directory."""
    directory = directory_of(sql, resource)
    return next((user for user in users if user.parent == directory), None)


def longest_for(sql: Connection, resource: Thing) -> Millis:
    """How long a resource may be asked for at most."""
    offered = offers.of(sql, resource)
    return offers.LONGEST if offered is None else offered.read(OfferDetails).longest_ms


def _may_ask(sql: Connection, user: Thing, resource: Thing) -> bool:
    return offers.of(sql, resource) is not None or was_known_to(sql, user.ref, resource.ref)


def _waiting_of(tx: Tx, user: Thing) -> list[RequestDetails]:
    where = Where(Kind.ACCESS_REQUEST, parent=user.key, details={"state": "waiting"})
    found = things.find(tx.sql, where)
    return [each.read(RequestDetails) for each in found if state_of(each, tx.now) == "waiting"]


def words_of(span: Millis) -> str:
    """A span as people say it: ``30 days``."""
    for unit, word in ((DAY, "day"), (DAY // 24, "hour"), (DAY // 1440, "minute")):
        if span >= unit and span % unit == 0:
            count = span // unit
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{span // 1000} seconds"


def withdraw(tx: Tx, request: Thing) -> None:
    """Ask no more.

    Raises:
        AlreadyDecided: it waits no more.
    """
    details = msgspec.structs.replace(_waiting(tx, request), state="withdrawn", decided_at=tx.now)
    verbs.change(tx, request, details=details)


def decline(tx: Tx, request: Thing, answer: Answer) -> None:
    """Say no.

    Raises:
        AlreadyDecided: it waits no more.
    """
    details = msgspec.structs.replace(
        _waiting(tx, request),
        state="declined",
        comment=answer.comment,
        decided_at=tx.now,
        decided_by=answer.by,
    )
    verbs.change(tx, request, details=details)


def approve(tx: Tx, request: Thing, answer: Answer, ends_at: Millis | None = None) -> Millis:
    """Say yes: grant what was asked for from now on, for as long as it was asked for or until ``ends_at``.

    Both stand in one revision, whose author is who decided. Returns until when access was granted;
    what lasts longer already is left so.

    Raises:
        AlreadyDecided: it waits no more, or what was asked for is no more.
        GrantStandsLater: the user holds a grant that has not begun.
    """
    details = _waiting(tx, request)
    user, resource = things.by_key(tx.sql, request.parent), things.living(tx.sql, details.resource)
    if resource is None:
        raise AlreadyDecided
    end = give(tx, user, resource, ends_at or tx.now + details.lasting_ms)
    decided = msgspec.structs.replace(
        details,
        state="approved",
        comment=answer.comment,
        decided_at=tx.now,
        decided_by=answer.by,
        ends_at=end,
    )
    verbs.change(tx, request, details=decided)
    return end


def give(tx: Tx, user: Thing, resource: Thing, end: Millis) -> Millis:
    """Let a user have a resource from now on until ``end``; what lasts longer already is left so.

    Returns until when the user has it.

    Raises:
        GrantStandsLater: the user holds a grant that has not begun.
    """
    last = end
    for target in granted_together(tx.sql, resource):
        held = grants.find(tx, user, target)
        if held is None:
            grants.grant(tx, user, target, Validity(tx.now, end))
        elif held.validity.start > tx.now and target == resource:
            raise GrantStandsLater
        elif held.validity.end < end and held.validity.start <= tx.now:
            begun = held.validity.start if held.validity.holds_at(tx.now) else tx.now
            grants.set_validity(tx, user, target, Validity(begun, end))
        elif target == resource:
            last = held.validity.end
    return last


def _waiting(tx: Tx, request: Thing) -> RequestDetails:
    if state_of(request, tx.now) != "waiting":
        raise AlreadyDecided
    return request.read(RequestDetails)


def of_users(sql: Connection, users: tuple[Thing, ...]) -> list[Thing]:
    """What proven users have asked for, the newest first."""
    found = [each for user in users for each in things.find(sql, Where(Kind.ACCESS_REQUEST, parent=user.key))]
    return sorted(found, key=lambda each: each.key, reverse=True)


def to_decide(
    sql: Connection, users: tuple[Thing, ...], now: Millis, limit: int | None = None
) -> list[Thing]:
    """The requests that wait for proven users, as owners; their own are for others to decide.

    With a ``limit`` the oldest of them.
    """
    owned = offers.owned(sql, users)
    if not owned:
        return []
    mine = _users_of_the_same(sql, users)
    theirs = (
        each
        for each in _written_waiting(sql)
        if each.parent not in mine
        and each.read(RequestDetails).resource in owned
        and state_of(each, now) == "waiting"
    )
    return list(islice(theirs, limit))


AT_ONCE = 100
"""How many requests are read at a time where few may be enough."""


def _written_waiting(sql: Connection) -> Iterator[Thing]:
    """All that nobody has decided on, the oldest first, read as far as somebody wants them."""
    after: int | None = None
    while True:
        where = Where(Kind.ACCESS_REQUEST, details={"state": "waiting"}, after=after)
        some = things.find(sql, where, limit=AT_ONCE)
        yield from some
        if len(some) < AT_ONCE:
            return
        after = some[-1].key


def _users_of_the_same(sql: Connection, users: Iterable[Thing]) -> set[int]:
    """The keys of all the users of whoever has proven to be some of them."""
    people = {person_behind(sql, user.ref) for user in users}
    return {user.key for person in people for _, user in links.of(sql, person.key, inward=False)}


def person_of(sql: Connection, request: Thing, at: Millis | None = None) -> Thing:
    """Who asks, or asked then."""
    return offers.person_of(sql, request.parent, at)


def made_by(sql: Connection, at: Millis) -> list[Thing]:
    """Every request that there was at a moment, as it was then, the newest first."""
    return then.of_kind(sql, Kind.ACCESS_REQUEST, at)[::-1]


def last_end(details: RequestDetails) -> Millis | None:
    """Until when it was granted; None if without an end, or not at all."""
    return None if details.ends_at in (None, FOREVER) else details.ends_at
