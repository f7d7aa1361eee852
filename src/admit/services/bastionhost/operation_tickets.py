"""Tickets: users ask for sessions that a control policy holds, administrators decide."""

from typing import Annotated, Literal

from admit.control import access
from admit.control.bastionhost import tickets
from admit.control.bastionhost.bastion import HostDetails
from admit.control.bastionhost.restrictions import restrictions
from admit.control.bastionhost.tickets import TicketDetails, TicketWaits
from admit.core.links import Kind
from admit.core.validity import SECOND, Millis, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.operation_hosts import users_of
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    HostAccountName,
    HostAddress,
    HostId,
    HostName,
    HostSource,
    InstanceId,
    OSType,
    PageNumber,
    ProjectId,
    ProtocolName,
    RegionId,
    SourceInstanceId,
    TotalCount,
    UserId,
    bastionhost,
    instance,
    pages,
)
from admit.store import things
from admit.store.things import Thing, Where

OperationTicketId = Annotated[
    str, like("1", "The ID of the ticket. ListOperationTickets lists those that wait.")
]
Remarks = Annotated[str, like("to look at the slow query", "Remarks.", max_length=500)]
AssetProtocol = Annotated[
    Literal["SSH", "RDP", "MySQL", "PostgreSQL", "Oracle", "SQLServer"],
    like("SSH", "The protocol; those of databases are refused, for there are none here."),
]
Moment = Annotated[int, like(1767225600, "UNIX seconds; 0 for no bound.", ge=0, le=99_999_999_999)]
LongPageSize = Annotated[
    str,
    like(
        "20",
        "How many entries a page has: 1 to 1000; 0 means the default.",
        pattern=r"^([0-9]{1,3}|1000)?(?!\n)$",
    ),
]


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound))
class CreateOperationTicket(Shape):
    """Asks for a session that a control policy does not allow without an approval.

    Who asks is the user of the bastion host whose Source is Ram and whose SourceUserId is the
    calling RAM user's. They must be granted what they ask for: a ticket lifts a restriction, and
    grants nothing.

    Ours: a host that does not exist is answered like one that the caller may not operate. Ours: any
    login may be asked for where the host itself is granted; it is to be typed then. Ours: what
    waits already is not asked for twice, and nothing is asked for where no policy wants it.
    """

    instance_id: InstanceId
    asset_id: HostId
    asset_account_name: HostAccountName
    protocol_name: AssetProtocol
    approve_comment: Remarks
    """Why; for whoever decides."""
    effect_start_time: Moment | None = None
    effect_end_time: Moment | None = None
    is_one_time_effect: (
        Annotated[bool, like(example=True, description="Whether for one session only.")] | None
    ) = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The new ticket."""

        operation_ticket_id: OperationTicketId

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        period(call, self.effect_start_time, self.effect_end_time)
        user, on, account = self._wanted(call, bastion)
        left = restrictions(call.sql, call.world, user, account or on, call.now)
        if left.approval is None or not left.approval.rule:
            raise InvalidArgument("AssetId", "no control policy asks for an approval here.")
        details = TicketDetails(
            user_id=user.id,
            host_id=on.id,
            account_name=self.asset_account_name,
            account_id="" if account is None else account.id,
            protocol_name="SSH" if self.protocol_name == "SSH" else "RDP",
            apply_comment=self.approve_comment,
            starts_at=_millis(self.effect_start_time),
            ends_at=_millis(self.effect_end_time),
            once=bool(self.is_one_time_effect),
        )
        try:
            made = tickets.ask(call.tx, bastion, details)
        except TicketWaits:
            raise InvalidArgument("AssetId", "a ticket for this waits already.") from None
        return self.Response(operation_ticket_id=made.id)

    def _wanted(self, call: Call, bastion: Thing) -> tuple[Thing, Thing, Thing | None]:
        """Who asks, for which host, and for which account on it, if it is one.

        Raises:
            InvalidArgument: it is nothing that the caller may operate.
        """
        on = things.by_id(call.sql, Kind.HOST, bastion.key, self.asset_id)
        if on is not None and self.protocol_name in ("SSH", "RDP"):
            for wanted in (*self._accounts(call, on), on):
                for user in users_of(call, bastion):
                    if access.ask_as(call.sql, user.ref, wanted.ref, call.now).allowed:
                        return user, on, None if wanted is on else wanted
        raise InvalidArgument("AssetId", "you may not operate this account on this host.")

    def _accounts(self, call: Call, on: Thing) -> list[Thing]:
        details = {"protocol_name": self.protocol_name}
        where = Where(Kind.HOST_ACCOUNT, parent=on.key, name=self.asset_account_name, details=details)
        return things.find(call.sql, where)


def _millis(seconds: int | None) -> Millis | None:
    return seconds * SECOND if seconds else None


def period(call: Call, start: int | None, end: int | None) -> Validity:
    """The period two times in UNIX seconds say; without an end it is as long as one is by default.

    Raises:
        InvalidArgument: it ends before it starts, or has ended.
    """
    starts = _millis(start) or call.now
    ends = _millis(end) or max(starts, call.now) + tickets.LONGEST
    if ends <= max(starts, call.now):
        raise InvalidArgument("EffectEndTime", "it must be later than EffectStartTime and than now.")
    return Validity(starts, ends)


class OperationTicket(Shape, kw_only=True):
    """A ticket that waits."""

    operation_ticket_id: OperationTicketId
    state: Annotated[str, like("Normal", "Normal: it waits.")]
    apply_user_id: UserId
    apply_username: str
    approve_comment: Remarks
    asset_id: HostId
    asset_name: HostName
    asset_address: HostAddress
    asset_os: OSType
    asset_source: HostSource
    asset_source_instance_id: SourceInstanceId | None = None
    asset_network_domain_id: str | None = None
    asset_account_id: HostAccountId | None = None
    asset_account_name: HostAccountName
    protocol_name: ProtocolName
    effect_count: Annotated[int, like(0, "0: for any number of sessions. 1: for one.")]
    effect_start_time: Moment
    effect_end_time: Moment
    created_time: Moment


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound))
class ListOperationTickets(Shape):
    """Lists the tickets that wait for a decision, oldest first.

    Ours: those of users and for hosts that were deleted since are left out.
    """

    instance_id: InstanceId
    asset_address: HostAddress | None = None
    """The whole address of the host."""
    page_number: PageNumber | None = None
    page_size: LongPageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """A page of tickets."""

        operation_tickets: tuple[OperationTicket, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        told = [_told(call, bastion, each) for each in tickets.waiting(call.sql, bastion)]
        found = [
            each for each in told if each is not None and self.asset_address in (None, "", each.asset_address)
        ]
        offset, limit = pages(self.page_number, self.page_size)
        return self.Response(operation_tickets=tuple(found[offset : offset + limit]), total_count=len(found))


def _told(call: Call, bastion: Thing, ticket: Thing) -> OperationTicket | None:
    details = ticket.read(TicketDetails)
    user = things.by_id(call.sql, Kind.USER, bastion.key, details.user_id)
    on = things.by_id(call.sql, Kind.HOST, bastion.key, details.host_id)
    if user is None or on is None:
        return None
    asset = on.read(HostDetails)
    return OperationTicket(
        operation_ticket_id=ticket.id,
        state=details.state,
        apply_user_id=user.id,
        apply_username=user.name,
        approve_comment=details.apply_comment,
        asset_id=on.id,
        asset_name=on.name,
        asset_address=asset.address,
        asset_os=asset.os_type,
        asset_source=asset.source,
        asset_source_instance_id=asset.source_instance_id,
        asset_account_id=details.account_id or None,
        asset_account_name=details.account_name,
        protocol_name=details.protocol_name,
        effect_count=int(details.once),
        effect_start_time=(details.starts_at or 0) // SECOND,
        effect_end_time=(details.ends_at or 0) // SECOND,
        created_time=ticket.created_at // SECOND,
    )
