"""Operations: a class each, registered with their service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar

import msgspec
from msgspec import inspect
from sqlalchemy import Connection

from admit.control.callers import Caller
from admit.control.world import World
from admit.core.errors import AdmitError, InvalidParameter, MissingParameter
from admit.core.validity import Millis
from admit.rpc.shape import Mark, Shape
from admit.store.engine import Tx

S = TypeVar("S", bound=type[Shape])

AccessLevel: TypeAlias = Literal["create", "update", "delete", "get", "list"]
READS = frozenset({"get", "list"})

ALL = "*"
"""In ``form=``: every parameter travels in the form body."""

ResourceWords: TypeAlias = Callable[[Mapping[str, str], Caller], Mapping[str, str]]
"""Words for resource names, from the parameters as they were sent and the caller."""


class Call(msgspec.Struct, frozen=True):
    """One call of an operation: the connection, the moment, the caller."""

    sql: Connection
    now: Millis
    caller: Caller
    request_id: str
    world: World
    transaction: Tx | None = None
    conditions: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What RAM's conditions may ask of the request: the moment, the address, the transport, the caller."""
    host: str = ""
    """The address the caller wrote to reach this server, as it says itself."""
    registry: "Registry | None" = None
    """Every operation there is, for those that are about others."""

    @property
    def tx(self) -> Tx:
        """The transaction of a call that may write."""
        if self.transaction is None:
            raise TypeError("an operation that reads has no transaction to write in")
        return self.transaction


Work: TypeAlias = Callable[[Call], Shape]
"""What an operation has to do for one request."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, as the engine reads it."""

    name: str
    """As it is on the wire."""
    attribute: str
    annotation: Any
    """Its type as it was declared, with all constraints."""
    type: inspect.Type
    """The same without "or None" and marks."""
    required: bool
    position: Literal["query", "body"]
    """Where the SDKs put it; it is read from either place."""
    mark: Mark
    is_text: bool
    """Whether it is read as it is: a text, of whatever letters."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, with all that follows from its class."""

    service: "Service"
    action: str
    shape: type[Shape]
    response: type[Shape]
    access: AccessLevel
    errors: tuple[type[AdmitError], ...]
    resources: tuple[str, ...]
    authorized: bool
    permission: str
    """The RAM action a caller needs, such as ``eiam:GetGroup``."""
    parameters: tuple[Parameter, ...]
    by_name: Mapping[str, Parameter]
    client_token: Parameter | None
    once: bool
    """Whether one signature is good for one call for ever, although it only reads: it hands out keys."""
    slow: bool
    """Whether it may read for so long that all other requests would notice."""

    @property
    def prepares(self) -> bool:
        """Whether it has slow work to do before its transaction."""
        return hasattr(self.shape, "prepare")

    @property
    def writes(self) -> bool:
        """Whether it writes anything down: what it changes, or that it was called."""
        return self.once or self.access not in READS

    def work(self, request: Shape) -> Work:
        """The work of an operation that prepares nothing."""
        return request.handle  # type: ignore[attr-defined, no-any-return]

    def prepared(self, request: Shape, view: Call) -> Work:
        """Do the slow part of the work now, on what can be read; the rest is told.

        A fault of the slow part is raised when the rest is done, like those of the rest.
        """
        try:
            prepared = request.prepare(view)  # type: ignore[attr-defined]
        except AdmitError as fault:
            return _refusal(fault)
        return lambda call: request.handle(call, prepared)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Service:
    """One of the wire's services: its name, version, words and operations."""

    product: str
    version: str
    title: str
    ram_prefix: str
    """What its RAM actions begin with."""
    arn_prefix: str = ""
    """What its resource names begin with; by default ``acs:<ram_prefix>:{region}:{account}:``."""
    missing: type[AdmitError] = MissingParameter
    invalid: type[AdmitError] = InvalidParameter
    """Made from (parameter, why, kind of fault: Length, InvalidChars, Format or Value)."""
    form: frozenset[str] | Literal["*"] = frozenset()
    """Which parameters its SDKs send in the form body, where an operation does not say."""
    denied: str = "NoPermission"
    """The code of a refusal by RAM."""
    words: ResourceWords | None = None
    """What may stand in ``resources`` besides the parameters, and instead of them."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of its own, and the parameter that each is told by."""
    operations: dict[str, Operation] = field(default_factory=dict)

    def operation(  # noqa: PLR0913 - a declaration names all it has
        self,
        access: AccessLevel,
        *,
        errors: tuple[type[AdmitError], ...] = (),
        form: tuple[str, ...] | Literal["*"] | None = None,
        resources: tuple[str, ...] = (),
        authorized: bool = True,
        permission: str | None = None,
        once: bool = False,
        slow: bool = False,
    ) -> Callable[[S], S]:
        """Make a class an operation of this service.

        ``resources`` are the tails of the resource names that RAM is asked
        about, filled from the parameters: ``"instance/{InstanceId}"``; all must
        be allowed. A name that begins with ``acs:`` is whole. None means ``*``.
        ``form`` names the fields (snake case) that SDKs send in the form body;
        ``ALL`` for every field.
        """

        def register(shape: S) -> S:
            self.operations[shape.__name__] = _declare(
                self,
                shape,
                access,
                errors=errors,
                form=self.form if form is None else frozenset(form) if form != ALL else ALL,
                resources=resources,
                authorized=authorized,
                permission=permission or f"{self.ram_prefix}:{shape.__name__}",
                once=once,
                slow=slow,
            )
            return shape

        return register


def _refusal(fault: AdmitError) -> Work:
    def refuse(_call: Call) -> NoReturn:
        raise fault

    return refuse


def _declare(
    service: Service,
    shape: type[Shape],
    access: AccessLevel,
    *,
    form: frozenset[str] | str,
    **rest: Any,
) -> Operation:
    parameters = tuple(_parameter(each, form) for each in msgspec.structs.fields(shape))
    return Operation(
        service=service,
        action=shape.__name__,
        shape=shape,
        response=shape.Response,  # type: ignore[attr-defined]
        access=access,
        parameters=parameters,
        by_name={each.name: each for each in parameters},
        client_token=next((each for each in parameters if each.mark.client_token), None),
        **rest,
    )


def _parameter(each: msgspec.structs.FieldInfo, form: frozenset[str] | str) -> Parameter:
    kind, mark = plain(inspect.type_info(each.type))
    in_body = form == ALL or each.name in form
    return Parameter(
        name=each.encode_name,
        attribute=each.name,
        annotation=each.type,
        type=kind,
        required=each.required,
        position="body" if in_body else "query",
        mark=mark,
        is_text=isinstance(kind, inspect.StrType) and not mark.ignore_case,
    )


def plain(kind: inspect.Type) -> tuple[inspect.Type, Mark]:
    """A field's type without "or None" and without its marks, and the marks."""
    mark = Mark()
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            mark = (kind.extra or {}).get("mark", mark)
            kind = kind.type
        else:
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind, mark


class Registry:
    """All services of a running system, found by version and action."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.services = services
        self.versions = {service.version: service for service in services}

    def __iter__(self) -> Any:
        return (operation for service in self.services for operation in service.operations.values())
