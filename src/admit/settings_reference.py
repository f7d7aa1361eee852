"""Every setting with what it takes and what it means, as the reference page has it."""

import ast
import inspect
from dataclasses import dataclass

import msgspec

from admit import settings
from admit.settings import PREFIX, Settings, takes


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the reference describes it."""

    name: str
    variable: str
    takes: str
    default: str
    meaning: str


def reference() -> tuple[Setting, ...]:
    """Every setting with its description, in the order they are declared."""
    meanings = _strings_under_fields()
    return tuple(
        Setting(
            field.name,
            PREFIX + field.name.upper(),
            takes(field.type),
            _shown(field.default),
            meanings[field.name],
        )
        for field in msgspec.structs.fields(Settings)
    )


def _strings_under_fields() -> dict[str, str]:
    (declared,) = (
        node
        for node in ast.parse(inspect.getsource(settings)).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    return {
        field.target.id: below.value.value
        for field, below in zip(declared.body, declared.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return "" if default in (None, ()) else str(default)
