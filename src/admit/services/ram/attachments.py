"""Attaching policies to users, groups and roles, and detaching them."""

from collections.abc import Mapping
from dataclasses import dataclass

from admit.control import grants
from admit.control.callers import PolicyDetails
from admit.core.errors import AdmitError
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.ram.entities import group, policy, role, user
from admit.services.ram.errors import (
    AlreadyAttachedToGroup,
    AlreadyAttachedToRole,
    AlreadyAttachedToUser,
    GroupNotFound,
    InvalidParameter,
    NotAttachedToGroup,
    NotAttachedToRole,
    NotAttachedToUser,
    PolicyNotFound,
    RoleNotFound,
    TooManyPoliciesOfGroup,
    TooManyPoliciesOfRole,
    TooManyPoliciesOfUser,
    UserNotFound,
)
from admit.services.ram.vocabulary import (
    THE_GROUP,
    THE_POLICY,
    THE_ROLE,
    THE_USER,
    GroupName,
    PolicyName,
    PolicyType,
    ResourceGroupId,
    RoleName,
    UserName,
    ram,
)
from admit.store import things
from admit.store.things import Thing, Where


@dataclass(frozen=True, slots=True)
class _Holder:
    """A kind of thing that policies are attached to: how many of each type, and its errors."""

    most: Mapping[str, int]
    already: type[AdmitError]
    too_many: type[AdmitError]
    absent: type[AdmitError]


_USER = _Holder({"System": 20, "Custom": 10}, AlreadyAttachedToUser, TooManyPoliciesOfUser, NotAttachedToUser)
_GROUP = _Holder(
    {"System": 20, "Custom": 5}, AlreadyAttachedToGroup, TooManyPoliciesOfGroup, NotAttachedToGroup
)
_ROLE = _Holder({"System": 20, "Custom": 5}, AlreadyAttachedToRole, TooManyPoliciesOfRole, NotAttachedToRole)


def _attach(call: Call, holder: Thing, attached: Thing, of: _Holder) -> None:
    """Join the two.

    Raises:
        AdmitError: the holder has the policy, or as many of its type as it may have.
    """
    if grants.find(call.tx, holder, attached) is not None:
        raise of.already(attached.name, holder.name)
    word = attached.read(PolicyDetails).type
    held = Where(Kind.RAM_POLICY, linked_from=holder.key, details={"type": word})
    if things.count(call.sql, held) >= of.most[word]:
        raise of.too_many(of.most[word], word)
    grants.grant(call.tx, holder, attached)


def _detach(call: Call, holder: Thing, attached: Thing, of: _Holder) -> None:
    """Part the two.

    Raises:
        AdmitError: they are not joined.
    """
    if not grants.revoke(call.tx, holder, attached):
        raise of.absent(attached.name, holder.name)


class Done(Shape):
    """The answer that says no more than that it was done."""


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, UserNotFound, AlreadyAttachedToUser, TooManyPoliciesOfUser),
    resources=(THE_USER, THE_POLICY),
)
class AttachPolicyToUser(Shape):
    """Attaches a policy to a user. Attaching it again is an error."""

    policy_type: PolicyType
    policy_name: PolicyName
    user_name: UserName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _attach(call, user(call, self.user_name), attached, _USER)
        return Done()


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, UserNotFound, NotAttachedToUser),
    resources=(THE_USER, THE_POLICY),
)
class DetachPolicyFromUser(Shape):
    """Detaches a policy from a user."""

    policy_type: PolicyType
    policy_name: PolicyName
    user_name: UserName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _detach(call, user(call, self.user_name), attached, _USER)
        return Done()


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, GroupNotFound, AlreadyAttachedToGroup, TooManyPoliciesOfGroup),
    resources=(THE_GROUP, THE_POLICY),
)
class AttachPolicyToGroup(Shape):
    """Attaches a policy to a group, and so to its users. Attaching it again is an error."""

    policy_type: PolicyType
    policy_name: PolicyName
    group_name: GroupName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _attach(call, group(call, self.group_name), attached, _GROUP)
        return Done()


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, GroupNotFound, NotAttachedToGroup),
    resources=(THE_GROUP, THE_POLICY),
)
class DetachPolicyFromGroup(Shape):
    """Detaches a policy from a group."""

    policy_type: PolicyType
    policy_name: PolicyName
    group_name: GroupName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _detach(call, group(call, self.group_name), attached, _GROUP)
        return Done()


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, RoleNotFound, AlreadyAttachedToRole, TooManyPoliciesOfRole),
    resources=(THE_ROLE, THE_POLICY),
)
class AttachPolicyToRole(Shape):
    """Attaches a policy to a role, and so to its sessions. Attaching it again is an error."""

    policy_type: PolicyType
    policy_name: PolicyName
    role_name: RoleName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _attach(call, role(call, self.role_name), attached, _ROLE)
        return Done()


@ram.operation(
    "update",
    errors=(InvalidParameter, PolicyNotFound, RoleNotFound, NotAttachedToRole),
    resources=(THE_ROLE, THE_POLICY),
)
class DetachPolicyFromRole(Shape):
    """Detaches a policy from a role."""

    policy_type: PolicyType
    policy_name: PolicyName
    role_name: RoleName
    resource_group_id: ResourceGroupId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach."""
        attached = policy(call, self.policy_name, self.policy_type)
        _detach(call, role(call, self.role_name), attached, _ROLE)
        return Done()
