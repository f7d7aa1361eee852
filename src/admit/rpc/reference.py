"""The reference pages, computed from the operations."""

from collections.abc import Iterable

from msgspec import inspect as shapes

from admit.core.errors import AdmitError
from admit.rpc import describe
from admit.rpc.openapi import schema_of
from admit.rpc.operation import Operation, Registry, Service


def pages(registry: Registry) -> dict[str, str]:
    """The reference in Markdown, by file name: a page for each service, and the tables across all."""
    found = {f"operations/{service.product}.md": _service_page(service) for service in registry.services}
    found["ram-actions.md"] = _ram_page(registry)
    found["errors.md"] = _error_page(registry)
    found["where-the-documents-are-silent.md"] = _silence_page(registry)
    return found


_MADE = "<!-- Computed from the code by `make docs`; edits here are lost. -->\n\n"


def _service_page(service: Service) -> str:
    head = (
        f"{_MADE}# {service.title}\n\nProduct `{service.product}`, version `{service.version}`, "
        f"{len(service.operations)} operations.\n"
    )
    return head + "".join(_operation_text(each) for each in _in_order(service.operations.values()))


def _in_order(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda operation: operation.action)


def _operation_text(operation: Operation) -> str:
    texts = describe.fields_of(operation.shape)
    rows = [
        (f"`{each.name}`", _word(each.type), "yes" if each.required else "", _cell(texts[each.attribute]))
        for each in operation.parameters
    ]
    errors = ", ".join(f"`{error.code}` {error.status}" for error in operation.errors)
    ram = f"`{operation.permission}` on {_resources(operation)}" if operation.authorized else "none"
    return (
        f"\n## {operation.action}\n\n{describe.text_of(operation)}\n\n"
        + f"RAM: {ram}. Level: {operation.access}.\n\n"
        + _table(("parameter", "type", "required", "meaning"), rows)
        + (f"\nErrors: {errors}.\n" if errors else "")
    )


def _resources(operation: Operation) -> str:
    return ", ".join(f"`{tail}`" for tail in operation.resources) or "`*`"


def _word(kind: shapes.Type) -> str:
    schema = schema_of(kind)
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return "list"
    return str(schema.get("type", "any"))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _ram_page(registry: Registry) -> str:
    rows = [
        (f"`{each.permission}`", each.service.title, each.action, each.access, _resources(each))
        for each in sorted(registry, key=lambda each: (each.permission, each.service.product))
        if each.authorized
    ]
    return f"{_MADE}# RAM actions\n\n" + _table(("action", "service", "operation", "level", "resource"), rows)


def _error_page(registry: Registry) -> str:
    raised: dict[type[AdmitError], set[str]] = {}
    for operation in registry:
        for error in operation.errors:
            raised.setdefault(error, set()).add(operation.service.title)
    rows = [
        (f"`{error.code}`", str(error.status), _cell(error.message), ", ".join(sorted(titles)))
        for error, titles in sorted(raised.items(), key=lambda item: (item[0].code, sorted(item[1])))
    ]
    gateway = [
        (f"`{error.code}`", str(error.status), _cell(error.message), "all")
        for error in sorted(AdmitError.__subclasses__(), key=lambda error: error.code)
        if error.__module__ == AdmitError.__module__ and error not in raised
    ]
    return f"{_MADE}# Errors\n\n" + _table(("code", "status", "message", "service"), [*gateway, *rows])


def _silence_page(registry: Registry) -> str:
    rows = [
        (each.service.title, each.action, _cell(describe.text_of(each).split(describe.OURS, 1)[1]))
        for each in sorted(registry, key=lambda each: (each.service.product, each.action))
        if describe.OURS in describe.text_of(each)
    ]
    intro = "What the vendor's documents leave open, and what is done here.\n\n"
    return f"{_MADE}# Where the documents are silent\n\n{intro}" + _table(
        ("service", "operation", "what is done here"), rows
    )
