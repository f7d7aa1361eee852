"""Granting hosts and host accounts to user groups."""

import pytest

from tests.system import Refused, System

PRODUCT = "yundun-bastionhost"


def test_hosts_that_do_not_exist_are_told_one_by_one(system: System) -> None:
    """hosts that do not exist are told one by one"""
    instance = _instance(system)
    group = system.call(PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName="dba")["UserGroupId"]
    before = system.revision()

    answer = system.call(
        PRODUCT,
        "AttachHostAccountsToUserGroup",
        InstanceId=instance,
        UserGroupId=group,
        Hosts='[{"HostId":"999","HostAccountIds":["1",2]}]',
    )

    (host,) = answer["Results"]
    assert host["Code"] == "OBJECT_NOT_FOUND"
    assert [account["Code"] for account in host["HostAccounts"]] == ["OBJECT_NOT_FOUND"] * 2
    assert system.revision() == before


def test_a_group_name_is_taken_once(system: System) -> None:
    """a group name is taken once"""
    instance = _instance(system)
    system.call(PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName="dba")
    with pytest.raises(Refused) as refused:
        system.call(PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName="dba")
    assert (refused.value.status, refused.value.code) == (400, "UserGroupAlreadyExists")


def _instance(system: System) -> str:
    with system.admit.store.read() as sql:
        from admit.core.links import Kind
        from admit.store import things

        return things.find(sql, things.Where(Kind.BASTION))[0].id
