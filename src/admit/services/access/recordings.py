"""Recordings of sessions: which there are, what was shown, removing one. Who may is granted host by host."""

import base64
from collections.abc import Container
from typing import Annotated, Literal

from admit.base.journal import Position
from admit.base.sealing import SealBroken
from admit.control import things
from admit.control.live import recordings
from admit.control.live.recordings import RecordingDetails, RecordingLost
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.errors import AdmitError, InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import offset_of, token
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.vocabulary import At, Moment, PersonName, access, past
from admit.store import recorded_then
from admit.store import things as stored
from admit.store.things import Thing, Where

RecordingId = Annotated[
    str,
    like(
        "12-k3j9x0a7q2mz",
        "The ID of a recording: that of its host, a hyphen, and letters of its own.",
        pattern=r"^[0-9a-z-]{1,64}-[a-z0-9]{12}(?!\n)$",
        max_length=80,
    ),
]
HostId = Annotated[str, like("12", "The ID of a host.", min_length=1, max_length=64)]
State = Literal["live", "complete", "cut off", "broken"]
PART_BYTES = 256 * 1024
"""How much of a recording is answered at a time, about."""


class RecordingUnreadable(AdmitError):
    """The recording cannot be read any more: (why)."""

    code, status, message = "RecordingUnreadable", 409, "The recording cannot be read any more: {0}."


class RecordingLive(AdmitError):
    """What is still recorded cannot be removed."""

    code, status = "RecordingLive", 409
    message = "The session is still being recorded: end it first."


class RecordingTold(Shape):
    """A recording."""

    recording_id: RecordingId
    session_id: str
    person: str
    """Whose session it was, by the name they had then."""
    user_id: str
    resource: str
    """What was used, as people called it then, such as root@db-1."""
    host_id: str
    login: str
    """The name that was used at the host."""
    peer: str
    """The address they came from."""
    what: str
    """shell or exec."""
    state: str
    """live: the session goes on. cut off: it ends before its session did. broken: altered. Else complete."""
    reason: str
    """Why it is not complete."""
    started_at: Moment
    size_bytes: int
    """Of its file, compressed and sealed; 0 while it is live."""
    digest: str
    """The hash its file leads to, in hexadecimal; empty while it is live."""
    ended_at: Moment | None = None
    removed: bool = False
    """Of a past moment: it was removed since, and nobody can play it any more."""


def _told(recording: Thing, removed: Container[int] = ()) -> RecordingTold:
    details = recording.read(RecordingDetails)
    return RecordingTold(
        recording_id=recording.id,
        session_id=details.session_id,
        person=details.person,
        user_id=details.user_id,
        resource=recording.name,
        host_id=details.host_id,
        login=details.login,
        peer=details.peer,
        what=details.what,
        state=details.state,
        reason=details.reason,
        started_at=recording.created_at,
        size_bytes=details.size_bytes,
        digest=details.digest,
        ended_at=details.ended_at,
        removed=recording.key in removed,
    )


def _recording(call: Call, recording_id: str) -> Thing:
    found = stored.by_id(call.sql, Kind.RECORDING, call.world.account_key, recording_id)
    if found is None:
        raise NotFound(f"There is no recording {recording_id}.")
    return found


@access.operation("list", errors=(InvalidNextToken,), resources=("host/{HostId}/recording/*",))
class ListRecordings(Shape):
    """Lists the recordings of sessions, newest first. What is left out does not restrict.

    Who may see recordings is granted by RAM, host by host: `host/<HostId>/recording/*`. Without a HostId
    those of all hosts are listed, which takes a grant for all of them.

    Those of a moment are told as they were then: what was still recorded is live, and what was removed
    since is among them.
    """

    host_id: HostId | None = None
    person: PersonName | None = None
    session_id: Annotated[str, like("s-1", "The ID of a session.", max_length=128)] | None = None
    state: State | None = None
    """live: the session goes on. cut off: it ends before its session did. broken: altered. Else complete."""
    at: At | None = None
    """As of a moment: the recordings there were then."""
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of recordings."""

        recordings: tuple[RecordingTold, ...]
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Find them."""
        wanted = {
            "host_id": self.host_id,
            "person": self.person,
            "session_id": self.session_id,
            "state": self.state,
        }
        account, offset, at = call.world.account_key, offset_of(self.next_token), past(self.at, call)
        if at is None:
            where = Where(Kind.RECORDING, parent=account, details=wanted, order="newest")
            found, total = stored.page(call.sql, where, offset, self.max_results)
        else:
            found, total = recorded_then.page(
                call.sql, account, wanted, at, offset=offset, limit=self.max_results
            )
        removed = set[int]() if at is None else stored.removed_among(call.sql, [each.key for each in found])
        return self.Response(
            recordings=tuple(_told(each, removed) for each in found),
            total_count=total,
            max_results=self.max_results,
            next_token=token(offset, self.max_results, total),
        )


@access.operation(
    "get",
    errors=(NotFound, InvalidParameter, InvalidNextToken, RecordingUnreadable),
    resources=("host/{HostId}/recording/{RecordingId}",),
    slow=True,
)
class GetRecording(Shape):
    """Shows what was on the terminal of a session, part by part, as asciicast v2.

    Who may is granted by RAM, by host and recording: `host/<HostId>/recording/<RecordingId>`. Each viewing
    is noted in the activity. What is shown is what the host sent: it may hold sequences that a terminal
    obeys.
    """

    recording_id: RecordingId
    next_token: Annotated[str, like("RP…", "What an earlier answer gave as NextToken.")] | None = None

    class Response(Shape):
        """A part of a recording."""

        recording: RecordingTold
        content: str
        """Whole lines of asciicast v2: in the first part the header, then an event each."""
        next_token: str | None = None
        """What gives the next part; absent if there is no more, of a live recording for now."""
        follow_token: str | None = None
        """Of a live recording without a next part: what as NextToken gives what is shown from now on."""

    def handle(self, call: Call) -> Response:
        """Read a part, and note that it was looked at."""
        recording = _recording(call, self.recording_id)
        try:
            part = recordings.part(call.sql, call.world, recording, _position(self.next_token), PART_BYTES)
        except (RecordingLost, SealBroken) as lost:
            why = "its key was altered" if isinstance(lost, SealBroken) else str(lost)
            raise RecordingUnreadable(why) from None
        # A later part opens only with what the first one gave: one note tells of all.
        if self.next_token is None:
            _note(call, recording)
        return self.Response(
            recording=_told(recording),
            content=part.text,
            next_token=None if part.after is None else _token(part.after),
            follow_token=_token(part.reached) if part.after is None and _is_live(recording) else None,
        )


def _is_live(recording: Thing) -> bool:
    return recording.read(RecordingDetails).state == "live"


def _note(call: Call, recording: Thing) -> None:
    call.world.activities.note(
        Activity(
            call.now,
            ActivityKind.RECORDING_VIEWED,
            Outcome.OK,
            call.caller.arn,
            "admit:GetRecording",
            resource=Mention(recording.id, recording.key),
            request_id=call.request_id,
            session=recording.read(RecordingDetails).session_id,
        )
    )


@access.operation(
    "delete",
    errors=(NotFound, InvalidParameter, RecordingLive),
    resources=("host/{HostId}/recording/{RecordingId}",),
)
class DeleteRecording(Shape):
    """Removes a recording before its time. The ledger keeps that there was one, and who removed it.

    Its key is destroyed at once, after which nobody can read it; its file goes within the hour.
    """

    recording_id: RecordingId

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        """Remove it."""
        recording = _recording(call, self.recording_id)
        if recording.read(RecordingDetails).state == "live":
            raise RecordingLive
        things.remove(call.tx, recording)
        return self.Response()


# -- tokens ------------------------------------------------------------------------------------------

_NUMBER_BYTES = 8


def _token(position: Position) -> str:
    number, offset = (each.to_bytes(_NUMBER_BYTES, "big") for each in (position.number, position.offset))
    return "RP" + base64.urlsafe_b64encode(number + offset + position.chain).decode()


def _position(given: str | None) -> Position | None:
    """The place a token names. One that was made up opens no block: the chain in it does not fit."""
    if not given:
        return None
    try:
        octets = base64.b64decode(given[2:], altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidNextToken from None
    number = int.from_bytes(octets[:_NUMBER_BYTES], "big")
    offset = int.from_bytes(octets[_NUMBER_BYTES : 2 * _NUMBER_BYTES], "big")
    position = Position(number, offset, octets[2 * _NUMBER_BYTES :])
    if len(position.chain) != 32 or offset >= 1 << 62 or _token(position) != given:
        raise InvalidNextToken
    return position
