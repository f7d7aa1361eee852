"""What admit declares, in the words the vendor's SDK facts are told in."""

from msgspec import inspect

from admit.rpc.operation import Operation, Parameter
from tests.conformance.vendor import Field

_SCALARS: tuple[tuple[type, str], ...] = (
    (inspect.BoolType, "boolean"),
    (inspect.IntType, "integer"),
    (inspect.FloatType, "float"),
    (inspect.StrType, "string"),
    (inspect.AnyType, "any"),
    (inspect.RawType, "any"),
)
_LISTS = (inspect.ListType, inspect.VarTupleType)


def request_fields(operation: Operation) -> tuple[Field, ...]:
    """The operation's parameters."""
    return tuple(_parameter(each) for each in operation.parameters)


def response_fields(operation: Operation) -> tuple[Field, ...]:
    """The fields of the operation's answer; the engine adds RequestId to every one."""
    kind = inspect.type_info(operation.response)
    return (Field("RequestId", "string", None, None, None, ()), *_members(kind))


def _parameter(parameter: Parameter) -> Field:
    if parameter.mark.json_text:
        return Field(parameter.name, "string", parameter.position, None, None, ())
    shaped = _field(parameter.name, parameter.type)
    encoding = None
    if shaped.type in ("array", "struct", "map"):
        encoding = "json" if parameter.mark.json_style else "flat"
    return Field(shaped.name, shaped.type, parameter.position, encoding, shaped.items, shaped.fields)


def _field(name: str, kind: inspect.Type) -> Field:
    kind = _plain(kind)
    if isinstance(kind, _LISTS):
        return Field(name, "array", None, None, _field("", kind.item_type), ())
    if isinstance(kind, inspect.DictType):
        return Field(name, "map", None, None, _field("", kind.value_type), ())
    if isinstance(kind, inspect.StructType):
        return Field(name, "struct", None, None, None, _members(kind))
    return Field(name, _scalar(kind), None, None, None, ())


def _members(kind: inspect.Type) -> tuple[Field, ...]:
    assert isinstance(kind, inspect.StructType)
    return tuple(_field(each.encode_name, each.type) for each in kind.fields)


def _scalar(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        return "string" if isinstance(kind.values[0], str) else "integer"
    return next(word for each, word in _SCALARS if isinstance(kind, each))


def _plain(kind: inspect.Type) -> inspect.Type:
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            if (kind.extra or {}).get("mark") and kind.extra["mark"].json_text:
                return inspect.StrType()
            kind = kind.type
        else:
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind


def differences(ours: tuple[Field, ...], theirs: tuple[Field, ...], where: str = "") -> list[str]:
    """Every way in which two lists of fields differ, a line each."""
    found: list[str] = []
    mine, vendor = {each.name: each for each in ours}, {each.name: each for each in theirs}
    found += [f"{where}{name}: not declared" for name in vendor if name not in mine]
    found += [f"{where}{name}: the vendor has no such field" for name in mine if name not in vendor]
    for name in mine.keys() & vendor.keys():
        found += _unlike(mine[name], vendor[name], f"{where}{name}")
    return sorted(found)


def _unlike(ours: Field, theirs: Field, where: str) -> list[str]:
    found = [
        f"{where}: {word} is {mine!r}, the vendor's is {vendor!r}"
        for word, mine, vendor in (
            ("type", ours.type, theirs.type),
            ("position", ours.position, theirs.position),
            ("encoding", ours.encoding, theirs.encoding),
        )
        if mine != vendor
    ]
    if ours.items is not None and theirs.items is not None:
        found += _unlike(ours.items, theirs.items, f"{where}[]")
    if ours.type == theirs.type == "struct":
        found += differences(ours.fields, theirs.fields, f"{where}.")
    return found
