"""What has happened: calls, decisions, sign-ins, sessions and what was done in them."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from admit.control import names
from admit.control.names import NameFault
from admit.core.activity import ActivityKind, Mention, Outcome
from admit.core.errors import InvalidNextToken
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, like
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.vocabulary import Moment, PersonName, ResourceName, access
from admit.store import activity, things
from admit.store.activity import Kept, Where
from admit.store.things import Thing

KindWord = Literal[
    "api-call",
    "decision",
    "sign-in",
    "session-opened",
    "session-ended",
    "command",
    "transfer",
    "forward",
    "recording-viewed",
    "glass-broken",
]
OutcomeWord = Literal["ok", "refused", "failed"]
CallerName = Annotated[
    str,
    like(
        "acs:ram::1234567890123456:user/alice",
        "The ARN of a caller, or the name given at a door.",
        max_length=1024,
    ),
]
SessionId = Annotated[str, like("session-1", "The ID of a session.", max_length=128)]


class Happening(Shape):
    """One thing that happened. What is not known of it is left out."""

    activity_id: int
    """It grows: of two things the one that was written down later has the greater."""
    at: Moment
    kind: str
    """api-call, decision, sign-in, session-opened, session-ended, command, transfer, forward,
    recording-viewed or glass-broken."""
    outcome: str
    """ok, refused or failed."""
    caller: str
    """Who did it: the ARN of a caller, or the name given at a door."""
    action: str | None = None
    """The operation, the command, the file, the address that was forwarded to."""
    reason: str | None = None
    """Why it came out as it did: the reason of a decision, the code of an answer, how a session ended."""
    person: str | None = None
    """As people called it then; so the other names."""
    person_id: str | None = None
    """Which no other ever has; absent for what is not known here, such as a stranger at a door."""
    user: str | None = None
    user_id: str | None = None
    resource: str | None = None
    resource_id: str | None = None
    request_id: str | None = None
    peer: str | None = None
    """The address it came from."""
    session_id: str | None = None
    details: dict[str, Any] | None = None
    """The rest, by name: of a decision its path and revision, of a call its status and duration."""


@access.operation("list", errors=(InvalidNextToken,), slow=True)
class ListActivity(Shape):
    """Lists what has happened, newest first: calls, decisions, sign-ins, sessions and what was done in them.

    What is left out does not restrict. It is written down within a second, in the order of the list, and kept
    for as many days as is set; changes of policy are in the ledger, for ever.

    Ours: a name finds what bears it now, whatever it was called then, and whatever bore it then.
    """

    kind: KindWord | None = None
    """What sort of thing happened."""
    outcome: OutcomeWord | None = None
    """How it came out."""
    person: PersonName | None = None
    resource: ResourceName | None = None
    caller: CallerName | None = None
    session_id: SessionId | None = None
    start_time: Moment | None = None
    """The first moment that counts."""
    end_time: Moment | None = None
    """The first moment that no longer counts."""
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        activities: tuple[Happening, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page, and one more to see whether there is another."""
        found = activity.find(call.sql, self._where(call), self.max_results + 1)
        page = found[: self.max_results]
        more = len(found) > len(page)
        return self.Response(
            activities=_told(call, page),
            max_results=self.max_results,
            next_token=marker(page[-1].id) if more else None,
        )

    def _where(self, call: Call) -> Where:
        person, resource = self.person, self.resource
        place = place_of(self.next_token)
        return Where(
            kind=None if self.kind is None else ActivityKind(self.kind),
            outcome=None if self.outcome is None else Outcome(self.outcome),
            person=None if person is None else _meant(person, lambda: names.person(call.sql, person)),
            resource=None
            if resource is None
            else _meant(resource, lambda: names.resource(call.sql, resource)),
            actor=self.caller,
            session=self.session_id,
            since=self.start_time,
            until=self.end_time,
            before=None if place is None else place[0],
        )


def _meant(name: str, find: Callable[[], Thing]) -> Mention:
    """A name, and what bears it now; what nothing bears any more may still have been noted."""
    try:
        return Mention(name, find().key)
    except NameFault:
        return Mention(name)


def _told(call: Call, page: list[Kept]) -> tuple[Happening, ...]:
    mentions = (each for kept in page for each in _mentions(kept))
    keys = {each.key for each in mentions if each is not None and each.key is not None}
    known = things.by_keys(call.sql, sorted(keys))
    return tuple(_happening(kept, known) for kept in page)


def _mentions(kept: Kept) -> tuple[Mention | None, ...]:
    return kept.activity.person, kept.activity.user, kept.activity.resource


def _happening(kept: Kept, known: dict[int, Thing]) -> Happening:
    each = kept.activity
    (person, person_id), (user, user_id), (resource, resource_id) = (
        _name_and_id(mention, known) for mention in _mentions(kept)
    )
    return Happening(
        activity_id=kept.id,
        at=each.at,
        kind=each.kind.value,
        outcome=each.outcome.value,
        caller=each.actor,
        action=each.action or None,
        reason=each.reason or None,
        person=person,
        person_id=person_id,
        user=user,
        user_id=user_id,
        resource=resource,
        resource_id=resource_id,
        request_id=each.request_id or None,
        peer=each.peer or None,
        session_id=each.session or None,
        details=dict(each.details) or None,
    )


def _name_and_id(mention: Mention | None, known: dict[int, Thing]) -> tuple[str | None, str | None]:
    if mention is None:
        return None, None
    thing = None if mention.key is None else known.get(mention.key)
    return mention.name, None if thing is None else thing.id
