"""Tags of bastion hosts."""

from typing import Any

import pytest

from tests.services.bastionhost.people import PRODUCT
from tests.services.bastionhost.test_instances import bought
from tests.system import Refused, System

REGION = {"RegionId": "cn-hangzhou", "ResourceType": "INSTANCE"}


def tag(system: System, ids: list[str], **tags: str) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    system.call(PRODUCT, "TagResources", **REGION, ResourceId=ids, Tag=listed)


def untag(system: System, ids: list[str], **what: Any) -> None:
    system.call(PRODUCT, "UntagResources", **REGION, ResourceId=ids, **what)


def tags(system: System, **filters: Any) -> list[tuple[str, str, str]]:
    """All tags, page after page, as Terraform reads them: until there is no NextToken."""
    found, token = [], None
    while True:
        answer = system.call(PRODUCT, "ListTagResources", **REGION, NextToken=token, **filters)
        found += [(each["ResourceId"], each["TagKey"], each["TagValue"]) for each in answer["TagResources"]]
        assert all(each["ResourceType"] == "INSTANCE" for each in answer["TagResources"])
        if "NextToken" not in answer:
            return found
        token = answer["NextToken"]


def test_a_new_bastion_host_has_no_tags_and_the_list_ends_at_once(system: System) -> None:
    (instance,) = system.call(PRODUCT, "DescribeInstances")["Instances"]

    assert tags(system, ResourceId=[instance["InstanceId"]]) == []


def test_tags_are_set_changed_listed_and_taken_away(system: System) -> None:
    one, two = bought(system, 2)
    tag(system, [one, two], env="test", team="dba")
    tag(system, [one], env="prod")

    assert tags(system, ResourceId=[one]) == [(one, "env", "prod"), (one, "team", "dba")]
    assert tags(system) == [*tags(system, ResourceId=[one]), (two, "env", "test"), (two, "team", "dba")]
    untag(system, [one], TagKey=["env", "none"])
    assert tags(system, ResourceId=[one]) == [(one, "team", "dba")]
    untag(system, [one, two], All=True)
    assert tags(system) == []


def test_bastion_hosts_are_found_by_the_tags_they_carry(system: System) -> None:
    one, two, _ = bought(system, 3)
    tag(system, [one, two], env="test")
    tag(system, [two], team="dba")

    def found(*wanted: dict[str, str]) -> list[str]:
        answer = system.call(PRODUCT, "DescribeInstances", Tag=list(wanted))
        assert answer["TotalCount"] == len(answer["Instances"])
        return [each["InstanceId"] for each in answer["Instances"]]

    assert found({"Key": "env", "Value": "test"}) == [one, two]
    assert found({"Key": "env"}, {"Key": "team", "Value": "dba"}) == [two]
    assert found({"Key": "env", "Value": "prod"}) == []
    assert tags(system, Tag=[{"Key": "team"}]) == [(two, "env", "test"), (two, "team", "dba")]


def test_tags_of_many_bastion_hosts_come_in_pages(system: System) -> None:
    ids = bought(system, 60)
    for start in (0, 30):
        tag(system, ids[start : start + 30], env="test")

    assert tags(system) == [(each, "env", "test") for each in ids]
    assert len(system.call(PRODUCT, "ListTagResources", **REGION)["TagResources"]) < 60


def test_where_one_bastion_host_is_unknown_none_is_tagged(system: System) -> None:
    (one,) = bought(system)

    for action, what in (("TagResources", {"Tag": [{"Key": "env"}]}), ("UntagResources", {"All": True})):
        with pytest.raises(Refused) as refused:
            system.call(PRODUCT, action, **REGION, ResourceId=[one, "bastionhost-cn-none"], **what)
        assert (refused.value.status, refused.value.code) == (404, "Commodity.BizError.InvalidStatus")
    assert tags(system) == []
    assert tags(system, ResourceId=["bastionhost-cn-none"]) == []


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("TagResources", {}),
        ("TagResources", {"Tag": [{"Key": "env"}, {"Key": "env"}]}),
        ("TagResources", {"Tag": [{"Key": f"key-{n}"} for n in range(21)]}),
        ("TagResources", {"Tag": [{"Key": ""}]}),
        ("UntagResources", {}),
        ("ListTagResources", {"ResourceType": "HOST"}),
    ],
)
def test_what_is_no_tag_is_refused(system: System, action: str, parameters: dict[str, Any]) -> None:
    (one,) = bought(system)

    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, action, **{**REGION, "ResourceId": [one], **parameters})
    assert refused.value.code == "InvalidParameter"


def test_a_bastion_host_has_at_most_20_tags(system: System) -> None:
    (one,) = bought(system)
    tag(system, [one], **{f"key-{n}": "" for n in range(20)})
    tag(system, [one], **{"key-0": "again"})

    with pytest.raises(Refused) as refused:
        tag(system, [one], more="")
    assert refused.value.code == "InvalidParameter"
    assert len(tags(system)) == 20


def test_a_token_that_was_not_given_out_is_refused(system: System) -> None:
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "ListTagResources", **REGION, NextToken="elsewhere")
    assert refused.value.code == "InvalidParameter.NextToken"
