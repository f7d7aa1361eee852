"""Sessions of roles, and who a key belongs to."""

from typing import Any

import pytest

from admit.core.validity import HOUR, MINUTE, SECOND
from admit.rpc.signing import SigningKey
from tests.callers import Callers, document, refused, statement, trust

ASSUME = statement("Allow", "sts:AssumeRole")


@pytest.fixture
def alice(callers: Callers) -> SigningKey:
    """The key of a user who may assume whatever role trusts her."""
    return callers.user("alice", ASSUME)


def _assume(callers: Callers, key: SigningKey, role: str, **parameters: Any) -> dict[str, Any]:
    asked = {"RoleArn": role, "RoleSessionName": "session", **parameters}
    return callers.system.call("sts", "AssumeRole", key, **asked)


def test_a_session_is_told_in_full(callers: Callers, alice: SigningKey) -> None:
    """a session is told in full"""
    role = callers.role("admin", trust(callers.arn("user/alice")))
    role_id = callers.ram("GetRole", RoleName="admin")["Role"]["RoleId"]

    answer = _assume(callers, alice, role, RoleSessionName="al@ice_1")

    assert answer["AssumedRoleUser"] == {"Arn": f"{role}/al@ice_1", "AssumedRoleId": f"{role_id}:al@ice_1"}
    made = answer["Credentials"]
    assert made["AccessKeyId"].startswith("STS.")
    assert made["Expiration"] == "2026-05-28T21:26:40Z"
    assert made["AccessKeySecret"] not in made["SecurityToken"]
    assert "SourceIdentity" not in answer


def test_everybody_may_ask_who_they_are(callers: Callers) -> None:
    """everybody may ask who they are"""
    account = callers.account
    root = {"IdentityType": "Account", "PrincipalId": account, "UserId": account, "Arn": callers.arn("root")}
    assert callers.identity().items() >= {"AccountId": account, **root}.items()
    assert "RoleId" not in callers.identity()

    alice = callers.user("alice", statement("Deny", "*"))
    user_id = callers.ram("GetUser", UserName="alice")["User"]["UserId"]
    user = {"IdentityType": "RAMUser", "PrincipalId": user_id, "UserId": user_id}
    user |= {"Arn": callers.arn("user/alice"), "AccountId": account}
    assert callers.identity(alice).items() >= user.items()

    bob = callers.user("bob", ASSUME)
    role = callers.role("admin", trust(callers.arn("root")))
    session = callers.assume(bob, role, "s-1")
    role_id = callers.ram("GetRole", RoleName="admin")["Role"]["RoleId"]
    assumed = {"IdentityType": "AssumedRoleUser", "PrincipalId": f"{role_id}:s-1", "RoleId": role_id}
    assumed |= {"Arn": callers.arn("assumed-role/admin/s-1"), "AccountId": account}
    assert callers.identity(session).items() >= assumed.items()
    assert "UserId" not in callers.identity(session)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"RoleArn": "admin"}, "InvalidParameter.RoleArn"),
        ({"RoleArn": "*"}, "InvalidParameter.RoleArn"),
        ({"RoleArn": None}, "MissingParameter.RoleArn"),
        ({"RoleSessionName": "a"}, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a" * 65}, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a/b"}, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": None}, "MissingParameter.RoleSessionName"),
        ({"DurationSeconds": 899}, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": 3601}, "InvalidParameter.DurationSeconds"),
        ({"Policy": "{}"}, "InvalidParameter.PolicyGrammar"),
        ({"Policy": " " * 2049}, "InvalidParameter.PolicySize"),
        ({"ExternalId": "x"}, "InvalidParameter.ExternalId"),
        ({"ExternalId": "a b"}, "InvalidParameter.ExternalId"),
        ({"SourceIdentity": "a/b"}, "InvalidParameter.SourceIdentity"),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    callers: Callers, alice: SigningKey, parameters: dict[str, Any], code: str
) -> None:
    """a session that cannot be is refused"""
    role = callers.role("admin", trust(callers.arn("root")))
    assert refused(_assume, callers, alice, role, **parameters) == (400, code)


def test_a_role_that_is_not_there_is_refused(callers: Callers, alice: SigningKey) -> None:
    """a role that is not there is refused"""
    role = callers.role("admin", trust(callers.arn("root")))
    for other in (callers.arn("role/none"), role.replace(callers.account, "1234567890123456")):
        assert refused(_assume, callers, alice, other) == (404, "EntityNotExist.Role")


def test_a_session_lasts_as_long_as_it_was_asked_to(callers: Callers, alice: SigningKey) -> None:
    """a session lasts as long as it was asked to"""
    role = callers.role("admin", trust(callers.arn("root")), MaxSessionDuration=43200)
    callers.system.advance(700)
    key = callers.assume(alice, role, DurationSeconds=900)
    callers.system.advance(15 * MINUTE - SECOND)
    callers.identity(key)
    callers.system.advance(SECOND)
    assert refused(callers.identity, key) == (400, "InvalidSecurityToken.Expired")

    key = callers.assume(alice, role, DurationSeconds=43200)
    callers.system.advance(12 * HOUR - SECOND)
    callers.identity(key)


def test_a_source_identity_stays_with_the_chain(callers: Callers, alice: SigningKey) -> None:
    """a source identity stays with the chain"""
    first = callers.role("first", trust(callers.arn("user/alice")), ASSUME)
    second = callers.role(
        "second",
        trust(callers.arn("role/first"), StringEquals={"sts:SourceIdentity": "Alice"}),
        statement("Allow", "ram:ListUsers", StringEquals={"acs:SourceIdentity": "Alice"}),
    )
    nameless = callers.assume(alice, first)
    assert refused(callers.assume, nameless, second) == (403, "NoPermission")
    named = callers.assume(alice, first, SourceIdentity="Alice")
    other = refused(callers.assume, named, second, SourceIdentity="Bob")
    assert other == (400, "InvalidParameter.SourceIdentity")

    answer = _assume(callers, named, second)
    assert answer["SourceIdentity"] == "Alice"
    made = answer["Credentials"]
    callers.ram("ListUsers", SigningKey(made["AccessKeyId"], made["AccessKeySecret"], made["SecurityToken"]))


def test_the_callers_policies_may_ask_for_a_source_identity(callers: Callers) -> None:
    """the caller's policies may ask for a source identity"""
    own = statement("Allow", "sts:AssumeRole", StringEquals={"sts:SourceIdentity": "Alice"})
    key = callers.user("alice", own)
    role = callers.role("admin", trust(callers.arn("root")))
    callers.assume(key, role, SourceIdentity="Alice")
    assert refused(callers.assume, key, role, SourceIdentity="Bob") == (403, "NoPermission")
    assert refused(callers.assume, key, role) == (403, "NoPermission")


def test_a_long_session_policy_fits_into_its_token(callers: Callers, alice: SigningKey) -> None:
    """a long session policy fits into its token"""
    role = callers.role("admin", trust(callers.arn("root")), statement("Allow", "*"))
    resources = [f"acs:ram:*:*:user/{'x' * 60}{number:02}" for number in range(22)]
    policy = document(statement("Allow", "ram:ListUsers"), statement("Deny", "ram:GetUser", resources))
    assert 1900 < len(policy) <= 2048
    session = callers.assume(alice, role, Policy=policy)
    callers.ram("ListUsers", session)
    assert refused(callers.ram, "ListGroups", session) == (403, "NoPermission")
