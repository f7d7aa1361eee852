"""Listing who is authorized, and to what."""

from typing import Any

import pytest

from admit.control import grants
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.store import things
from admit.store.engine import Author, Tx
from tests.services.appstream.streaming import Streaming

PAGE = {"PageNumber": 1, "PageSize": 100}


def _grant_app(streaming: Streaming, name: str, group_id: str, app_id: str) -> None:
    """Grant a single application, as no operation of this service does yet."""
    user = streaming.directory.thing(name)

    def body(tx: Tx) -> None:
        group = things.by_id_anywhere(tx.sql, Kind.DELIVERY_GROUP, group_id)
        assert group is not None
        app = things.by_id(tx.sql, Kind.APP, group.key, app_id)
        assert app is not None
        grants.grant(tx, user, app)

    streaming.system.admit.store.write_now(Author("test", "test", "request"), body)


def test_users_are_told_the_newest_authorization_first(streaming: Streaming):
    group = streaming.create()
    for name in ("bob", "alice"):
        streaming.authorize(group, name)
        streaming.system.advance(MINUTE)

    answer = streaming.call("ListAuthorizedUsers", AppInstanceGroupId=group, **PAGE)

    assert answer["Users"] == [
        {
            "EndUserId": name,
            "AccountType": "simple",
            "AppInstanceGroupId": group,
            "AuthMode": "App",
            "IsAuthAllApps": "true",
            "Email": f"{name}@example.com",
        }
        for name in ("alice", "bob")
    ]
    assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (2, 1, 100)
    assert streaming.call("PageListAppInstanceGroupUser", AppInstanceGroupId=group)["Users"] == [
        "alice",
        "bob",
    ]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"EndUserId": "bob"}, ["bob"]),
        ({"EndUserId": "bo"}, []),
        ({"UserIdFuzzy": "o"}, ["carol", "bob"]),
        ({"UserIdFuzzy": "o", "EndUserId": "bob"}, ["bob"]),
        ({"UserIdFuzzy": "z", "EndUserId": "bob"}, []),
        ({"UserIdFuzzy": "_"}, []),
        ({"AppInstancePersistentId": "p-1"}, []),
        ({"AppId": "ca-1"}, []),
        ({"PageNumber": 2, "PageSize": 2}, ["alice"]),
        ({"PageNumber": 9}, []),
    ],
)
def test_an_authorized_user_must_match_what_is_asked(
    streaming: Streaming, asked: dict[str, Any], names: list[str]
):
    group = streaming.create()
    for name in ("alice", "bob", "carol"):
        streaming.authorize(group, name)

    assert streaming.users(group, **asked) == names


def test_members_of_an_authorized_user_group_are_not_listed_themselves(streaming: Streaming):
    group, design = streaming.create(), streaming.directory.group("design", "alice")

    streaming.authorize(group, AuthorizeUserGroupIds=[design])

    assert streaming.users(group) == []
    assert streaming.call("PageListAppInstanceGroupUser", AppInstanceGroupId=group)["Users"] == []
    assert streaming.user_groups(group) == ["design"]


def test_pages_are_of_authorizations_and_a_user_is_told_once(streaming: Streaming):
    group, apps = streaming.create(), [app["AppId"] for app in streaming.image()["AppList"]]
    streaming.authorize(group, "alice", "bob")
    _grant_app(streaming, "alice", group, apps[0])
    _grant_app(streaming, "carol", group, apps[0])

    everybody = streaming.call("ListAuthorizedUsers", AppInstanceGroupId=group, **PAGE)
    of_one = streaming.call("ListAuthorizedUsers", AppInstanceGroupId=group, AppId=apps[0], **PAGE)

    assert [user["EndUserId"] for user in everybody["Users"]] == ["carol", "alice", "bob"]
    assert everybody["TotalCount"] == 4
    assert [(user["EndUserId"], user["AppId"], user["IsAuthAllApps"]) for user in of_one["Users"]] == [
        ("carol", apps[0], "false"),
        ("alice", apps[0], "false"),
    ]
    assert streaming.users(group, AppId=apps[1]) == []


def test_where_sessions_are_authorized_their_ids_are_told(streaming: Streaming):
    group = streaming.create(AuthMode="Session")
    session = streaming.session(group)
    design = streaming.directory.group("design")
    streaming.authorize(group, "alice", AppInstancePersistentId=session, AuthorizeUserGroupIds=[design])

    (told,) = streaming.call(
        "ListAuthorizedUsers", AppInstanceGroupId=group, AppInstancePersistentId=session, **PAGE
    )["Users"]

    assert (told["AuthMode"], told["AppInstancePersistentIds"]) == ("Session", [session])
    assert streaming.users(group) == ["alice"]
    assert streaming.users(group, AppInstancePersistentId="p-1") == []
    assert streaming.user_groups(group) == ["design"]
    assert streaming.call("PageListAppInstanceGroupUser", AppInstanceGroupId=group)["Users"] == ["alice"]


def test_an_ad_user_is_told_as_one(streaming: Streaming):
    group = streaming.create()
    streaming.authorize(group, "dave", UserMeta='{"Type":"ad","AdDomain":"example.com"}')

    (told,) = streaming.call("ListAuthorizedUsers", AppInstanceGroupId=group, **PAGE)["Users"]

    assert (told["EndUserId"], told["AccountType"]) == ("dave", "ad")
    assert "Email" not in told


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AppInstanceGroupId": "aig-1"}, "InvalidAppInstanceGroupSpecItem.NotFound"),
        ({"ProductType": "AIAgent"}, "InvalidAppInstanceGroupSpecItem.NotFound"),
        ({"ProductType": "CloudBrowser"}, "InvalidBrowserInstanceGroup.NotFound"),
        ({"ProductType": "Nonsense"}, "ProductTypeInvalid"),
        ({"AppInstanceGroupId": None}, "InvalidParameter.AppInstanceGroupId"),
        ({"AppInstanceGroupSetId": "aigs-1"}, "InvalidParameter.AppInstanceGroupId"),
        (
            {"AppInstanceGroupId": None, "AppInstanceGroupSetId": "aigs-1"},
            "InvalidAppInstanceGroupSet.NotFound",
        ),
        (
            {"AppInstanceGroupId": None, "AppInstanceGroupSetId": "aigs-1", "AppId": "ca-1"},
            "InvalidParameter.AppId",
        ),
        (
            {"AppInstanceGroupId": None, "AppInstanceGroupSetId": "s", "AppInstancePersistentId": "p-1"},
            "InvalidParameter.AppInstancePersistentId",
        ),
        ({"PageSize": 101}, "InvalidParameter.PageSize"),
        ({"PageNumber": 0}, "InvalidParameter.PageNumber"),
        ({"PageSize": None}, "MissingParameter.PageSize"),
    ],
)
def test_what_cannot_be_asked_of_users_is_told(streaming: Streaming, parameters: dict[str, Any], code: str):
    group = streaming.create()

    refusal = streaming.refusal("ListAuthorizedUsers", **{"AppInstanceGroupId": group} | PAGE | parameters)

    assert refusal == (400, code)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AppInstanceGroupId": "aig-1"}, "InvalidAppInstanceGroup.NotFound"),
        ({"AppInstanceGroupId": None}, "MissingParameter.AppInstanceGroupId"),
        ({"AppInstanceGroupSetId": "aigs-1"}, "InvalidParameter.AppInstanceGroupSetId"),
        (
            {"AppInstanceGroupId": None, "AppInstanceGroupSetId": "aigs-1"},
            "InvalidAppInstanceGroupSet.NotFound",
        ),
        ({"PageNumber": None}, "MissingParameter.PageNumber"),
    ],
)
def test_what_cannot_be_asked_of_user_groups_is_told(
    streaming: Streaming, parameters: dict[str, Any], code: str
):
    group = streaming.create()

    refusal = streaming.refusal(
        "ListAuthorizedUserGroups", **{"AppInstanceGroupId": group} | PAGE | parameters
    )

    assert refusal == (400, code)


def test_user_groups_are_found_and_paged(streaming: Streaming):
    group = streaming.create()
    ids = {name: streaming.directory.group(name) for name in ("art", "design", "dba")}
    for group_id in ids.values():
        streaming.authorize(group, AuthorizeUserGroupIds=[group_id])

    answer = streaming.call("ListAuthorizedUserGroups", AppInstanceGroupId=group, PageNumber=2, PageSize=2)

    assert answer["UserGroups"] == [
        {"GroupId": ids["art"], "GroupName": "art", "AppInstanceGroupId": group, "AuthMode": "App"}
    ]
    assert answer["TotalCount"] == 3
    assert streaming.user_groups(group) == ["dba", "design", "art"]
    assert streaming.user_groups(group, GroupName="d") == ["dba", "design"]
    assert streaming.user_groups(group, GroupId=ids["art"]) == ["art"]
    assert streaming.user_groups(group, GroupId=ids["art"], GroupName="d") == []


def test_a_user_s_delivery_groups_are_told_the_newest_authorization_first(streaming: Streaming):
    office, lab = streaming.create("Office"), streaming.create("Lab", AuthMode="Session")
    other, by_group = streaming.create("Other"), streaming.create("By group")
    streaming.authorize(lab, "alice", AppInstancePersistentId=streaming.session(lab))
    streaming.authorize(office, "alice")
    streaming.authorize(other, "bob")
    streaming.authorize(by_group, AuthorizeUserGroupIds=[streaming.directory.group("design", "alice")])

    answer = streaming.call("ListAuthorizedAppInstanceGroupByUser", EndUserId="alice", **PAGE)

    told = answer["AppInstanceGroupModels"]
    assert [group["AppInstanceGroupName"] for group in told] == ["Office", "Lab"]
    assert (told[0]["AppInstanceGroupId"], told[0]["Status"]) == (office, "PUBLISHED")
    assert len(told[0]["Apps"]) == 7
    assert answer["TotalCount"] == 2


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"AppInstanceGroupName": "ffi"}, ["Office"]),
        ({"AppInstanceGroupId": "aig-"}, ["Lab", "Office"]),
        ({"AppInstanceGroupId": "nowhere"}, []),
        ({"AppName": "Calc"}, ["Lab", "Office"]),
        ({"AppName": "Chess"}, []),
        ({"AppId": "ca-"}, ["Lab", "Office"]),
        ({"AppId": "ca-nowhere"}, []),
        ({"EndUserId": "nobody"}, []),
        ({"EndUserId": "ali"}, []),
        ({"ProductType": "CloudBrowser"}, []),
        ({"PageNumber": 2, "PageSize": 1}, ["Office"]),
        ({"PageNumber": 3, "PageSize": 1}, []),
    ],
)
def test_a_user_s_delivery_group_must_match_what_is_asked(
    streaming: Streaming, asked: dict[str, Any], names: list[str]
):
    for name in ("Office", "Lab"):
        streaming.authorize(streaming.create(name), "alice")

    answer = streaming.call("ListAuthorizedAppInstanceGroupByUser", **{"EndUserId": "alice"} | PAGE | asked)

    told = answer["AppInstanceGroupModels"]
    assert [group["AppInstanceGroupName"] for group in told] == names
    assert all(len(group["Apps"]) == 7 for group in told)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"EndUserId": None}, "InvalidParameter.UserId"),
        ({"ProductType": "Nonsense"}, "InvalidParameter.ProductType"),
        ({"PageSize": 0}, "InvalidParameter.PageSize"),
    ],
)
def test_what_cannot_be_asked_of_delivery_groups_is_told(
    streaming: Streaming, parameters: dict[str, Any], code: str
):
    asked = {"EndUserId": "alice"} | PAGE | parameters

    assert streaming.refusal("ListAuthorizedAppInstanceGroupByUser", **asked) == (400, code)


def test_sessions_are_listed_with_their_users(streaming: Streaming):
    group, plain = streaming.create("Lab", AuthMode="Session"), streaming.create()
    session = streaming.session(group)
    streaming.authorize(group, "bob", "alice", AppInstancePersistentId=session)

    answer = streaming.call(
        "ListPersistentAppInstances", AppInstanceGroupId=group, AppInstancePersistentIds=[session, "p-1"]
    )

    (told,) = answer["PersistentAppInstanceModels"]
    assert told["AuthorizedUsers"] == ["alice", "bob"]
    assert (told["AppInstancePersistentName"], told["AppInstancePersistentStatus"]) == ("Lab", "RUNNING")
    assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (1, 1, 20)
    none = streaming.call("ListPersistentAppInstances", AppInstanceGroupId=plain)
    assert (none["TotalCount"], none["PersistentAppInstanceModels"]) == (0, [])
    assert streaming.refusal("ListPersistentAppInstances", AppInstanceGroupId="aig-1") == (
        400,
        "InvalidAppInstanceGroup.NotFound",
    )
