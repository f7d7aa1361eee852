"""Granting and revoking by name, and seeing beforehand who gains and who loses."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from admit.control import access as control
from admit.control import grants, names
from admit.control.answers.comparison import Pair
from admit.control.answers.previews import preview as see
from admit.control.names import Named
from admit.control.recipients import directory_of, granted_together, new_user, revoked_together, users_of
from admit.core.access import Reach
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import BEGINNING, DAY, FOREVER, PERMANENT, Millis, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound, NotGrantable
from admit.services.access.previews import EndingSession, ending
from admit.services.access.vocabulary import (
    Moment,
    ResourceName,
    Step,
    SubjectName,
    access,
    end,
    known,
    named,
    steps,
)
from admit.store.neighbours import many_behind, many_in
from admit.store.things import HandleTaken, Thing


class Change(Shape):
    """Somebody who gains or loses access to the resource."""

    person: str
    path: tuple[Step, ...]
    valid_until: Moment | None = None


class Changed(Shape):
    """What a change did, or would do."""

    changed: bool
    """Whether anything is (or would be) different from before."""
    preview: bool
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    ending_sessions: tuple[EndingSession, ...] | None = None
    """The live sessions that would end; only a preview tells them."""
    untold: tuple[str, ...] | None = None
    """What was not looked at, in sentences; none if all is told."""


def subject_of(call: Call, text: str, resource: Thing) -> Thing:
    """Whom a name means as the subject of a grant: a group, or the person's user, made if there is none yet.

    Raises:
        NotFound, Ambiguous, InvalidParameter: as the name has it.
        NotGrantable: a user cannot be made.
    """
    directory = directory_of(call.sql, resource)
    subject = named(lambda: names.subject(call.sql, text, directory), "Subject")
    if subject.kind is not Kind.PERSON:
        return subject
    users = users_of(call.sql, subject, directory)
    # Of several the one that has it, or else the one that was first.
    holders = (user for user in users if grants.find(call.tx, user, resource) is not None)
    return next(iter([*holders, *users]), None) or _new_user(call, subject, directory)


def _new_user(call: Call, person: Thing, directory: int) -> Thing:
    try:
        return new_user(call.tx, call.world, person, directory)
    except HandleTaken:
        raise NotGrantable(
            f"{person.name} has no user there, and the name is taken by another person's."
        ) from None


MOST_WALKED = 1_000
"""How many people a change that is made walks, before and after it: all who wait to write wait for that."""

TOO_MANY = "Who gains and who loses is not told: they are too many. ListWho tells who has access."


def _tried(
    call: Call, subject: str, resource: Thing, change: Callable[[], bool], *, preview: bool
) -> Changed:
    """Make the change, and tell who gained and lost by it; a preview is then undone."""
    if preview:
        return _previewed(call, resource, change)
    many = _many(call, subject, resource)
    if many > MOST_WALKED and ":" in subject:
        return Changed(changed=change(), preview=False, gained=(), lost=(), untold=(TOO_MANY,))
    people = partial(_one, call, subject) if many > MOST_WALKED else partial(_people, call)
    before = people(resource)
    changed = change()
    after = people(resource)
    gained = [after[key] for key in sorted(after.keys() - before.keys())]
    lost = [before[key] for key in sorted(before.keys() - after.keys())]
    things_ = known(call.sql, [reach.path for reach in (*gained, *lost)])
    return Changed(changed=changed, preview=False, gained=_told(gained, things_), lost=_told(lost, things_))


def _previewed(call: Call, resource: Thing, change: Callable[[], bool]) -> Changed:
    changed: list[bool] = []
    found = see(call.tx, call.world, lambda: changed.append(change()))
    labels = dict(found.labels)

    def people(pairs: Mapping[Pair, Reach]) -> list[Reach]:
        return [
            pairs[pair] for pair in sorted(pairs) if pair[0].kind is Kind.PERSON and pair[1] == resource.ref
        ]

    return Changed(
        changed=changed[0],
        preview=True,
        gained=_told(people(found.difference.gained), labels),
        lost=_told(people(found.difference.lost), labels),
        ending_sessions=ending(found),
        untold=found.untold,
    )


def _many(call: Call, subject: str, resource: Thing) -> int:
    """How many are in the group, or in what the resource is granted to; counted no further than matters."""
    most = MOST_WALKED + 1
    behind = many_behind(call.sql, resource.key, most)
    if ":" not in subject:
        return behind
    group = named(lambda: names.subject(call.sql, subject, directory_of(call.sql, resource)), "Subject")
    return max(behind, many_in(call.sql, group.key, most))


def _one(call: Call, subject: str, resource: Thing) -> dict[int, Reach]:
    """The access of one person alone: what they are granted themselves is nobody else's."""
    person = named(lambda: names.person(call.sql, subject), "Subject")
    decision = control.ask(call.sql, person.ref, resource.ref, call.now)
    reach = Reach(person.ref, decision.valid_until, decision.because)
    return {person.key: reach} if decision.allowed else {}


def _people(call: Call, resource: Thing) -> dict[int, Reach]:
    reaches = control.everyone(call.sql, resource.ref, call.now)
    return {reach.ref.key: reach for reach in reaches if reach.ref.kind is Kind.PERSON}


def _told(reaches: list[Reach], labels: dict[int, Named]) -> tuple[Change, ...]:
    return tuple(
        Change(
            person=labels[reach.path[0].source.key].label,
            path=steps(reach.path, labels),
            valid_until=end(reach.until),
        )
        for reach in reaches
    )


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter, NotGrantable))
class GrantAccess(Shape):
    """Grants a person or a group a resource, for ever or for a time.

    Ours: a person who has no user yet in the service of the resource gets one.
    Granting what is granted already sets how long it holds. A cloud role is
    granted beside the authorization rules, whose lists do not show it.

    Live sessions end with the grant, after warnings; Grace and Drain let them
    go on. That is for an end that comes by the clock alone: what is revoked,
    changed or locked ends at once. Leaving both out takes them back.

    Where a group, or what the resource is granted to, is of more than 1,000 people, who gains by a
    grant to a group is not told, and Untold says so.
    """

    subject: SubjectName
    resource: ResourceName
    start_time: Moment | None = None
    end_time: Moment | None = None
    grace: (
        Annotated[
            int,
            like(600000, "How many milliseconds live sessions may go on after EndTime.", ge=1, le=7 * DAY),
        ]
        | None
    ) = None
    drain: bool = False
    """Live sessions may go on after EndTime until they are finished; no new ones are let in."""
    preview: bool = False
    """Only tell what would change."""

    class Response(Shape):
        """What the grant did, or would do."""

        result: Changed

    def handle(self, call: Call) -> Response:
        """Grant, or set the validity of the grant there is."""
        resource = named(lambda: names.resource(call.sql, self.resource), "Resource")
        validity, grace = self._validity(), self._grace()

        def change() -> bool:
            subject = subject_of(call, self.subject, resource)
            changed = False
            for target in granted_together(call.sql, resource):
                held = grants.find(call.tx, subject, target)
                if held is None:
                    changed |= grants.grant(call.tx, subject, target, validity)
                elif target == resource and held.validity != validity:
                    changed |= grants.set_validity(call.tx, subject, target, validity)
                if target == resource:
                    changed |= grants.set_grace(call.tx, subject, target, grace)
            return changed

        result = _tried(call, self.subject, resource, change, preview=self.preview)
        return self.Response(result=result)

    def _grace(self) -> Millis:
        if self.drain and self.grace is not None:
            raise InvalidParameter("Grace", "it must not be given with Drain", "Value")
        return FOREVER if self.drain else self.grace or 0

    def _validity(self) -> Validity:
        if self.start_time is None and self.end_time is None:
            return PERMANENT
        start, until = self.start_time or BEGINNING, self.end_time or FOREVER
        if start >= until:
            raise InvalidParameter("EndTime", "it must be later than StartTime", "Value")
        return Validity(start, until)


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter))
class RevokeAccess(Shape):
    """Takes back what a person or a group was granted itself.

    Revoking a host takes its accounts along. What somebody holds through a
    group is not touched; the answer tells who still loses nothing.

    Where a group, or what the resource is granted to, is of more than 1,000 people, who loses by what
    is taken from a group is not told, and Untold says so.
    """

    subject: SubjectName
    resource: ResourceName
    preview: bool = False
    """Only tell what would change."""

    class Response(Shape):
        """What taking back did, or would do."""

        result: Changed

    def handle(self, call: Call) -> Response:
        """Revoke."""
        resource = named(lambda: names.resource(call.sql, self.resource), "Resource")
        directory = directory_of(call.sql, resource)
        subject = named(lambda: names.subject(call.sql, self.subject, directory), "Subject")
        holders = users_of(call.sql, subject, directory) if subject.kind is Kind.PERSON else [subject]

        def change() -> bool:
            targets = revoked_together(call.sql, resource)
            gone = [grants.revoke(call.tx, holder, target) for holder in holders for target in targets]
            return any(gone)

        result = _tried(call, self.subject, resource, change, preview=self.preview)
        return self.Response(result=result)
