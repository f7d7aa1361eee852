"""PATCH of what has many values: each of them is looked for once, as all who write wait meanwhile."""

from typing import Any

import pytest

from admit.scim.patch import patched
from admit.scim.schemas import GROUPS, PATCH

MANY = 2_000


class Value(str):
    """What a member is named by; it counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Value.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def members(first: int, beyond: int) -> list[dict[str, str]]:
    return [{"value": Value(number)} for number in range(first, beyond)]


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ({"op": "add", "path": "members", "value": members(MANY, 2 * MANY)}, 2 * MANY),
        ({"op": "add", "path": "members", "value": members(0, MANY)}, MANY),
        ({"op": "remove", "path": "members", "value": members(0, MANY - 1)}, 1),
        ({"op": "remove", "path": 'members[value eq "1"]'}, MANY - 1),
        ({"op": "replace", "path": "members[value pr].type", "value": "User"}, MANY),
    ],
)
def test_no_member_is_compared_with_every_other(operation: dict[str, Any], left: int) -> None:
    Value.compared = 0
    group = {"displayName": "all", "members": members(0, MANY)}
    after = patched(GROUPS, group, {"schemas": [PATCH], "Operations": [operation]})
    assert len(after["members"]) == left
    assert Value.compared < 10 * MANY
