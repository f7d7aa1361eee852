"""Breaking glass: agreeing beforehand who may take what in an emergency, and for how long."""

from typing import Annotated

from admit.control import names
from admit.control.requests import break_glass
from admit.control.requests.break_glass import AgreementDetails
from admit.control.things import remove
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import FOREVER, Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import AgreementNotFound, Ambiguous, NotFound, NotGrantable
from admit.services.access.grants import subject_of
from admit.services.access.offers import Note
from admit.services.access.vocabulary import At, Moment, ResourceName, SubjectName, access, end, named, past
from admit.store import things
from admit.store.things import Thing

AgreementId = Annotated[
    str, like("1234", "The ID of an agreement. Call ListBreakGlass to query it.", max_length=64)
]
LastingGlass = Annotated[
    int,
    like(
        3_600_000,
        "How long access lasts each time, in milliseconds; at most a day.",
        ge=break_glass.SHORTEST,
        le=break_glass.LONGEST,
    ),
]


class Agreement(Shape):
    """What was agreed beforehand."""

    agreement_id: AgreementId
    holder: str
    """Who may break this glass: a person's name, or group:NAME."""
    resource: str
    lasting: int
    """How long access lasts each time, in milliseconds."""
    agreed_by: str
    """ARN."""
    agreed_at: Moment
    note: str
    end_time: Moment | None = None
    """Until when the agreement holds; absent if it has no end."""


def _told(call: Call, agreement: Thing, at: Millis | None = None) -> Agreement:
    details = agreement.read(AgreementDetails)
    return Agreement(
        agreement_id=agreement.id,
        holder=details.holder_name,
        resource=names.labels(call.sql, [agreement.parent], at)[agreement.parent].label,
        lasting=details.lasting_ms,
        agreed_by=details.agreed_by,
        agreed_at=agreement.created_at,
        end_time=end(details.ends_at),
        note=details.note,
    )


@access.operation("create", errors=(NotFound, Ambiguous, InvalidParameter, NotGrantable))
class AgreeBreakGlass(Shape):
    """Agrees that a person, or whoever is in a group, may take a resource at once in an emergency.

    Nobody is granted anything by it. Whoever breaks the glass must say why, has access for this
    long, and everybody who is to know hears of it: the owners of the resource and the addresses of
    the setting ``approver_addresses`` by mail, the ledger, the activity, a metric.
    """

    subject: SubjectName
    resource: ResourceName
    lasting: LastingGlass
    end_time: Moment | None = None
    """Until when the agreement holds; for ever if left out."""
    note: Note = ""

    class Response(Shape):
        """The agreement."""

        agreement: Agreement

    def handle(self, call: Call) -> Response:
        """Find both, and write it down."""
        resource = named(lambda: names.resource(call.sql, self.resource), "Resource")
        holder = subject_of(call, self.subject, resource)
        if self.end_time is not None and self.end_time <= call.now:
            raise InvalidParameter("EndTime", "it must be later than now", "Value")
        details = AgreementDetails(
            holder=holder.key,
            holder_name=self.subject,
            lasting_ms=self.lasting,
            agreed_by=call.caller.arn,
            ends_at=self.end_time or FOREVER,
            note=self.note,
        )
        return self.Response(agreement=_told(call, break_glass.agree(call.tx, resource, details)))


@access.operation("delete", errors=(AgreementNotFound,))
class EndBreakGlass(Shape):
    """Ends an agreement. Access that was taken by it goes on until its own end: revoke it to end it too."""

    agreement_id: AgreementId

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        """Remove it."""
        found = things.by_id_anywhere(call.sql, Kind.BREAK_GLASS, self.agreement_id)
        if found is None:
            raise AgreementNotFound(self.agreement_id)
        remove(call.tx, found)
        return self.Response()


@access.operation("list")
class ListBreakGlass(Shape):
    """Lists what was agreed beforehand, or by a moment, the oldest first; those that have ended too.

    Where glass was broken stands among the requests: ListAccessRequests tells the agreement's ID.
    """

    at: At | None = None

    class Response(Shape):
        """The agreements."""

        agreements: tuple[Agreement, ...]

    def handle(self, call: Call) -> Response:
        """Read all of them."""
        at = past(self.at, call)
        found = break_glass.agreements(call.sql, at)
        return self.Response(agreements=tuple(_told(call, each, at) for each in found))
