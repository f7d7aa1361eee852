"""Where parameters may travel, and how structures may be written."""

import json
from urllib.parse import urlencode

import pytest

from tests.sdk.server import Server
from tests.sdk.wire import FORM, Wire, target
from tests.system import flat


@pytest.fixture
def wire(server: Server):
    wire = Wire(server, server.key)
    yield wire
    wire.connection.close()


def described(wire: Wire, **asked: str) -> list[str]:
    """The convenience users that are found."""
    answer = wire.get("eds-user", "DescribeUsers", **asked)
    assert answer.status == 200, answer.body
    return [user["EndUserId"] for user in answer.json["Users"]]


@pytest.fixture(scope="module")
def users(server: Server) -> tuple[str, str, str]:
    """Three convenience users; one is not asked for."""
    wire = Wire(server, server.key)
    names = ("wired_a", "wired_b", "wired_c")
    wanted = flat({"Users": [{"EndUserId": name, "Email": f"{name}@example.com"} for name in names]})
    assert wire.post("eds-user", "CreateUsers", **wanted).json["AllSucceed"] is True
    wire.connection.close()
    return names


@pytest.mark.parametrize(
    "written",
    [
        {"EndUserIds.1": "wired_a", "EndUserIds.2": "wired_b"},
        {"EndUserIds.10": "wired_b", "EndUserIds.2": "wired_a"},
        {"EndUserIds": '["wired_a", "wired_b"]'},
    ],
    ids=["dotted", "dotted with gaps", "JSON"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_list_is_read_however_it_is_written(wire: Wire, users, written: dict[str, str], method: str):
    found = getattr(wire, method.lower())("eds-user", "DescribeUsers", **written).json["Users"]

    assert [user["EndUserId"] for user in found] == ["wired_a", "wired_b"]


def test_one_value_stands_for_a_list_of_one(wire: Wire, users):
    assert described(wire, EndUserIds="wired_b") == ["wired_b"]


@pytest.mark.parametrize("encoding", ["dotted", "JSON"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_structure_is_read_however_it_is_written(wire: Wire, encoding: str, method: str):
    call = getattr(wire, method.lower())
    instance = call("eiam", "CreateInstance").json["InstanceId"]
    group = call("eiam", "CreateGroup", InstanceId=instance, GroupName="g").json["GroupId"]
    named = {"AuthorizationRuleName": "r", "ProjectId": "iprj_system_default", "ClientToken": instance}
    rule = call("eiam", "CreateAuthorizationRule", InstanceId=instance, **named).json["AuthorizationRuleId"]
    period = {"StartTime": 4070908800000, "EndTime": 4102444800000}
    written = (
        flat({"ValidityPeriod": period}) if encoding == "dotted" else {"ValidityPeriod": json.dumps(period)}
    )
    both = {"InstanceId": instance, "AuthorizationRuleId": rule}
    bound = {"ValidityType": "time_bound", "ClientToken": instance, **written}

    assert call("eiam", "AddGroupToAuthorizationRule", **both, GroupId=group, **bound).status == 200
    [told] = call("eiam", "ListGroupsForAuthorizationRule", **both).json["Groups"]
    assert told["ValidityPeriod"] == period


def test_a_json_text_is_read_with_any_spacing_and_order(wire: Wire):
    product = "yundun-bastionhost"
    bastion = wire.get(product, "DescribeInstances").json["Instances"][0]["InstanceId"]
    group = wire.get(product, "CreateUserGroup", InstanceId=bastion, UserGroupName="spacing").json[
        "UserGroupId"
    ]
    hosts = '[ {"HostAccountIds" : [ 7 , "8" ],\n "HostId": 999999} ]'
    asked = {"InstanceId": bastion, "UserGroupId": group, "Hosts": hosts}
    [result] = wire.get(product, "AttachHostAccountsToUserGroup", **asked).json["Results"]

    assert (result["HostId"], result["Code"]) == ("999999", "OBJECT_NOT_FOUND")
    assert [each["HostAccountId"] for each in result["HostAccounts"]] == ["7", "8"]


def test_parameters_are_gathered_from_query_and_body_and_the_body_wins(wire: Wire, users):
    sent = wire.v1("eds-user", "DescribeUsers", **{"EndUserIds.1": "wired_a", "EndUserIds.2": "wired_b"})
    business = {name: sent.pop(name) for name in ("EndUserIds.2", "Action", "Signature")}
    clashing = {**sent, "Signature": "of an earlier try"}
    answer = wire.send("POST", target(clashing), urlencode(business).encode(), FORM)

    assert [user["EndUserId"] for user in answer.json["Users"]] == ["wired_a", "wired_b"]


def test_acs3_signs_a_query_and_a_body_together(wire: Wire, users):
    query, body = {"MaxResults": "1", "Filter": "wired_*"}, urlencode({"EndUserIds.1": "wired_b"}).encode()
    headers = wire.acs3("eds-user", "DescribeUsers", query, body)
    answer = wire.send("POST", target(query), body, headers)

    assert [user["EndUserId"] for user in answer.json["Users"]] == ["wired_b"]


def test_everything_may_travel_in_the_body(wire: Wire, users):
    answer = wire.post("eds-user", "DescribeUsers", Format="JSON", **{"EndUserIds.1": "wired_c"})

    assert [user["EndUserId"] for user in answer.json["Users"]] == ["wired_c"]


@pytest.mark.parametrize("spelling", ["true", "True", "tRUE"])
def test_a_truth_value_is_read_in_any_case(wire: Wire, spelling: str):
    # Names of roles differ in more than case.
    name = f"bool-{spelling.encode().hex()}"
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": "acs:ram::1234567890123456:root"},
    }
    document = json.dumps({"Version": "1", "Statement": [trust]})
    asked = {"RoleName": name, "AssumeRolePolicyDocument": document, "AllowConsoleLogin": spelling}
    role = wire.post("ram", "CreateRole", **asked).json["Role"]

    assert role["AllowConsoleLogin"] is True


def test_spaces_and_signs_arrive_as_they_were_written(wire: Wire):
    told = "a b+c*~ é 中文 %2B &=?"
    wire.get("ram", "CreateUser", UserName="signs", DisplayName="signs", Comments=told)
    by_query = wire.get("ram", "GetUser", UserName="signs").json["User"]["Comments"]
    wire.post("ram", "UpdateUser", UserName="signs", NewComments=told)

    assert by_query == told
    assert wire.post("ram", "GetUser", UserName="signs").json["User"]["Comments"] == told


def test_what_an_operation_does_not_know_is_no_error_and_a_repeated_name_is(wire: Wire):
    known = wire.get(
        "sts", "GetCallerIdentity", AcceptLanguage="en-US", RegionId="cn-hangzhou", SourceIp="10.0.0.1"
    )
    repeated = wire.send("GET", f"{target(wire.v1('sts', 'GetCallerIdentity', 'GET'))}&Version=2015-04-01")

    assert known.status == 200
    assert repeated.refused == (400, "InvalidParameter")
    assert "Version" in repeated.json["Message"]
