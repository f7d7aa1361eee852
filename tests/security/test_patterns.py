"""No pattern of any operation lets a text pass that goes on after what the pattern describes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from admit.main import SERVICES
from tests.callers import refused
from tests.system import System


def texts(kind: Any) -> Iterator[inspect.StrType]:
    """Every kind of text in a parameter, however deep."""
    if isinstance(kind, inspect.Metadata):
        yield from texts(kind.type)
    elif isinstance(kind, inspect.StrType):
        yield kind
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from texts(each)
    elif isinstance(kind, inspect.StructType):
        for each in kind.fields:
            yield from texts(each.type)
    elif hasattr(kind, "item_type"):
        yield from texts(kind.item_type)


ANY_ASCII = r"^[\x00-\x7f]*$"
"""Of tokens, which may hold any character of ASCII: a line feed is one."""

PATTERNS = sorted(
    {
        text.pattern
        for service in SERVICES
        for operation in service.operations.values()
        for parameter in operation.parameters
        for text in texts(parameter.type)
        if text.pattern not in (None, ANY_ASCII)
    }
)
PARTS = (
    "alice",
    "alice@example.com",
    "7",
    "20",
    "86-1868888",
    "v3",
    "acs:ram::1:role/r",
    "example.com",
    "12-k3j9x0a7q2mz",
    "0123456789abcdef" * 4,
    "",
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_lets_no_line_feed_pass_at_the_end(pattern: str) -> None:
    # Only what the pattern lets pass by itself tells anything.
    passing = [part for part in PARTS if re.search(pattern, part)]
    assert passing
    # A token may hold any character of ASCII, and a line feed is one.
    assert [
        part for part in passing if re.search(pattern, f"{part}\n") and "\\x00-\\x7f" not in pattern
    ] == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_no_digits_of_other_scripts_for_digits(pattern: str) -> None:
    assert "\\d" not in pattern


def test_a_name_that_ends_in_a_line_feed_is_refused(system: System) -> None:
    before = system.revision()
    assert refused(system.call, "eds-user", "CreateGroup", GroupName="designers\n")[0] == 400

    instance = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    unit = root["OrganizationalUnitId"]
    named = {"InstanceId": instance, "PrimaryOrganizationalUnitId": unit, "Username": "alice\n"}
    assert refused(system.call, "eiam", "CreateUser", **named)[0] == 400
    assert system.revision() == before
