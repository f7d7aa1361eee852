"""Every operation asks who calls, then RAM, then looks at anything else."""

import json

import pytest

from admit.main import SERVICES
from admit.rpc.describe import allowed_values, example_of
from admit.rpc.operation import Operation
from admit.rpc.signing import SigningKey
from admit.services.access.callers import LISTED_BY, TOLD_BY
from tests.callers import Callers, document, statement, trust
from tests.system import Refused, System

OPERATIONS = [operation for service in SERVICES for operation in service.operations.values()]
FOR_EVERYBODY = {"GetCallerIdentity", "DescribeEndpoints", "QueryAvailableInstances"}
"""Operations that tell nothing but what the caller knows, or what everybody may know."""

ALSO = {
    "ListCallers": [f"ram:{each}" for each in LISTED_BY.values()],
    "DescribeCaller": [f"ram:{each}" for every in TOLD_BY.values() for each in every],
}
"""What else RAM is asked for, since its own operations tell the same."""


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
        actions = [operation.permission, *ALSO.get(operation.action, ())]
        callers.ram(
            "CreatePolicyVersion",
            PolicyName="one",
            PolicyDocument=document(statement("Allow", actions)),
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


@pytest.fixture
def keeper(callers: Callers) -> SigningKey:
    """The key of alice, who may do anything to herself and to the group staff, and nothing else."""
    own = [
        callers.arn("user/alice").replace("ram::", "ram:*:"),
        callers.arn("group/staff").replace("::", ":*:"),
    ]
    key = callers.user("alice", statement("Allow", "ram:*", own))
    callers.ram("CreateUser", UserName="bob")
    callers.ram("CreateGroup", GroupName="staff")
    callers.ram("CreateGroup", GroupName="admins")
    callers.attach("AdministratorAccess", group="admins", policy_type="System")
    return key


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        (
            "AttachPolicyToUser",
            {"PolicyType": "System", "PolicyName": "AdministratorAccess", "UserName": "alice"},
        ),
        ("AttachPolicyToUser", {"PolicyType": "Custom", "PolicyName": "of-alice", "UserName": "bob"}),
        (
            "AttachPolicyToGroup",
            {"PolicyType": "System", "PolicyName": "AdministratorAccess", "GroupName": "staff"},
        ),
        ("AddUserToGroup", {"UserName": "alice", "GroupName": "admins"}),
        ("AddUserToGroup", {"UserName": "bob", "GroupName": "staff"}),
        ("CreatePolicy", {"PolicyName": "mine", "PolicyDocument": document(statement("Allow", "*"))}),
        (
            "CreatePolicyVersion",
            {
                "PolicyName": "of-alice",
                "PolicyDocument": document(statement("Allow", "*")),
                "SetAsDefault": "true",
            },
        ),
        ("UpdateUser", {"UserName": "alice", "NewUserName": "root"}),
        ("UpdateUser", {"UserName": "bob", "NewUserName": "alice"}),
        ("UpdateGroup", {"GroupName": "staff", "NewGroupName": "admins"}),
        ("CreateAccessKey", {"UserName": "bob"}),
        ("CreateAccessKey", {"UserName": ""}),
        ("CreateUser", {"UserName": "alice"}),
        ("DeleteUser", {"UserName": "bob"}),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": trust("acs:ram::1:root")}),
    ],
)
def test_who_may_do_everything_to_themselves_gains_nothing_by_it(
    callers: Callers, keeper: SigningKey, action: str, parameters: dict[str, str]
) -> None:
    before = callers.system.revision()
    with pytest.raises(Refused) as refusal:
        callers.ram(action, keeper, **parameters)
    assert (refusal.value.status, refusal.value.code) == (403, "NoPermission")
    assert callers.system.revision() == before


def test_who_may_do_everything_to_themselves_may_do_that(callers: Callers, keeper: SigningKey) -> None:
    assert callers.ram("CreateAccessKey", keeper)["AccessKey"]["Status"] == "Active"
    callers.ram("AddUserToGroup", keeper, UserName="alice", GroupName="staff")
