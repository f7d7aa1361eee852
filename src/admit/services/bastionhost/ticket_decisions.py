"""Deciding on tickets."""

from typing import Annotated

from admit.control.bastionhost import tickets
from admit.control.bastionhost.tickets import Decision, TicketDecided, TicketDetails
from admit.core.links import Kind
from admit.core.validity import SECOND
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.operation_hosts import users_of
from admit.services.bastionhost.operation_tickets import OperationTicketId, Remarks, period
from admit.services.bastionhost.vocabulary import InstanceId, ProjectId, RegionId, bastionhost, instance
from admit.store import things
from admit.store.things import Thing

MomentText = Annotated[
    str, like("1767225600", "UNIX seconds; 0 for no bound.", pattern=r"^([0-9]{1,11})?(?!\n)$")
]
EffectCount = Annotated[
    str, like("0", "0: for any number of sessions. 1: for one.", pattern=r"^[01]?(?!\n)$")
]


def _waiting(call: Call, bastion: Thing, ticket_id: str) -> Thing:
    """The ticket of this id, if the caller may decide on it.

    Raises:
        InvalidArgument: there is none, or it is the caller's own.
    """
    found = things.by_id(call.sql, Kind.OPERATION_TICKET, bastion.key, ticket_id)
    if found is None:
        raise InvalidArgument("OperationTicketId", "there is no such ticket.")
    if found.read(TicketDetails).user_id in {each.id for each in users_of(call, bastion)}:
        raise InvalidArgument("OperationTicketId", "nobody decides on a ticket of their own.")
    return found


_DECIDED = "somebody has decided on this ticket already."


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class AcceptOperationTicket(Shape):
    """Accepts a ticket: the session that was asked for may begin within the period.

    What is not given is as it was asked for.

    Ours: without any end it is good for a day. Ours: nobody decides on a ticket of their own.
    Ours: a session ends with the last ticket it could have begun by.
    """

    instance_id: InstanceId
    operation_ticket_id: OperationTicketId
    effect_count: EffectCount | None = None
    effect_start_time: MomentText | None = None
    effect_end_time: MomentText | None = None
    comment: Remarks | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        ticket = _waiting(call, instance(call, self.instance_id), self.operation_ticket_id)
        asked = ticket.read(TicketDetails)
        start = self.effect_start_time or (asked.starts_at or 0) // SECOND
        end = self.effect_end_time or (asked.ends_at or 0) // SECOND
        once = asked.once if self.effect_count is None else self.effect_count == "1"
        validity = period(call, int(start), int(end))
        try:
            decision = Decision(call.caller.arn, self.comment or "")
            tickets.accept(call.tx, ticket, decision, validity, once=once)
        except TicketDecided:
            raise InvalidArgument("OperationTicketId", _DECIDED) from None
        return self.Response()


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class RejectOperationTicket(Shape):
    """Rejects a ticket.

    Ours: nobody decides on a ticket of their own.
    """

    instance_id: InstanceId
    operation_ticket_id: OperationTicketId
    comment: Remarks | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        ticket = _waiting(call, instance(call, self.instance_id), self.operation_ticket_id)
        try:
            tickets.reject(call.tx, ticket, Decision(call.caller.arn, self.comment or ""))
        except TicketDecided:
            raise InvalidArgument("OperationTicketId", _DECIDED) from None
        return self.Response()
