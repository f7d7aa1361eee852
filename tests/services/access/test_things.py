"""Things found, described and followed; the ledger read and verified; counts; and the picture of reach."""

import json
from typing import Any

import pytest

from admit.control import grants, things
from admit.control.answers import reaching
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import blocked, finding
from admit.store import things as stored
from admit.store.engine import Tx
from tests.services.access.office import AUTHOR
from tests.services.access.office import office as _office
from tests.system import Refused, System

office = _office


def _names(system: System, **asked: Any) -> list[str]:
    return [each["Name"] for each in system.call("admit", "ListThings", **asked)["Things"]]


def _the(system: System, kind: str, name: str) -> dict[str, str]:
    found = system.call("admit", "ListThings", Kinds=[kind], Text=name)["Things"]
    return next({"Kind": kind, "Id": each["Id"]} for each in found if each["Name"] == name)


def test_a_search_finds_parts_of_names_and_ids(office: System) -> None:
    assert _names(office, Text="DB") == ["db-1", "dba"]
    assert _names(office, Text="b", Kinds=["user"]) == ["bob"]
    host = _the(office, "host", "db-1")
    assert _names(office, Text=host["Id"], Kinds=["host"]) == ["db-1"]
    assert _names(office, Kinds=["host account"], InsideKind="host", InsideId=host["Id"]) == ["app", "root"]


@pytest.mark.parametrize(
    "text", ["root@db-1", "group:dba", "host:db-1", "rule:nothing", "nobody@db-1", "@", ":"]
)
def test_a_search_finds_what_a_name_means_to_other_operations(office: System, text: str) -> None:
    found = office.call("admit", "ListThings", Text=text)["Things"]
    assert [each["Label"] for each in found] == ([text] if text[:4] in ("root", "grou", "host") else [])


def test_a_search_for_a_name_finds_none_of_other_kinds(office: System) -> None:
    assert _names(office, Text="root@db-1", Kinds=["host"]) == []
    assert _names(office, Text="root@db-1", Kinds=["host account"]) == ["root"]


def test_pages_of_things_lead_through_all_of_them(office: System) -> None:
    found, token = [], None
    while not found or token is not None:
        page = office.call("admit", "ListThings", MaxResults=2, NextToken=token)
        found += [each["Label"] for each in page["Things"]]
        token = page.get("NextToken")
    assert found == sorted(found, key=lambda label: label.partition(":")[2] or label.partition("@")[0])
    assert len(found) == len(office.call("admit", "ListThings")["Things"])


@pytest.mark.parametrize("few", [0, blocked.FEW])
def test_what_is_locked_comes_by_name_and_page_by_page_whether_it_is_little_or_much(
    office: System, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocked, "FEW", few)
    instance = office.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    users = [each["Id"] for each in office.call("admit", "ListThings", Kinds=["user"])["Things"]]
    office.call("yundun-bastionhost", "LockUsers", InstanceId=instance, UserIds=json.dumps(users))
    office.advance(MINUTE)
    then = office.clock.now() - 1
    for asked in ({}, {"At": then}):
        whole = _names(office, Kinds=["user"], Blocked=True, **asked)
        assert whole == sorted(whole)
        assert len(whole) == len(users) > 1
        found, token = [], None
        while not found or token is not None:
            page = {"Kinds": ["user"], "Blocked": True, "MaxResults": 1, "NextToken": token, **asked}
            answer = office.call("admit", "ListThings", **page)
            found += [each["Name"] for each in answer["Things"]]
            token = answer.get("NextToken")
        assert found == whole
    assert _names(office, Kinds=["user"], Blocked=True, At=then - DAY) == []


def test_what_is_locked_is_told_and_can_be_asked_for(office: System) -> None:
    instance = office.call("admit", "DescribeThing", **_the(office, "user", "bob"))["Thing"]["InsideId"]
    bob = _the(office, "user", "bob")["Id"]
    office.call("yundun-bastionhost", "LockUsers", InstanceId=instance, UserIds=f'["{bob}"]')
    assert _names(office, Blocked=True) == ["bob"]
    assert office.call("admit", "DescribeThing", Kind="user", Id=bob)["Thing"]["Blocked"] == "locked"


def test_a_thing_tells_what_it_has_and_its_links_say_since_when(office: System) -> None:
    office.call(
        "admit", "GrantAccess", Subject="group:dba", Resource="root@db-1", EndTime=office.clock.now() + DAY
    )
    dba = _the(office, "group", "dba")
    told = office.call("admit", "DescribeThing", **dba)
    assert (told["Members"], told["Grants"], told["Holders"]) == (1, 2, 0)
    assert office.call("admit", "DescribeThing", **_the(office, "host", "db-1"))["Inside"] == 2

    members = office.call("admit", "ListLinks", **dba, Direction="inward", Stage="join")
    assert [each["Thing"]["Name"] for each in members["Links"]] == ["alice"]
    grants = office.call("admit", "ListLinks", **dba, Direction="outward", Stage="grant")["Links"]
    timed = next(each for each in grants if each["Thing"]["Label"] == "root@db-1")
    assert (timed["Status"], timed["EndTime"]) == ("ending", office.clock.now() + DAY)
    assert timed["GrantedBy"].endswith(":root")


def test_what_there_was_at_a_moment_is_told_as_it_was_then(office: System) -> None:
    dba, host, bastion = _the(office, "group", "dba"), _the(office, "host", "db-1"), "yundun-bastionhost"
    inside = {"InstanceId": office.call("admit", "DescribeThing", **dba)["Thing"]["InsideId"]}
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    made = office.clock.now()
    office.advance(MINUTE)
    office.call(bastion, "ModifyUserGroup", **inside, UserGroupId=dba["Id"], Comment="on call")
    user = _the(office, "user", "bob")["Id"]
    office.call(bastion, "LockUsers", **inside, UserIds=[user])
    then = office.clock.now()
    office.advance(MINUTE)
    office.call(bastion, "ModifyUserGroup", **inside, UserGroupId=dba["Id"], Comment="to be removed")
    office.call(bastion, "UnlockUsers", **inside, UserIds=[user])
    office.call(bastion, "DeleteUserGroup", **inside, UserGroupId=dba["Id"])
    office.call(bastion, "DeleteHost", **inside, HostId=host["Id"])

    def comment(at: int) -> str:
        return office.call("admit", "DescribeThing", **dba, At=at)["Details"].get("comment") or ""

    assert (comment(made), comment(then)) == ("", "on call")
    told = office.call("admit", "DescribeThing", **dba, At=then)
    assert (told["Thing"]["Name"], told["Members"], told["Grants"]) == ("dba", 1, 2)
    for gone in ({}, {"At": made - DAY}):
        with pytest.raises(Refused) as refused:
            office.call("admit", "DescribeThing", **dba, **gone)
        assert refused.value.code == "EntityNotExist"

    assert _names(office, Kinds=["host"], Text="db-1") == []
    assert _names(office, Kinds=["host"], Text="db-1", At=then) == ["db-1"]
    assert _names(office, Kinds=["host"], Text=host["Id"], At=then) == ["db-1"]
    assert _names(office, Kinds=["host"], Text="db-1", At=made - DAY) == []
    accounts = {"Kinds": ["host account"], "InsideKind": "host", "InsideId": host["Id"]}
    assert _names(office, **accounts, At=then) == ["app", "root"]
    assert (_names(office, Blocked=True), _names(office, Blocked=True, At=then)) == ([], ["bob"])
    assert _names(office, Kinds=["host"], At=office.clock.now() + DAY) == _names(office, Kinds=["host"])


def test_links_of_a_past_moment_are_those_of_then(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    office.advance(MINUTE)
    during = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="alice", Resource="root@db-1")
    root = _the(office, "host account", "root")
    asked = {**root, "Direction": "inward", "Stage": "grant"}
    assert office.call("admit", "ListLinks", **asked)["TotalCount"] == 0
    assert office.call("admit", "ListLinks", **asked, At=during)["TotalCount"] == 1


def test_of_many_links_the_one_with_a_thing_is_found_at_once_from_either_end(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="app@db-1")
    office.advance(MINUTE)
    during = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="group:dba", Resource="root@db-1")
    dba, root, app = (
        _the(office, kind, name)
        for kind, name in (("group", "dba"), ("host account", "root"), ("host account", "app"))
    )

    def found(here: dict[str, str], there: dict[str, str], direction: str, **more: int) -> list[str]:
        other = {"OtherKind": there["Kind"], "OtherId": there["Id"]}
        told = office.call("admit", "ListLinks", **here, Direction=direction, **other, **more)
        assert told["TotalCount"] == len(told["Links"])
        return [each["Thing"]["Label"] for each in told["Links"]]

    assert found(dba, app, "outward") == ["app@db-1"]
    assert found(app, dba, "inward") == ["group:dba"]
    assert found(dba, root, "outward") == []
    assert found(dba, root, "outward", At=during) == ["root@db-1"]
    assert found(root, dba, "inward", At=during) == ["group:dba"]


def test_what_never_was_is_refused_and_callers_are_looked_at_elsewhere(office: System) -> None:
    with pytest.raises(Refused, match="There is no host nothing"):
        office.call("admit", "DescribeThing", Kind="host", Id="nothing")
    with pytest.raises(Refused, match="Kind"):
        office.call("admit", "DescribeThing", Kind="access key", Id="LTAI")


# -- the ledger --------------------------------------------------------------------------------------


def test_the_ledger_tells_who_did_what_newest_first(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="bob", Resource="root@db-1")
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="bob", Resource="root@db-1")
    newest = office.call("admit", "ListChanges", MaxResults=1)["Entries"][0]
    assert (newest["Event"], newest["Action"]) == ("LinkRemoved", "admit:RevokeAccess")
    assert [each["Name"] for each in newest["Things"]] == ["bob", "root"]

    of_pair = office.call(
        "admit",
        "ListChanges",
        **_the(office, "user", "bob"),
        OtherKind="host account",
        OtherId=_the(office, "host account", "root")["Id"],
    )
    assert [each["Event"] for each in of_pair["Entries"]] == ["LinkRemoved", "LinkAdded"]


def test_the_history_of_a_thing_has_both_ends_of_its_links_and_stops_at_a_moment(office: System) -> None:
    before = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    root = _the(office, "host account", "root")
    events = [each["Event"] for each in office.call("admit", "ListChanges", **root)["Entries"]]
    assert events == ["LinkAdded", "ThingAdded"]
    then = office.call("admit", "ListChanges", **root, At=before)["Entries"]
    assert [each["Event"] for each in then] == ["ThingAdded"]


def test_pages_of_the_ledger_lead_to_its_beginning(office: System) -> None:
    found, token = [], None
    while not found or token is not None:
        page = office.call("admit", "ListChanges", MaxResults=7, NextToken=token)
        found += [(each["Revision"], each["Ordinal"]) for each in page["Entries"]]
        token = page.get("NextToken")
    assert found == sorted(found, reverse=True)
    assert found[-1] == (1, 0)
    assert len(found) == office.call("admit", "VerifyLedger")["Ledger"]["Entries"]


def test_the_ledger_is_whole_until_somebody_alters_it(office: System) -> None:
    head = office.call("admit", "GetLedger")["Ledger"]
    assert head["Fits"] is True
    assert office.call("admit", "VerifyLedger", Noted=head["Head"])["Ledger"]["Fits"] is True
    wrong = office.call("admit", "VerifyLedger", Noted="0" * 63 + "1")["Ledger"]
    assert wrong["Fits"] is False
    assert "not in the ledger" in wrong["Fault"]


# -- counts, and the picture -------------------------------------------------------------------------


def test_the_overview_counts_what_there_is(office: System) -> None:
    now = office.clock.now()
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1", EndTime=now + HOUR // 2)
    office.call("admit", "GrantAccess", Subject="bob", Resource="app@db-1", EndTime=now + 3 * DAY)
    # The host is granted with each account.
    told = office.call("admit", "GetOverview")
    counts = {each["Kind"]: each["Count"] for each in told["Things"]}
    assert (counts["person"], counts["host"], counts["host account"]) == (3, 1, 2)
    assert told["EndingInAnHour"] == told["EndingInADay"] == 2
    assert (told["EndingInAWeek"], told["Grants"], told["Ended"]) == (4, 4, 0)
    office.advance(HOUR)
    later = office.call("admit", "GetOverview")
    assert (later["Grants"], later["Ended"]) == (2, 2)


def _drawn(system: System, kind: str, name: str, **more: Any) -> set[tuple[str, str, str]]:
    told = system.call("admit", "GetReach", **_the(system, kind, name), **more)
    labels = [each["Thing"]["Label"] for each in told["Nodes"]]
    assert labels[0].endswith(name) or labels[0].startswith(name)
    return {(labels[each["Source"]], labels[each["Target"]], each["Status"]) for each in told["Edges"]}


def test_a_picture_is_the_same_from_either_end(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    path = {
        ("alice", "user:alice", "active"),
        ("user:alice", "group:dba", "active"),
        ("group:dba", "root@db-1", "active"),
    }
    assert path <= _drawn(office, "person", "alice")
    assert _drawn(office, "host account", "root") == path
    assert path <= _drawn(office, "group", "dba")


def test_a_picture_of_a_past_moment_has_the_links_of_then(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    office.advance(MINUTE)
    during = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="alice", Resource="root@db-1")
    assert ("user:alice", "root@db-1", "active") not in _drawn(office, "person", "alice")
    assert ("user:alice", "root@db-1", "active") in _drawn(office, "person", "alice", At=during)


def test_a_picture_has_what_everybody_is_granted(office: System) -> None:
    users = [{"EndUserId": "mei", "Email": "mei@example.com"}]
    office.call("eds-user", "CreateUsers", Users=users)

    def body(tx: Tx) -> None:
        account = stored.find(tx.sql, stored.Where(Kind.ACCOUNT))[0]
        desk = things.add(tx, New(Kind.DELIVERY_GROUP, account.key, "desk", UserGroupDetails(), "aig-1"))
        grants.grant(tx, account, desk)

    office.admit.store.write_now(AUTHOR, body)
    edges = {(source, target) for source, target, _ in _drawn(office, "person", "mei")}
    assert any(source == "user:mei" and target.startswith("account:") for source, target in edges)
    assert any(source.startswith("account:") and target == "delivery-group:desk" for source, target in edges)
    told = office.call("admit", "GetReach", **_the(office, "delivery group", "desk"))
    assert sum(each["LeftOut"] for each in told["Nodes"]) == 1


@pytest.mark.parametrize("large", [0, 50_000])
def test_among_very_many_things_names_that_begin_so_come_first(
    office: System, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(finding, "LARGE", large)
    assert _names(office, Text="b", Kinds=["user", "host"]) == (["bob"] if large == 0 else ["bob", "db-1"])
    assert _names(office, Text="lic", Kinds=["user"]) == ["alice"]


@pytest.mark.parametrize("kinds", [None, ["user"], ["group", "host"], ["person", "user"]])
def test_among_very_many_names_a_search_goes_on_where_it_stopped(
    office: System, monkeypatch: pytest.MonkeyPatch, kinds: list[str] | None
) -> None:
    def paged(text: str) -> list[str]:
        found: list[str] = []
        token = None
        while True:
            page = office.call("admit", "ListThings", Text=text, Kinds=kinds, MaxResults=1, NextToken=token)
            found += [each["Name"] for each in page["Things"]]
            token = page.get("NextToken")
            if token is None:
                return found

    whole = {text: _names(office, Text=text, Kinds=kinds) for text in ("b-1", "lic", "a", "nowhere")}
    monkeypatch.setattr(finding, "LARGE", 0)
    monkeypatch.setattr(finding, "LOOKED_INTO", (2, 2))
    for text, names in whole.items():
        assert paged(text) == ([name for name in names if name.startswith(text)] or names)


def test_what_a_picture_has_no_room_for_is_counted(office: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "FEW", 1)
    office.call("admit", "GrantAccess", Subject="bob", Resource="root@db-1")
    office.call("admit", "GrantAccess", Subject="bob", Resource="app@db-1")
    told = office.call("admit", "GetReach", **_the(office, "user", "bob"))
    assert told["Complete"] is False
    # The host comes with its accounts: three grants, of which one is shown.
    assert sum(each["LeftOut"] for each in told["Nodes"]) == 2
