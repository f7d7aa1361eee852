"""What is to be read about an operation: its text, its fields' texts, examples and listed values."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect as shapes

from admit.rpc.operation import Operation, Parameter
from admit.rpc.shape import Shape

OURS = "Ours:"
"""How a docstring begins a sentence about what the vendor's documents leave open."""


def text_of(operation: Operation) -> str:
    """An operation's description."""
    return inspect.cleandoc(operation.shape.__doc__ or "")


def paragraphs(operation: Operation) -> tuple[str, ...]:
    """The same by paragraphs, each on one line; the first says what it does."""
    return tuple(" ".join(each.split()) for each in text_of(operation).split("\n\n"))


def ours(operation: Operation) -> list[str]:
    """What an operation's description says of what the vendor's documents leave open."""
    parts = text_of(operation).split(OURS)[1:]
    # What follows in another paragraph is said of something else.
    texts = (" ".join(part.partition("\n\n")[0].split()) for part in parts)
    return [text[0].upper() + text[1:] for text in texts]


def fields_of(shape: type[Shape]) -> dict[str, str]:
    """What each field of a shape means: the string under it, or else its type's own description."""
    strings: dict[str, str] = {}
    # Filter[Name] has the texts of Filter.
    for part in reversed((get_origin(shape) or shape).__mro__):
        module = inspect.getmodule(part)
        if issubclass(part, Shape) and part is not Shape and module is not None:
            strings |= _strings(module).get(part.__qualname__, {})
    described = {each.name: _description(each.type) for each in msgspec.structs.fields(shape)}
    return {name: strings.get(name) or described[name] for name in described}


def example_of(parameter: Parameter) -> Any:
    """An example value, or None."""
    return next(iter(_metadata(parameter.annotation, "examples") or ()), None)


def allowed_values(parameter: Parameter) -> tuple[Any, ...]:
    """The values a parameter may have, where they are listed."""
    return tuple(parameter.type.values) if isinstance(parameter.type, shapes.LiteralType) else ()


@cache
def _strings(module: ModuleType) -> dict[str, dict[str, str]]:
    """The string under each field of each class of a module; a module is parsed once."""
    tree = ast.parse(inspect.getsource(module))
    return dict(_class_strings(tree, ""))


def _class_strings(node: ast.AST, prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.ClassDef):
            name = prefix + each.name
            yield name, dict(_field_strings(each.body))
            yield from _class_strings(each, f"{name}.")


def _field_strings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for before, after in pairwise(body):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield before.target.id, inspect.cleandoc(str(after.value.value))


def _description(annotation: Any) -> str:
    return str(_metadata(annotation, "description") or _docstring(annotation))


def _docstring(annotation: Any) -> str:
    """What a structure says of itself: of a list, its items."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return inspect.cleandoc(annotation.__doc__ or "").partition("\n\n")[0]
    return next(filter(None, map(_docstring, get_args(annotation))), "")


def _metadata(annotation: Any, name: str) -> Any:
    """The outermost of a type's annotations that has something to say."""
    for part in (annotation, *getattr(annotation, "__args__", ())):
        for meta in reversed(getattr(part, "__metadata__", ())):
            found = getattr(meta, name, None)
            if found:
                return found
        if hasattr(part, "__metadata__"):
            found = _metadata(part.__origin__, name)
            if found:
                return found
    return None
