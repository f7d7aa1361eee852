"""What calls are refused with, and what is wrong with lines of a file, is told in every language of pages."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

import admit
import admit.main
from admit.core.errors import AdmitError
from admit.pages.sentences import said
from admit.pages.words import LANGUAGES
from admit.rpc import request
from admit.rpc.operation import Call, Service
from admit.rpc.shape import Json, Shape, at_most

OTHERS = [each for each in LANGUAGES if each != "en"]
SOURCE = Path(admit.__file__).parent
LEFT = re.compile(r"[a-z]+ [a-z]+ [a-z]+")
"""What an English sentence leaves."""
OF_THE_READER = {"line N1", "expected after", "unexpected end"}
"""What a fault's own place is told as in a terminal, and what Python's reader of CSV says to ours."""
NO_WORDS = re.compile(r"(?:\{\d\}|N1)[.:]?")
"""What says nothing itself, and only what it is given."""


def errors(of: type[AdmitError] = AdmitError) -> Iterator[type[AdmitError]]:
    for each in of.__subclasses__():
        if each.__module__.startswith("admit."):
            yield each
        yield from errors(each)


def untold(language: str, texts: set[str]) -> dict[str, str]:
    """What is left in English; commands stay as they are typed."""
    told = {text: re.sub("`.*?`", "", said(language, text)) for text in texts}
    return {text: other for text, other in told.items() if other == text or LEFT.search(other)}


def written(expression: ast.expr) -> str:
    """A text of code with a name for all that varies in it; empty if it does not stand there."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return expression.value
    if not isinstance(expression, ast.JoinedStr):
        return ""
    parts = expression.values
    return "".join(str(each.value) if isinstance(each, ast.Constant) else "N1" for each in parts)


@pytest.mark.parametrize("language", OTHERS)
def test_every_error_has_its_message_in_every_language(language: str) -> None:
    messages = {each.message.format(*["N1"] * 9) for each in errors() if not NO_WORDS.fullmatch(each.message)}

    assert len(messages) > 100
    assert untold(language, messages) == {}


def reasons() -> Iterator[str]:
    """Every reason that an error is given where it is raised."""
    names = {each.__name__ for each in errors()} | {"ConditionRefused"}
    for room in ("services", "control", "rpc"):
        for file in (SOURCE / room).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in names:
                    yield from (text for each in call.args if " " in (text := written(each)))


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_of_a_refusal_is_told_in_every_language(language: str) -> None:
    texts = {each for each in reasons() if not re.fullmatch(r"There N1 no N1 N1\.", each)}

    assert len(texts) > 90
    assert untold(language, texts) == {}


def of_a_provider() -> Iterator[str]:
    """Why what a provider outside says proves nobody; what a logout token is refused with is read by none."""
    for file in (
        "base/openid.py",
        "base/id_tokens.py",
        "control/signing_in/outside_sign_in.py",
        "portal/outside.py",
    ):
        for call in ast.walk(ast.parse((SOURCE / file).read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "ClaimRefused":
                yield written(call.args[0])


@pytest.mark.parametrize("language", OTHERS)
def test_why_a_provider_proves_nobody_is_told_in_every_language(language: str) -> None:
    texts = set(of_a_provider())

    assert len(texts) > 10
    assert untold(language, texts) == {}


def of_imports() -> Iterator[str]:
    """Every text of the readers of files: all that they say is about what is wrong, or left unread."""
    for file in (SOURCE / "imports").glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        told = [each for each in ast.walk(tree) if isinstance(each, ast.JoinedStr)]
        inside = {part for each in told for part in each.values}
        sayings = {each.value for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for each in ast.walk(tree):
            if isinstance(each, ast.Constant | ast.JoinedStr) and each not in inside | sayings:
                text = written(each)
                if re.search("[a-z]{2,} (?:[a-z]{2,}|N1)", text):
                    yield text


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_wrong_with_a_line_is_told_in_every_language(language: str) -> None:
    texts = set(of_imports()) - OF_THE_READER

    assert len(texts) > 50
    assert untold(language, texts) == {}


class Sample(Shape):
    """Something to be filled in wrongly."""

    many: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    words: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=2)] = ("a",)
    name: Annotated[str, msgspec.Meta(pattern="^a", max_length=3)] = "a"
    sort: Literal["one", "two"] = "one"


SAMPLES = Service(product="samples", version="2020-01-01", title="Samples", ram_prefix="smp")


@SAMPLES.operation("get")
class GetSample(Sample):
    """Is asked for a sample, in its parameters and in one of JSON."""

    inside: Json[Annotated[tuple[Sample, ...], at_most(3)]] = ()

    class Response(Shape):
        """Nothing."""

    def handle(self, call: Call) -> Response:
        """Answer nothing."""
        raise NotImplementedError


WRONG: list[dict[str, Any]] = [
    *({"Many": 0}, {"Many": 10}, {"Many": "x"}, {"Name": "b"}, {"Name": "aaaa"}, {"Sort": "three"}),
    *({"Words": []}, {"Words": ["a"] * 3}, {"Words": {}}, {"Words": 1}, {"Name": {}}),
]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_does_not_fit_a_parameter_is_told_in_every_language(
    language: str, wrong: dict[str, Any]
) -> None:
    (operation,) = SAMPLES.operations.values()
    flat = {name: value for name, value in wrong.items() if isinstance(value, str)}
    for parameters in ({"Inside": json.dumps([{}, wrong])}, *([flat] if flat else [])):
        with pytest.raises(AdmitError) as refused:
            request.read(operation, parameters)
        assert untold(language, {refused.value.text}) == {}
