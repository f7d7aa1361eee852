"""The reference pages, computed from the operations."""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect as shapes

from admit.core.errors import AdmitError, BadSignature
from admit.rpc import describe
from admit.rpc.openapi import schema_of
from admit.rpc.operation import Operation, Parameter, Registry, Service, plain
from admit.rpc.shape import Shape
from admit.rpc.signature import SignatureFault


def pages(registry: Registry) -> dict[str, str]:
    """The reference in Markdown, by file name: a page for each service, and the tables across all."""
    found = {f"operations/{service.product}.md": _service_page(service) for service in registry.services}
    found["ram-actions.md"] = _ram_page(registry)
    found["errors.md"] = _error_page(registry)
    found["where-the-documents-are-silent.md"] = _silence_page(registry)
    return found


MADE = "<!-- Computed from the code by `make docs`; edits here are lost. -->\n\n"
"""What every page begins with."""


def _service_page(service: Service) -> str:
    head = (
        f"{MADE}# {service.title}\n\nProduct `{service.product}`, version `{service.version}`, "
        f"{len(service.operations)} operations.\n"
    )
    return head + "".join(_operation_text(each) for each in _in_order(service.operations.values()))


def _in_order(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda operation: operation.action)


def _operation_text(operation: Operation) -> str:
    texts = describe.fields_of(operation.shape)
    rows = [row for each in operation.parameters for row in _parameter_rows(each, texts[each.attribute])]
    errors = ", ".join(f"`{code_of(error)}` {error.status}" for error in operation.errors)
    ram = f"`{operation.permission}` on {_resources(operation)}" if operation.authorized else "none"
    head = f"\n## {operation.action}\n\n{describe.text_of(operation)}\n\n"
    return (
        f"{head}RAM: {ram}. Level: {operation.access}.\n\n"
        + table(("parameter", "type", "required", "meaning"), rows)
        + _answer_text(operation.response)
        + (f"\nErrors: {errors}.\n" if errors else "")
    )


def _answer_text(response: type[Shape]) -> str:
    rows = [(name, kind, text) for name, kind, _, text in _fields(response, "")]
    return f"\n{table(('answer', 'type', 'meaning'), rows)}" if rows else ""


def _parameter_rows(parameter: Parameter, text: str) -> Iterator[tuple[str, str, str, str]]:
    """What is said of a parameter, and how it is sent where the vendor's SDKs do not flatten it."""
    (name, word, required, meaning), *rest = _rows(
        parameter.name, parameter.type, text, required=parameter.required
    )
    as_json = parameter.mark.json_style or parameter.mark.json_text
    yield name, f"{word}, as JSON" if as_json else word, required, meaning
    yield from rest


def _rows(name: str, kind: shapes.Type, text: str, *, required: bool) -> Iterator[tuple[str, str, str, str]]:
    """What is said of a field, and then of the fields in it: ``Results[].Code``."""
    yield f"`{name}`", _word(kind), "yes" if required else "", cell(text)
    if isinstance(kind, shapes.VarTupleType | shapes.ListType):
        kind, name = plain(kind.item_type)[0], f"{name}[]"
    if isinstance(kind, shapes.StructType):
        yield from _fields(kind.cls, f"{name}.")


def _fields(shape: type[Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    texts = describe.fields_of(shape)
    for each in msgspec.structs.fields(shape):
        kind, _ = plain(shapes.type_info(each.type))
        yield from _rows(prefix + each.encode_name, kind, texts[each.name], required=each.required)


def _resources(operation: Operation) -> str:
    return ", ".join(f"`{tail}`" for tail in operation.resources) or "`*`"


def _word(kind: shapes.Type) -> str:
    schema = schema_of(kind)
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    word = str(schema.get("type", "any"))
    return "list" if word == "array" else word


def cell(text: str) -> str:
    """Text as it stands in a cell of a table: on one line."""
    return " ".join(text.replace("|", "\\|").split())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; its cells are text already fit for one."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _ram_page(registry: Registry) -> str:
    rows = [
        (f"`{each.permission}`", each.service.title, each.action, each.access, _resources(each))
        for each in sorted(registry, key=lambda each: (each.permission, each.service.product))
        if each.authorized
    ]
    return f"{MADE}# RAM actions\n\n" + table(("action", "service", "operation", "level", "resource"), rows)


def code_of(error: type[AdmitError]) -> str:
    """An error's code; what differs from case to case is an ellipsis."""
    return _filled(error.code)


def _filled(text: str) -> str:
    return _PLACE.sub("…", text)


_PLACE = re.compile(r"\{\d\}")


def _error_page(registry: Registry) -> str:
    raised: dict[type[AdmitError], set[str]] = {}
    for operation in registry:
        for error in operation.errors:
            raised.setdefault(error, set()).add(operation.service.title)
    rows = [
        (f"`{code_of(error)}`", str(error.status), cell(_filled(error.message)), ", ".join(sorted(titles)))
        for error, titles in sorted(raised.items(), key=lambda item: (item[0].code, sorted(item[1])))
    ]
    gateway = [
        (f"`{code_of(error)}`", str(error.status), cell(_filled(error.message)), "all")
        for error in sorted(AdmitError.__subclasses__(), key=lambda error: error.code)
        if error.__module__ == AdmitError.__module__ and error not in raised and error is not BadSignature
    ]
    head = ("code", "status", "message", "service")
    # A fault in a signature brings its own code and text.
    signatures = f"\n{inspect.getdoc(SignatureFault)}\n"
    return f"{MADE}# Errors\n\n" + table(head, [*gateway, *rows]) + signatures


def _silence_page(registry: Registry) -> str:
    rows = [
        (each.service.title, each.action, cell(" ".join(ours)))
        for each in sorted(registry, key=lambda each: (each.service.product, each.action))
        if (ours := describe.ours(each))
    ]
    intro = "What the vendor's documents leave open, and what is done here.\n\n"
    return f"{MADE}# Where the documents are silent\n\n{intro}" + table(
        ("service", "operation", "what is done here"), rows
    )
