"""IDaaS instances: made, read, deleted with all that is in them."""

import pytest

from admit.core.links import Kind
from admit.store import things
from tests.services.eiam.company import Company, ids
from tests.system import Refused, System


def test_a_new_system_has_an_instance_that_people_can_be_put_into(system: System) -> None:
    answer = system.call("eiam", "ListInstances")

    (instance,) = answer["Instances"]
    assert (instance["Status"], answer["TotalCount"]) == ("running", 1)
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance["InstanceId"])
    made = system.call(
        "eiam",
        "CreateUser",
        InstanceId=instance["InstanceId"],
        Username="alice",
        PrimaryOrganizationalUnitId=root["OrganizationalUnit"]["OrganizationalUnitId"],
    )
    assert made["UserId"].startswith("user_")


def test_a_new_instance_is_running_and_tells_where_it_is_reached(system: System) -> None:
    instance_id = system.call("eiam", "CreateInstance", Description="for tests")["InstanceId"]

    assert instance_id.startswith("idaas_")
    assert len(instance_id) == len("idaas_") + 26
    instance = system.call("eiam", "GetInstance", InstanceId=instance_id)["Instance"]
    endpoint = system.admit.world.endpoint
    assert instance == {
        "InstanceId": instance_id,
        "Status": "running",
        "CreateTime": system.clock.now(),
        "Description": "for tests",
        "DefaultEndpoint": {"Endpoint": endpoint, "Status": "resolved"},
        "DomainConfig": {
            "DefaultDomain": endpoint,
            "InitDomain": endpoint,
            "InitDomainAutoRedirectStatus": "disabled",
        },
        "EgressAddresses": [],
        "ServiceManaged": False,
        "CrossRegionReplication": "disabled",
        "InstanceFailoverStatus": "inactive",
    }


def test_an_instance_has_the_project_of_the_system_from_the_start(system: System) -> None:
    company = Company(system)
    rule = company.call(
        "CreateAuthorizationRule",
        ProjectId="iprj_system_default",
        AuthorizationRuleName="all",
        AuthorizationResourceScope="global",
        ClientToken="one",
    )
    assert rule["AuthorizationRuleId"]
    key = _key(company)
    with system.admit.store.read() as sql:
        projects = things.find(sql, things.Where(Kind.PROJECT, parent=key))
    assert [project.id for project in projects] == ["iprj_system_default"]


def _key(company: Company) -> int:
    with company.system.admit.store.read() as sql:
        return things.named(sql, Kind.IDAAS, company.id)[0].key


def test_a_retry_with_the_same_token_makes_one_instance(system: System) -> None:
    first = system.call("eiam", "CreateInstance", ClientToken="once")["InstanceId"]

    assert system.call("eiam", "CreateInstance", ClientToken="once")["InstanceId"] == first
    assert system.call("eiam", "ListInstances")["TotalCount"] == 2


def test_instances_are_listed_in_pages_oldest_first(system: System) -> None:
    made = [system.call("eiam", "CreateInstance")["InstanceId"] for _ in range(3)]

    first = system.call("eiam", "ListInstances", PageNumber=1, PageSize=3)
    second = system.call("eiam", "ListInstances", PageNumber=2, PageSize=3)
    beyond = system.call("eiam", "ListInstances", PageNumber=3, PageSize=3)
    assert ids(first, "Instances", "InstanceId")[1:] + ids(second, "Instances", "InstanceId") == made
    assert (beyond["Instances"], beyond["TotalCount"]) == ([], 4)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"Status": "running"}, 1),
        ({"Status": "creating"}, 0),
        ({"Edition": "free"}, 0),
        ({"ServiceManaged": False}, 1),
        ({"ServiceManaged": True}, 0),
        ({"ManagedServiceCode": "agent"}, 0),
        ({"CrossRegionReplication": "disabled"}, 1),
        ({"CrossRegionReplication": "enabled"}, 0),
    ],
)
def test_instances_are_filtered_by_what_they_are(
    system: System, filters: dict[str, object], found: int
) -> None:
    assert system.call("eiam", "ListInstances", **filters)["TotalCount"] == found


def test_instances_are_found_by_their_ids(system: System) -> None:
    company = Company(system)
    answer = system.call("eiam", "ListInstances", InstanceIds=[company.id, "idaas_unknown"])
    assert ids(answer, "Instances", "InstanceId") == [company.id]


def test_the_remarks_on_an_instance_are_replaced_and_taken_away(system: System) -> None:
    company = Company(system)
    company.call("UpdateInstanceDescription", Description="ours")
    assert company.call("GetInstance")["Instance"]["Description"] == "ours"

    company.call("UpdateInstanceDescription")
    assert "Description" not in company.call("GetInstance")["Instance"]


def test_deleting_an_instance_takes_along_everything_in_it(system: System) -> None:
    company, other = Company(system), Company(system)
    alice = company.user("alice")
    company.user("bob")
    other.user("bob")
    application = company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=application, UserIds=[alice])
    checked = company.call("CheckInstanceForDelete")["CheckInstanceResult"]
    assert checked == {"Deletable": True, "RestrictScenarios": []}

    key = _key(company)
    company.call("DeleteInstance")

    assert company.refusal("GetInstance") == (404, "ResourceNotFound.Instance")
    assert company.refusal("GetUser", UserId=alice) == (404, "ResourceNotFound.Instance")
    assert company.refusal("DeleteInstance") == (404, "ResourceNotFound.Instance")
    with system.admit.store.read() as sql:
        assert things.named(sql, Kind.PERSON, "alice") == []
        assert len(things.named(sql, Kind.PERSON, "bob")) == 1
        for kind in (Kind.USER, Kind.UNIT, Kind.APPLICATION, Kind.PROJECT):
            assert things.find(sql, things.Where(kind, parent=key)) == []


def test_instances_do_not_see_each_other(system: System) -> None:
    company, other = Company(system), Company(system)
    alice = company.user("alice")
    assert other.refusal("GetUser", UserId=alice) == (404, "ResourceNotFound.User")
    assert other.call("ListUsers")["TotalCount"] == 0
    assert other.refusal("AddUsersToGroup", GroupId=other.group("dba"), UserIds=[alice]) == (
        404,
        "ResourceNotFound.User",
    )


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("CreateInstance", {"Description": "x" * 129}, 400, "InvalidParameter.Description"),
        ("CreateInstance", {"ClientToken": "x" * 65}, 400, "InvalidParameter.ClientToken"),
        ("GetInstance", {}, 400, "MissingParameter.InstanceId"),
        ("GetInstance", {"InstanceId": "idaas_unknown"}, 404, "ResourceNotFound.Instance"),
        ("DeleteInstance", {"InstanceId": "idaas_unknown"}, 404, "ResourceNotFound.Instance"),
        ("UpdateInstanceDescription", {"InstanceId": "x"}, 404, "ResourceNotFound.Instance"),
        ("CheckInstanceForDelete", {"InstanceId": "x"}, 404, "ResourceNotFound.Instance"),
        ("ListInstances", {"PageSize": 101}, 400, "InvalidParameter.PageSize"),
        ("ListInstances", {"PageNumber": 0}, 400, "InvalidParameter.PageNumber"),
        ("ListInstances", {"Status": "broken"}, 400, "InvalidParameter.Status"),
    ],
)
def test_a_wrong_call_is_told_and_changes_nothing(
    system: System, action: str, parameters: dict[str, object], status: int, code: str
) -> None:
    before = system.revision()
    with pytest.raises(Refused) as refused:
        system.call("eiam", action, **parameters)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert system.revision() == before
