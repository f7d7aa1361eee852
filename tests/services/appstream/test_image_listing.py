"""Images and regions."""

from typing import Any

import pytest

from tests.services.appstream.streaming import Streaming


def test_a_new_system_has_an_image_with_applications(streaming: Streaming):
    answer = streaming.call("ListImage")

    (image,) = answer["Data"]
    assert [app["AppName"] for app in image["AppList"]] == [
        "Calculator",
        "Text Editor",
        "Terminal",
        "Browser",
        "Image Editor",
        "Writer",
        "Spreadsheet",
    ]
    assert (image["Status"], image["ProductType"], image["ImageType"]) == ("AVAILABLE", "CloudApp", "System")
    assert image["AliUid"] == int(streaming.system.admit.world.account_id)
    assert len(image["GmtCreate"]) == len("2026-01-01 00:00:00")
    assert (answer["Code"], answer["Success"], answer["Count"]) == ("200", True, 1)
    assert (answer["PageNumber"], answer["PageSize"]) == (1, 10)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"ImageName": "First"}, 1),
        ({"ImageName": "Second"}, 0),
        ({"ImageId": "img-1"}, 0),
        ({"Status": "AVAILABLE"}, 1),
        ({"Status": "CREATING"}, 0),
        ({"ImageType": "System", "OsType": "Linux", "ProductType": "CloudApp"}, 1),
        ({"ImageType": "User"}, 0),
        ({"OsType": "Windows"}, 0),
        ({"ProductType": "WuyingServer"}, 0),
        ({"ProductTypeList": ["WuyingServer", "CloudApp"]}, 1),
        ({"ProductTypeList": ["WuyingServer"]}, 0),
        ({"BizRegionIdList": ["cn-hangzhou", "mars-1"]}, 1),
        ({"BizRegionIdList": ["mars-1"]}, 0),
        ({"BizType": 1, "BizTypeList": [1]}, 1),
        ({"FeatureList": ["GPU"]}, 0),
        ({"TagList": [{"Key": "a"}]}, 0),
        ({"LanguageType": "en-US"}, 0),
        ({"Distro": "Debian"}, 0),
    ],
)
def test_an_image_must_match_what_is_asked(streaming: Streaming, asked: dict[str, Any], count: int):
    answer = streaming.call("ListImage", **asked)

    assert (answer["Count"], len(answer["Data"])) == (count, count)


def test_a_page_past_the_end_is_empty(streaming: Streaming):
    answer = streaming.call("ListImage", PageNumber=2)

    assert (answer["Count"], answer["Data"]) == (1, [])


@pytest.mark.parametrize("asked", [{"BizType": 2}, {"BizTypeList": [1, 2]}])
def test_there_is_one_business_type(streaming: Streaming, asked: dict[str, Any]):
    assert streaming.refusal("ListImage", **asked) == (400, "InvalidBizType")


def test_regions_are_those_a_group_can_be_in(streaming: Streaming):
    regions = [region["regionId"] for region in streaming.call("ListRegions")["RegionModels"]]

    assert regions[:2] == ["cn-hangzhou", "cn-shanghai"]
    assert streaming.system.admit.world.region in regions
    assert all(streaming.create(region, BizRegionId=region) for region in regions)
