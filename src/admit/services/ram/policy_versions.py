"""The versions of policies: one of them, the default, is in force."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.callers import PolicyDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.core.ram_documents import MAX_VERSIONS
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import checked, policy
from admit.services.ram.errors import (
    InvalidParameter,
    MalformedPolicyDocument,
    PolicyNotFound,
    PolicyVersionNotFound,
    TooManyVersions,
    VersionIsDefault,
)
from admit.services.ram.vocabulary import (
    THE_OWN_POLICY,
    THE_POLICY,
    Date,
    Document,
    PolicyName,
    PolicyType,
    VersionId,
    ram,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

RotateStrategy = Annotated[
    Literal["None", "DeleteOldestNonDefaultVersionWhenLimitExceeded"],
    like(
        "None",
        "What is done when there are 5 versions already: None refuses, the other deletes the oldest "
        "that is not the default one.",
    ),
]


class VersionDetails(msgspec.Struct):
    """A version of a policy."""

    document: str


class VersionShown(Shape):
    """A version of a policy."""

    version_id: VersionId
    is_default_version: bool
    """Whether this version is in force."""
    policy_document: Document
    create_date: Date


class VersionsShown(Shape):
    """Versions of a policy."""

    policy_version: tuple[VersionShown, ...]


def add_version(tx: Tx, owner: Thing, version_id: str, document: str) -> Thing:
    """Make a version of a policy."""
    details = VersionDetails(document)
    return verbs.add(tx, New(Kind.RAM_POLICY_VERSION, owner.key, version_id, details, version_id))


def default_of(sql: Connection, owner: Thing) -> Thing:
    """The version of a policy that is in force."""
    default = owner.read(PolicyDetails).default_version
    return things.find(sql, Where(Kind.RAM_POLICY_VERSION, owner.key, ids=[default]))[0]


def shown_version(version: Thing, owner: PolicyDetails) -> VersionShown:
    """A version as it is told."""
    return VersionShown(
        version_id=version.id,
        is_default_version=version.id == owner.default_version,
        policy_document=version.read(VersionDetails).document,
        create_date=iso(version.created_at),
    )


def _version(call: Call, owner: Thing, version_id: str) -> Thing:
    """A policy's version.

    Raises:
        PolicyVersionNotFound: it has none of this id.
    """
    found = things.by_id(call.sql, Kind.RAM_POLICY_VERSION, owner.key, version_id)
    if found is None:
        raise PolicyVersionNotFound(version_id)
    return found


@ram.operation(
    "create",
    errors=(InvalidParameter, MalformedPolicyDocument, PolicyNotFound, TooManyVersions),
    resources=(THE_OWN_POLICY,),
)
class CreatePolicyVersion(Shape):
    """Adds a version to a policy of the account, and if asked puts it in force."""

    policy_name: PolicyName
    policy_document: Document
    set_as_default: bool | None = None
    """Whether the version is in force at once; by default it is not."""
    rotate_strategy: RotateStrategy | None = None

    class Response(Shape):
        """The new version."""

        policy_version: VersionShown

    def handle(self, call: Call) -> Response:
        """Make room, make the version, and put it in force."""
        owner = policy(call, self.policy_name, "Custom")
        document = checked(self.policy_document)
        details = owner.read(PolicyDetails)
        self._make_room(call, owner, details)
        details.versions += 1
        version = add_version(call.tx, owner, f"v{details.versions}", document)
        if self.set_as_default:
            details.default_version, details.document = version.id, document
        verbs.change(call.tx, owner, details=details)
        return self.Response(policy_version=shown_version(version, details))

    def _make_room(self, call: Call, owner: Thing, details: PolicyDetails) -> None:
        versions = things.find(call.sql, Where(Kind.RAM_POLICY_VERSION, owner.key))
        if len(versions) < MAX_VERSIONS:
            return
        if self.rotate_strategy in (None, "None"):
            raise TooManyVersions(MAX_VERSIONS)
        oldest = next(each for each in versions if each.id != details.default_version)
        verbs.remove(call.tx, oldest)


@ram.operation(
    "get", errors=(InvalidParameter, PolicyNotFound, PolicyVersionNotFound), resources=(THE_POLICY,)
)
class GetPolicyVersion(Shape):
    """Shows a version of a policy."""

    policy_name: PolicyName
    policy_type: PolicyType
    version_id: VersionId

    class Response(Shape):
        """The version."""

        policy_version: VersionShown

    def handle(self, call: Call) -> Response:
        """Look the version up."""
        owner = policy(call, self.policy_name, self.policy_type)
        version = _version(call, owner, self.version_id)
        return self.Response(policy_version=shown_version(version, owner.read(PolicyDetails)))


@ram.operation("get", errors=(InvalidParameter, PolicyNotFound), resources=(THE_POLICY,))
class ListPolicyVersions(Shape):
    """Lists the versions of a policy, the oldest first."""

    policy_name: PolicyName
    policy_type: PolicyType

    class Response(Shape):
        """The versions."""

        policy_versions: VersionsShown

    def handle(self, call: Call) -> Response:
        """Read the versions."""
        owner = policy(call, self.policy_name, self.policy_type)
        details = owner.read(PolicyDetails)
        found = things.find(call.sql, Where(Kind.RAM_POLICY_VERSION, owner.key))
        shown = VersionsShown(policy_version=tuple(shown_version(each, details) for each in found))
        return self.Response(policy_versions=shown)


@ram.operation(
    "update", errors=(InvalidParameter, PolicyNotFound, PolicyVersionNotFound), resources=(THE_OWN_POLICY,)
)
class SetDefaultPolicyVersion(Shape):
    """Puts a version of a policy of the account in force, from the next call on."""

    policy_name: PolicyName
    version_id: VersionId

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Make the version the default one."""
        owner = policy(call, self.policy_name, "Custom")
        version = _version(call, owner, self.version_id)
        details = owner.read(PolicyDetails)
        details.default_version = version.id
        details.document = version.read(VersionDetails).document
        verbs.change(call.tx, owner, details=details)
        return self.Response()


@ram.operation(
    "delete",
    errors=(InvalidParameter, PolicyNotFound, PolicyVersionNotFound, VersionIsDefault),
    resources=(THE_OWN_POLICY,),
)
class DeletePolicyVersion(Shape):
    """Deletes a version of a policy of the account, unless it is the one in force."""

    policy_name: PolicyName
    version_id: VersionId

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Remove the version."""
        owner = policy(call, self.policy_name, "Custom")
        version = _version(call, owner, self.version_id)
        if version.id == owner.read(PolicyDetails).default_version:
            raise VersionIsDefault(version.id)
        verbs.remove(call.tx, version)
        return self.Response()
