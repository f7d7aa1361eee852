"""Bastion hosts themselves: listed, described, started."""

import pytest

from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.services.bastionhost.instances import BastionDetails
from admit.store.engine import Tx
from tests.services.bastionhost.people import AUTHOR, PRODUCT, Bastion
from tests.system import Refused, System


def bought(system: System, count: int = 1, **details: object) -> list[str]:
    """Bastion hosts that were bought; by default not started yet."""

    def body(tx: Tx) -> list[str]:
        kept = BastionDetails(
            **{"description": "more", "region_id": "cn-hangzhou", "status": "PENDING"} | details
        )
        return [
            verbs.add(
                tx, New(Kind.BASTION, system.admit.world.account_key, "more", kept, f"bastionhost-cn-{n}")
            ).id
            for n in range(count)
        ]

    return system.admit.store.write_now(AUTHOR, body)


def test_a_new_system_has_one_bastion_host_and_it_runs(system: System) -> None:
    answer = system.call(PRODUCT, "DescribeInstances")

    assert answer["TotalCount"] == 1
    (found,) = answer["Instances"]
    assert found["InstanceId"].startswith("bastionhost-cn-")
    assert found["InstanceStatus"] == "RUNNING"
    assert found["IntranetEndpoint"] == found["InternetEndpoint"] == "127.0.0.1"
    assert (found["PlanCode"], found["LicenseCode"]) == ("cloudbastion_ha", "bhah_ent_100000_asset")
    assert (found["PublicNetworkAccess"], found["Legacy"]) == (True, False)
    assert found["StartTime"] == system.clock.now()
    assert "ExpireTime" not in found


def test_instances_are_paged_by_ten(system: System) -> None:
    bought(system, 11)

    first = system.call(PRODUCT, "DescribeInstances")
    second = system.call(PRODUCT, "DescribeInstances", PageNumber=2, PageSize=0)
    past = system.call(PRODUCT, "DescribeInstances", PageNumber=3)

    assert [len(page["Instances"]) for page in (first, second, past)] == [10, 2, 0]
    assert {page["TotalCount"] for page in (first, second, past)} == {12}


@pytest.mark.parametrize("filters", [{"PageSize": 101}, {"PageNumber": 0}, {"InstanceStatus": "GONE"}])
def test_filters_of_instances_are_checked(system: System, filters: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "DescribeInstances", **filters)
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter")


def test_at_most_ten_instances_are_asked_for(system: System) -> None:
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "DescribeInstances", InstanceId=[f"bastionhost-cn-{n}" for n in range(11)])
    assert refused.value.code == "InvalidParameter"


def test_instances_are_found_by_id_status_and_resource_group(system: System) -> None:
    ids = bought(system, 2, resource_group_id="rg-1")

    def found(**filters: object) -> list[str]:
        return [
            each["InstanceId"] for each in system.call(PRODUCT, "DescribeInstances", **filters)["Instances"]
        ]

    assert found(InstanceId=ids[1:]) == ids[1:]
    assert found(InstanceId=["bastionhost-cn-none"]) == []
    assert found(InstanceStatus="PENDING", RegionId="eu-central-1") == ids
    assert found(ResourceGroupId="rg-1") == ids
    assert found(ResourceGroupId="rg-2") == []
    assert found(Tag=[{"Key": "env", "Value": "test"}]) == []


def test_an_instance_tells_its_ports_storage_and_modules(system: System) -> None:
    bastion = Bastion(system)

    found = bastion.call("DescribeInstanceAttribute")["InstanceAttribute"]

    assert found["InstanceId"] == bastion.id
    assert found["Ports"] == [
        {"StandardPort": 60022, "CustomPort": 60022},
        {"StandardPort": 63389, "CustomPort": 63389},
        {"StandardPort": 443, "CustomPort": 8080},
    ]
    assert (found["Storage"], found["BandwidthPackage"]) == (2**40, "0")
    assert found["PublicWhiteList"] == found["WhiteListPolicies"] == found["AuthorizedSecurityGroups"] == []
    modules = {name: value for name, value in found.items() if name.endswith("Module")}
    assert {"IDaaSModule", "RDModule", "HSMModule"} < set(modules)
    assert set(modules.values()) == {"Disable"}


@pytest.mark.parametrize("action", ["DescribeInstanceAttribute", "ListUsers", "GetUserGroup"])
def test_terraform_understands_that_an_instance_is_gone(system: System, action: str) -> None:
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, action, InstanceId="bastionhost-cn-none", UserGroupId="1")
    assert (refused.value.status, refused.value.code) == (404, "Commodity.BizError.InvalidStatus")


def test_a_bought_instance_is_started_with_its_network(system: System) -> None:
    (new,) = bought(system, storage_tb=5, bandwidth=10)
    network = {"InstanceId": new, "VswitchId": "vsw-1", "SecurityGroupIds": ["sg-1", "sg-2"]}

    assert system.call(PRODUCT, "StartInstance", **network)["InstanceId"] == new

    found = system.call(PRODUCT, "DescribeInstanceAttribute", InstanceId=new)["InstanceAttribute"]
    assert (found["InstanceStatus"], found["VswitchId"]) == ("RUNNING", "vsw-1")
    assert found["AuthorizedSecurityGroups"] == found["SecurityGroupIds"] == ["sg-1", "sg-2"]
    assert (found["Storage"], found["BandwidthPackage"]) == (6 * 2**40, "10")
    listed = system.call(PRODUCT, "DescribeInstances", InstanceId=[new])["Instances"][0]
    assert (listed["InstanceStatus"], listed["VswitchId"]) == ("RUNNING", "vsw-1")


def test_starting_twice_changes_nothing_more(system: System) -> None:
    (new,) = bought(system)
    system.call(PRODUCT, "StartInstance", InstanceId=new, SecurityGroupIds=["sg-1"])
    before = system.revision()

    system.call(PRODUCT, "StartInstance", InstanceId=new, SecurityGroupIds=["sg-1"])

    assert system.revision() == before


@pytest.mark.parametrize("status", ["CREATING", "EXPIRED", "CREATE_FAILED", "UPGRADING", "UPGRADE_FAILED"])
def test_what_can_not_run_is_not_started(system: System, status: str) -> None:
    (new,) = bought(system, status=status)
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "StartInstance", InstanceId=new, SecurityGroupIds=["sg-1"])
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter")


def test_an_instance_is_started_with_a_security_group(system: System) -> None:
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "StartInstance", InstanceId="bastionhost-cn-none")
    assert refused.value.code == "MissingParameter.SecurityGroupIds"
