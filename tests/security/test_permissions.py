"""Every operation asks who calls, then RAM, then looks at anything else."""

import json

import pytest

from admit.main import SERVICES
from admit.rpc.describe import allowed_values, example_of
from admit.rpc.operation import Operation
from admit.rpc.signing import SigningKey
from tests.callers import Callers, document, statement, trust
from tests.system import Refused, System

OPERATIONS = [operation for service in SERVICES for operation in service.operations.values()]
FOR_EVERYBODY = {"GetCallerIdentity", "DescribeEndpoints", "QueryAvailableInstances"}
"""Operations that tell nothing but what the caller knows, or what everybody may know."""


@pytest.fixture
def callers(system: System) -> Callers:
    return Callers(system)


def examples(operation: Operation) -> dict[str, str]:
    """Parameters that are well formed; none of what they name is there."""
    found: dict[str, str] = {}
    for each in operation.parameters:
        listed = allowed_values(each)
        value = listed[0] if listed else example_of(each)
        if value is not None:
            found[each.name] = value if isinstance(value, str) else json.dumps(value)
    return found


def nonsense(operation: Operation) -> dict[str, str]:
    """Every parameter, with a value that is none."""
    return {each.name: "\u2603" for each in operation.parameters}


def outcome(
    system: System, operation: Operation, parameters: dict[str, str], key: SigningKey
) -> tuple[int, str]:
    try:
        system.send(operation.service.version, operation.action, parameters, key)
    except Refused as refusal:
        return refusal.status, refusal.code
    return 200, "OK"


def test_only_what_everybody_may_know_is_told_without_asking_ram() -> None:
    assert {each.action for each in OPERATIONS if not each.authorized} == FOR_EVERYBODY


@pytest.mark.parametrize("of", [examples, nonsense, lambda _: {}])
def test_who_is_allowed_nothing_learns_nothing_from_any_operation(
    system: System, callers: Callers, of: object
) -> None:
    alice = callers.user("alice")
    before = system.revision()
    for operation in OPERATIONS:
        if operation.authorized:
            told = outcome(system, operation, of(operation), alice)  # type: ignore[operator]
            assert told == (403, operation.service.denied), operation.action
    assert system.revision() == before


def test_one_deny_stands_against_every_operation(system: System, callers: Callers) -> None:
    alice = callers.user("alice", statement("Allow", "*"), statement("Deny", "*:*"))
    for operation in OPERATIONS:
        if operation.authorized:
            told = outcome(system, operation, examples(operation), alice)
            assert told == (403, operation.service.denied), operation.action


def test_the_permission_of_each_operation_opens_it_and_no_other(system: System, callers: Callers) -> None:
    alice = callers.user("alice")
    callers.policy("one", statement("Allow", "ram:GetUser"))
    callers.attach("one", user="alice")
    asked = [operation for operation in OPERATIONS if operation.authorized]
    for operation, other in zip(asked, (*asked[1:], asked[0]), strict=True):
        callers.ram(
            "CreatePolicyVersion",
            PolicyName="one",
            PolicyDocument=document(statement("Allow", operation.permission)),
            SetAsDefault=True,
            RotateStrategy="DeleteOldestNonDefaultVersionWhenLimitExceeded",
        )
        status, code = outcome(system, operation, examples(operation), alice)
        # Of AssumeRole the role is asked too, which does not trust the caller.
        assert status != 403 or code.startswith("ResourceDuplicated"), (operation.action, code)
        if other.permission != operation.permission:
            assert outcome(system, other, examples(other), alice)[0] == 403, (operation.action, other.action)


@pytest.mark.parametrize("signed", ["nobody", "Signature", "BearerToken"])
def test_no_operation_answers_who_does_not_sign(system: System, signed: str) -> None:
    for operation in OPERATIONS:
        query = {"Action": operation.action, "Version": operation.service.version}
        if signed != "nobody":
            query[signed] = "x"
        text = "&".join(f"{name}={value}" for name, value in query.items())
        status, body, _ = system.http("GET", f"/?{text}", {"host": "admit.test"})
        assert status in (400, 404), operation.action
        assert set(json.loads(body)) == {"RequestId", "HostId", "Code", "Message", "Recommend"}


def test_a_session_of_a_role_without_policies_may_do_nothing(system: System, callers: Callers) -> None:
    alice = callers.user("alice", statement("Allow", "*"))
    session = callers.assume(alice, callers.role("reader", trust(callers.arn("user/alice"))))
    for operation in OPERATIONS:
        if operation.authorized:
            told = outcome(system, operation, examples(operation), session)
            assert told == (403, operation.service.denied), operation.action


def test_a_session_policy_gives_nothing_that_the_role_has_not(system: System, callers: Callers) -> None:
    alice = callers.user("alice", statement("Allow", "sts:AssumeRole"))
    role = callers.role("reader", trust(callers.arn("user/alice")), statement("Allow", "ram:GetUser"))
    session = callers.assume(alice, role, Policy=document(statement("Allow", "*")))
    for operation in OPERATIONS:
        if operation.authorized and operation.permission != "ram:GetUser":
            assert outcome(system, operation, examples(operation), session)[0] == 403, operation.action
