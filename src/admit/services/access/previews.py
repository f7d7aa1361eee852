"""Seeing beforehand what any calls would do: who gains, who loses, which live sessions end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec.structs import asdict

from admit.control.activity import Activities
from admit.control.answers.comparison import Difference, Pair
from admit.control.answers.previews import Preview, preview
from admit.control.expected import Expected
from admit.control.names import Named
from admit.core.access import Reach
from admit.core.errors import AdmitError, InvalidParameter
from admit.rpc import permitted, request
from admit.rpc.operation import Call, Operation, Work
from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.access.own_words import PropertyMap
from admit.services.access.vocabulary import ConditionShown, Moment, Step, access, conditions, end, steps

T = TypeVar("T")

MOST_CALLS = 100
MOST_TOLD = 1000
"""How many changes of each kind are told one by one."""


class PlannedCall(Shape):
    """A call that may be made."""

    service: Annotated[
        str,
        like(
            "eiam",
            "The product of the service: appstream-center, yundun-bastionhost, eiam, eds-user, ram, admit.",
        ),
    ]
    action: Annotated[str, like("DisableUser", "The operation.")]
    parameters: PropertyMap | None = None
    """Its parameters by their names: text, numbers, or JSON structures. Dotted names are read as well."""


class CallResult(Shape):
    """What would become of one call."""

    service: str
    action: str
    code: str
    """OK, or the code of the error it would be refused with. What is refused changes nothing."""
    message: str | None = None


class AccessChange(Shape):
    """Somebody who gains or loses a resource, or has it until another time than before."""

    person: str
    """As people call them: a person's name, or TYPE:ID of a subject of one's own."""
    resource: str
    path: tuple[Step, ...]
    """By which it is gained, or was held."""
    valid_until: Moment | None = None
    """Until when it is held afterwards; absent if it has no end."""
    was_until: Moment | None = None
    """Until when it was held before; absent if it had no end."""
    conditions: tuple[ConditionShown, ...] = ()
    """What it depends on, and cannot be judged: any one of them would do. None where it is granted."""
    were_conditions: tuple[ConditionShown, ...] = ()
    """What it depended on before; none where it was granted, or is gained."""


class EndingSession(Shape):
    """A live session that would end."""

    session_id: str
    person: str
    resource: str
    reason: str
    """What is missing: not granted, has ended, disabled; a restriction in words; or ordered."""


class Effect(Shape):
    """What a change would do."""

    complete: bool
    """Whether everything that would be different is told."""
    untold: tuple[str, ...]
    """What was not looked at, in sentences."""
    gained: tuple[AccessChange, ...]
    lost: tuple[AccessChange, ...]
    changed: tuple[AccessChange, ...]
    """What is held before and after, until another time."""
    ending_sessions: tuple[EndingSession, ...]


@access.operation("get", errors=(InvalidParameter,), once=True)
class PreviewCalls(Shape):
    """Tells what calls would do if they were made one after the other, and makes none of them.

    They are carried out in a transaction, compared, and undone: nothing of them is left, no mail is
    sent, and the ledger knows nothing of them. Each needs the same permission as if it were made. A call
    that would be refused is told, and the others are tried without it.

    Ours: only calls that change something can be previewed. What callers may do with the API is not compared.
    """

    calls: Json[Annotated[tuple[PlannedCall, ...], at_most(MOST_CALLS, 1)]]
    """The calls, in their order, at most 100."""

    class Response(Effect):
        """What would be different."""

        results: tuple[CallResult, ...]
        """Of each call, in the same order."""

    def prepare(self, view: Call) -> tuple[Work, ...]:
        """Do the slow part of the calls before the transaction, where it would hold up all others."""
        return tuple(_prepared(view, each) for each in self.calls)

    def handle(self, call: Call, prepared: tuple[Work, ...]) -> Response:
        """Make them, look, and undo them."""
        results: list[CallResult] = []

        def change() -> None:
            for each, work in zip(self.calls, prepared, strict=True):
                results.append(_made(call, each, work))

        told = effect(preview(call.tx, call.world, change))
        return self.Response(results=tuple(results), **asdict(told))


def _operation(call: Call, planned: PlannedCall) -> Operation:
    """The operation a planned call is of.

    Raises:
        InvalidParameter: there is none, or it changes nothing.
    """
    services = () if call.registry is None else call.registry.services
    service = next((each for each in services if each.product == planned.service), None)
    operation = None if service is None else service.operations.get(planned.action)
    if operation is None:
        raise InvalidParameter("Calls", f"{planned.service} has no operation {planned.action}.", "Value")
    if not operation.writes or operation.once:
        raise InvalidParameter("Calls", f"{planned.action} changes nothing.", "Value")
    return operation


def _flat(planned: PlannedCall) -> dict[str, str]:
    """The parameters as they would be on the wire."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in (planned.parameters or {}).items()
        if value is not None
    }


def _permitted(call: Call, planned: PlannedCall, operation: Operation) -> Call:
    """A planned call, if RAM lets the caller make it.

    Raises:
        NoPermission: it does not.
    """
    known = {name: value for name, value in _flat(planned).items() if name in operation.by_name}
    conditions = {**call.conditions, **permitted.conditions_of(operation, known)}
    permitted.require(operation, known, call.caller, conditions, call.world)
    # What happens all the time is noted in memory, from where nothing undoes it.
    quiet = replace(call.world, activities=Activities(), expected=Expected())
    return msgspec.structs.replace(call, conditions=conditions, world=quiet)


def _prepared(view: Call, planned: PlannedCall) -> Work:
    """The work of a planned call, its slow part done; a fault is raised when the work is to be done.

    Raises:
        InvalidParameter: the operation has no preview.
    """
    operation = _operation(view, planned)
    try:
        call = _permitted(view, planned, operation)
        parsed = request.read(operation, _flat(planned))
    except AdmitError as fault:
        return _refusing(fault)
    return operation.prepared(parsed, call) if operation.prepares else operation.work(parsed)


def _refusing(fault: AdmitError) -> Work:
    def refuse(_call: Call) -> Any:
        raise fault

    return refuse


def _made(call: Call, planned: PlannedCall, work: Work) -> CallResult:
    """Make a call; one that is refused leaves nothing."""
    code, message = "OK", None
    try:
        with call.tx.part():
            # Asked again: the policy may have changed since, and the calls before may change it too.
            work(_permitted(call, planned, _operation(call, planned)))
    except AdmitError as fault:
        code, message = fault.full_code, fault.text
    return CallResult(service=planned.service, action=planned.action, code=code, message=message)


def effect(found: Preview) -> Effect:
    """A preview as it is answered."""
    labels, differs = found.labels, found.difference
    untold = (*found.untold, *cut(differs))
    return Effect(
        complete=not untold,
        untold=untold,
        gained=tuple(AccessChange(**gained(labels, *each)) for each in first(differs.gained)),
        lost=tuple(AccessChange(**lost(labels, *each)) for each in first(differs.lost)),
        changed=tuple(AccessChange(**moved(labels, *each)) for each in first(differs.moved)),
        ending_sessions=ending(found),
    )


def ending(found: Preview) -> tuple[EndingSession, ...]:
    """The live sessions that would end."""
    return tuple(
        EndingSession(
            session_id=session.id,
            person=found.labels[session.person].label,
            resource=found.labels[session.resource].label,
            reason=why,
        )
        for session, why in found.ended
    )


def first(changes: Mapping[Pair, T]) -> list[tuple[Pair, T]]:
    """The changes that are told one by one."""
    return [(pair, changes[pair]) for pair in sorted(changes)[:MOST_TOLD]]


Fields: TypeAlias = dict[str, Any]
Labels: TypeAlias = Mapping[int, Named]


def gained(labels: Labels, pair: Pair, reach: Reach) -> Fields:
    """The fields of what somebody gains."""
    return {**_told(labels, pair, reach), "valid_until": end(reach.until), "conditions": conditions(reach)}


def lost(labels: Labels, pair: Pair, reach: Reach) -> Fields:
    """The fields of what somebody loses."""
    return _told(labels, pair, reach) | _before(reach)


def moved(labels: Labels, pair: Pair, reaches: tuple[Reach, Reach]) -> Fields:
    """The fields of what somebody holds before and after."""
    was, now = reaches
    return gained(labels, pair, now) | _before(was)


def _before(was: Reach) -> Fields:
    return {"was_until": end(was.until), "were_conditions": conditions(was)}


def _told(labels: Labels, pair: Pair, reach: Reach) -> Fields:
    who, what = pair
    path = steps(reach.path, dict(labels))
    return {"person": labels[who.key].label, "resource": labels[what.key].label, "path": path}


def cut(found: Difference) -> list[str]:
    """That not all changes are told one by one, if so."""
    most = max(len(found.gained), len(found.lost), len(found.moved))
    return [f"Of {most} changes the first {MOST_TOLD} are told one by one."] if most > MOST_TOLD else []
