"""Control policies of a bastion host: they narrow what users are granted."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.bastionhost.restrictions import ControlPolicyDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.control_policy_parts import (
    ApprovalConfig,
    CommandApprovalConfig,
    CommandConfig,
    DenyConfig,
    IPAclConfig,
    ProtocolConfig,
    RDPOptions,
    SSHOptions,
    told,
)
from admit.services.bastionhost.errors import (
    InstanceNotFound,
    InvalidArgument,
    PolicyAlreadyExists,
    PolicyNotFound,
)
from admit.services.bastionhost.vocabulary import (
    ONE_LINE,
    InstanceId,
    PageNumber,
    PageSize,
    PolicyId,
    ProjectId,
    RegionId,
    TotalCount,
    bastionhost,
    control_policy,
    instance,
    pages,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

PolicyName = Annotated[
    str,
    like(
        "office-hours",
        "The name of the control policy, unique in the bastion host.",
        min_length=1,
        max_length=128,
        pattern=ONE_LINE,
    ),
]
Comment = Annotated[str, like("on weekdays", "Remarks on the control policy.", max_length=500)]
PriorityText = Annotated[
    str,
    like("1", "Which policy goes first: 1 to 100, the smaller first.", pattern=r"^([1-9][0-9]?|100)(?!\n)$"),
]
Priority = Annotated[int, like(1, "Which policy goes first: the smaller; of equals the newest.")]


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound, PolicyAlreadyExists))
class CreatePolicy(Shape):
    """Creates a control policy.

    Ours: it applies to nobody until SetPolicyUserScope and SetPolicyAssetScope have said to whom
    and to what. Ours: each part that is set is decided by the first policy that sets it, so a
    policy that leaves a part out does not lift what another says about it.
    """

    instance_id: InstanceId
    policy_name: PolicyName
    comment: Comment | None = None
    priority: PriorityText = "1"
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The new control policy."""

        policy_id: PolicyId

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        details = ControlPolicyDetails(int(self.priority), self.comment or "")
        new = New(Kind.CONTROL_POLICY, bastion.key, self.policy_name, details, handle=self.policy_name)
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise PolicyAlreadyExists(self.policy_name) from None
        return self.Response(policy_id=made.id)


class ListedPolicy(Shape):
    """A control policy in a list."""

    policy_id: PolicyId
    policy_name: PolicyName
    priority: Priority
    comment: Comment


class AllowedPeriod(Shape):
    """Hours on days of the week at which sessions are allowed, each number as a text."""

    days: tuple[str, ...]
    hours: tuple[str, ...]


class AllowedPeriods(Shape):
    """When sessions are allowed."""

    effective_time: tuple[AllowedPeriod, ...]


class Policy(ListedPolicy, kw_only=True):
    """A control policy with all its parts; a part that was never set is absent."""

    access_time_range_config: AllowedPeriods | None = None
    approval_config: ApprovalConfig | None = None
    command_config: CommandConfig | None = None
    ipacl_config: IPAclConfig | None = msgspec.field(default=None, name="IPAclConfig")
    protocol_config: ProtocolConfig | None = None


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, PolicyNotFound))
class GetPolicy(Shape):
    """Queries a control policy with all its parts.

    Ours: a part that was never set is absent.
    """

    instance_id: InstanceId
    policy_id: PolicyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The control policy."""

        policy: Policy

    def handle(self, call: Call) -> Response:
        return self.Response(
            policy=_whole(control_policy(call, instance(call, self.instance_id), self.policy_id))
        )


def _whole(policy: Thing) -> Policy:
    details = policy.read(ControlPolicyDetails)
    return Policy(
        policy_id=policy.id,
        policy_name=policy.name,
        priority=details.priority,
        comment=details.comment,
        access_time_range_config=_periods(details),
        approval_config=None
        if details.approval is None
        else ApprovalConfig(switch_status="On" if details.approval else "Off"),
        command_config=_commands(details),
        ipacl_config=None
        if details.sources is None
        else IPAclConfig(acl_type=details.sources.acl.value, ips=details.sources.addresses),
        protocol_config=_protocols(details),
    )


def _periods(details: ControlPolicyDetails) -> AllowedPeriods | None:
    if details.periods is None:
        return None
    return AllowedPeriods(
        effective_time=tuple(
            AllowedPeriod(days=tuple(map(str, each.days)), hours=tuple(map(str, each.hours)))
            for each in details.periods
        )
    )


def _commands(details: ControlPolicyDetails) -> CommandConfig | None:
    kept = details.commands
    if kept is None:
        return None
    return CommandConfig(
        deny=DenyConfig(acl_type=kept.acl.value, commands=kept.commands),
        approval=CommandApprovalConfig(commands=kept.approval or ()),
    )


def _protocols(details: ControlPolicyDetails) -> ProtocolConfig | None:
    if details.ssh is None and details.rdp is None:
        return None
    return ProtocolConfig(
        ssh=None if details.ssh is None else msgspec.convert(told(details.ssh), SSHOptions),
        rdp=None if details.rdp is None else msgspec.convert(told(details.rdp), RDPOptions),
    )


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound))
class ListPolicies(Shape):
    """Lists control policies, oldest first."""

    instance_id: InstanceId
    policy_name: PolicyName | None = None
    """The whole name of the control policy to look for."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """A page of control policies."""

        policies: tuple[ListedPolicy, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        where = Where(Kind.CONTROL_POLICY, parent=bastion.key, name=self.policy_name or None)
        offset, limit = pages(self.page_number, self.page_size)
        found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(policies=tuple(map(_listed, found)), total_count=things.count(call.sql, where))


def _listed(policy: Thing) -> ListedPolicy:
    details = policy.read(ControlPolicyDetails)
    return ListedPolicy(
        policy_id=policy.id, policy_name=policy.name, priority=details.priority, comment=details.comment
    )


@bastionhost.operation(
    "update", errors=(InvalidArgument, InstanceNotFound, PolicyNotFound, PolicyAlreadyExists)
)
class ModifyPolicy(Shape):
    """Modifies a control policy. What is left out stays as it is; an empty comment removes it."""

    instance_id: InstanceId
    policy_id: PolicyId
    policy_name: PolicyName | None = None
    comment: Comment | None = None
    priority: PriorityText | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        policy = control_policy(call, instance(call, self.instance_id), self.policy_id)
        details = policy.read(ControlPolicyDetails)
        if self.comment is not None:
            details.comment = self.comment
        if self.priority is not None:
            details.priority = int(self.priority)
        name = self.policy_name
        try:
            verbs.change(call.tx, policy, name=name, handle=name, details=details)
        except HandleTaken:
            raise PolicyAlreadyExists(name) from None
        return self.Response()


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, PolicyNotFound))
class DeletePolicy(Shape):
    """Deletes a control policy. What it narrowed is again as it was granted."""

    instance_id: InstanceId
    policy_id: PolicyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        verbs.remove(call.tx, control_policy(call, instance(call, self.instance_id), self.policy_id))
        return self.Response()
