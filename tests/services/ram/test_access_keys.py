"""Access keys."""

import pytest

from admit.core.validity import MINUTE
from admit.rpc.signing import SigningKey
from tests.callers import Callers, refused, statement, trust


def test_a_secret_is_told_once_and_kept_sealed(callers: Callers) -> None:
    """a secret is told once and kept sealed"""
    callers.ram("CreateUser", UserName="alice")
    made = callers.ram("CreateAccessKey", UserName="alice")["AccessKey"]
    assert made["Status"] == "Active"
    assert made["AccessKeyId"].startswith("LTAI")

    listed = callers.ram("ListAccessKeys", UserName="alice")
    assert listed["AccessKeys"] == {
        "AccessKey": [{name: made[name] for name in ("AccessKeyId", "Status", "CreateDate")}]
    }
    with callers.system.admit.store.read() as sql:
        tables = sql.exec_driver_sql("select details from things").all()
        tables += sql.exec_driver_sql("select fact from changes").all()
        tables += sql.exec_driver_sql("select sealed from secrets").all()
    assert tables
    assert all(made["AccessKeySecret"] not in str(row) for row in tables)
    assert all(made["AccessKeySecret"].encode() not in row[0] for row in tables if isinstance(row[0], bytes))


def test_a_user_has_two_keys_at_most(callers: Callers) -> None:
    """a user has two keys at most"""
    callers.user("alice")
    second = callers.key_of("alice")
    over = refused(callers.ram, "CreateAccessKey", UserName="alice")
    assert over == (409, "LimitExceeded.User.AccessKey")

    callers.ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=second.access_key_id)
    callers.key_of("alice")


def test_an_inactive_key_is_refused_from_the_next_call_on(callers: Callers) -> None:
    """an inactive key is refused from the next call on"""
    key = callers.user("alice")
    assert callers.identity(key)["IdentityType"] == "RAMUser"

    named = {"UserName": "alice", "UserAccessKeyId": key.access_key_id}
    callers.ram("UpdateAccessKey", Status="Inactive", **named)
    assert refused(callers.identity, key) == (400, "InvalidAccessKeyId.Inactive")
    assert (
        callers.ram("ListAccessKeys", UserName="alice")["AccessKeys"]["AccessKey"][0]["Status"] == "Inactive"
    )

    callers.ram("UpdateAccessKey", Status="Active", **named)
    assert callers.identity(key)["IdentityType"] == "RAMUser"

    callers.ram("DeleteAccessKey", **named)
    assert refused(callers.identity, key) == (404, "InvalidAccessKeyId.NotFound")


def test_a_key_is_known_by_its_owner_only(callers: Callers) -> None:
    """a key is known by its owner only"""
    key = callers.user("alice")
    callers.user("bob")
    for action in ("DeleteAccessKey", "UpdateAccessKey"):
        asked = {"UserName": "bob", "UserAccessKeyId": key.access_key_id, "Status": "Inactive"}
        assert refused(callers.ram, action, **asked) == (404, "EntityNotExist.User.AccessKey")
    assert refused(callers.ram, "ListAccessKeys", UserName="carol") == (404, "EntityNotExist.User")
    bad = {"UserName": "alice", "UserAccessKeyId": key.access_key_id, "Status": "Asleep"}
    assert refused(callers.ram, "UpdateAccessKey", **bad) == (400, "InvalidParameter.Status")


def test_without_a_name_a_user_means_their_own_keys(callers: Callers) -> None:
    """without a name a user means their own keys"""
    own = statement("Allow", "ram:*AccessKey*", "acs:ram:*:*:user/alice")
    key = callers.user("alice", own)
    callers.user("bob")

    made = callers.ram("CreateAccessKey", key)["AccessKey"]
    assert len(callers.ram("ListAccessKeys", key)["AccessKeys"]["AccessKey"]) == 2
    callers.ram("UpdateAccessKey", key, UserAccessKeyId=made["AccessKeyId"], Status="Inactive")
    callers.ram("DeleteAccessKey", key, UserAccessKeyId=made["AccessKeyId"])
    assert refused(callers.ram, "CreateAccessKey", key, UserName="bob") == (403, "NoPermission")


def test_the_account_exchanges_its_own_key(callers: Callers) -> None:
    """the account exchanges its own key"""
    made = callers.ram("CreateAccessKey")["AccessKey"]
    fresh = SigningKey(made["AccessKeyId"], made["AccessKeySecret"])
    callers.system.advance(MINUTE)
    callers.ram("DeleteAccessKey", fresh, UserAccessKeyId=callers.system.key.access_key_id)

    assert callers.identity(fresh)["IdentityType"] == "Account"
    assert refused(callers.identity) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("action", ["CreateAccessKey", "ListAccessKeys"])
def test_a_session_has_no_keys_of_its_own(callers: Callers, action: str) -> None:
    """a session has no keys of its own"""
    key = callers.user("alice", statement("Allow", "sts:AssumeRole"))
    role = callers.role("admin", trust(callers.arn("root")), statement("Allow", "ram:*"))
    session = callers.assume(key, role)
    assert refused(callers.ram, action, session) == (400, "MissingParameter.UserName")
