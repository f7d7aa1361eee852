"""From flat parameters to an operation's shape; each fault names its parameter."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NoReturn

import msgspec
from msgspec import inspect

from admit.core.errors import AdmitError
from admit.rpc.operation import Operation, Parameter, plain
from admit.rpc.shape import Mark, Shape

DEPTH = 32
"""How many steps a name in dotted form is taken apart into."""
ITEMS = 10_000
"""The greatest index a list in dotted form may have."""
TEXT = 10_000
"""The most characters of a text for which no limit is declared: what is kept, searched for or repeated."""


class Fault(ValueError):
    """A value that does not fit: what is wrong, where in the value, and which kind of wrong."""

    def __init__(self, why: str, kind: str = "Value") -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind


def read(operation: Operation, parameters: Mapping[str, str]) -> Shape:
    """The operation's shape, filled from what was sent.

    Parameters the operation does not declare are ignored, as the vendor does.

    Raises:
        AdmitError: the service's error for a missing or an invalid parameter.
    """
    trees = _trees(operation, parameters)
    values: dict[str, Any] = {}
    try:
        # Most operations have many parameters, and most calls send a few of them.
        for name in (*parameters, *trees):
            parameter = operation.by_name.get(name)
            if parameter is None:
                continue
            raw = parameters.get(name)
            if raw and parameter.is_text and not trees and len(raw) <= TEXT:
                values[name] = raw
                continue
            value = _value(parameter, raw, trees.get(name))
            if value is not None:
                values[name] = value
        # All at once, since the shape's own type is the only one that msgspec has ready.
        return msgspec.convert(values, operation.shape, strict=False)
    except (Fault, msgspec.ValidationError):
        first, *_ = _faults(operation, parameters, trees)
        raise first from None


def _faults(
    operation: Operation, parameters: Mapping[str, str], trees: Mapping[str, dict[str, Any]]
) -> Iterator[AdmitError]:
    """The errors for a request that cannot be read, in the order of the parameters at fault."""
    for parameter in operation.parameters:
        try:
            value = _value(parameter, parameters.get(parameter.name), trees.get(parameter.name))
            if value is not None:
                _check(value, parameter)
        except Fault as fault:
            yield operation.service.invalid(parameter.name, fault.why, fault.kind)
        else:
            if value is None and parameter.required:
                yield operation.service.missing(parameter.name)


def _trees(operation: Operation, parameters: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The dotted parameters, as trees: ``Hosts.1.HostId=7`` is ``{"Hosts": {"1": {"HostId": "7"}}}``."""
    trees: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        if "." not in name:
            continue
        head, _, rest = name.partition(".")
        if head not in operation.by_name:
            continue
        node = trees.setdefault(head, {})
        *steps, last = rest.split(".", DEPTH)
        for step in steps:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                raise operation.service.invalid(head, f"{name} contradicts another parameter.", "Format")
        if last in node:
            raise operation.service.invalid(head, f"{name} contradicts another parameter.", "Format")
        node[last] = value
    return trees


def _value(parameter: Parameter, raw: str | None, tree: dict[str, Any] | None) -> Any:
    """A parameter's value in the form its type has, or None if it was not sent."""
    kind = parameter.type
    if tree is not None and raw is not None:
        raise Fault("it is given both whole and in dotted form.", "Format")
    if is_composite(parameter):
        given: Any = tree if tree is not None else _parsed(kind, raw, strict=parameter.mark.json_text)
        return None if given is None else _fit(given, kind)
    # An empty scalar says no more than an absent one, unless empty is a value of its own.
    if raw is None or (raw == "" and not (isinstance(kind, inspect.StrType) and not parameter.required)):
        return None
    if isinstance(kind, inspect.StrType):
        raw = _fit_text(raw, kind)
    return _as_listed(raw, kind) if parameter.mark.ignore_case else raw


def _as_listed(text: str, kind: inspect.Type) -> Any:
    """A text as a type lists it, whatever its case; one that is not listed stays as it is."""
    listed = kind.values if isinstance(kind, inspect.LiteralType) else ()
    return next((value for value in listed if str(value).casefold() == text.casefold()), text)


_LISTS = (inspect.ListType, inspect.VarTupleType)
_COMPOSITE = (*_LISTS, inspect.StructType, inspect.DictType)


def is_composite(parameter: Parameter) -> bool:
    """Whether a parameter has parts: it may be sent as JSON, and in dotted form."""
    return isinstance(parameter.type, _COMPOSITE)


def _parsed(kind: inspect.Type, raw: str | None, *, strict: bool) -> Any:
    """A structure given whole: JSON text, or one plain value for a list of one."""
    if raw is None or raw == "":
        return None
    if not strict and isinstance(kind, _LISTS) and not raw.lstrip().startswith("["):
        return [raw]
    try:
        document = _JSON.decode(raw)
    except Fault:
        raise
    except (ValueError, RecursionError):
        raise Fault("it is not well-formed JSON.", "Format") from None
    if isinstance(kind, _LISTS) and not isinstance(document, list):
        raise Fault("a JSON array is expected.", "Format")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {_writable(name): value for name, value in pairs}
    if len(found) != len(pairs):
        raise Fault("a member of the JSON document occurs twice.", "Format")
    return found


_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
"""What JSON can escape and neither a database nor an answer can hold."""


def _writable(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise Fault("it contains characters that are not allowed.", "InvalidChars")
    return text


def _no_constant(text: str) -> NoReturn:
    raise Fault(f"{text} is not JSON.", "Format")


_JSON = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _fit(value: Any, kind: inspect.Type) -> Any:
    """``value`` brought to the form ``kind`` has: lists from numbered trees, texts from numbers."""
    return _fit_plain(value, *plain(kind))


def _fit_plain(value: Any, kind: inspect.Type, mark: Mark) -> Any:
    if isinstance(value, str):
        value = _as_listed(_writable(value), kind) if mark.ignore_case else _writable(value)
    for kinds, fitter in _FITTERS:
        if isinstance(kind, kinds):
            return fitter(value, kind)
    return value


def _fit_list(value: Any, kind: Any) -> Any:
    if isinstance(value, dict):
        value = _numbered(value)
    elif isinstance(value, str):
        value = _parsed(kind, value, strict=False)
    if not isinstance(value, list):
        raise Fault("a list is expected.", "Format")
    if kind.max_length is not None and len(value) > kind.max_length:
        # Now, and not with the other constraints: of the items there may be a million.
        raise Fault(f"Expected array of length <= {kind.max_length}.", "Length")
    item_kind, mark = plain(kind.item_type)
    return [_fit_plain(item, item_kind, mark) for item in value]


def _numbered(tree: dict[str, Any]) -> list[Any]:
    """The values of ``{"1": …, "10": …}`` in the order of their numbers."""
    if not all(_NUMBER.fullmatch(key) and int(key) <= ITEMS for key in tree):
        raise Fault("the items of a list are numbered from 1.", "Format")
    return [tree[key] for key in sorted(tree, key=int)]


_NUMBER = re.compile("[1-9][0-9]{0,4}")
"""Written in one way only, so that no two items have the same number."""


def _fit_struct(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        value = _parsed(kind, value, strict=True)
    if not isinstance(value, dict):
        raise Fault("an object is expected.", "Format")
    fields = _members(kind.cls)
    return {
        name: _fit_plain(item, *fields[name]) if name in fields else item
        for name, item in value.items()
        if item is not None
    }


@cache
def _members(shape: type[Shape]) -> dict[str, tuple[inspect.Type, Mark]]:
    """The members of an object by their names on the wire, each with its type and its marks."""
    kind = inspect.type_info(shape)
    return {each.encode_name: plain(each.type) for each in kind.fields}  # type: ignore[attr-defined]


def _fit_map(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        value = _parsed(kind, value, strict=True)
    if not isinstance(value, dict):
        raise Fault("an object is expected.", "Format")
    return {name: _fit(item, kind.value_type) for name, item in value.items()}


def _fit_text(value: Any, kind: inspect.StrType) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        # Ids are texts that look like numbers: some callers write them without quotes.
        return str(value)
    if isinstance(value, str) and kind.max_length is None and len(value) > TEXT:
        raise Fault(f"Expected text of length <= {TEXT}.", "Length")
    return value


_FITTERS: tuple[tuple[Any, Callable[[Any, Any], Any]], ...] = (
    (_LISTS, _fit_list),
    (inspect.StructType, _fit_struct),
    (inspect.DictType, _fit_map),
    (inspect.StrType, _fit_text),
)


def _check(value: Any, parameter: Parameter) -> None:
    """Check a value against the parameter's type, with all constraints."""
    try:
        msgspec.convert(value, parameter.annotation, strict=False)
    except msgspec.ValidationError as error:
        raise _fault(str(error), parameter.type) from None


def _fault(text: str, kind_expected: inspect.Type) -> Fault:
    """A complaint of msgspec in the caller's words, without echoing the value."""
    # The place stands last: a value that is repeated before it may hold the same words.
    what, at, where = text.rpartition(" - at `$")
    if not (at and where.endswith("`")):
        what, where = text, ""
    place = where.removesuffix("`").removeprefix(".")
    what = what.replace("`", "").replace(" | null", "")
    kind = "Value"
    if "length" in what:
        kind = "Length"
    elif "matching regex" in what:
        what, kind = "it contains characters that are not allowed", "InvalidChars"
    elif what.startswith("Invalid enum value"):
        what = "it is not one of the listed values"
        if isinstance(kind_expected, inspect.LiteralType):
            what = f"it must be one of {', '.join(map(str, kind_expected.values))}"
    elif what.startswith("Expected"):
        kind = "Format" if "got" in what else "Value"
    return Fault(f"{what}{f' (at {place})' if place else ''}.", kind)
