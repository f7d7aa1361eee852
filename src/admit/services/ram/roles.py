"""RAM roles: what callers may become for a time."""

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from admit.control import things as verbs
from admit.control.callers import RoleDetails, arn
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.ram import parse_trust_policy
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import add, checked, handle_of, require_room, role
from admit.services.ram.errors import (
    InvalidParameter,
    MalformedPolicyDocument,
    RoleAlreadyExists,
    RoleHasPolicy,
    RoleNotFound,
    TooManyRoles,
)
from admit.services.ram.tags import Tags, TagsShown, tagged, tags_given, tags_shown
from admit.services.ram.vocabulary import (
    THE_ROLE,
    Date,
    Description,
    IsTruncated,
    Marker,
    MaxItems,
    RoleName,
    TrustDocument,
    cut,
    page,
    ram,
)
from admit.store import links, things
from admit.store.things import Thing, Where

MOST_ROLES = 1000

RoleId = Annotated[str, like("90123456789****", "The ID of the role.")]
Arn = Annotated[str, like("acs:ram::123456789012****:role/ECSAdmin", "The full name of the role.")]
MaxSessionDuration = Annotated[
    int,
    like(
        3600,
        "How long a session of the role may be at most, in seconds: 3600 unless told.",
        ge=3600,
        le=43200,
    ),
]
AllowConsoleLogin = Annotated[
    bool,
    Meta(description="Whether the role may sign in to a console. Kept and told; roles have none here."),
]


class NewRoleShown(Shape):
    """A role, as it is told when it is made."""

    role_id: RoleId
    role_name: RoleName
    arn: Arn
    create_date: Date
    assume_role_policy_document: TrustDocument
    max_session_duration: MaxSessionDuration
    allow_console_login: AllowConsoleLogin
    description: Description | None = None


class RoleShown(NewRoleShown, kw_only=True):
    """A role."""

    update_date: Date


class DeletionTask(Shape):
    """The deletion of a service-linked role."""

    create_date: Date
    deletion_task_id: str


class WholeRoleShown(RoleShown, kw_only=True):
    """A role, with whose it is."""

    is_service_linked_role: bool
    """Always false: no service makes roles for itself here."""
    latest_deletion_task: DeletionTask | None = None
    """Always left out: only service-linked roles have one."""
    role_principal_name: Annotated[
        str,
        like("ECSAdmin@role.1234567890123456.onaliyunservice.com", "The name of the role with its domain."),
    ]


class ListedRoleShown(Shape):
    """A role in a list."""

    role_id: RoleId
    role_name: RoleName
    arn: Arn
    create_date: Date
    update_date: Date
    max_session_duration: MaxSessionDuration
    allow_console_login: AllowConsoleLogin
    tags: TagsShown
    description: Description | None = None


class RolesShown(Shape):
    """Roles."""

    role: tuple[ListedRoleShown, ...]


def _new_shown(world: World, thing: Thing) -> NewRoleShown:
    details = thing.read(RoleDetails)
    return NewRoleShown(
        role_id=thing.id,
        role_name=thing.name,
        arn=arn(world, f"role/{thing.name}"),
        create_date=iso(thing.created_at),
        assume_role_policy_document=details.trust,
        max_session_duration=details.max_session_s,
        allow_console_login=details.allow_console_login,
        description=details.description or None,
    )


def _shown(world: World, thing: Thing) -> RoleShown:
    return RoleShown(update_date=iso(thing.changed_at), **asdict(_new_shown(world, thing)))


def _listed_shown(world: World, thing: Thing) -> ListedRoleShown:
    fields = asdict(_shown(world, thing))
    del fields["assume_role_policy_document"]
    return ListedRoleShown(tags=tags_shown(thing.read(RoleDetails).tags), **fields)


@ram.operation(
    "create",
    errors=(InvalidParameter, MalformedPolicyDocument, RoleAlreadyExists, TooManyRoles),
    resources=("role/*",),
)
class CreateRole(Shape):
    """Creates a role, with the trust policy that says who may assume it.

    Ours: without AllowConsoleLogin it is false, the safer of the two.
    """

    role_name: RoleName
    assume_role_policy_document: TrustDocument
    description: Description | None = None
    max_session_duration: MaxSessionDuration | None = None
    allow_console_login: AllowConsoleLogin | None = None
    tag: Tags | None = None

    class Response(Shape):
        """The new role."""

        role: NewRoleShown

    def handle(self, call: Call) -> Response:
        """Make the role."""
        account = call.world.account_key
        details = RoleDetails(
            trust=checked(self.assume_role_policy_document, parse_trust_policy),
            description=self.description or "",
            max_session_s=self.max_session_duration or 3600,
            allow_console_login=bool(self.allow_console_login),
            tags=tags_given(self.tag),
        )
        require_room(call, Where(Kind.RAM_ROLE, account), MOST_ROLES, TooManyRoles)
        role_id = call.world.chance.digits(18)
        new = New(Kind.RAM_ROLE, account, self.role_name, details, role_id, handle_of(self.role_name))
        return self.Response(role=_new_shown(call.world, add(call, new, RoleAlreadyExists)))


@ram.operation("get", errors=(InvalidParameter, RoleNotFound), resources=(THE_ROLE,))
class GetRole(Shape):
    """Shows a role."""

    role_name: RoleName

    class Response(Shape):
        """The role."""

        role: WholeRoleShown

    def handle(self, call: Call) -> Response:
        """Look the role up."""
        found = role(call, self.role_name)
        principal = f"{found.name}@role.{call.world.account_id}.onaliyunservice.com"
        fields = asdict(_shown(call.world, found))
        shown = WholeRoleShown(is_service_linked_role=False, role_principal_name=principal, **fields)
        return self.Response(role=shown)


@ram.operation("get", errors=(InvalidParameter,), resources=("role/*",))
class ListRoles(Shape):
    """Lists roles, the oldest first.

    With tags only roles that have them all; a tag without a value asks for its key alone.
    """

    tag: Tags | None = None
    marker: Marker | None = None
    max_items: MaxItems | None = None

    class Response(Shape):
        """One page of roles."""

        roles: RolesShown
        is_truncated: IsTruncated
        marker: Marker | None = None

    def handle(self, call: Call) -> Response:
        """Read one page."""
        after, limit = page(self.marker, self.max_items)
        roles = things.find(call.sql, Where(Kind.RAM_ROLE, call.world.account_key, after=after))
        found = [each for each in roles if tagged(each.read(RoleDetails).tags, self.tag or ())]
        listed, marker = cut(found, limit)
        shown = tuple(_listed_shown(call.world, each) for each in listed)
        return self.Response(roles=RolesShown(role=shown), is_truncated=marker is not None, marker=marker)


@ram.operation(
    "update", errors=(InvalidParameter, MalformedPolicyDocument, RoleNotFound), resources=(THE_ROLE,)
)
class UpdateRole(Shape):
    """Changes a role: what is left out stays as it is, an empty description is cleared.

    A new trust policy is asked by the next AssumeRole; sessions that have begun go on.
    """

    role_name: RoleName
    new_assume_role_policy_document: TrustDocument | None = None
    new_description: Description | None = None
    new_max_session_duration: MaxSessionDuration | None = None
    new_allow_console_login: AllowConsoleLogin | None = None

    class Response(Shape):
        """The role as it is now."""

        role: RoleShown

    def handle(self, call: Call) -> Response:
        """Change what is given."""
        thing = role(call, self.role_name)
        trust = self.new_assume_role_policy_document
        given = {
            "trust": None if trust is None else checked(trust, parse_trust_policy),
            "description": self.new_description,
            "max_session_s": self.new_max_session_duration,
            "allow_console_login": self.new_allow_console_login,
        }
        fresh = {word: value for word, value in given.items() if value is not None}
        details = msgspec.structs.replace(thing.read(RoleDetails), **fresh)
        return self.Response(role=_shown(call.world, verbs.change(call.tx, thing, details=details)))


@ram.operation("delete", errors=(InvalidParameter, RoleNotFound, RoleHasPolicy), resources=(THE_ROLE,))
class DeleteRole(Shape):
    """Deletes a role that has no policies attached. Its sessions end with it."""

    role_name: RoleName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Look for what is in the way, then remove the role."""
        thing = role(call, self.role_name)
        if links.count(call.sql, thing.key, inward=False, kind=Kind.RAM_POLICY):
            raise RoleHasPolicy(thing.name)
        verbs.remove(call.tx, thing)
        return self.Response()
