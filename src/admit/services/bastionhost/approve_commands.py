"""Commands that wait in live sessions: listing them, and deciding on them."""

from typing import Annotated

from admit.control.bastionhost.bastion import HostDetails
from admit.control.live import held_commands
from admit.control.live.held_commands import CommandDecided, HeldCommandDetails
from admit.core.links import Kind
from admit.core.validity import SECOND
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.operation_hosts import users_of
from admit.services.bastionhost.operation_tickets import LongPageSize
from admit.services.bastionhost.vocabulary import (
    HostAccountName,
    HostAddress,
    HostName,
    InstanceId,
    PageNumber,
    ProjectId,
    ProtocolName,
    RegionId,
    TotalCount,
    bastionhost,
    instance,
    pages,
)
from admit.store import things
from admit.store.things import Thing

CommandId = Annotated[str, like("1", "The ID of the command. ListApproveCommands lists those that wait.")]
MomentText = Annotated[str, like("1767225600", "UNIX seconds.")]


class ApproveCommand(Shape):
    """A command that waits."""

    approve_command_id: CommandId
    state: Annotated[str, like("Wait", "Wait: nobody has decided.")]
    command: Annotated[str, like("reboot", "The command.")]
    client_user: Annotated[str, like("alice", "The user of the bastion host who wants to run it.")]
    client_ip: Annotated[str, like("10.0.0.7", "The address the session comes from.")]
    session_id: Annotated[str, like("s-1", "The session in which it waits.")]
    asset_name: HostName
    asset_ip: HostAddress
    asset_account_name: HostAccountName
    protocol_name: ProtocolName
    create_time: MomentText


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound))
class ListApproveCommands(Shape):
    """Lists the commands that wait in live sessions for a decision, oldest first.

    Ours: a command waits for ten minutes, and no longer than its session lives.
    """

    instance_id: InstanceId
    page_number: PageNumber
    page_size: LongPageSize
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """A page of commands."""

        approve_commands: tuple[ApproveCommand, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found = held_commands.waiting(call.sql, bastion, call.now)
        offset, limit = pages(self.page_number, self.page_size)
        told = (_told(call, bastion, each) for each in found)
        living = [each for each in told if each is not None]
        return self.Response(approve_commands=tuple(living[offset : offset + limit]), total_count=len(living))


def _told(call: Call, bastion: Thing, held: Thing) -> ApproveCommand | None:
    details = held.read(HeldCommandDetails)
    on = things.by_id(call.sql, Kind.HOST, bastion.key, details.host_id)
    if on is None:
        return None
    return ApproveCommand(
        approve_command_id=held.id,
        state=details.state,
        command=details.command,
        client_user=details.user_name,
        client_ip=details.peer,
        session_id=details.session_id,
        asset_name=on.name,
        asset_ip=on.read(HostDetails).address,
        asset_account_name=details.account_name,
        protocol_name="SSH",
        create_time=str(held.created_at // SECOND),
    )


def _decide(call: Call, instance_id: str, command_id: str, *, accept: bool) -> None:
    """Decide on a command of somebody else.

    Raises:
        InvalidArgument: there is none that waits, or it is the caller's own.
    """
    bastion = instance(call, instance_id)
    held = things.by_id(call.sql, Kind.HELD_COMMAND, bastion.key, command_id)
    if held is None:
        raise InvalidArgument("CommandId", "no such command waits.")
    if held.read(HeldCommandDetails).user_id in {each.id for each in users_of(call, bastion)}:
        raise InvalidArgument("CommandId", "nobody decides on a command of their own.")
    try:
        held_commands.decide(call.tx, held, call.caller.arn, accept=accept)
    except CommandDecided:
        raise InvalidArgument("CommandId", "no such command waits.") from None


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class AcceptApproveCommand(Shape):
    """Lets a command run that waits in a live session.

    Ours: nobody decides on a command of their own.
    """

    instance_id: InstanceId
    command_id: CommandId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        _decide(call, self.instance_id, self.command_id, accept=True)
        return self.Response()


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class RejectApproveCommand(Shape):
    """Keeps a command from running that waits in a live session. The session goes on.

    Ours: nobody decides on a command of their own.
    """

    instance_id: InstanceId
    command_id: CommandId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        _decide(call, self.instance_id, self.command_id, accept=False)
        return self.Response()
