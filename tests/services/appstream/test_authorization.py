"""Authorizing users and user groups for delivery groups."""

from typing import Any

import pytest

from admit.core.links import Kind
from admit.store import things
from tests.callers import Callers, statement
from tests.services.appstream.streaming import Streaming
from tests.system import Refused

ACTION = "AuthorizeInstanceGroup"


def test_a_user_may_use_what_they_are_authorized_to_until_it_is_taken_back(streaming: Streaming):
    group = streaming.create()
    before = streaming.may("alice", group)

    answer = streaming.call(ACTION, AppInstanceGroupId=group, AuthorizeUserIds=["alice"])
    given = streaming.may("alice", group), streaming.may("bob", group)
    streaming.call(ACTION, AppInstanceGroupId=group, UnAuthorizeUserIds=["alice"])

    assert set(answer) == {"RequestId"}
    assert (before, given, streaming.may("alice", group)) == (False, (True, False), False)


def test_a_user_group_brings_its_members_present_and_future(streaming: Streaming):
    group, design = streaming.create(), streaming.directory.group("design", "alice")

    streaming.call(ACTION, AppInstanceGroupId=group, AuthorizeUserGroupIds=[design])
    streaming.directory.call("UserBatchJoinGroup", GroupId=design, EndUserIds=["bob"])
    joined = streaming.may("alice", group), streaming.may("bob", group), streaming.may("carol", group)
    streaming.directory.call("UserBatchQuitGroup", GroupId=design, EndUserIds=["alice"])
    left = streaming.may("alice", group), streaming.may("bob", group)
    streaming.call(ACTION, AppInstanceGroupId=group, UnAuthorizeUserGroupIds=[design])

    assert joined == (True, True, False)
    assert left == (False, True)
    assert not streaming.may("bob", group)


def test_one_call_gives_and_takes(streaming: Streaming):
    group = streaming.create()
    streaming.authorize(group, "alice")

    streaming.call(
        ACTION, AppInstanceGroupId=group, AuthorizeUserIds=["bob"], UnAuthorizeUserIds=["alice", "carol"]
    )

    assert streaming.users(group) == ["bob"]


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup"])
def test_every_application_of_the_group_is_given(streaming: Streaming, mode: str):
    group, other = streaming.create(AuthMode=mode), streaming.create("Other", AuthMode=mode)

    streaming.authorize(group, "alice")

    apps = [app["AppName"] for app in streaming.image()["AppList"]]
    assert [streaming.may("alice", group, app) for app in apps] == [True] * len(apps)
    assert not streaming.may("alice", other)


@pytest.mark.parametrize("meta", [{"Type": "Simple"}, '{"Type":"Simple"}', '{"Type":"SIMPLE"}'])
def test_the_type_of_user_is_read_in_any_case_as_recorded_clients_write_it(streaming: Streaming, meta: Any):
    group = streaming.create()
    streaming.authorize(group, "alice", UserMeta=meta)
    assert streaming.may("alice", group)


def test_saying_it_again_changes_nothing(streaming: Streaming):
    group, design = streaming.create(), streaming.directory.group("design", "alice")
    streaming.authorize(group, "alice", AuthorizeUserGroupIds=[design])
    before = streaming.system.revision()

    streaming.authorize(group, "alice", "alice", AuthorizeUserGroupIds=[design, design])
    streaming.call(ACTION, AppInstanceGroupId=group, UnAuthorizeUserIds=["bob"])
    streaming.call(ACTION, AppInstanceGroupId=group)

    assert streaming.system.revision() == before


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AuthorizeUserIds": ["alice", "nobody"]}, "User.NotFound"),
        ({"AuthorizeUserIds": ["alice"], "UnAuthorizeUserIds": ["nobody"]}, "User.NotFound"),
        (
            {"AuthorizeUserIds": ["alice"], "AuthorizeUserGroupIds": ["ug-1"]},
            "InvalidParameter.AuthorizeUserGroupIds",
        ),
        (
            {"AuthorizeUserIds": ["alice"], "UnAuthorizeUserGroupIds": ["ug-1"]},
            "InvalidParameter.UnAuthorizeUserGroupIds",
        ),
        (
            {"AuthorizeUserIds": ["alice", "bob"], "UnAuthorizeUserIds": ["bob"]},
            "InvalidParameter.AuthorizeUserIds",
        ),
        (
            {"AuthorizeUserGroupIds": ["ug-1"], "UnAuthorizeUserGroupIds": ["ug-1"]},
            "InvalidParameter.AuthorizeUserGroupIds",
        ),
        ({"AuthorizeUserIds": [f"user_{n}" for n in range(101)]}, "InvalidParameter.AuthorizeUserIds"),
        ({"UnAuthorizeUserIds": [f"user_{n}" for n in range(101)]}, "InvalidParameter.UnAuthorizeUserIds"),
        (
            {"AuthorizeUserGroupIds": [f"ug-{n}" for n in range(21)]},
            "InvalidParameter.AuthorizeUserGroupIds",
        ),
        (
            {"UnAuthorizeUserGroupIds": [f"ug-{n}" for n in range(21)]},
            "InvalidParameter.UnAuthorizeUserGroupIds",
        ),
        ({"AuthorizeUserIds": ["alice"], "ProductType": "CloudBrowser"}, "InvalidAppInstanceGroup.NotFound"),
        ({"AuthorizeUserIds": ["alice"], "ProductType": "Nonsense"}, "InvalidParameter.ProductType"),
        ({"AuthorizeUserIds": ["alice"], "ProductType": None}, "MissingParameter.ProductType"),
        ({"AuthorizeUserIds": ["alice"], "AppInstanceGroupId": "aig-1"}, "InvalidAppInstanceGroup.NotFound"),
        ({"AuthorizeUserIds": ["alice"], "AppInstanceGroupId": None}, "MissingParameter.AppInstanceGroupId"),
        (
            {"AuthorizeUserIds": ["alice"], "AppInstanceGroupSetId": "aigs-1"},
            "InvalidParameter.AppInstanceGroupSetId",
        ),
        (
            {"AppInstanceGroupId": None, "AppInstanceGroupSetId": "aigs-1"},
            "InvalidAppInstanceGroupSet.NotFound",
        ),
        ({"AuthorizeUserIds": ["alice"], "UserMeta": '{"Type":"ldap"}'}, "InvalidParameter.UserMeta"),
        ({"AuthorizeUserIds": ["alice"], "UserMeta": '{"Type":"ad"}'}, "InvalidParameter.UserMeta"),
        ({"AuthorizeUserIds": ["alice"], "UserMeta": "{"}, "InvalidParameter.UserMeta"),
    ],
)
def test_all_of_it_happens_or_nothing(streaming: Streaming, parameters: dict[str, Any], code: str):
    group = streaming.create()
    streaming.authorize(group, "bob")

    refusal = streaming.refusal(ACTION, **{"AppInstanceGroupId": group, **parameters})

    assert refusal == (400, code)
    assert streaming.users(group) == ["bob"]


def test_the_limits_themselves_are_allowed(streaming: Streaming):
    group = streaming.create()
    names = [f"user_{number}" for number in range(100)]
    streaming.directory.add(*names)
    ids = [streaming.directory.group(f"group-{number}") for number in range(20)]

    streaming.authorize(group, *names, AuthorizeUserGroupIds=ids)

    assert len(streaming.users(group)) == 100
    assert len(streaming.user_groups(group)) == 20


def test_the_product_type_is_read_in_any_case(streaming: Streaming):
    group = streaming.create()

    streaming.authorize(group, "alice", ProductType="CLOUDAPP")

    assert streaming.users(group, ProductType="cloudapp") == ["alice"]


def test_a_session_is_what_is_authorized_where_sessions_are(streaming: Streaming):
    group = streaming.create(AuthMode="Session")
    session = streaming.session(group)

    refusals = {
        streaming.refusal(ACTION, AppInstanceGroupId=group, AuthorizeUserIds=["alice"], **more)
        for more in ({}, {"AppInstancePersistentId": "p-1"})
    }
    streaming.authorize(group, "alice", AppInstancePersistentId=session)

    assert refusals == {(400, "InvalidParameter.AppInstancePersistentId")}
    assert streaming.may("alice", group)
    assert not streaming.may("bob", group)


def test_a_session_of_another_group_is_not_taken(streaming: Streaming):
    group, other = streaming.create(AuthMode="Session"), streaming.create("Other", AuthMode="Session")

    refusal = streaming.refusal(
        ACTION,
        AppInstanceGroupId=group,
        AuthorizeUserIds=["alice"],
        AppInstancePersistentId=streaming.session(other),
    )

    assert refusal == (400, "InvalidParameter.AppInstancePersistentId")


def test_a_session_is_not_looked_at_where_users_are_not_authorized_to_sessions(streaming: Streaming):
    group = streaming.create()

    streaming.authorize(group, "alice", AppInstancePersistentId="p-1")

    assert streaming.may("alice", group)


AD = {"UserMeta": '{"Type":"ad","AdDomain":"example.com"}'}


def test_ad_users_are_known_from_their_first_authorization_on(streaming: Streaming):
    group = streaming.create()

    streaming.authorize(group, "Dave.D", **AD)
    again = streaming.system.revision()
    streaming.authorize(group, "dave.d", **AD)

    assert streaming.system.revision() == again
    assert streaming.users(group) == ["Dave.D"]
    assert streaming.may("Dave.D", group)
    assert streaming.directory.names() == ["alice", "bob", "carol"]
    assert streaming.connects("Dave.D")


def test_an_ad_user_is_not_the_convenience_user_of_the_same_name(streaming: Streaming):
    group = streaming.create()

    streaming.authorize(group, "alice", **AD)
    streaming.call(ACTION, AppInstanceGroupId=group, UnAuthorizeUserIds=["alice"])
    still = streaming.users(group)
    streaming.call(ACTION, AppInstanceGroupId=group, UnAuthorizeUserIds=["alice", "stranger"], **AD)

    assert still == ["alice"]
    assert streaming.users(group) == []


def test_what_cannot_be_done_makes_no_ad_users(streaming: Streaming):
    group = streaming.create()

    refusal = streaming.refusal(
        ACTION, AppInstanceGroupId=group, AuthorizeUserIds=["dave"], AuthorizeUserGroupIds=["ug-1"], **AD
    )

    with streaming.system.admit.store.read() as sql:
        known = things.find(sql, things.Where(Kind.USER, name="dave"))
    assert refusal == (400, "InvalidParameter.AuthorizeUserGroupIds")
    assert known == []


def test_what_is_granted_goes_with_the_user_or_the_group(streaming: Streaming):
    group, design = streaming.create(), streaming.directory.group("design", "bob")
    streaming.authorize(group, "alice", "carol", AuthorizeUserGroupIds=[design])

    streaming.directory.call("RemoveUsers", Users=["alice"])
    streaming.directory.call("RemoveGroup", GroupId=design)
    streaming.directory.add("alice")

    assert streaming.users(group) == ["carol"]
    assert streaming.user_groups(group) == []
    assert not streaming.may("alice", group)
    assert not streaming.may("bob", group)


def test_a_locked_user_keeps_an_authorization_and_cannot_use_it(streaming: Streaming):
    group = streaming.create()
    streaming.authorize(group, "alice")

    streaming.directory.call("LockUsers", Users=["alice"])
    locked = streaming.may("alice", group), streaming.users(group)
    streaming.directory.call("UnlockUsers", Users=["alice"])

    assert locked == (False, ["alice"])
    assert streaming.may("alice", group)


def test_a_caller_needs_permission_for_this_very_operation(streaming: Streaming):
    group, callers = streaming.create(), Callers(streaming.system)
    key = callers.user("operator")
    callers.policy("grants", statement("Allow", "appstreaming:AuthorizeInstanceGroup"))
    asked = {"ProductType": "CloudApp", "AppInstanceGroupId": group}

    with pytest.raises(Refused) as refused:
        streaming.call(ACTION, key, **asked, AuthorizeUserIds=["alice"])
    callers.attach("grants", user="operator")
    streaming.call(ACTION, key, **asked, AuthorizeUserIds=["alice"])
    with pytest.raises(Refused) as other:
        streaming.call("DeleteAppInstanceGroup", key, **asked)

    assert [(each.value.status, each.value.code) for each in (refused, other)] == [
        (403, "Forbidden.NoPermission")
    ] * 2
    assert streaming.users(group) == ["alice"]
