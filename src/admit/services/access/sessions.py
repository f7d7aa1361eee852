"""Sessions at the doors: who is where, who was, and ending one."""

from typing import Annotated, Literal

from admit.control import names
from admit.control.live import session_ledger
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.validity import FOREVER, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound, SessionNotFound
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.vocabulary import At, Moment, PersonName, ResourceName, access, named, past
from admit.store import sessions as stored
from admit.store.sessions import Session, Which

SessionId = Annotated[
    str, like("s-4fk2m9x0q7w1ab3c", "The ID of a session. Call ListSessions to query it.", max_length=64)
]
State = Literal["live", "ending", "ended"]


class SessionTold(Shape):
    """A session."""

    session_id: str
    state: State
    """live, ending (somebody ordered its end, and its door has not closed it yet) or ended."""
    door: str
    """Where it was opened: ssh or web, the terminal in a page."""
    person: str
    resource: str
    """As people call it, such as root@db-1."""
    user_id: str
    """The ID of the service's user that was proven."""
    login: str
    """The name used at the resource."""
    peer: str
    """The address it came from."""
    client: str
    """The program at the other end, as it says itself."""
    what: str
    """shell, exec, sftp, forward, stream; ahead: streamed, and its person has not come yet."""
    node: str
    """The server that watches it, of several."""
    revision: int
    """The version of the policy that let it in."""
    opened_at: Moment
    seen_at: Moment
    """When its door last said that it lives."""
    valid_until: Moment | None = None
    """When it ends if nothing changes; absent if its access has no end."""
    ended_at: Moment | None = None
    outcome: str | None = None
    """How it ended: closed, expired, revoked, restricted, ended, unchecked or stopped."""
    reason: str | None = None
    """Why it ended, in words."""
    ended_by: str | None = None
    """The ARN of who ordered its end."""


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken))
class ListSessions(Shape):
    """Lists sessions, live and past, the newest first.

    What is left out does not restrict. A host stands for its accounts too.

    Those of a moment are told as they were known then: who was in is live, whatever became of it later.
    """

    state: Literal["live", "ended"] | None = None
    """live has also those whose end is ordered."""
    person: PersonName | None = None
    resource: ResourceName | None = None
    start_time: Moment | None = None
    """Only those that had not ended before."""
    end_time: Moment | None = None
    """Only those that were opened before."""
    at: At | None = None
    """As of a moment: what was live or had ended then, by the names of then."""
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        sessions: tuple[SessionTold, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page, and one more to see whether there is another."""
        found = stored.find(call.sql, self._which(call), self.max_results + 1)
        page = found[: self.max_results]
        more = len(found) > len(page)
        return self.Response(
            sessions=_told(call, page, past(self.at, call)),
            max_results=self.max_results,
            next_token=marker(page[-1].key) if more else None,
        )

    def _which(self, call: Call) -> Which:
        person, resource, place = self.person, self.resource, place_of(self.next_token)
        at = past(self.at, call)
        return Which(
            live=None if self.state is None else self.state == "live",
            person=None
            if person is None
            else named(lambda: names.person(call.sql, person, at), "Person").key,
            resource=None
            if resource is None
            else named(lambda: names.resource(call.sql, resource, at), "Resource").key,
            since=self.start_time,
            until=self.end_time,
            at=at,
            before=None if place is None else place[0],
        )


@access.operation("get", errors=(SessionNotFound,), resources=("session/{SessionId}",))
class GetSession(Shape):
    """Tells all that is kept of a session, live or past."""

    session_id: SessionId
    at: At | None = None
    """As it was known at a moment, by the names of then."""

    class Response(Shape):
        """The session."""

        session: SessionTold

    def handle(self, call: Call) -> Response:
        """Read it."""
        found, at = _found(call, self.session_id), past(self.at, call)
        if at is not None and found.opened_at > at:
            raise SessionNotFound(self.session_id)
        return self.Response(session=_told(call, [found], at)[0])


@access.operation("update", errors=(SessionNotFound,), resources=("session/{SessionId}",))
class EndSession(Shape):
    """Ends a live session: its door closes it within a moment, and tells its person who did it and why.

    Access is not taken away: the person may open another. To prevent that, revoke the grant or lock the
    user, which ends the session as well. Ending what is over, or what is ending already, changes nothing.
    """

    session_id: SessionId
    reason: Annotated[str, like("maintenance begins", "Why; its person is told.", max_length=256)] = ""

    class Response(Shape):
        """What ending did."""

        changed: bool
        """Whether it was live, and nobody had ended it before."""
        session: SessionTold

    def handle(self, call: Call) -> Response:
        """Order its end; the door that has it reads that."""
        changed = session_ledger.order_end(call.tx, _found(call, self.session_id), _line(self.reason))
        return self.Response(changed=changed, session=_told(call, [_found(call, self.session_id)])[0])


def _line(text: str) -> str:
    """A text that is shown on a terminal, without what would move it."""
    return "".join(each if each.isprintable() else " " for each in text).strip()


def _found(call: Call, session_id: str) -> Session:
    found = stored.by_id(call.sql, session_id)
    if found is None:
        raise SessionNotFound(session_id)
    return found


def _told(call: Call, found: list[Session], at: Millis | None = None) -> tuple[SessionTold, ...]:
    keys = {key for each in found for key in (each.person, each.user, each.resource)}
    things = names.labels(call.sql, sorted(keys), at)
    if at is not None:
        found = [session_ledger.as_of(call.sql, each, at) for each in found]
    return tuple(
        SessionTold(
            session_id=each.id,
            state=_state(each),
            door=each.door,
            person=things[each.person].label,
            resource=things[each.resource].label,
            user_id=things[each.user].thing.id,
            login=each.login,
            peer=each.peer,
            client=each.client,
            what=each.what,
            node=each.node,
            revision=each.revision,
            opened_at=each.opened_at,
            seen_at=each.seen_at,
            valid_until=None if each.until == FOREVER else each.until,
            ended_at=each.ended_at,
            outcome=each.outcome,
            reason=each.reason,
            ended_by=each.ordered_by,
        )
        for each in found
    )


def _state(session: Session) -> State:
    if session.ended_at is not None:
        return "ended"
    return "live" if session.ordered_by is None else "ending"
