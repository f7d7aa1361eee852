"""What a form asks for: an operation's parameters as fields, lists and structures within each other."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

from msgspec import inspect as shapes

from admit.rpc import describe
from admit.rpc.operation import Operation, plain
from admit.rpc.shape import Mark, Shape

Sort: TypeAlias = Literal["text", "number", "flag", "choice", "json", "list", "struct", "token"]

_SECRET = ("password", "secret", "passphrase", "privatekey")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    """As it is on the wire, without what it stands in."""
    sort: Sort
    required: bool = False
    meaning: str = ""
    example: str = ""
    values: tuple[str, ...] = ()
    """What may be chosen."""
    most: int | None = None
    """Of a list: how many items it may have. Of a text: how many letters."""
    least: int | None = None
    parts: tuple["Field", ...] = ()
    """What a structure is made of; of a list, the one field that each item is."""
    hidden: bool = False
    """Whether what is typed is not to be seen."""


def _fields(operation: Operation) -> tuple[Field, ...]:
    texts = describe.fields_of(operation.shape)
    found = []
    for parameter in operation.parameters:
        example = describe.example_of(parameter)
        field = _field(parameter.name, parameter.type, parameter.mark)
        found.append(
            _told(
                field,
                required=parameter.required,
                meaning=" ".join(texts[parameter.attribute].split()),
                example=_example(field, example),
            )
        )
    return tuple(found)


def fields_of(operation: Operation) -> tuple[Field, ...]:
    """The fields of an operation's form: what must be given first."""
    return tuple(sorted(_fields(operation), key=lambda field: not field.required))


def _told(field: Field, *, required: bool, meaning: str, example: str) -> Field:
    hidden = field.sort == "text" and any(word in field.name.lower() for word in _SECRET)
    return replace(field, required=required, meaning=meaning, example=example, hidden=hidden)


def _field(name: str, kind: shapes.Type, mark: Mark) -> Field:
    if mark.client_token:
        return Field(name, "token", most=64)
    if mark.json_text:
        return Field(name, "json", parts=_parts(kind))
    return _of_kind(name, kind)


def _of_kind(name: str, kind: Any) -> Field:
    match kind:
        case shapes.LiteralType():
            field = Field(name, "choice", values=tuple(str(each) for each in kind.values))
        case shapes.BoolType():
            field = Field(name, "flag", values=("true", "false"))
        case shapes.IntType():
            field = Field(name, "number", most=kind.le, least=kind.ge)
        case shapes.VarTupleType() | shapes.ListType():
            field = Field(name, "list", most=kind.max_length, least=kind.min_length, parts=_parts(kind))
        case shapes.StructType():
            field = Field(name, "struct", parts=_parts(kind))
        case shapes.StrType():
            field = Field(name, "text", most=kind.max_length, least=kind.min_length)
        case shapes.FloatType():
            field = Field(name, "number")
        case _:
            field = Field(name, "json")
    return field


def _parts(kind: Any) -> tuple[Field, ...]:
    if isinstance(kind, shapes.VarTupleType | shapes.ListType):
        item, mark = plain(kind.item_type)
        field = _field("", item, mark)
        return (replace(field, example=_example(field, _first_example(kind.item_type))),)
    if not isinstance(kind, shapes.StructType):
        return ()
    texts = describe.fields_of(cast("type[Shape]", kind.cls))
    found = []
    for part in kind.fields:
        inner, mark = plain(part.type)
        meaning = " ".join(texts.get(part.name, "").split())
        field = _field(part.encode_name, inner, mark)
        example = _example(field, _first_example(part.type))
        found.append(_told(field, required=part.required, meaning=meaning, example=example))
    return tuple(found)


def _first_example(kind: Any) -> Any:
    """The example among the marks of a type, or None."""
    while isinstance(kind, shapes.Metadata | shapes.UnionType):
        if isinstance(kind, shapes.Metadata):
            examples = (kind.extra_json_schema or {}).get("examples")
            if examples:
                return examples[0]
            kind = kind.type
        else:
            kind = next(each for each in kind.types if not isinstance(each, shapes.NoneType))
    return None


def _example(field: Field, example: Any) -> str:
    """What stands in an empty field; of a field of JSON the whole structure."""
    if field.sort == "json" and field.parts:
        # Of a list its one field is the item, which has no name.
        inside = {part.name: _filled(part) for part in field.parts}
        return json.dumps([inside[""]] if "" in inside else inside, ensure_ascii=False)
    return "" if example is None or field.parts else str(example)


def _filled(field: Field) -> Any:
    if field.sort == "list":
        return [_filled(field.parts[0])] if field.parts else []
    if field.sort == "struct":
        return {part.name: _filled(part) for part in field.parts}
    return field.example or (field.values[0] if field.values else "")
