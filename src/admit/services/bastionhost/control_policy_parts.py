"""What a control policy says: source addresses, hours, approval, protocols and commands."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from admit.control import things as verbs
from admit.control.bastionhost.restrictions import AddressList, CommandList, ControlPolicyDetails, Period
from admit.core.commands import Acl
from admit.core.restrictions import Channel
from admit.core.sources import address_range
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument, PolicyNotFound
from admit.services.bastionhost.vocabulary import (
    ONE_LINE,
    InstanceId,
    PolicyId,
    ProjectId,
    RegionId,
    bastionhost,
    control_policy,
    instance,
)

ERRORS = (InvalidArgument, InstanceNotFound, PolicyNotFound)

AclType = Annotated[
    Literal["black", "white"],
    like("black", "black: what is listed is refused. white: only what is listed is allowed."),
]
Address = Annotated[
    str,
    like(
        "10.0.0.1-10.0.0.9",
        "An address, a range of addresses, or a network such as 10.0.0.0/8.",
        min_length=1,
        max_length=100,
    ),
]
CommandPattern = Annotated[
    str,
    like(
        "rm *",
        "A command: * stands for anything, ? for one character. "
        "A program's name alone covers the program with any arguments.",
        min_length=1,
        max_length=1000,
        pattern=ONE_LINE,
    ),
]
CommandPatterns = Annotated[tuple[CommandPattern, ...], at_most(500)]
Day = Annotated[int, like(1, "A day of the week: 1 is Monday, 7 is Sunday.", ge=1, le=7)]
Hour = Annotated[int, like(9, "An hour of the day: 9 is from 9:00 until 10:00.", ge=0, le=23)]
OnOff = Annotated[Literal["On", "Off"], like("On", "Whether a session needs an accepted ticket.")]
Switch = Annotated[Literal["Enable", "Disable"], like("Enable", "Whether it may be used.")]


class IPAclConfig(Shape):
    """Which addresses sessions may come from."""

    acl_type: AclType
    ips: Annotated[tuple[Address, ...], at_most(500)] = msgspec.field(name="IPs")


class EffectivePeriod(Shape):
    """Hours on days of the week at which sessions are allowed."""

    days: Annotated[tuple[Day, ...], at_most(7, least=1)]
    hours: Annotated[tuple[Hour, ...], at_most(24, least=1)]


class AccessTimeRangeConfig(Shape):
    """When sessions are allowed."""

    effective_time: Annotated[tuple[EffectivePeriod, ...], at_most(168, least=1)]


class ApprovalConfig(Shape):
    """Whether sessions need an approval."""

    switch_status: OnOff


class DenyConfig(Shape):
    """Commands that are refused, or the only ones allowed."""

    acl_type: AclType
    commands: CommandPatterns | None = None


class CommandApprovalConfig(Shape):
    """Commands that need an approval."""

    commands: CommandPatterns | None = None


class CommandConfig(Shape):
    """Which commands may be run."""

    deny: DenyConfig
    approval: CommandApprovalConfig | None = None


class SSHOptions(Shape):
    """What may be done over SSH and SFTP."""

    ssh_channel: Switch | None = msgspec.field(default=None, name="SSHChannel")
    """A shell; without it neither remote commands, nor forwarding, nor X11."""
    exec_command: Switch | None = None
    """Remote commands, which ``rsync`` and ``git`` are too."""
    x11_forwarding: Switch | None = msgspec.field(default=None, name="X11Forwarding")
    allow_tcp_forwarding: Switch | None = None
    """Forwarded connections. Of the three names for them one must be on, and none off."""
    allow_direct_tcp: Switch | None = None
    tcp_forwarding: Switch | None = None
    sftp_channel: Switch | None = msgspec.field(default=None, name="SFTPChannel")
    """Files by SFTP; without it none of what follows."""
    sftp_upload_file: Switch | None = msgspec.field(default=None, name="SFTPUploadFile")
    sftp_download_file: Switch | None = msgspec.field(default=None, name="SFTPDownloadFile")
    sftp_mkdir: Switch | None = msgspec.field(default=None, name="SFTPMkdir")
    sftp_rmdir: Switch | None = msgspec.field(default=None, name="SFTPRmdir")
    sftp_remove_file: Switch | None = msgspec.field(default=None, name="SFTPRemoveFile")
    sftp_rename_file: Switch | None = msgspec.field(default=None, name="SFTPRenameFile")


class RDPOptions(Shape):
    """What may be done over RDP. Kept, and used by no door here."""

    clipboard_download: Switch | None = None
    clipboard_upload: Switch | None = None
    disk_redirection: Switch | None = None
    disk_redirection_download: Switch | None = None
    disk_redirection_upload: Switch | None = None
    record_keyboard: Switch | None = None


class ProtocolConfig(Shape):
    """What may be done over which protocol."""

    ssh: SSHOptions | None = msgspec.field(default=None, name="SSH")
    rdp: RDPOptions | None = msgspec.field(default=None, name="RDP")


def switches(config: Shape) -> dict[str, bool]:
    """The switches that were given, by their names on the wire."""
    return {name: value == "Enable" for name, value in msgspec.to_builtins(config).items()}


def told(kept: Mapping[str, bool]) -> dict[str, str]:
    """Kept switches as they are answered."""
    return {name: "Enable" if on else "Disable" for name, on in kept.items()}


class _Change(Shape, kw_only=True):
    """The parameters that every change of a control policy has."""

    instance_id: InstanceId
    policy_id: PolicyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None


def put(call: Call, change: _Change, **parts: Any) -> None:
    """Give some parts of a control policy new values.

    Raises:
        PolicyNotFound: there is no such policy.
    """
    policy = control_policy(call, instance(call, change.instance_id), change.policy_id)
    details = msgspec.structs.replace(policy.read(ControlPolicyDetails), **parts)
    verbs.change(call.tx, policy, details=details)


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyIPAclConfig(_Change, kw_only=True):
    """Sets which source addresses a control policy allows sessions from. Sessions from others end.

    Ours: networks (10.0.0.0/8) and IPv6 are taken too. Ours: an empty black list allows every
    address, and keeps policies of lower priority from refusing any.
    """

    ipacl_config: Json[IPAclConfig] = msgspec.field(name="IPAclConfig")

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        config = self.ipacl_config
        if config.acl_type == "white" and not config.ips:
            raise InvalidArgument("IPAclConfig", "a white list needs IPs.")
        for text in config.ips:
            try:
                address_range(text)
            except ValueError:
                raise InvalidArgument(
                    "IPAclConfig", "each of IPs is an address, a range a-b or a network."
                ) from None
        put(call, self, sources=AddressList(Acl(config.acl_type), config.ips))
        return self.Response()


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyAccessTimeRangeConfig(_Change, kw_only=True):
    """Sets the hours of the week at which a control policy allows sessions.

    Ours: a session that is open when the hours end, ends with them. Ours: the clock is that of the
    setting ``time_zone``. Ours: a period needs days and hours; all of both is no limit.
    """

    access_time_range_config: Json[AccessTimeRangeConfig]

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        periods = tuple(
            Period(tuple(sorted({*each.days})), tuple(sorted({*each.hours})))
            for each in self.access_time_range_config.effective_time
        )
        put(call, self, periods=periods)
        return self.Response()


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyApprovalConfig(_Change, kw_only=True):
    """Sets whether a control policy asks for an approval of each session.

    With it On a user asks by CreateOperationTicket, and an administrator accepts.

    Ours: sessions that are open without an accepted ticket end. Ours: Off keeps policies of lower
    priority from asking.
    """

    approval_config: Json[ApprovalConfig]

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        put(call, self, approval=self.approval_config.switch_status == "On")
        return self.Response()


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyProtocolConfig(_Change, kw_only=True):
    """Sets what a control policy leaves open over SSH, SFTP and RDP. What is not given is disabled.

    Ours: a protocol that is left out stays as it was. Ours: the RDP options are kept, and no door
    here uses them.
    """

    protocol_config: Json[ProtocolConfig]

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        ssh, rdp = self.protocol_config.ssh, self.protocol_config.rdp
        parts: dict[str, Any] = {}
        if ssh is not None:
            given = switches(ssh)
            if not (given.get(Channel.SHELL) or given.get(Channel.SFTP)):
                raise InvalidArgument("ProtocolConfig", "SSHChannel or SFTPChannel must be Enable.")
            # The three names for forwarding are weighed against each other: what was not said stays so.
            parts["ssh"] = {each.value: False for each in Channel if each is not Channel.FORWARD} | given
        if rdp is not None:
            parts["rdp"] = dict.fromkeys(_RDP, False) | switches(rdp)
        if not parts:
            raise InvalidArgument("ProtocolConfig", "SSH or RDP must be given.")
        put(call, self, **parts)
        return self.Response()


_RDP = ("ClipboardDownload", "ClipboardUpload", "DiskRedirection", "RecordKeyboard")
"""The switches for RDP that the vendor says are Disable where they are not given."""


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyCommandConfig(_Change, kw_only=True):
    """Sets which commands a control policy denies, allows, or holds until somebody approves them.

    A guard-rail, not a boundary: who has a shell can run a denied program in many other ways.
    Denying goes before allowing, and both before approval.

    Ours: what a white list does not have may still be approved if it is under Approval.
    """

    command_config: Json[CommandConfig]

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        deny, approval = self.command_config.deny, self.command_config.approval
        if deny.acl_type == "white" and not deny.commands:
            raise InvalidArgument("CommandConfig", "a white list needs Commands.")
        held = None if approval is None else approval.commands or ()
        put(call, self, commands=CommandList(Acl(deny.acl_type), deny.commands or (), held))
        return self.Response()
