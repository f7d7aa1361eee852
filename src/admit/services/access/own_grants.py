"""Granting actions on resources of one's own, for a time, on a condition."""

from collections.abc import Callable, Iterator
from typing import Annotated, Protocol, TypeVar

from admit.control import names, permissions
from admit.control.answers.previews import preview
from admit.control.conditions import ConditionRefused
from admit.core.errors import InvalidParameter
from admit.core.validity import BEGINNING, FOREVER, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.own_words import (
    ActionName,
    Condition,
    EntityName,
    EntityNotFound,
    GranteeName,
    SpaceName,
    entity_of,
)
from admit.services.access.previews import Effect, effect
from admit.services.access.vocabulary import Moment, access, end, named
from admit.store import links, things
from admit.store.links import Held
from admit.store.terms import PermissionDetails
from admit.store.things import Thing

PermissionId = Annotated[str, like("4711", "The ID of a permission. Call ListActionGrants to query it.")]


class ActionGrant(Shape):
    """That somebody may do something with a resource."""

    permission_id: PermissionId
    subject: str
    resource: str
    actions: tuple[ActionName, ...] | None = None
    """Absent for every action."""
    condition: Condition | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None


def _resource(call: Call, text: str, space: str | None) -> Thing:
    found = entity_of(call, text, space, "resource")
    if found is None:
        raise EntityNotFound(f"There is no resource {text}.")
    return found


def _grantee(call: Call, text: str, space: str | None) -> Thing:
    found = entity_of(call, text, space, "subject")
    if found is not None:
        return found
    return named(lambda: names.person(call.sql, text), "Subject")


def _shown(call: Call, held: Held, subject: Thing, permission: Thing) -> ActionGrant:
    details = permission.read(PermissionDetails)
    labels = names.labels(call.sql, [subject.key, permission.parent])
    start = held.validity.start
    return ActionGrant(
        permission_id=permission.id,
        subject=labels[subject.key].label,
        resource=labels[permission.parent].label,
        actions=details.actions,
        condition=details.condition or None,
        start_time=None if start == BEGINNING else start,
        end_time=end(held.validity.end),
    )


class _Told(Protocol):
    """An answer that may tell what was only tried."""

    effect: Effect | None


Told = TypeVar("Told", bound=_Told)


def seen(call: Call, make: Callable[[Call], Told]) -> Told:
    """What a change answers, with its effect; the change is undone."""
    made: list[Told] = []
    found = preview(call.tx, call.world, lambda: made.append(make(call)))
    made[0].effect = effect(found)
    return made[0]


@access.operation(
    "update",
    errors=(NotFound, Ambiguous, EntityNotFound, InvalidParameter),
    resources=("space/{Space}",),
)
class GrantActions(Shape):
    """Grants actions on a resource of one's own, or on all of a type, for ever or for a time.

    Actions and condition together are one permission. Granting the same permission again sets how long
    it holds; another one on the same resource stands beside it.
    """

    subject: GranteeName
    resource: EntityName
    actions: Json[Annotated[tuple[ActionName, ...], at_most(100)]] = ()
    """What may be done; without any, everything."""
    condition: Condition = ""
    start_time: Moment | None = None
    end_time: Moment | None = None
    space: SpaceName | None = None
    preview: bool = False
    """Only tell what would change."""

    class Response(Shape):
        """The grant, as it is, or would be."""

        changed: bool
        """Whether anything is (or would be) different from before."""
        grant: ActionGrant
        effect: Effect | None = None
        """What it would do to who may use what; only a preview tells this."""

    def handle(self, call: Call) -> Response:
        """Grant, or see what that would do."""
        return seen(call, self._made) if self.preview else self._made(call)

    def _made(self, call: Call) -> Response:
        """Grant, by way of the permission of these terms."""
        target = _resource(call, self.resource, self.space)
        subject = _grantee(call, self.subject, self.space)
        details = PermissionDetails(tuple(sorted(set(self.actions))) or None, self.condition)
        try:
            permission = permissions.permission(call.tx, target, details)
        except ConditionRefused as refused:
            raise InvalidParameter("Condition", f"{refused}.", "Value") from None
        changed = permissions.give(call.tx, subject, permission, self._validity())
        held = links.find(call.sql, subject.ref, permission.ref)
        if held is None:
            raise LookupError("a grant that was just made is not there")
        return self.Response(changed=changed, grant=_shown(call, held, subject, permission))

    def _validity(self) -> Validity:
        start, until = self.start_time or BEGINNING, self.end_time or FOREVER
        if start >= until:
            raise InvalidParameter("EndTime", "it must be later than StartTime", "Value")
        return Validity(start, until)


@access.operation(
    "update",
    errors=(NotFound, Ambiguous, EntityNotFound, InvalidParameter),
    resources=("space/{Space}",),
)
class RevokeActions(Shape):
    """Takes back what a subject was granted itself on a resource of one's own: one permission, or all."""

    subject: GranteeName
    resource: EntityName
    permission_id: PermissionId | None = None
    """Only this one."""
    space: SpaceName | None = None
    preview: bool = False
    """Only tell what would change."""

    class Response(Shape):
        """What taking back did, or would do."""

        changed: bool
        """Whether anything is (or would be) different from before."""
        effect: Effect | None = None
        """What it would do to who may use what; only a preview tells this."""

    def handle(self, call: Call) -> Response:
        """Revoke, or see what that would do."""
        return seen(call, self._made) if self.preview else self._made(call)

    def _made(self, call: Call) -> Response:
        """Revoke."""
        target = _resource(call, self.resource, self.space)
        subject = _grantee(call, self.subject, self.space)
        meant = [each for each in permissions.on(call.sql, target) if self.permission_id in (None, each.id)]
        if self.permission_id is not None and not meant:
            raise EntityNotFound(f"There is no permission {self.permission_id} on {self.resource}.")
        gone = [permissions.take(call.tx, subject, each) for each in meant]
        return self.Response(changed=any(gone))


@access.operation("list", errors=(EntityNotFound,), resources=("space/{Space}",))
class ListActionGrants(Shape):
    """Lists what is granted on a resource of one's own itself, or on all of a type."""

    resource: EntityName
    space: SpaceName | None = None

    class Response(Shape):
        """The grants, the oldest permission first."""

        grants: tuple[ActionGrant, ...]

    def handle(self, call: Call) -> Response:
        """Read them."""
        return self.Response(grants=tuple(self._found(call)))

    def _found(self, call: Call) -> Iterator[ActionGrant]:
        for permission in permissions.on(call.sql, _resource(call, self.resource, self.space)):
            around = links.of(call.sql, permission.key, inward=True)
            subjects = things.by_keys(call.sql, [ref.key for _, ref in around])
            for held, ref in around:
                yield _shown(call, held, subjects[ref.key], permission)
