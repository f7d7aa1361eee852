"""Creating and deleting delivery groups."""

from typing import Any

import pytest

from admit.core.links import Kind
from admit.core.validity import DAY
from admit.store import things
from tests.services.appstream.streaming import Streaming

CREATE = "CreateAppInstanceGroup"


def test_a_group_has_every_application_of_its_image(streaming: Streaming):
    image = streaming.image()

    group = streaming.create()

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]
    assert {(app["AppId"], app["AppName"]) for app in told["Apps"]} == {
        (app["AppId"], app["AppName"]) for app in image["AppList"]
    }
    assert group.startswith("aig-")
    assert len(group) == 21


def test_the_first_users_and_user_groups_are_authorized(streaming: Streaming):
    design = streaming.directory.group("design", "bob")

    group = streaming.create(Users=["alice"], UserInfo='{"Type":"Simple"}', UserGroupIds=[design])

    assert streaming.users(group) == ["alice"]
    assert streaming.user_groups(group) == ["design"]
    assert [streaming.may(name, group) for name in ("alice", "bob", "carol")] == [True, True, False]


def test_where_sessions_are_authorized_there_is_one_from_the_start(streaming: Streaming):
    group = streaming.create(AuthMode="Session", Users=["alice"], UserInfo='{"Type":"Simple"}')

    answer = streaming.call("ListPersistentAppInstances", AppInstanceGroupId=group)
    (session,) = answer["PersistentAppInstanceModels"]

    assert session["AppInstancePersistentId"].startswith("p-")
    assert session["AuthorizedUsers"] == ["alice"]
    assert streaming.may("alice", group)
    assert not streaming.may("bob", group)


def test_two_groups_of_one_image_are_apart(streaming: Streaming):
    first, second = streaming.create("First"), streaming.create("First")

    streaming.authorize(first, "alice")

    assert first != second
    assert streaming.may("alice", first)
    assert not streaming.may("alice", second)


def test_a_group_without_a_name_is_named_by_its_id(streaming: Streaming):
    model = streaming.call(CREATE, **streaming.wanted())["AppInstanceGroupModel"]
    group = model["AppInstanceGroupId"]

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]

    assert told["AppInstanceGroupName"] == group
    assert told["NodePool"][0]["NodePoolId"] == model["NodePoolId"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AppCenterImageId": "img-1"}, "Image.NotExist"),
        ({"ProductType": "CloudBrowser"}, "Image.NotExist"),
        ({"AppCenterImageId": None}, "MissingParameter.AppCenterImageId"),
        ({"BizRegionId": "mars-1"}, "InvalidParameter.BizRegionId"),
        ({"AuthMode": "Everybody"}, "InvalidParameter.AuthMode"),
        ({"ChargeType": "Free"}, "InvalidParameter.ChargeType"),
        ({"ChargeResourceMode": "Air"}, "InvalidParameter.ChargeResourceMode"),
        ({"SessionTimeout": 2}, "InvalidParameter.SessionTimeout"),
        ({"SessionTimeout": 0}, "InvalidParameter.SessionTimeout"),
        ({"SessionTimeout": -2}, "InvalidParameter.SessionTimeout"),
        ({"SessionTimeout": 301}, "InvalidParameter.SessionTimeout"),
        ({"ChargeType": "PrePaid", "Period": 2, "PeriodUnit": "Week"}, "InvalidParameter.Period"),
        ({"ChargeType": "PrePaid", "Period": 4}, "InvalidParameter.Period"),
        ({"PeriodUnit": "week"}, "InvalidParameter.PeriodUnit"),
        ({"Users": ["alice"]}, "MissingParameter.UserInfo"),
        ({"Users": ["nobody"], "UserInfo": '{"Type":"Simple"}'}, "User.NotFound"),
        ({"Users": ["u"] * 201, "UserInfo": '{"Type":"Simple"}'}, "InvalidParameter.Users"),
        ({"UserGroupIds": ["ug-1"]}, "InvalidParameter.UserGroupIds"),
        ({"UserGroupIds": ["ug-1"] * 11}, "InvalidParameter.UserGroupIds"),
        ({"PreOpenAppId": "ca-1"}, "InvalidParameter.PreOpenAppId"),
        ({"SecurityPolicy": "{"}, "InvalidParameter.SecurityPolicy"),
        ({"NodePool": '{"NodeAmount":101}'}, "InvalidParameter.NodePool"),
        ({"NodePool": '{"ScalingStep":0}'}, "InvalidParameter.NodePool"),
        ({"Network": '{"IpExpireMinutes":59}'}, "InvalidParameter.Network"),
        ({"AppInstanceGroupName": "a\nb"}, "InvalidParameter.AppInstanceGroupName"),
    ],
)
def test_what_cannot_be_created_is_told_and_not_made(
    streaming: Streaming, parameters: dict[str, Any], code: str
):
    assert streaming.refusal(CREATE, **streaming.wanted(**parameters)) == (400, code)
    assert streaming.call("ListAppInstanceGroup")["TotalCount"] == 0


@pytest.mark.parametrize("minutes", [-1, 3, 300])
def test_a_session_may_outlive_its_connection(streaming: Streaming, minutes: int):
    group = streaming.create(SessionTimeout=minutes)

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]
    assert told["SessionTimeout"] == str(minutes)


@pytest.mark.parametrize("mode", ["App", "Session", "AppInstanceGroup"])
def test_deleting_takes_everything_along(streaming: Streaming, mode: str):
    group, kept = streaming.create(AuthMode=mode), streaming.create("Kept")
    session = {"AppInstancePersistentId": streaming.session(group)} if mode == "Session" else {}
    streaming.authorize(group, "alice", **session)
    streaming.authorize(kept, "alice")

    streaming.call("DeleteAppInstanceGroup", AppInstanceGroupId=group)

    with streaming.system.admit.store.read() as sql:
        apps = things.find(sql, things.Where(Kind.APP))
        sessions = things.find(sql, things.Where(Kind.PERSISTENT_SESSION))
    assert (len(apps), sessions) == (7, [])
    assert streaming.refusal("GetAppInstanceGroup", AppInstanceGroupId=group) == (
        400,
        "InvalidAppInstanceGroup.NotFound",
    )
    assert streaming.may("alice", kept)


@pytest.mark.parametrize(
    ("product", "code"),
    [
        ("CloudApp", "InvalidAppInstanceGroupSpecItem.NotFound"),
        ("CloudBrowser", "InvalidBrowserInstanceGroup.NotFound"),
    ],
)
def test_a_group_that_is_not_there_cannot_be_deleted(streaming: Streaming, product: str, code: str):
    group = streaming.create()

    wrong_id = streaming.refusal("DeleteAppInstanceGroup", AppInstanceGroupId="aig-1", ProductType=product)
    wrong_product = streaming.refusal(
        "DeleteAppInstanceGroup", AppInstanceGroupId=group, ProductType="AIAgent"
    )

    assert wrong_id == (400, code)
    assert wrong_product == (400, "InvalidAppInstanceGroupSpecItem.NotFound")


@pytest.mark.parametrize(("unit", "days"), [("Week", 7), ("Month", 31), ("Year", 365)])
def test_a_subscription_is_deleted_when_it_is_over_and_not_before(streaming: Streaming, unit: str, days: int):
    # The clock stands in a month of 31 days.
    streaming.system.advance(1_767_225_600_000 - streaming.system.clock.now())
    group = streaming.create(ChargeType="PrePaid", Period=1, PeriodUnit=unit)

    streaming.system.advance(days * DAY - 1)
    early = streaming.refusal("DeleteAppInstanceGroup", AppInstanceGroupId=group)
    streaming.system.advance(1)
    streaming.call("DeleteAppInstanceGroup", AppInstanceGroupId=group)

    assert early == (400, "InvalidAppInstanceGroup.ChargeTypeNotSupport")
    assert streaming.call("ListAppInstanceGroup")["TotalCount"] == 0
