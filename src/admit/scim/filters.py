"""Filters: which resources, and which of several values, are meant (RFC 7644, section 3.4.2.2)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from admit.scim.faults import Fault

Test: TypeAlias = Callable[[Mapping[str, Any]], bool]
LONGEST = 4096
DEEPEST = 20
_TOKEN = re.compile(
    r'\s*(?:(?P<sign>[()\[\]])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()\[\]"]+))', re.DOTALL
)
_EXACT = frozenset({"id", "$ref"})
"""Attributes whose case counts."""


def _fault(why: str) -> Fault:
    return Fault(400, f"The filter is not understood: {why}.", "invalidFilter")


def parse(text: str) -> Test:
    """What a filter asks of a resource, or of a value of several.

    Raises:
        Fault: it is none.
    """
    if len(text) > LONGEST:
        raise _fault("it is too long")
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _fault(f"at {text[at : at + 20]!r}")
        tokens.append(found[0].strip())
        at = found.end()
    parser = _Parser(tokens)
    test = parser.either(0)
    if parser.next() is not None:
        raise _fault(f"what does {parser.next()} do there")
    return test


class _Parser:
    """Reads tokens from the left: not binds more than and, and binds more than or."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def next(self) -> str | None:
        """The token that comes next."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> str:
        """The token that comes next, which is read by that."""
        token = self.next()
        if token is None:
            raise _fault("it breaks off")
        self._at += 1
        return token

    def _is(self, word: str) -> bool:
        token = self.next()
        if token is None or token.lower() != word:
            return False
        self._at += 1
        return True

    def either(self, depth: int) -> Test:
        """One or several tests joined by or."""
        tests = [self._all(depth)]
        while self._is("or"):
            tests.append(self._all(depth))
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def _all(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._is("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > DEEPEST:
            raise _fault("it is nested too deep")
        if self._is("not"):
            if not self._is("("):
                raise _fault("not wants brackets")
            inner = self._closed(depth, ")")
            return lambda value: not inner(value)
        if self._is("("):
            return self._closed(depth, ")")
        path = self.take()
        if self._is("["):
            inner = self._closed(depth, "]")
            return lambda value: any(
                isinstance(each, dict) and inner(each) for each in values_at(value, path)
            )
        return self._compared(path)

    def _closed(self, depth: int, bracket: str) -> Test:
        inner = self.either(depth + 1)
        if self.take() != bracket:
            raise _fault(f"{bracket} is missing")
        return inner

    def _compared(self, path: str) -> Test:
        operator = self.take().lower()
        if operator == "pr":
            return lambda value: any(each not in (None, "", [], {}) for each in values_at(value, path))
        if operator not in _OPERATORS:
            raise _fault(f"there is no operator {operator}")
        try:
            wanted = json.loads(self.take())
        except ValueError:
            raise _fault("a value is a text in double quotes, a number, true, false or null") from None
        if isinstance(wanted, dict | list):
            raise _fault("a value is no list")
        exact = path.rpartition(".")[2] in _EXACT
        test = _OPERATORS[operator]

        def compared(value: Mapping[str, Any]) -> bool:
            found = values_at(value, path)
            if operator == "ne":
                return not any(_holds(_OPERATORS["eq"], each, wanted, exact=exact) for each in found)
            if wanted is None:
                return not found if operator == "eq" else False
            return any(_holds(test, each, wanted, exact=exact) for each in found)

        return compared


def _holds(test: Callable[[Any, Any], bool], found: Any, wanted: Any, *, exact: bool) -> bool:
    if isinstance(found, dict):
        found = found.get("value")
    if isinstance(found, bool) and isinstance(wanted, str):
        # Some write the text "True" where they mean true.
        wanted = {"true": True, "false": False}.get(wanted.lower(), wanted)
    if isinstance(found, str) and isinstance(wanted, str) and not exact:
        found, wanted = found.casefold(), wanted.casefold()
    if isinstance(found, bool) is not isinstance(wanted, bool) or found is None:
        return False
    try:
        return test(found, wanted)
    except TypeError:
        return False


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: bool(found == wanted),
    "ne": lambda found, wanted: bool(found != wanted),
    "co": lambda found, wanted: wanted in found,
    "sw": lambda found, wanted: bool(found.startswith(wanted)) if isinstance(found, str) else False,
    "ew": lambda found, wanted: bool(found.endswith(wanted)) if isinstance(found, str) else False,
    "gt": lambda found, wanted: bool(found > wanted),
    "ge": lambda found, wanted: bool(found >= wanted),
    "lt": lambda found, wanted: bool(found < wanted),
    "le": lambda found, wanted: bool(found <= wanted),
}


def values_at(value: Mapping[str, Any], path: str) -> list[Any]:
    """The values of an attribute, which may be several; names count in any case."""
    names = path.rpartition(":")[2].split(".")
    found: list[Any] = [value]
    for name in names:
        below: list[Any] = []
        for each in found:
            if isinstance(each, Mapping):
                below += [inner for key, inner in each.items() if key.lower() == name.lower()]
        found = [inner for each in below for inner in (each if isinstance(each, list) else [each])]
    return [each for each in found if each is not None]
