"""Delivery groups, listed and one by one."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.appstream.streaming import Streaming


def test_a_group_is_told_as_it_was_made(streaming: Streaming):
    image = streaming.image()
    group = streaming.create(
        "Office",
        AuthMode="AppInstanceGroup",
        BizRegionId="cn-shanghai",
        AppPolicyId="pg-1",
        SecurityPolicy='{"SkipUserAuthCheck":true}',
        RuntimePolicy='{"SessionType":"NORMAL"}',
        Network='{"OfficeSiteId":"site-1","StrategyType":"Shared"}',
        NodePool='{"NodeInstanceType":"appstreaming.general.4c8g","NodeAmount":2,"NodeCapacity":1,'
        '"RecurrenceSchedules":[{"RecurrenceType":"weekly","RecurrenceValues":[1,7],'
        '"TimerPeriods":[{"StartTime":"08:00","EndTime":"18:00","Amount":2}]}]}',
    )

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]

    expected = {
        "AppInstanceGroupId": group,
        "AppInstanceGroupName": "Office",
        "AppCenterImageId": image["ImageId"],
        "AppCenterImageName": image["ImageName"],
        "ProductType": "CloudApp",
        "AuthMode": "AppInstanceGroup",
        "UserGroupAuthMode": "Mixed",
        "SupportUserGroupMixedAuth": True,
        "SkipUserAuthCheck": True,
        "Status": "PUBLISHED",
        "ResourceStatus": "AVAILABLE",
        "RegionId": "cn-shanghai",
        "OsType": "Linux",
        "ChargeType": "PostPaid",
        "ChargeResourceMode": "Node",
        "SessionTimeout": "15",
        "SessionType": "NORMAL",
        "AppPolicyId": "pg-1",
        "OfficeSiteId": "site-1",
        "Amount": 2,
        "Tags": [],
    }
    assert {name: told[name] for name in expected} == expected
    (nodes,) = told["NodePool"]
    assert (nodes["NodeInstanceType"], nodes["NodeAmount"]) == ("appstreaming.general.4c8g", 2)
    assert nodes["RecurrenceSchedules"][0]["TimerPeriods"][0]["StartTime"] == "08:00"
    assert told["GmtCreate"].endswith("+00:00")
    assert "ExpiredTime" not in told


def test_a_subscription_tells_its_end(streaming: Streaming):
    group = streaming.create(ChargeType="PrePaid", PeriodUnit="Year")

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]

    begun, ends = told["GmtCreate"], told["ExpiredTime"]
    assert int(ends[:4]) == int(begun[:4]) + 1
    assert ends[4:] == begun[4:]


@pytest.mark.parametrize("product", ["CloudBrowser", "AndroidCloud"])
def test_a_group_of_another_product_is_not_found(streaming: Streaming, product: str):
    group = streaming.create()

    refusal = streaming.refusal("GetAppInstanceGroup", AppInstanceGroupId=group, ProductType=product)

    assert refusal == (400, "InvalidAppInstanceGroup.NotFound")
    assert streaming.call("ListAppInstanceGroup", ProductType=product)["AppInstanceGroupModels"] == []


@pytest.fixture
def three(streaming: Streaming) -> dict[str, str]:
    """Office in hangzhou, Lab in shanghai with nodes and a site, Office 2 by session."""
    return {
        "Office": streaming.create("Office"),
        "Lab": streaming.create(
            "Lab",
            BizRegionId="cn-shanghai",
            Network='{"OfficeSiteId":"site-1"}',
            NodePool='{"NodeInstanceType":"small"}',
        ),
        "Office 2": streaming.create("Office 2", AuthMode="Session"),
    }


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Office", "Lab", "Office 2"]),
        ({"AppInstanceGroupName": "ffic"}, ["Office", "Office 2"]),
        ({"AppInstanceGroupName": "%"}, []),
        ({"BizRegionId": "cn-shanghai"}, ["Lab"]),
        ({"RegionId": "cn-hangzhou"}, ["Office", "Office 2"]),
        ({"NodeInstanceType": "small"}, ["Lab"]),
        ({"OfficeSiteId": "site-1"}, ["Lab"]),
        ({"AppCenterImageId": "img-1"}, []),
        ({"AppInstanceGroupId": "aig-1"}, []),
        ({"Status": ["PUBLISHED", "FAILED"]}, ["Office", "Lab", "Office 2"]),
        ({"Status": ["FAILED"]}, []),
        ({"Tag": [{"Key": "a", "Value": "b"}]}, []),
        ({"BizRegionId": "cn-hangzhou", "AppInstanceGroupName": "2"}, ["Office 2"]),
    ],
)
def test_a_group_must_match_all_that_is_asked(
    streaming: Streaming, three: dict[str, str], asked: dict[str, Any], names: list[str]
):
    answer = streaming.call("ListAppInstanceGroup", **asked)

    assert [group["AppInstanceGroupName"] for group in answer["AppInstanceGroupModels"]] == names
    assert answer["TotalCount"] == len(names)


def test_groups_are_found_by_id_and_by_image(streaming: Streaming, three: dict[str, str]):
    by_id = streaming.call("ListAppInstanceGroup", AppInstanceGroupId=three["Lab"])
    by_image = streaming.call("ListAppInstanceGroup", AppCenterImageId=streaming.image()["ImageId"])

    assert [group["AppInstanceGroupName"] for group in by_id["AppInstanceGroupModels"]] == ["Lab"]
    assert by_image["TotalCount"] == 3
    assert by_image["AppInstanceGroupModels"][0]["ResourceTags"] == []


def test_groups_are_found_by_the_user_groups_they_are_authorized_to(
    streaming: Streaming, three: dict[str, str]
):
    art, design = streaming.directory.group("art"), streaming.directory.group("design")
    streaming.authorize(three["Office"], AuthorizeUserGroupIds=[art, design])
    streaming.authorize(
        three["Office 2"],
        AuthorizeUserGroupIds=[design],
        AppInstancePersistentId=streaming.session(three["Office 2"]),
    )

    def found(**asked: Any) -> list[str]:
        models = streaming.call("ListAppInstanceGroup", **asked)["AppInstanceGroupModels"]
        return [group["AppInstanceGroupName"] for group in models]

    assert found(UserGroupIds=[art]) == ["Office"]
    assert found(UserGroupIds=[art, design]) == ["Office", "Office 2"]
    assert found(ExcludedUserGroupIds=[art]) == ["Lab", "Office 2"]
    assert found(ExcludedUserGroupIds=[art, design]) == ["Lab"]
    assert found(UserGroupIds=[design], ExcludedUserGroupIds=[art]) == ["Office 2"]
    assert found(UserGroupIds=["ug-1"]) == []


def test_groups_are_listed_in_pages(streaming: Streaming, three: dict[str, str]):
    pages = [streaming.call("ListAppInstanceGroup", PageNumber=number, PageSize=2) for number in (1, 2, 3)]

    assert [len(page["AppInstanceGroupModels"]) for page in pages] == [2, 1, 0]
    assert [(page["PageNumber"], page["PageSize"], page["TotalCount"]) for page in pages] == [
        (number, 2, 3) for number in (1, 2, 3)
    ]
    assert streaming.refusal("ListAppInstanceGroup", PageSize=101) == (400, "InvalidParameter.PageSize")


def test_a_change_leaves_alone_what_it_does_not_name(streaming: Streaming):
    group = streaming.create(
        SecurityPolicy='{"SkipUserAuthCheck":true}', NodePool='{"NodeAmount":2,"NodeCapacity":1}'
    )
    modify = "ModifyAppInstanceGroupAttribute"

    answer = streaming.call(
        modify,
        AppInstanceGroupId=group,
        AppInstanceGroupName="Bureau",
        SessionTimeout=-1,
        SecurityPolicy='{"ResetAfterUnbind":true}',
        NodePool='{"NodeCapacity":3}',
    )

    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]
    assert set(answer) == {"RequestId"}
    assert (told["AppInstanceGroupName"], told["SessionTimeout"]) == ("Bureau", "-1")
    assert told["SkipUserAuthCheck"] is True
    assert (told["NodePool"][0]["NodeAmount"], told["NodePool"][0]["NodeCapacity"]) == (2, 3)
    streaming.call(modify, AppInstanceGroupId=group, SecurityPolicy='{"SkipUserAuthCheck":false}')
    told = streaming.call("GetAppInstanceGroup", AppInstanceGroupId=group)["AppInstanceGroupModels"]
    assert told["SkipUserAuthCheck"] is False


def test_a_change_to_what_is_so_already_changes_nothing(streaming: Streaming):
    group = streaming.create("Office", StoragePolicy='{"StorageTypeList":["PDS"]}')
    streaming.system.advance(MINUTE)
    before = streaming.system.revision()

    streaming.call(
        "ModifyAppInstanceGroupAttribute",
        AppInstanceGroupId=group,
        AppInstanceGroupName="Office",
        SessionTimeout=15,
        StoragePolicy='{"StorageTypeList":["PDS"]}',
    )

    assert streaming.system.revision() == before


def test_one_application_may_be_open_from_the_start(streaming: Streaming):
    group, app = streaming.create(), streaming.app("Browser")
    modify = {"AppInstanceGroupId": group, "PreOpenMode": "SINGLE_APP"}

    none = streaming.refusal("ModifyAppInstanceGroupAttribute", **modify)
    empty = streaming.refusal("ModifyAppInstanceGroupAttribute", **modify, PreOpenAppId="")
    other = streaming.refusal("ModifyAppInstanceGroupAttribute", **modify, PreOpenAppId="ca-1")
    streaming.call("ModifyAppInstanceGroupAttribute", **modify, PreOpenAppId=app)
    before = streaming.system.revision()
    streaming.call("ModifyAppInstanceGroupAttribute", **modify)

    assert {none, empty, other} == {(400, "InvalidParameter.PreOpenAppId")}
    assert streaming.system.revision() == before


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AppInstanceGroupId": "aig-1"}, "InvalidAppInstanceGroup.NotFound"),
        ({"ProductType": "CloudBrowser"}, "InvalidAppInstanceGroup.NotFound"),
        ({"ProductType": "Nonsense"}, "InvalidParameter.ProductType"),
        ({"SessionTimeout": 1}, "InvalidParameter.SessionTimeout"),
        ({"NodePool": '{"NodePoolId":"rg-1"}'}, "InvalidParameter.NodePool"),
        ({"Network": "[]"}, "InvalidParameter.Network"),
        ({"AppInstanceGroupName": ""}, "InvalidParameter.AppInstanceGroupName"),
    ],
)
def test_what_cannot_be_changed_is_told(streaming: Streaming, parameters: dict[str, Any], code: str):
    group = streaming.create()

    refusal = streaming.refusal(
        "ModifyAppInstanceGroupAttribute", **{"AppInstanceGroupId": group, **parameters}
    )

    assert refusal == (400, code)
