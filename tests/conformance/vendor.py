"""What the vendor's own SDKs send and understand, read from the installed packages.

Names and types come from the SDK's request and response classes. Where a parameter
goes and how it is written comes from the SDK's client itself: it builds one request
of each operation with every parameter filled in, and is stopped before the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, Literal, Protocol, get_args, get_origin, get_type_hints

PACKAGES = {
    "appstream-center": "alibabacloud_appstream_center20210901",
    "yundun-bastionhost": "alibabacloud_yundun_bastionhost20191209",
    "eiam": "alibabacloud_eiam20211201",
    "eds-user": "alibabacloud_eds_user20210308",
    "ram": "alibabacloud_ram20150501",
    "sts": "alibabacloud_sts20150401",
}
"""The Python package of each product; its name ends with the API version."""

_SCALARS: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean", float: "float", Any: "any"}
_EXAMPLES: Mapping[str, Any] = {"string": "1", "integer": 1, "boolean": True, "float": 1.5, "any": "1"}

Position = Literal["query", "body"]
Encoding = Literal["flat", "json"]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a request, or a member of an answer, under its wire name."""

    name: str
    """Empty for the items of an array and the values of a map."""
    type: str
    """string, integer, boolean, float, array, struct, map or any."""
    position: Position | None = None
    """Where a request parameter is sent; None below the top and in answers."""
    encoding: Encoding | None = None
    """How a composite request parameter is written: ``Key.1.Sub`` pairs, or one JSON text."""
    items: "Field | None" = None
    """What an array or a map holds."""
    fields: tuple["Field", ...] = ()
    """The members of a struct."""


@dataclass(frozen=True, slots=True)
class VendorOperation:
    """One operation as the vendor's SDK speaks it. Fields stand in the SDK's (alphabetical) order."""

    product: str
    version: str
    action: str
    method: str
    request: tuple[Field, ...]
    response: tuple[Field, ...]


class Model(Protocol):
    """What every request and answer class of the SDKs can do."""

    def to_map(self) -> dict[str, Any]: ...

    def from_map(self, m: dict[str, Any]) -> "Model": ...


@dataclass(frozen=True, slots=True)
class _Method:
    """The client's method for one operation, and its classes; a request may have no class."""

    name: str
    request: type[Model] | None
    response: type[Model]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request as the client hands it on for signing."""

    action: str
    version: str
    method: str
    query: Mapping[str, Any]
    body: Mapping[str, Any]


class _Unconnected:
    """Stands before a vendor client's base class and keeps what would be sent."""

    sent: _Sent

    def call_api(self, params: Any, request: Any, _runtime: Any) -> dict[str, Any]:
        self._keep(params.action, params.version, params.method, request)
        return {}

    def do_rpcrequest(self, *arguments: Any) -> dict[str, Any]:
        """The anonymous STS operations come this way."""
        action, version, _protocol, method, _auth, _body_type, request, _runtime = arguments
        self._keep(action, version, method, request)
        return {}

    def _keep(self, action: str, version: str, method: str, request: Any) -> None:
        self.sent = _Sent(action, version, method, request.query or {}, request.body or {})


class _Probe:
    """A value of any type, recognised again in what ``to_map`` writes."""

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute

    def __iter__(self) -> Any:
        return iter((self,))

    def to_map(self) -> "_Probe":
        return self


def operations(product: str) -> dict[str, VendorOperation]:
    """Every operation of the product's SDK by its action."""
    return {action: operation for action, (operation, _) in _read(product).items()}


def client_class(product: str) -> type[Any]:
    """The client of the product's SDK; it is constructed with a ``Config``."""
    client: type[Any] = import_module(f"{PACKAGES[product]}.client").Client
    return client


def request_class(product: str, action: str) -> type[Model] | None:
    """The class the client takes for the action; None where it takes no parameters."""
    return _read(product)[action][1].request


def response_class(product: str, action: str) -> type[Model]:
    """The class of the body of an answer."""
    return _read(product)[action][1].response


def build(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The model holding these plain values, nested as on the wire and under wire names.

    ``from_map`` would not do: it makes empty lists of those not given.

    Raises:
        LookupError: the model has no such member.
    """
    members = _members(model)
    built = model()
    for name, value in values.items():
        if name not in members:
            raise LookupError(f"{model.__name__} has no {name}")
        attribute, hint = members[name]
        setattr(built, attribute, _value(hint, value))
    return built


def call(
    product: str, action: str, client: Any, params: Mapping[str, Any], *, runtime: Any
) -> dict[str, Any]:
    """What the SDK's client understands of the server's answer.

    ``params`` are plain values under wire names; ``runtime`` is the SDK's ``RuntimeOptions``.
    An error answer raises the SDK's own exception.
    """
    method = _read(product)[action][1]
    answer = getattr(client, method.name)(*_arguments(method, params), runtime)
    body: Model = answer.body
    return body.to_map()


async def call_async(
    product: str, action: str, client: Any, params: Mapping[str, Any], *, runtime: Any
) -> dict[str, Any]:
    """As ``call``, through the SDK's asynchronous transport."""
    method = _read(product)[action][1]
    answer = await getattr(client, f"{method.name}_async")(*_arguments(method, params), runtime)
    body: Model = answer.body
    return body.to_map()


def round_trip(product: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the SDK understands of an answer's body.

    Members unknown to the SDK are dropped, as are those that are null. A list of structs
    comes back even when the answer has none: as ``[]``. Scalars are not checked by the SDK.
    """
    return response_class(product, action)().from_map(body).to_map()


def example(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Plain values for all the fields, with one item in each array and map."""
    return {field.name: _example(field) for field in fields}


@cache
def _read(product: str) -> Mapping[str, tuple[VendorOperation, _Method]]:
    client = client_class(product)
    recorder: Any = object.__new__(type("Recorder", (_Unconnected, client), {}))
    found = {}
    for name in vars(client):
        if name.endswith("with_options"):
            method = _method(client, name)
            operation = _operation(product, recorder, method)
            found[operation.action] = (operation, method)
    return found


def _method(client: type[Any], name: str) -> _Method:
    hints = get_type_hints(getattr(client, name))
    # "tmp_req" where the client turns some parameters into JSON text before it sends them.
    request = hints.get("request") or hints.get("tmp_req")
    body = get_type_hints(hints["return"].__init__)["body"]
    return _Method(name, request, body)


def _operation(product: str, recorder: Any, method: _Method) -> VendorOperation:
    request = () if method.request is None else _fields(method.request)
    getattr(recorder, method.name)(*_arguments(method, example(request)), None)
    sent: _Sent = recorder.sent
    return VendorOperation(
        product=product,
        version=sent.version,
        action=sent.action,
        method=sent.method,
        request=tuple(_placed(field, sent) for field in request),
        response=_fields(method.response),
    )


def _placed(field: Field, sent: _Sent) -> Field:
    """The field with what the sent request shows of it.

    Raises:
        LookupError: the parameter was not sent, or in two places.
    """
    places: dict[Position, Mapping[str, Any]] = {"query": sent.query, "body": sent.body}
    found = [p for p in places if any(key.partition(".")[0] == field.name for key in places[p])]
    if len(found) != 1:
        raise LookupError(f"{sent.action} sends {field.name} in {len(found)} places")
    [position] = found
    if field.type not in ("array", "struct", "map"):
        return replace(field, position=position)
    # A list or struct still whole in the body is flattened later, when the form is written.
    encoding: Encoding = "json" if isinstance(places[position].get(field.name), str) else "flat"
    return replace(field, position=position, encoding=encoding)


def _fields(model: type[Model]) -> tuple[Field, ...]:
    return tuple(_field(name, hint) for name, (_, hint) in _members(model).items())


def _field(name: str, hint: Any) -> Field:
    if hint in _SCALARS:
        return Field(name, _SCALARS[hint])
    if get_origin(hint) is list:
        return Field(name, "array", items=_field("", get_args(hint)[0]))
    if get_origin(hint) is dict:
        return Field(name, "map", items=_field("", get_args(hint)[1]))
    return Field(name, "struct", fields=_fields(hint))


@cache
def _members(model: type[Model]) -> Mapping[str, tuple[str, Any]]:
    """Attribute and type of each member, by wire name."""
    hints = get_type_hints(model.__init__)
    probed: Any = model()
    for attribute in hints:
        setattr(probed, attribute, _Probe(attribute))
    members = {}
    for name, written in probed.to_map().items():
        [probe] = written
        members[name] = (probe.attribute, hints[probe.attribute])
    return members


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) is list:
        return [_value(get_args(hint)[0], item) for item in value]
    if hint in _SCALARS or get_origin(hint) is dict:
        return value
    return build(hint, value)


def _example(field: Field) -> Any:
    if field.type == "struct":
        return example(field.fields)
    if field.items is None:
        return _EXAMPLES[field.type]
    return [_example(field.items)] if field.type == "array" else {"Key": _example(field.items)}


def _arguments(method: _Method, params: Mapping[str, Any]) -> tuple[Model, ...]:
    if method.request is not None:
        return (build(method.request, params),)
    if params:
        raise LookupError(f"{method.name} takes no parameters")
    return ()
