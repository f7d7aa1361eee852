"""The house's rules that no ready tool checks: each takes a file and yields where it breaks them."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeAlias

FILE_LINES = 400
FUNCTION_LINES = 60

REFUSED_WORDS = frozenset(
    word + plural
    for word in ("manager", "helper", "util", "info", "processor", "misc")
    for plural in ("", "s")
)
VAGUE_LAST_WORD = "data"
"""Alone it is the data directory, as the option ``--data`` calls it."""


@dataclass(frozen=True)
class Source:
    """A file of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def in_services(self) -> bool:
        return self.path.startswith("src/admit/services/")


@dataclass(frozen=True, order=True)
class Breach:
    """A place that breaks a rule."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


Rule: TypeAlias = Callable[[Source], Iterable[Breach]]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


# --- sizes --------------------------------------------------------------------------------------------------


def files_are_short(source: Source) -> Iterator[Breach]:
    lines = len(source.text.splitlines())
    if lines > FILE_LINES:
        yield Breach(source.path, lines, f"{lines} lines; a file has at most {FILE_LINES}")


def functions_are_short(source: Source) -> Iterator[Breach]:
    for node in ast.walk(source.tree):
        if isinstance(node, FUNCTION):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                what = f"{node.name} has {lines} lines; a function has at most {FUNCTION_LINES}"
                yield Breach(source.path, node.lineno, what)


# --- names --------------------------------------------------------------------------------------------------


def words(identifier: str) -> list[str]:
    """The words of an identifier in either case: ``UserInfo`` and ``user_info`` are *user* and *info*."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def refused(identifier: str) -> str | None:
    """The word for which an identifier is refused, if there is one."""
    parts = words(identifier)
    for word in parts:
        if word in REFUSED_WORDS:
            return word
    if len(parts) > 1 and parts[-1] == VAGUE_LAST_WORD:
        return VAGUE_LAST_WORD
    return "do_" if len(parts) > 1 and parts[0] == "do" and "_" in identifier else None


def names_are_of_the_field(source: Source) -> Iterator[Breach]:
    """Looks at what the file names itself; what it imports was named by others.

    In a service the wire names things too: an operation is called like its
    Action, and a field like its parameter.
    """
    path = PurePosixPath(source.path)
    named = [(part, 1) for part in (*path.parts[:-1], path.stem)]
    wire = set(_named_by_the_wire(source.tree)) if source.in_services else set()
    for node in ast.walk(source.tree):
        if node not in wire:
            named += [(name, node.lineno) for name in _names_given_by(node)]
    for name, line in named:
        if word := refused(name):
            yield Breach(source.path, line, f"{name}: the word {word!r} says nothing; name what it is")


def _names_given_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.arg(arg=name) | ast.alias(asname=str(name)):
            yield name


def _named_by_the_wire(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            if any(_last_name(decorator) == "operation" for decorator in node.decorator_list):
                yield node
            yield from (field.target for field in node.body if isinstance(field, ast.AnnAssign))


# --- docstrings and imports ---------------------------------------------------------------------------------


def modules_say_what_they_are(source: Source) -> Iterator[Breach]:
    if ast.get_docstring(source.tree) is None:
        yield Breach(source.path, 1, "a module begins with a docstring")


def public_things_have_docstrings(source: Source) -> Iterator[Breach]:
    """All but what explains itself.

    That is: an error, which has its message, an operation's ``Response`` and
    ``handle``, which are said of all operations at once, and the second half
    of a property.
    """
    for node in _public(source.tree.body):
        if ast.get_docstring(node) is None and not _explains_itself(node, source):
            yield Breach(source.path, node.lineno, f"{node.name} has no docstring")


def _public(body: Iterable[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    for node in body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def _explains_itself(node: Function | ast.ClassDef, source: Source) -> bool:
    if isinstance(node, ast.ClassDef):
        return _assigns(node, "message") or (source.in_services and node.name == "Response")
    if source.in_services and node.name == "handle":
        return True
    return any(_last_name(decorator) in {"overload", "setter"} for decorator in node.decorator_list)


def _assigns(node: ast.ClassDef, name: str) -> bool:
    stored = [n for statement in node.body for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return any(n.id == name and isinstance(n.ctx, ast.Store) for n in stored)


def imports_stand_at_the_top(source: Source) -> Iterator[Breach]:
    for function in ast.walk(source.tree):
        if isinstance(function, FUNCTION):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    yield Breach(source.path, node.lineno, f"an import inside {function.name}")


def unimported_modules(init: Source, modules: Iterable[str]) -> Iterator[Breach]:
    """Modules of a service that its ``__init__`` does not import: their operations would not exist."""
    imported: set[str] = set()
    for node in ast.walk(init.tree):
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.name for alias in node.names} | {(node.module or "").split(".")[-1]}
        elif isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[-1] for alias in node.names}
    for module in sorted(set(modules) - imported):
        yield Breach(init.path, 1, f"{module} is not imported here")


# --- tests --------------------------------------------------------------------------------------------------

# What stands for an assertion, and what a test must not lean on.
ASSERTING = {"pytest.raises", "pytest.warns", "pytest.fail", "pytest.RaisesGroup"}
LOOSE = {
    "time.sleep": "waits on the wall clock",
    "pytest.skip": "does not run",
    "pytest.importorskip": "does not run",
    "pytest.mark.skip": "does not run",
    "pytest.mark.skipif": "does not run",
    "pytest.xfail": "expects to fail",
    "pytest.mark.xfail": "expects to fail",
}


def every_test_asserts(source: Source) -> Iterator[Breach]:
    """A test asserts in its own words, or through a function named ``assert_…``."""
    for node in ast.walk(source.tree):
        is_test = isinstance(node, FUNCTION) and node.name.startswith("test_")
        if is_test and not any(_asserts(inner) for inner in ast.walk(node)):
            yield Breach(source.path, node.lineno, f"{node.name} asserts nothing")


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return (
            dotted(node.func) in ASSERTING
            or (_last_name(node) or "").startswith("assert_")
            or _expects(node.func)
        )
    return isinstance(node, ast.Assert)


def _expects(function: ast.AST) -> bool:
    """Whether it is ``expect(page).to_…``, which waits for the browser and then asserts."""
    match function:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="expect")), attr=name):
            return name.startswith(("to_", "not_to_"))
    return False


def every_test_runs(source: Source) -> Iterator[Breach]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and (why := LOOSE.get(dotted(node))):
            yield Breach(source.path, node.lineno, f"{dotted(node)}: a test that {why} proves nothing")


def dotted(node: ast.AST) -> str:
    """``pytest.mark.skip`` for the expression that reads so; empty for any other."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return ""


def _last_name(node: ast.AST) -> str | None:
    while isinstance(node, ast.Call):
        node = node.func
    return dotted(node).split(".")[-1] or None


# --- every file of the repository ---------------------------------------------------------------------------

# Spelled so that this file does not match itself.
PLACES = {
    "a path of one machine": re.compile(r"(?<![\w.-])/(w[o]rk|r[o]ot)/"),
    "the address of a package registry": re.compile(
        r"p[y]pi\.org|pyth[o]nhosted\.org|npmj[s]\.|crat[e]s\.io|pr[o]xy\.golang\.org|m[a]ven\.org|deb\.d[e]bian"
    ),
    "the address of a package index": re.compile(r"-[-](extra-)?index-url|-[-]find-links"),
}


def files_belong_to_no_machine(source: Source) -> Iterator[Breach]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        for what, pattern in PLACES.items():
            if found := pattern.search(line):
                yield Breach(source.path, number, f"{what}: {found.group()}")
