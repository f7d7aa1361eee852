"""RAM policies: what callers may do. Those of type System come with the account."""

from collections.abc import Mapping
from typing import Annotated

from msgspec.structs import asdict

from admit.control import things as verbs
from admit.control.callers import PolicyDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import add, checked, handle_of, policy, require_room
from admit.services.ram.errors import (
    InvalidParameter,
    MalformedPolicyDocument,
    PolicyAlreadyExists,
    PolicyAtGroup,
    PolicyAtUser,
    PolicyHasVersion,
    PolicyNotFound,
    RoleHasPolicy,
    TooManyPolicies,
)
from admit.services.ram.policy_versions import VersionShown, add_version, default_of, shown_version
from admit.services.ram.tags import Tags, TagsShown, tagged, tags_given, tags_shown
from admit.services.ram.vocabulary import (
    THE_OWN_POLICY,
    THE_POLICY,
    Date,
    Description,
    Document,
    IsTruncated,
    Marker,
    MaxItems,
    PolicyName,
    PolicyType,
    VersionId,
    cut,
    page,
    ram,
)
from admit.store import links, things
from admit.store.things import Thing, Where

MOST_POLICIES = 1500

AttachmentCount = Annotated[int, like(3, "To how many users, groups and roles the policy is attached.")]


class NewPolicyShown(Shape):
    """A policy, as it is told when it is made."""

    policy_name: PolicyName
    policy_type: PolicyType
    default_version: VersionId
    create_date: Date
    description: Description | None = None


class PolicyChangedShown(NewPolicyShown, kw_only=True):
    """A policy, as it is told when it is changed."""

    update_date: Date


class PolicyShown(PolicyChangedShown, kw_only=True):
    """A policy."""

    policy_document: Document
    """The document of the default version."""
    attachment_count: AttachmentCount


class ListedPolicyShown(PolicyChangedShown, kw_only=True):
    """A policy in a list."""

    attachment_count: AttachmentCount
    tags: TagsShown


class PoliciesShown(Shape):
    """Policies."""

    policy: tuple[ListedPolicyShown, ...]


def _new_shown(thing: Thing) -> NewPolicyShown:
    details = thing.read(PolicyDetails)
    return NewPolicyShown(
        policy_name=thing.name,
        policy_type=details.type,
        default_version=details.default_version,
        create_date=iso(thing.created_at),
        description=details.description or None,
    )


def _changed_shown(thing: Thing) -> PolicyChangedShown:
    return PolicyChangedShown(update_date=iso(thing.changed_at), **asdict(_new_shown(thing)))


def _listed_shown(thing: Thing, attached: Mapping[int, int]) -> ListedPolicyShown:
    return ListedPolicyShown(
        attachment_count=attached.get(thing.key, 0),
        tags=tags_shown(thing.read(PolicyDetails).tags),
        **asdict(_changed_shown(thing)),
    )


@ram.operation(
    "create",
    errors=(InvalidParameter, MalformedPolicyDocument, PolicyAlreadyExists, TooManyPolicies),
    resources=("policy/*",),
)
class CreatePolicy(Shape):
    """Creates a policy of the account, with its document as version v1.

    Ours: a policy may not have the name of a system policy either.
    """

    policy_name: PolicyName
    policy_document: Document
    description: Description | None = None
    tag: Tags | None = None

    class Response(Shape):
        """The new policy."""

        policy: NewPolicyShown

    def handle(self, call: Call) -> Response:
        """Make the policy and its first version."""
        account = call.world.account_key
        tags = tags_given(self.tag)
        document = checked(self.policy_document)
        custom = Where(Kind.RAM_POLICY, account, details={"type": "Custom"})
        require_room(call, custom, MOST_POLICIES, TooManyPolicies)
        details = PolicyDetails("Custom", self.description or "", "v1", document, tags=tags)
        new = New(Kind.RAM_POLICY, account, self.policy_name, details, handle=handle_of(self.policy_name))
        made = add(call, new, PolicyAlreadyExists)
        add_version(call.tx, made, "v1", document)
        return self.Response(policy=_new_shown(made))


@ram.operation("get", errors=(InvalidParameter, PolicyNotFound), resources=(THE_POLICY,))
class GetPolicy(Shape):
    """Shows a policy and its default version."""

    policy_name: PolicyName
    policy_type: PolicyType

    class Response(Shape):
        """The policy."""

        policy: PolicyShown
        default_policy_version: VersionShown

    def handle(self, call: Call) -> Response:
        """Look the policy up."""
        thing = policy(call, self.policy_name, self.policy_type)
        details = thing.read(PolicyDetails)
        shown = PolicyShown(
            policy_document=details.document,
            attachment_count=links.counts(call.sql, [thing.key], inward=True).get(thing.key, 0),
            **asdict(_changed_shown(thing)),
        )
        version = shown_version(default_of(call.sql, thing), details)
        return self.Response(policy=shown, default_policy_version=version)


@ram.operation("get", errors=(InvalidParameter,), resources=("policy/*",))
class ListPolicies(Shape):
    """Lists policies, those of the system first, then the oldest first.

    With tags only policies that have them all; a tag without a value asks for its key alone.
    """

    policy_type: PolicyType | None = None
    tag: Tags | None = None
    marker: Marker | None = None
    max_items: MaxItems | None = None

    class Response(Shape):
        """One page of policies."""

        policies: PoliciesShown
        is_truncated: IsTruncated
        marker: Marker | None = None

    def handle(self, call: Call) -> Response:
        """Read one page."""
        after, limit = page(self.marker, self.max_items)
        where = Where(
            Kind.RAM_POLICY, call.world.account_key, details={"type": self.policy_type}, after=after
        )
        if self.tag:
            policies = things.find(call.sql, where)
            found = [each for each in policies if tagged(each.read(PolicyDetails).tags, self.tag)]
        else:
            found = things.find(call.sql, where, limit=limit + 1)
        listed, marker = cut(found, limit)
        attached = links.counts(call.sql, [each.key for each in listed], inward=True)
        return self.Response(
            policies=PoliciesShown(policy=tuple(_listed_shown(each, attached) for each in listed)),
            is_truncated=marker is not None,
            marker=marker,
        )


@ram.operation("update", errors=(InvalidParameter, PolicyNotFound), resources=(THE_OWN_POLICY,))
class UpdatePolicyDescription(Shape):
    """Gives a policy of the account another description.

    Ours: without a description it has none afterwards.
    """

    policy_name: PolicyName
    new_description: Description | None = None

    class Response(Shape):
        """The policy as it is now."""

        policy: PolicyChangedShown

    def handle(self, call: Call) -> Response:
        """Set the description."""
        thing = policy(call, self.policy_name, "Custom")
        details = thing.read(PolicyDetails)
        details.description = self.new_description or ""
        return self.Response(policy=_changed_shown(verbs.change(call.tx, thing, details=details)))


@ram.operation(
    "delete",
    errors=(
        InvalidParameter,
        PolicyNotFound,
        PolicyAtUser,
        PolicyAtGroup,
        RoleHasPolicy,
        PolicyHasVersion,
    ),
    resources=(THE_OWN_POLICY,),
)
class DeletePolicy(Shape):
    """Deletes a policy of the account that is attached to nothing."""

    policy_name: PolicyName
    cascading_delete: bool | None = None
    """Whether versions besides the default one are deleted as well; otherwise they are in the way."""

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Look for what is in the way, then remove the policy and its versions."""
        thing = policy(call, self.policy_name, "Custom")
        conflicts = (
            (Kind.RAM_USER, PolicyAtUser),
            (Kind.RAM_GROUP, PolicyAtGroup),
            (Kind.RAM_ROLE, RoleHasPolicy),
        )
        for kind, conflict in conflicts:
            if links.count(call.sql, thing.key, inward=True, kind=kind):
                raise conflict(thing.name)
        versions = things.count(call.sql, Where(Kind.RAM_POLICY_VERSION, thing.key))
        if versions > 1 and not self.cascading_delete:
            raise PolicyHasVersion(thing.name)
        verbs.remove(call.tx, thing)
        return self.Response()
