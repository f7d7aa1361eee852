"""What is deleted is gone with all that hung on it, may be made again, and history still knows it."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from admit.core.validity import SECOND
from admit.store.verification import verify
from tests.callers import Callers, refused, statement, trust
from tests.security.stage import SECRET, Bastion, Idaas, delivery_group
from tests.system import System

LEFT_BEHIND = {
    "a link from what is gone": """
        select links.source from links join things on things.key = links.source
        where things.removed_at is not null""",
    "a link to what is gone": """
        select links.target from links join things on things.key = links.target
        where things.removed_at is not null""",
    "a link without an end": """
        select source from links where source not in (select key from things)
        or target not in (select key from things)""",
    "a secret of what is gone": """
        select thing from secrets join things on things.key = secrets.thing
        where things.removed_at is not null""",
    "something inside what is gone": """
        select inner_.key from things inner_ join things outer_ on outer_.key = inner_.parent
        where inner_.removed_at is null and outer_.removed_at is not null""",
    "a user without a person, or with two": """
        select key from things where kind = 2 and removed_at is null and 1 <>
        (select count(*) from links join things person on person.key = links.source
         where links.target = things.key and person.kind = 1)""",
    "a person without users and secrets": """
        select key from things where kind = 1 and removed_at is null
        and key not in (select source from links) and key not in (select thing from secrets)""",
}


def left_behind(system: System) -> list[str]:
    """What is inconsistent, by the words for it."""

    def many(sql: Connection, statement: str) -> int:
        return len(sql.execute(text(statement)).all())

    with system.admit.store.read() as sql:
        found = [what for what, statement in LEFT_BEHIND.items() if many(sql, statement)]
        fault = verify(sql, system.admit.world.sealer.subkey("ledger")).fault
    return found + ([] if fault is None else [fault])


def deletions_of_idaas(idaas: Idaas) -> list[tuple[str, dict[str, Any]]]:
    ids, token = idaas.ids, {"ClientToken": "off"}
    rule = {"AuthorizationRuleId": ids["AuthorizationRuleId"]}
    account = {"CloudAccountId": ids["CloudAccountId"]}
    role = {**account, "CloudAccountRoleId": ids["CloudAccountRoleId"]}
    return [
        ("DisableAuthorizationRule", {**rule, **token}),
        ("DeleteAuthorizationRule", rule),
        ("DisableCloudAccountRole", {**role, **token}),
        ("DeleteCloudAccountRole", role),
        ("DeleteCloudAccount", account),
        ("DeleteApplication", {"ApplicationId": ids["ApplicationId"]}),
        ("DeleteGroup", {"GroupId": ids["GroupId"]}),
        ("DeleteUser", {"UserId": ids["UserId"]}),
        ("DeleteOrganizationalUnit", {"OrganizationalUnitId": ids["OrganizationalUnitId"]}),
    ]


def deletions_of_bastion(bastion: Bastion) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("DeleteHostAccount", {"HostAccountId": bastion.ids["HostAccountId"]}),
        ("DeleteHost", {"HostId": bastion.ids["HostId"]}),
        ("DeleteUserGroup", {"UserGroupId": bastion.ids["UserGroupId"]}),
        ("DeleteUser", {"UserId": bastion.ids["UserId"]}),
    ]


def test_a_new_system_leaves_nothing_behind(system: System) -> None:
    assert left_behind(system) == []


@pytest.mark.parametrize("backward", [False, True])
def test_each_thing_of_a_directory_goes_with_what_hangs_on_it(system: System, *, backward: bool) -> None:
    idaas, bastion = Idaas(system), Bastion(system)
    assert left_behind(system) == []
    deletions = [
        *((idaas, *each) for each in deletions_of_idaas(idaas)),
        *((bastion, *each) for each in deletions_of_bastion(bastion)),
    ]
    if backward:
        # What must be empty or switched off first keeps its place.
        kept = [each for each in deletions if each[1] in ("DeleteHost", "DeleteUser", "DeleteGroup")]
        deletions = kept + [each for each in deletions if each not in kept and "HostAccount" not in each[1]]
    for directory, action, parameters in deletions:
        system.advance(SECOND)
        system.call(directory.product, action, InstanceId=directory.instance, **parameters)
        assert left_behind(system) == [], action


def test_a_whole_directory_goes_with_everything_in_it(system: System) -> None:
    idaas = Idaas(system)
    system.call("eiam", "DeleteInstance", InstanceId=idaas.instance)
    assert left_behind(system) == []


def test_units_go_with_everybody_in_them(system: System) -> None:
    idaas = Idaas(system)
    unit = {"OrganizationalUnitId": idaas.ids["OrganizationalUnitId"]}
    system.call("eiam", "DeleteOrganizationalUnitChildren", InstanceId=idaas.instance, **unit)
    assert left_behind(system) == []


def test_everything_can_be_made_again_under_the_same_name_and_has_nothing_of_the_former(
    system: System,
) -> None:
    idaas, bastion = Idaas(system), Bastion(system)
    former = {**idaas.ids, **bastion.ids}
    for directory, deletions in (
        (idaas, deletions_of_idaas(idaas)),
        (bastion, deletions_of_bastion(bastion)),
    ):
        for action, parameters in deletions:
            system.call(directory.product, action, InstanceId=directory.instance, **parameters)
    again = Bastion.fill(system, bastion.instance, attach=False)

    assert not set(map(str, again.values())) & set(map(str, former.values()))
    hosts = system.call(
        bastion.product, "ListHostsForUser", InstanceId=bastion.instance, UserId=again["UserId"]
    )
    assert hosts["TotalCount"] == 0
    for name in (f"{SECRET}@{SECRET}", f"host:{SECRET}"):
        decision = system.call("admit", "CheckAccess", Person=SECRET, Resource=name)["Decision"]
        assert not decision["Allowed"]
    assert left_behind(system) == []


def test_a_convenience_user_made_again_has_nothing_of_the_former(system: System) -> None:
    group = delivery_group(system)
    users = [{"EndUserId": "alice", "OwnerType": "CreateFromManager"}]
    system.call("eds-user", "CreateUsers", Users=users)
    system.call("appstream-center", "AuthorizeInstanceGroup", **group, AuthorizeUserIds=["alice"])
    held = system.clock.now()
    system.advance(SECOND)
    system.call("eds-user", "RemoveUsers", Users=["alice"])
    system.advance(SECOND)
    system.call("eds-user", "CreateUsers", Users=users)

    resource = f"delivery-group:{group['AppInstanceGroupId']}"
    now = system.call("admit", "CheckAccess", Person="alice", Resource=resource)["Decision"]
    then = system.call("admit", "CheckAccess", Person="alice", Resource=resource, At=held)["Decision"]
    assert (now["Allowed"], then["Allowed"]) == (False, True)
    assert left_behind(system) == []


def test_a_role_made_again_does_not_revive_sessions_nor_a_user_keys(system: System) -> None:
    callers = Callers(system)
    key = callers.user("alice", statement("Allow", "sts:AssumeRole"))
    document = trust(callers.arn("user/alice"))
    session = callers.assume(key, callers.role("reader", document))
    callers.ram("DeleteRole", RoleName="reader")
    callers.role("reader", document)
    assert refused(callers.identity, session) == (404, "InvalidAccessKeyId.NotFound")

    callers.ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=key.access_key_id)
    callers.ram("DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-alice", UserName="alice")
    callers.ram("DeleteUser", UserName="alice")
    callers.ram("CreateUser", UserName="alice")
    assert refused(callers.identity, key) == (404, "InvalidAccessKeyId.NotFound")
    assert callers.ram("ListPoliciesForUser", UserName="alice")["Policies"]["Policy"] == []
    assert left_behind(system) == []


def test_a_policy_made_again_has_none_of_the_versions_and_holders_of_the_former(system: System) -> None:
    callers = Callers(system)
    callers.policy("p", statement("Allow", "eiam:*"))
    callers.ram("DeletePolicy", PolicyName="p")
    callers.policy("p", statement("Allow", "ram:Get*"))
    named = {"PolicyName": "p", "PolicyType": "Custom"}

    versions = callers.ram("ListPolicyVersions", **named)["PolicyVersions"]["PolicyVersion"]
    assert [version["VersionId"] for version in versions] == ["v1"]
    assert "eiam" not in versions[0]["PolicyDocument"]
    assert left_behind(system) == []
