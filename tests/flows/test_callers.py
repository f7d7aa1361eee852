"""The story of callers: what a key may do follows from users, groups, policies, roles and sessions."""

import pytest

from admit.core.validity import DAY, HOUR, iso
from admit.rpc.signing import SigningKey
from tests.callers import Callers, document, refused, statement, trust
from tests.system import Refused, System

BASTION = "yundun-bastionhost"
ASSUME = statement("Allow", "sts:AssumeRole")
DENIED = (403, "NoPermission")


@pytest.fixture
def callers(system: System) -> Callers:
    """Callers of a new system."""
    return Callers(system)


def _instances(callers: Callers, key: SigningKey) -> str:
    """List bastion hosts with a key; the ID of the first."""
    found = callers.system.call(BASTION, "DescribeInstances", key)["Instances"]
    return str(found[0]["InstanceId"])


def test_a_key_may_do_what_its_policy_allows_and_nothing_else(callers: Callers) -> None:
    """a key may do what its policy allows and nothing else"""
    key = callers.user("alice")
    assert refused(_instances, callers, key) == DENIED

    callers.policy("reader", statement("Allow", f"{BASTION}:Describe*"))
    callers.attach("reader", user="alice")
    instance = _instances(callers, key)
    with pytest.raises(Refused) as caught:
        callers.system.call(BASTION, "CreateUserGroup", key, InstanceId=instance, UserGroupName="dba")

    assert (caught.value.status, caught.value.code) == DENIED
    assert caught.value.body["AccessDeniedDetail"] == {
        "AuthAction": f"{BASTION}:CreateUserGroup",
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": "alice",
        "AuthPrincipalOwnerId": callers.account,
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }

    callers.ram("DetachPolicyFromUser", UserName="alice", PolicyName="reader", PolicyType="Custom")
    assert refused(_instances, callers, key) == DENIED


def test_a_group_hands_its_policies_to_its_users(callers: Callers) -> None:
    """a group hands its policies to its users"""
    key = callers.user("alice")
    callers.ram("CreateGroup", GroupName="ops")
    callers.attach("AliyunYundunBastionHostReadOnlyAccess", group="ops", policy_type="System")
    assert refused(_instances, callers, key) == DENIED
    callers.ram("AddUserToGroup", UserName="alice", GroupName="ops")
    _instances(callers, key)
    callers.ram("RemoveUserFromGroup", UserName="alice", GroupName="ops")
    assert refused(_instances, callers, key) == DENIED


def test_a_deny_outweighs_every_allow(callers: Callers) -> None:
    """a deny outweighs every allow"""
    key = callers.user("alice", statement("Deny", "yundun-bastionhost:Describe????ances"))
    callers.attach("AdministratorAccess", user="alice", policy_type="System")
    callers.ram("ListUsers", key)
    with pytest.raises(Refused) as caught:
        _instances(callers, key)
    assert caught.value.body["AccessDeniedDetail"]["NoPermissionType"] == "ExplicitDeny"


def test_every_product_refuses_in_its_own_word(callers: Callers) -> None:
    """every product refuses in its own word"""
    key = callers.user("alice")
    asked = 0
    for service in callers.system.admit.registry.services:
        word = "Forbidden.NoPermission" if service.product == "appstream-center" else "NoPermission"
        for operation in service.operations.values():
            if operation.authorized:
                assert refused(callers.system.call, service.product, operation.action, key) == (403, word)
                asked += 1
    assert asked > 100


def test_a_policy_speaks_of_users_and_policies_by_name(callers: Callers) -> None:
    """a policy speaks of users and policies by name"""
    account = callers.account
    key = callers.user(
        "alice",
        statement("Allow", "ram:*", [f"acs:ram:*:{account}:user/temp-*", f"acs:ram:*:{account}:policy/*"]),
        statement("Allow", "ram:*Policy*", "acs:ram:*:system:policy/*ReadOnlyAccess"),
        statement("Deny", "ram:*", "acs:ram:*:*:user/temp-root"),
    )
    for name in ("temp-1", "temp-root", "bob"):
        callers.ram("CreateUser", UserName=name)
    callers.ram("UpdateUser", key, UserName="temp-1", NewComments="x")
    callers.ram("UpdateUser", key, UserName="temp-1", NewUserName="temp-2")
    assert refused(callers.ram, "UpdateUser", key, UserName="temp-2", NewUserName="root") == DENIED
    assert refused(callers.ram, "GetUser", key, UserName="bob") == DENIED
    assert refused(callers.ram, "GetUser", key, UserName="temp-root") == DENIED
    assert refused(callers.ram, "GetUser", key, UserName="temp-ROOT") == (404, "EntityNotExist.User")
    assert refused(callers.ram, "ListUsers", key) == DENIED

    callers.policy("all", statement("Allow", "*"))
    attach = {"PolicyName": "all", "PolicyType": "Custom"}
    callers.ram("AttachPolicyToUser", key, UserName="temp-2", **attach)
    assert refused(callers.ram, "AttachPolicyToUser", key, UserName="alice", **attach) == DENIED
    for name, allowed in (("AliyunRAMReadOnlyAccess", True), ("AdministratorAccess", False)):
        attach = {"PolicyName": name, "PolicyType": "System", "UserName": "temp-2"}
        if allowed:
            callers.ram("AttachPolicyToUser", key, **attach)
        else:
            assert refused(callers.ram, "AttachPolicyToUser", key, **attach) == DENIED


def test_a_deny_is_not_escaped_by_parameters_that_are_not_read(callers: Callers) -> None:
    """a deny is not escaped by parameters that are not read"""
    own = f"acs:ram:*:{callers.account}:policy/guard"
    key = callers.user("alice", statement("Allow", "ram:*"), statement("Deny", "ram:*", own))
    callers.policy("guard", statement("Deny", "*"))
    for asked in ({}, {"PolicyType": "System"}, {"PolicyOwner": "system"}, {"account": "system"}):
        assert refused(callers.ram, "DeletePolicy", key, PolicyName="guard", **asked) == DENIED


def test_a_policy_holds_from_a_moment_to_another(callers: Callers) -> None:
    """a policy holds from a moment to another"""
    now = callers.system.clock.now()
    window = {
        "DateGreaterThanEquals": {"acs:CurrentTime": iso(now + HOUR)},
        "DateLessThan": {"acs:CurrentTime": iso(now + 2 * HOUR)},
    }
    key = callers.user("alice", statement("Allow", "ram:ListUsers", **window))
    assert refused(callers.ram, "ListUsers", key) == DENIED
    callers.system.advance(HOUR)
    callers.ram("ListUsers", key)
    callers.system.advance(HOUR)
    assert refused(callers.ram, "ListUsers", key) == DENIED


def test_a_policy_holds_at_an_address_and_over_tls(callers: Callers) -> None:
    """a policy holds at an address and over TLS"""
    near = {"IpAddress": {"acs:SourceIp": "10.1.0.0/16"}, "Bool": {"acs:SecureTransport": "true"}}
    key = callers.user("alice", statement("Allow", "ram:ListUsers", **near))
    for peer, scheme, allowed in (
        ("10.1.2.3", "https", True),
        ("::ffff:10.1.2.3", "https", True),
        ("10.1.2.3", "http", False),
        ("10.2.2.3", "https", False),
    ):
        callers.system.peer, callers.system.scheme = peer, scheme
        if allowed:
            callers.ram("ListUsers", key)
        else:
            assert refused(callers.ram, "ListUsers", key) == DENIED


def test_a_session_may_do_what_role_and_session_both_allow(callers: Callers) -> None:
    """a session may do what role and session both allow"""
    key = callers.user("alice", ASSUME)
    role = callers.role("admin", trust(callers.arn("user/alice")), statement("Allow", "ram:*"))

    whole = callers.assume(key, role)
    callers.ram("ListUsers", whole)
    callers.ram("ListGroups", whole)
    assert refused(_instances, callers, whole) == DENIED

    policy = document(statement("Allow", ["ram:ListUsers", f"{BASTION}:*"]))
    narrowed = callers.assume(key, role, Policy=policy)
    callers.ram("ListUsers", narrowed)
    for refusal, layer in (
        (lambda: callers.ram("ListGroups", narrowed), "SessionPolicy"),
        (lambda: _instances(callers, narrowed), "AccountLevelIdentityBasedPolicy"),
    ):
        with pytest.raises(Refused) as caught:
            refusal()
        detail = caught.value.body["AccessDeniedDetail"]
        assert detail["PolicyType"] == layer
        assert detail["AuthPrincipalType"] == "AssumedRoleUser"
        assert detail["AuthPrincipalDisplayName"] == "admin:session"


def test_a_session_lives_and_dies_with_its_role(callers: Callers) -> None:
    """a session lives and dies with its role"""
    key = callers.user("alice", ASSUME)
    role = callers.role("admin", trust(callers.arn("root")), statement("Allow", "ram:*"))
    session = callers.assume(key, role)
    callers.ram("ListUsers", session)

    named = {"RoleName": "admin", "PolicyName": "of-role-admin", "PolicyType": "Custom"}
    callers.ram("DetachPolicyFromRole", **named)
    assert refused(callers.ram, "ListUsers", session) == DENIED
    callers.ram("DeleteRole", RoleName="admin")
    callers.ram("CreateRole", RoleName="admin", AssumeRolePolicyDocument=trust(callers.arn("root")))
    callers.ram("AttachPolicyToRole", **named)
    assert refused(callers.ram, "ListUsers", session) == (404, "InvalidAccessKeyId.NotFound")


def test_a_role_is_assumed_with_the_leave_of_both_sides(callers: Callers) -> None:
    """a role is assumed with the leave of both sides"""
    alice = callers.user("alice", statement("Allow", "sts:AssumeRole", "acs:ram:*:*:role/admin"))
    bob = callers.user("bob", statement("Allow", "sts:AssumeRole", "acs:ram:*:*:role/other"))
    carol = callers.user("carol", ASSUME)
    role = callers.role("admin", trust(callers.arn("user/alice"), callers.arn("user/bob")))

    callers.assume(alice, role)
    assert refused(callers.assume, bob, role) == DENIED
    with pytest.raises(Refused) as caught:
        callers.assume(carol, role)
    assert (caught.value.status, caught.value.code) == DENIED
    assert caught.value.body["AccessDeniedDetail"]["PolicyType"] == "AssumeRolePolicy"

    assert refused(callers.assume, callers.system.key, role) == DENIED


def test_a_role_trusts_under_conditions(callers: Callers) -> None:
    """a role trusts under conditions"""
    key = callers.user("alice", ASSUME)
    role = callers.role(
        "admin",
        trust(
            callers.arn("root"),
            StringEquals={"sts:ExternalId": "abcd1234"},
            IpAddress={"acs:SourceIp": "10.0.0.0/8"},
        ),
    )
    callers.system.peer = "10.0.0.1"
    callers.assume(key, role, ExternalId="abcd1234")
    assert refused(callers.assume, key, role, ExternalId="other") == DENIED
    assert refused(callers.assume, key, role) == DENIED
    callers.system.peer = "11.0.0.1"
    assert refused(callers.assume, key, role, ExternalId="abcd1234") == DENIED


def test_a_token_is_good_for_its_key_and_its_time_only(callers: Callers) -> None:
    """a token is good for its key and its time only"""
    long_lived = callers.user("alice", ASSUME)
    role = callers.role("admin", trust(callers.arn("root")))
    one, other = callers.assume(long_lived, role), callers.assume(long_lived, role)

    assert refused(callers.identity, SigningKey(one.access_key_id, one.secret)) == (
        400,
        "MissingSecurityToken",
    )
    mismatch = (400, "InvalidSecurityToken.MismatchWithAccessKey")
    swapped = SigningKey(one.access_key_id, one.secret, other.security_token)
    assert refused(callers.identity, swapped) == mismatch
    borrowed = SigningKey(long_lived.access_key_id, long_lived.secret, one.security_token)
    assert refused(callers.identity, borrowed) == mismatch
    for forged in ("nonsense", "éé", str(one.security_token)[:-8] + "AAAAAAA=", "YWJj"):
        key = SigningKey(one.access_key_id, one.secret, forged)
        assert refused(callers.identity, key) == (400, "InvalidSecurityToken.Malformed")
    wrong = SigningKey(one.access_key_id, other.secret, one.security_token)
    assert refused(callers.identity, wrong) == (400, "SignatureDoesNotMatch")

    callers.identity(one)
    callers.system.advance(DAY)
    assert refused(callers.identity, one) == (400, "InvalidSecurityToken.Expired")


def test_a_session_outlives_the_key_that_began_it(callers: Callers) -> None:
    """a session outlives the key that began it"""
    key = callers.user("alice", ASSUME)
    role = callers.role("admin", trust(callers.arn("root")), statement("Allow", "ram:ListUsers"))
    session = callers.assume(key, role)
    named = {"UserName": "alice", "UserAccessKeyId": key.access_key_id}
    callers.ram("UpdateAccessKey", Status="Inactive", **named)
    assert refused(callers.assume, key, role) == (400, "InvalidAccessKeyId.Inactive")
    callers.ram("ListUsers", session)
