"""Which policies a user, a group or a role has, and who has a policy."""

from typing import Annotated

from admit.control.callers import PolicyDetails, RoleDetails, arn
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import group, policy, role, user
from admit.services.ram.errors import (
    GroupNotFound,
    InvalidParameter,
    PolicyNotFound,
    RoleNotFound,
    UserNotFound,
)
from admit.services.ram.groups import GroupDetails
from admit.services.ram.roles import Arn, RoleId
from admit.services.ram.users import DisplayName, UserDetails, UserId
from admit.services.ram.vocabulary import (
    THE_GROUP,
    THE_POLICY,
    THE_ROLE,
    THE_USER,
    Comments,
    Description,
    GroupName,
    PolicyName,
    PolicyType,
    RoleName,
    UserName,
    VersionId,
    ram,
)
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing

AttachDate = Annotated[str, like("2026-01-23T12:33:18Z", "When the policy was attached.")]


class AttachedPolicyShown(Shape):
    """A policy that is attached."""

    policy_name: PolicyName
    policy_type: PolicyType
    default_version: VersionId
    attach_date: AttachDate
    description: Description | None = None


class AttachedPoliciesShown(Shape):
    """Policies that are attached."""

    policy: tuple[AttachedPolicyShown, ...]


class AttachedPolicies(Shape):
    """The policies attached to a user, a group or a role, in the order in which they were."""

    policies: AttachedPoliciesShown


def _ends(call: Call, thing: Thing, kind: Kind, *, inward: bool) -> list[tuple[Held, Thing]]:
    """What is joined to a thing, each with its link, the oldest link first."""
    found = links.of(call.sql, thing.key, inward=inward, kind=kind)
    ends = things.by_keys(call.sql, [ref.key for _, ref in found])
    return [(held, ends[ref.key]) for held, ref in found]


def _policies(call: Call, holder: Thing) -> AttachedPolicies:
    shown = []
    for held, thing in _ends(call, holder, Kind.RAM_POLICY, inward=False):
        details = thing.read(PolicyDetails)
        shown.append(
            AttachedPolicyShown(
                policy_name=thing.name,
                policy_type=details.type,
                default_version=details.default_version,
                attach_date=iso(held.added_at),
                description=details.description or None,
            )
        )
    return AttachedPolicies(policies=AttachedPoliciesShown(policy=tuple(shown)))


@ram.operation("get", errors=(InvalidParameter, UserNotFound), resources=(THE_USER,))
class ListPoliciesForUser(Shape):
    """Lists the policies attached to a user; those of the user's groups are not among them."""

    user_name: UserName

    Response = AttachedPolicies

    def handle(self, call: Call) -> AttachedPolicies:
        """Read the user's policies."""
        return _policies(call, user(call, self.user_name))


@ram.operation("get", errors=(InvalidParameter, GroupNotFound), resources=(THE_GROUP,))
class ListPoliciesForGroup(Shape):
    """Lists the policies attached to a group."""

    group_name: GroupName

    Response = AttachedPolicies

    def handle(self, call: Call) -> AttachedPolicies:
        """Read the group's policies."""
        return _policies(call, group(call, self.group_name))


@ram.operation("get", errors=(InvalidParameter, RoleNotFound), resources=(THE_ROLE,))
class ListPoliciesForRole(Shape):
    """Lists the policies attached to a role."""

    role_name: RoleName

    Response = AttachedPolicies

    def handle(self, call: Call) -> AttachedPolicies:
        """Read the role's policies."""
        return _policies(call, role(call, self.role_name))


class HoldingUser(Shape):
    """A user to whom the policy is attached."""

    user_id: UserId
    user_name: UserName
    attach_date: AttachDate
    display_name: DisplayName | None = None


class HoldingUsers(Shape):
    """Users to whom the policy is attached."""

    user: tuple[HoldingUser, ...]


class HoldingGroup(Shape):
    """A group to which the policy is attached."""

    group_name: GroupName
    attach_date: AttachDate
    comments: Comments | None = None


class HoldingGroups(Shape):
    """Groups to which the policy is attached."""

    group: tuple[HoldingGroup, ...]


class HoldingRole(Shape):
    """A role to which the policy is attached."""

    role_id: RoleId
    role_name: RoleName
    arn: Arn
    attach_date: AttachDate
    description: Description | None = None


class HoldingRoles(Shape):
    """Roles to which the policy is attached."""

    role: tuple[HoldingRole, ...]


@ram.operation("get", errors=(InvalidParameter, PolicyNotFound), resources=(THE_POLICY,))
class ListEntitiesForPolicy(Shape):
    """Lists the users, groups and roles to which a policy is attached."""

    policy_type: PolicyType
    policy_name: PolicyName

    class Response(Shape):
        """Who has the policy."""

        users: HoldingUsers
        groups: HoldingGroups
        roles: HoldingRoles

    def handle(self, call: Call) -> Response:
        """Read who has the policy, in the order in which it was attached."""
        thing = policy(call, self.policy_name, self.policy_type)
        users = tuple(
            HoldingUser(
                user_id=each.id,
                user_name=each.name,
                attach_date=iso(held.added_at),
                display_name=each.read(UserDetails).display_name,
            )
            for held, each in _ends(call, thing, Kind.RAM_USER, inward=True)
        )
        groups = tuple(
            HoldingGroup(
                group_name=each.name,
                attach_date=iso(held.added_at),
                comments=each.read(GroupDetails).comments,
            )
            for held, each in _ends(call, thing, Kind.RAM_GROUP, inward=True)
        )
        roles = tuple(
            HoldingRole(
                role_id=each.id,
                role_name=each.name,
                arn=arn(call.world, f"role/{each.name}"),
                attach_date=iso(held.added_at),
                description=each.read(RoleDetails).description or None,
            )
            for held, each in _ends(call, thing, Kind.RAM_ROLE, inward=True)
        )
        return self.Response(
            users=HoldingUsers(user=users),
            groups=HoldingGroups(group=groups),
            roles=HoldingRoles(role=roles),
        )
