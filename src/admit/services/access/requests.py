"""Requests for access: those that wait and those that were decided; deciding."""

from typing import Annotated, Literal

from admit.control import names
from admit.control.requests import access_requests as requests
from admit.control.requests.access_requests import AlreadyDecided, Answer, GrantStandsLater, RequestDetails
from admit.core.errors import InvalidNextToken, InvalidParameter, NoPermission
from admit.core.links import Kind, Stage
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.paging import offset_of, token
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound, NotGrantable, RequestDecided, RequestNotFound
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.offers import Lasting, Note
from admit.services.access.vocabulary import At, Moment, PersonName, access, named, past
from admit.store import neighbours, things
from admit.store.things import Thing, Where

RequestId = Annotated[
    str, like("1234", "The ID of a request. Call ListAccessRequests to query it.", max_length=64)
]
MOST_USERS = 1_000
"""How many users of a person are looked at."""
StateWord = Literal["waiting", "approved", "declined", "withdrawn", "lapsed"]


class AccessRequest(Shape):
    """Somebody's request for access."""

    request_id: RequestId
    state: StateWord
    """waiting, approved, declined, withdrawn or lapsed."""
    person: str
    resource: str
    """As people called it when it was asked for."""
    reason: str
    lasting: int
    """For how long it was asked for, in milliseconds."""
    asked_at: Moment
    lapses_at: Moment | None = None
    """Until when it waits."""
    decided_at: Moment | None = None
    decided_by: str | None = None
    """The ARN of a caller, or the name of the person who owns the resource."""
    comment: str | None = None
    ends_at: Moment | None = None
    """Until when it was granted; absent if not, or if the access there was has no end."""
    agreement_id: str | None = None
    """By which agreement glass was broken; absent for what was asked."""


def _told(call: Call, request: Thing, at: Millis | None = None) -> AccessRequest:
    state = requests.state_of(request, call.now if at is None else at)
    details = request.read(RequestDetails)
    waits = state == "waiting"
    return AccessRequest(
        request_id=request.id,
        state=state,
        person=requests.person_of(call.sql, request, at).name,
        resource=details.label,
        reason=details.reason,
        lasting=details.lasting_ms,
        asked_at=request.created_at,
        lapses_at=request.created_at + requests.PATIENCE if waits else None,
        decided_at=details.decided_at,
        decided_by=details.decided_by or None,
        comment=details.comment or None,
        ends_at=requests.last_end(details),
        agreement_id=details.agreement or None,
    )


@access.operation("list", errors=(NotFound, InvalidParameter, InvalidNextToken))
class ListAccessRequests(Shape):
    """Lists requests for access, the newest first, and with them where glass was broken; or as it was then.

    Ours: what waits for longer than seven days has lapsed, and can be asked for again.
    """

    state: StateWord | None = None
    """Only those in this state."""
    person: PersonName | None = None
    at: At | None = None
    """Those that had been made by a moment, and how each stood at it."""
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        access_requests: tuple[AccessRequest, ...]
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read those that are meant, and take the page."""
        offset = offset_of(self.next_token)
        found = self._found(call)
        page = found[offset : offset + self.max_results]
        return self.Response(
            access_requests=tuple(_told(call, each, past(self.at, call)) for each in page),
            total_count=len(found),
            max_results=self.max_results,
            next_token=token(offset, self.max_results, len(found)),
        )

    def _found(self, call: Call) -> list[Thing]:
        at = past(self.at, call)
        found = self._written(call) if at is None else self._then(call, at)
        if self.person is not None:
            name = self.person
            wanted = named(lambda: names.person(call.sql, name, at), "Person")
            users = neighbours.neighbours(
                call.sql, wanted.key, inward=False, stage=Stage.JOIN, at=at, limit=MOST_USERS
            )
            keys = {each.ref.key for each in users}
            found = [each for each in found if each.parent in keys]
        return found

    def _written(self, call: Call) -> list[Thing]:
        """Those that stand so now. What has lapsed is written like what waits: when it was made tells."""
        written = "waiting" if self.state == "lapsed" else self.state
        found = things.find(call.sql, Where(Kind.ACCESS_REQUEST, details={"state": written}, order="newest"))
        if written != "waiting":
            return found
        return [each for each in found if requests.has_lapsed(each, call.now) == (self.state == "lapsed")]

    def _then(self, call: Call, at: Millis) -> list[Thing]:
        made = requests.made_by(call.sql, at)
        return [each for each in made if self.state in (None, requests.state_of(each, at))]


def _undecided(call: Call, request_id: str) -> Thing:
    """The request of this id, if the caller may decide on it.

    Raises:
        RequestNotFound: there is none.
        NoPermission: it is the caller's own.
    """
    found = things.by_id_anywhere(call.sql, Kind.ACCESS_REQUEST, request_id)
    if found is None:
        raise RequestNotFound(request_id)
    if call.caller.kind == "RAMUser" and call.caller.name == requests.person_of(call.sql, found).name:
        raise NoPermission("admit:ApproveAccessRequest", "a request of your own")
    return found


@access.operation(
    "update", errors=(RequestNotFound, RequestDecided, NotGrantable, InvalidParameter, NoPermission)
)
class ApproveAccessRequest(Shape):
    """Approves a request: access is granted from now on, for as long as it was asked for.

    The grant is one like any other, with the approver as its author; the ledger has the request in
    the same revision.

    Ours: nobody decides on a request of their own: a RAM user not on one of the person of the same
    name. Ours: access that lasts longer already is left as it is.
    """

    request_id: RequestId
    lasting: Lasting | None = None
    """For how long, if not for as long as it was asked for; in milliseconds."""
    end_time: Moment | None = None
    """Until when, instead."""
    comment: Note = ""

    class Response(Shape):
        """The request, as it is now."""

        access_request: AccessRequest

    def handle(self, call: Call) -> Response:
        """Grant, and say so."""
        request = _undecided(call, self.request_id)
        answer = Answer(call.caller.arn, self.comment)
        try:
            requests.approve(call.tx, request, answer, self._end(call))
        except AlreadyDecided:
            raise RequestDecided(self.request_id) from None
        except GrantStandsLater:
            raise NotGrantable(
                "a grant of the same that begins later stands there: change that one."
            ) from None
        return self.Response(access_request=_told(call, things.by_key(call.sql, request.key)))

    def _end(self, call: Call) -> Millis | None:
        if self.lasting is not None and self.end_time is not None:
            raise InvalidParameter("Lasting", "it must not be given with EndTime", "Value")
        if self.end_time is not None and self.end_time <= call.now:
            raise InvalidParameter("EndTime", "it must be later than now", "Value")
        return call.now + self.lasting if self.lasting is not None else self.end_time


@access.operation("update", errors=(RequestNotFound, RequestDecided, NoPermission))
class DeclineAccessRequest(Shape):
    """Declines a request. The person sees the comment.

    Ours: nobody decides on a request of their own.
    """

    request_id: RequestId
    comment: Note = ""

    class Response(Shape):
        """The request, as it is now."""

        access_request: AccessRequest

    def handle(self, call: Call) -> Response:
        """Say no."""
        request = _undecided(call, self.request_id)
        try:
            requests.decline(call.tx, request, Answer(call.caller.arn, self.comment))
        except AlreadyDecided:
            raise RequestDecided(self.request_id) from None
        return self.Response(access_request=_told(call, things.by_key(call.sql, request.key)))
