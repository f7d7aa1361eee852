"""Conditions in CEL: what may be written, and what comes of inputs that are missing or odd."""

import pytest

from admit.control.conditions import LONGEST, ConditionRefused, check, judge_of
from admit.core.terms import Reason, Unmet

INPUTS = {
    "subject": {"type": "user", "id": "alice", "properties": {"role": "admin", "level": 3}},
    "resource": {"type": "record", "id": "1", "properties": {"owner": "alice", "tags": ["a", "b"]}},
    "action": {"name": "read", "properties": {"soft": True}},
    "context": {},
}
NOON = 1_780_000_000_000 // 86_400_000 * 86_400_000 + 12 * 3_600_000


def judged(condition: str) -> Unmet | None:
    check(condition)
    return judge_of(INPUTS, NOON)(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "subject.properties.role == 'admin' && resource.properties.owner == subject.id",
        "'a' in resource.properties.tags",
        "resource.properties.tags.exists(t, t == 'b')",
        "action.properties.soft",
        "now.getHours() >= 9 && now.getHours() < 17",
        "has(context.ip) || subject.properties.level > 2",
        "context.ip == '10.0.0.1' || true",
    ],
)
def test_a_condition_that_is_true_is_met(condition: str) -> None:
    assert judged(condition) is None


@pytest.mark.parametrize("condition", ["subject.id == 'bob'", "subject.id", "1", "now.getHours() < 9"])
def test_whatever_is_not_true_is_not_met(condition: str) -> None:
    assert judged(condition) == Unmet(Reason.CONDITION_NOT_MET, condition)


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        ("context.ip.startsWith('10.')", "context.ip"),
        ("subject.properties.department == 'x' && true", "subject.properties.department"),
        ("resource.properties['color'] == 'red'", "color"),
    ],
)
def test_what_is_missing_is_named(condition: str, missing: str) -> None:
    assert judged(condition) == Unmet(Reason.INPUT_MISSING, f"{missing} is missing")


def test_an_input_of_another_type_is_a_refusal_and_no_failure() -> None:
    unmet = judged("subject.properties.level > 'three'")
    assert unmet is not None
    assert unmet.reason is Reason.INPUT_MISSING


@pytest.mark.parametrize(
    "condition",
    [
        "((",
        "subject.id ==",
        "user.id == 'alice'",
        "[1].all(x, [1].all(y, true))",
        "true" + " && true" * LONGEST,
        "",
    ],
)
def test_what_is_no_condition_or_could_take_long_is_not_written(condition: str) -> None:
    with pytest.raises(ConditionRefused):
        check(condition)
