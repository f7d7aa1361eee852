"""Asking, explaining, listing, granting and previewing by name."""

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import MINUTE, iso
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.system import Refused, System

AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def office(system: System) -> System:
    """alice in the group dba, bob in none; root on the host db-1."""

    def body(tx: Tx) -> None:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        alice = people.add_user(tx, New(Kind.USER, bastion.key, "alice", empty))
        people.add_user(tx, New(Kind.USER, bastion.key, "bob", empty))
        dba = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        host = things.add(tx, New(Kind.HOST, bastion.key, "db-1", empty))
        things.add(tx, New(Kind.HOST_ACCOUNT, host.key, "root", empty))
        grants.grant(tx, alice, dba)

    system.admit.store.write_now(AUTHOR, body)
    return system


def _decision(system: System, person: str, **more: object) -> dict[str, object]:
    return system.call("admit", "CheckAccess", Person=person, Resource="root@db-1", **more)["Decision"]


def test_a_group_grant_reaches_its_members_until_it_ends(office: System) -> None:
    end = office.clock.now() + 10 * MINUTE
    assert _decision(office, "alice")["Allowed"] is False

    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1", EndTime=end)

    allowed = _decision(office, "alice")
    assert (allowed["Allowed"], allowed["ValidUntil"]) == (True, end)
    assert [step["Label"] for step in allowed["Path"]] == ["alice", "user:alice", "group:dba", "root@db-1"]
    assert _decision(office, "bob")["Reason"] == "not granted"
    office.advance(10 * MINUTE)
    ended = _decision(office, "alice")
    assert (ended["Allowed"], ended["Reason"], ended["ChangesAt"]) == (False, "has ended", end)


def test_the_past_is_answered_as_it_was_then(office: System) -> None:
    before = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    office.advance(MINUTE)
    during = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="alice", Resource="root@db-1")

    assert _decision(office, "alice")["Allowed"] is False
    assert _decision(office, "alice", At=during)["Allowed"] is True
    assert _decision(office, "alice", At=before)["Allowed"] is False
    who = office.call("admit", "ListWho", Resource="root@db-1", At=during)
    assert [each["Name"] for each in who["People"]] == ["alice"]
    assert who["People"][0]["GrantedBy"].endswith(":root")


def test_an_explanation_names_the_groups_that_would_help(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    told = office.call("admit", "ExplainAccess", Person="bob", Resource="root@db-1")
    assert told["Decision"]["Allowed"] is False
    assert [holder["Label"] for holder in told["Holders"]] == ["group:dba"]


def test_an_explanation_tells_what_was_taken_back(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="bob", Resource="root@db-1")
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="bob", Resource="root@db-1")
    told = office.call("admit", "ExplainAccess", Person="bob", Resource="root@db-1")["Decision"]
    assert (told["Reason"], told["ChangesAt"]) == ("has ended", office.clock.now())


def test_an_explanation_tells_what_control_policies_leave(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    asked = {"Person": "alice", "Resource": "root@db-1"}
    assert office.call("admit", "ExplainAccess", **asked)["Restrictions"] == []

    with office.admit.store.read() as sql:
        bastion = stored.find(sql, stored.Where(Kind.BASTION))[0]
    in_ = {"InstanceId": bastion.id}
    made = office.call("yundun-bastionhost", "CreatePolicy", PolicyName="office", **in_)["PolicyId"]
    on = in_ | {"PolicyId": made}
    office.call("yundun-bastionhost", "SetPolicyUserScope", ScopeType="All", **on)
    office.call("yundun-bastionhost", "SetPolicyAssetScope", ScopeType="All", **on)
    sources = '{"AclType":"white","IPs":["10.0.0.0/8"]}'
    office.call("yundun-bastionhost", "SetPolicyIPAclConfig", IPAclConfig=sources, **on)

    told = office.call("admit", "ExplainAccess", **asked)
    assert told["Decision"]["Allowed"] is True
    assert told["Restrictions"] == [
        {"Part": "source address", "PolicyId": made, "PolicyName": "office", "Text": "only from 10.0.0.0/8"}
    ]
    at = office.clock.now()
    assert office.call("admit", "ExplainAccess", At=at, **asked)["Restrictions"] == []
    refused = office.call("admit", "ExplainAccess", Person="bob", Resource="root@db-1")
    assert refused["Restrictions"] == []


def test_a_preview_tells_who_gains_and_changes_nothing(office: System) -> None:
    before = office.revision()
    told = office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1", Preview=True)
    assert [each["Person"] for each in told["Result"]["Gained"]] == ["alice"]
    assert office.revision() == before
    assert _decision(office, "alice")["Allowed"] is False


def test_everything_a_person_may_use_is_listed_in_pages(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    first = office.call("admit", "ListWhat", Person="alice", MaxResults=1)
    second = office.call("admit", "ListWhat", Person="alice", MaxResults=1, NextToken=first["NextToken"])
    labels = [each["Label"] for page in (first, second) for each in page["Resources"]]
    assert labels == ["host:db-1", "root@db-1"]
    assert "TotalCount" not in first
    assert "NextToken" not in second
    assert office.call("admit", "ListWhat", Person="alice")["TotalCount"] == 2


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"Person": "nobody", "Resource": "root@db-1"}, 404, "EntityNotExist"),
        ({"Person": "alice", "Resource": "root@nowhere"}, 404, "EntityNotExist"),
        ({"Person": "alice", "Resource": "db-1"}, 400, "InvalidParameter.Resource"),
        ({"Person": "alice"}, 400, "MissingParameter.Resource"),
        ({"Person": "alice", "Resource": "root@db-1", "At": 12}, 400, "InvalidParameter.At"),
    ],
)
def test_a_name_that_names_nothing_is_told(
    office: System, parameters: dict[str, object], status: int, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        office.call("admit", "CheckAccess", **parameters)
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("resource", "product", "get", "listing"),
    [
        ("root@db-1", "yundun-bastionhost", "GetUser", "ListUsers"),
        ("app:wiki", "eiam", "GetUser", "ListUsers"),
        ("delivery-group:office", "eds-user", "DescribeUser", "DescribeUsers"),
    ],
)
def test_a_user_made_by_a_grant_is_a_user_like_any_other(
    office: System, resource: str, product: str, get: str, listing: str
) -> None:
    _resources(office)
    person = "carol"
    _person(office, person)
    office.call("admit", "GrantAccess", Subject=person, Resource=resource)
    assert office.call("admit", "CheckAccess", Person=person, Resource=resource)["Decision"]["Allowed"]

    instance = _instance(office, product)
    listed = office.call(product, listing, **instance)["Users"]
    (user,) = [each for each in listed if person in each.values()]
    user_id = user.get("UserId") or user["EndUserId"]
    words = {"EndUserId": user_id} if product == "eds-user" else {"UserId": user_id}
    assert office.call(product, get, **instance, **words)


def _instance(system: System, product: str) -> dict[str, str]:
    kinds = {"yundun-bastionhost": Kind.BASTION, "eiam": Kind.IDAAS}
    if product not in kinds:
        return {}
    with system.admit.store.read() as sql:
        return {"InstanceId": stored.find(sql, stored.Where(kinds[product]))[0].id}


def _person(system: System, name: str) -> None:
    system.admit.store.write_now(AUTHOR, lambda tx: people.person_named(tx, name))


def _resources(system: System) -> None:
    """An application and a delivery group."""
    instance = _instance(system, "eiam")
    system.call(
        "eiam",
        "CreateApplication",
        **instance,
        ApplicationName="wiki",
        ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
        SsoType="oidc",
    )
    (image, *_) = system.call("appstream-center", "ListImage", ProductType="CloudApp")["Data"]
    system.call(
        "appstream-center",
        "CreateAppInstanceGroup",
        AppCenterImageId=image["ImageId"],
        AppInstanceGroupName="office",
        BizRegionId="cn-hangzhou",
        ChargeResourceMode="Node",
        ChargeType="PostPaid",
        Period=1,
        PeriodUnit="Month",
        ProductType="CloudApp",
        SessionTimeout=15,
    )


def test_a_moment_to_come_is_told_as_to_come_and_a_past_one_as_past(office: System) -> None:
    now = office.clock.now()
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1", EndTime=now + MINUTE)

    told = [_decision(office, "alice", At=at)["Text"] for at in (now, now + 30_000, now + MINUTE)]
    office.advance(2 * MINUTE)
    told += [_decision(office, "alice", At=at)["Text"] for at in (now, now + MINUTE)]
    told += [_decision(office, "bob", At=now)["Text"]]

    assert told == [
        "alice may use root@db-1.",
        "alice will be allowed to use root@db-1.",
        "alice will not be allowed to use root@db-1: access will have ended.",
        "alice was allowed to use root@db-1.",
        "alice was not allowed to use root@db-1: access had ended.",
        "bob was not allowed to use root@db-1: no link led there.",
    ]


def test_what_did_not_exist_yet_at_a_moment_is_told_so(office: System) -> None:
    before, made = office.clock.now() - MINUTE, iso(office.clock.now())

    with pytest.raises(Refused) as host:
        office.call("admit", "ListWho", Resource="root@db-1", At=before)
    with pytest.raises(Refused) as person:
        office.call("admit", "ListWhat", Person="alice", At=before)
    with pytest.raises(Refused) as nothing:
        office.call("admit", "ListWho", Resource="root@db-2", At=before)

    assert host.value.message == f"There was no root@db-1 at {iso(before)}: it was made at {made}."
    assert person.value.message == f"There was no person alice at {iso(before)}: it was made at {made}."
    assert nothing.value.message == f"There was no root@db-2 at {iso(before)}."
