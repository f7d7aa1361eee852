"""Everything as of a moment: what is asked about then is answered as it was answered then."""

from collections.abc import Callable
from typing import Any

import pytest

from admit.control import things as verbs
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR
from admit.services.access.callers import LISTED_BY, TOLD_BY
from admit.services.ram import ram as ram_service
from admit.store import overview_then, things
from admit.store.engine import Author, Tx
from tests.callers import Callers, document, refused, statement, trust
from tests.services.access.asking import Desk
from tests.system import System

Asked = tuple[str, dict[str, Any]]


class Past:
    """A place that changes, and what it answered after each change."""

    def __init__(self, system: System) -> None:
        self.system, self.desk, self.callers = system, Desk(system), Callers(system)
        self.seen: list[tuple[int, str, dict[str, Any], dict[str, Any]]] = []

    def see(self, *asked: Asked) -> None:
        """Ask now, remember the answers, and let so much time pass that nothing of them is kept."""
        at = self.system.clock.now()
        self.seen += [(at, action, given, self.desk.call(action, **given)) for action, given in asked]
        self.system.advance(HOUR)

    def thing(self, kind: str, name: str) -> Asked:
        """The question about a thing, by its ID."""
        found = self.desk.call("ListThings", Kinds=[kind], Text=name)["Things"]
        return "DescribeThing", {
            "Kind": kind,
            "Id": next(each["Id"] for each in found if each["Name"] == name),
        }

    def rename(self, thing_id: str, kind: Kind, name: str) -> None:
        """Give something another name."""

        def body(tx: Tx) -> None:
            found = things.by_id_anywhere(tx.sql, kind, thing_id)
            assert found is not None
            verbs.change(tx, found, name=name)

        self.system.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), body)

    def otherwise(self) -> list[tuple[str, dict[str, Any], Any, Any]]:
        """What is not answered again, about its moment, as it was."""
        again = ((each, self.desk.call(each[1], **each[2], At=each[0])) for each in self.seen)
        told = ((action, given, _plain(answer), _plain(now)) for (_, action, given, answer), now in again)
        return [each for each in told if each[2] != each[3]]


def _plain(answer: Any) -> Any:
    """An answer without what is another each time, and without what it says is not there."""
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    if isinstance(answer, dict):
        told = {name: _plain(value) for name, value in answer.items() if value is not None}
        return {name: value for name, value in told.items() if name != "RequestId"}
    return answer


@pytest.fixture
def past(system: System) -> Past:
    return Past(system)


def test_names_and_notes_are_those_of_then(past: Past) -> None:
    desk, bastion = past.desk, past.desk.bastion
    user = desk.user("alice", DisplayName="Alice A.")
    desk.call("GrantAccess", Subject="alice", Resource=f"{desk.account}@{desk.host}")
    group = bastion.group("dba")
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=f'["{user.id}"]')
    host = past.thing("host", "db-1")
    account = "DescribeThing", {"Kind": "host account", "Id": desk.account}
    asked: list[Asked] = [
        *(host, account, past.thing("user", "alice"), past.thing("group", "dba")),
        *(("ListThings", {"Kinds": [kind]}) for kind in ("host", "group", "host account")),
        ("ListGrants", {}),
        ("ListWho", {"Resource": f"{desk.account}@{desk.host}"}),
        ("ListWhat", {"Person": "alice"}),
        ("ListThrough", {"Thing": f"group:{group}"}),
        ("ListLinks", {"Kind": "user", "Id": user.id, "Direction": "outward", "Stage": "join"}),
        *(("ListThings", {"Text": text}) for text in ("B-", "db-2", "db", "oper", "root@db-1", "admin@db-2")),
        *(("ListThings", {"Kinds": ["host"], "Text": text, "Blocked": True}) for text in ("db-1", "db-2")),
        *(("ListGrants", {"Text": text}) for text in ("db-1", "db-2", "root@db", "admin@db")),
    ]
    past.see(*asked)
    bastion.call("ModifyUserGroup", UserGroupId=group, UserGroupName="dbas")
    past.see(*asked)
    past.rename(desk.host, Kind.HOST, "db-2")
    bastion.call("ModifyUserGroup", UserGroupId=group, UserGroupName="operators")
    past.see(*asked)
    bastion.call("ModifyUser", UserId=user.id, DisplayName="Alice B.")
    past.see(*asked)
    bastion.call("ModifyHostAccount", HostAccountId=desk.account, HostAccountName="admin")
    past.see(*asked)
    assert past.otherwise() == []

    at = past.seen[0][0]
    told = desk.call("GetReach", Kind="user", Id=user.id, At=at)["Nodes"]
    assert {"root@db-1", "group:dba"} <= {each["Thing"]["Label"] for each in told}
    reason = desk.call("ExplainAccess", Person="alice", Resource=f"{desk.account}@{desk.host}", At=at)
    assert [step["Label"] for step in reason["Paths"][0]["Steps"]][-1] == "root@db-1"
    for resource, found in (("root@db-1", 200), ("admin@db-2", 404), ("root@db-2", 404)):
        asked_by_name = {"Person": "alice", "Resource": resource, "At": at}
        if found == 200:
            assert desk.call("CheckAccess", **asked_by_name)["Decision"]["Allowed"]
        else:
            assert refused(desk.call, "CheckAccess", **asked_by_name)[0] == found


def test_requests_and_offers_are_those_of_then(past: Past) -> None:
    desk = past.desk
    desk.user("olga")
    alice, bob = desk.user("alice"), desk.user("bob")
    states = (None, "waiting", "approved", "declined", "lapsed")
    asked: list[Asked] = [("ListAccessRequests", {"State": state}) for state in states]
    asked += [("ListAccessRequests", {"Person": "alice"}), ("ListOffers", {}), ("ListBreakGlass", {})]
    past.see(*asked)
    glass = desk.call("AgreeBreakGlass", Subject="alice", Resource="root@db-1", Lasting=HOUR)
    desk.offer(Owners=["olga"])
    first = desk.ask(alice)
    past.see(*asked)
    second = desk.ask(bob)
    desk.call("ApproveAccessRequest", RequestId=first, Comment="go on")
    past.see(*asked)
    desk.call("DeclineAccessRequest", RequestId=second)
    desk.offer(Owners=["alice"], Note="say why")
    past.see(*asked)
    desk.ask(bob, reason="again")
    past.system.advance(8 * DAY)
    past.see(*asked)
    desk.call("StopOfferingAccess", Resource="root@db-1")
    desk.call("EndBreakGlass", AgreementId=glass["Agreement"]["AgreementId"])
    desk.bastion.call("DeleteUser", UserId=bob.id)
    past.see(*asked)
    assert past.otherwise() == []


def test_reviews_are_those_of_then(past: Past) -> None:
    desk = past.desk
    for name in ("alice", "bob", "carol", "olga"):
        desk.user(name)
    for name in ("alice", "bob", "carol"):
        desk.call("GrantAccess", Subject=name, Resource="root@db-1")
    before = past.system.clock.now()
    past.see(("ListReviews", {}))
    due = past.system.clock.now() + 7 * DAY
    begun = desk.call("CreateReview", Name="Q4", DueAt=due, Unanswered="end", Reviewers=["olga"])
    review = {"ReviewId": begun["Review"]["ReviewId"]}
    states = (None, "waiting", "kept", "ended", "changed", "gone")
    asked: list[Asked] = [("ListReviewItems", {**review, "State": state}) for state in states]
    asked += [("GetReview", review), ("ListReviews", {}), ("ListReviews", {"Phase": "open"})]

    def decide(who: str, verdict: str) -> None:
        items = desk.call("ListReviewItems", **review)["Items"]
        item = next(each["Item"] for each in items if each["Subject"]["Name"] == who)
        desk.call("DecideReviewItems", **review, Items=[item], Verdict=verdict, Comment="looked at")

    steps: list[Callable[[], Any]] = [
        lambda: None,
        lambda: decide("alice", "keep"),
        lambda: decide("alice", "end"),
        lambda: desk.call("RevokeAccess", Subject="bob", Resource="root@db-1"),
        lambda: desk.call(
            "GrantAccess", Subject="carol", Resource="root@db-1", EndTime=past.system.clock.now() + 2 * HOUR
        ),
        lambda: past.system.advance(3 * HOUR),
        lambda: desk.call("CloseReview", **review),
    ]
    for step in steps:
        step()
        past.see(*asked)
    assert past.otherwise() == []
    assert refused(desk.call, "GetReview", **review, At=before) == (404, "EntityNotExist.Review")


def test_callers_are_those_of_then(past: Past) -> None:
    ram = past.callers.ram
    kinds = ("user", "group", "role", "policy")
    lists: list[Asked] = [("ListCallers", {"Kind": kind}) for kind in kinds]
    past.see(*lists)
    key = past.callers.user("ops", statement("Allow", "admit:*"))
    ram("CreateGroup", GroupName="readers", Comments="they look")
    ram("AddUserToGroup", GroupName="readers", UserName="ops")
    past.callers.policy("look", statement("Allow", "admit:Get*"))
    ram("AttachPolicyToGroup", GroupName="readers", PolicyName="look", PolicyType="Custom")
    ram("CreateRole", RoleName="audit", AssumeRolePolicyDocument=trust(past.callers.arn("root")))
    whom = (("user", "ops"), ("group", "readers"), ("role", "audit"), ("policy", "look"))
    ids = {
        (kind, each["Name"]): each["Id"]
        for kind in kinds
        for each in past.desk.call("ListCallers", Kind=kind)["Callers"]
    }
    asked = [*lists, *(("DescribeCaller", {"Kind": kind, "Name": ids[kind, name]}) for kind, name in whom)]
    past.see(*asked)
    ram("UpdateAccessKey", UserName="ops", UserAccessKeyId=key.access_key_id, Status="Inactive")
    ram("UpdateUser", UserName="ops", NewUserName="operations", NewDisplayName="Operations")
    past.see(*asked)
    told = document(statement("Deny", "*"))
    ram("CreatePolicyVersion", PolicyName="look", PolicyDocument=told, SetAsDefault="true")
    ram("DetachPolicyFromUser", UserName="operations", PolicyName="of-ops", PolicyType="Custom")
    ram("UpdateRole", RoleName="audit", NewDescription="for auditors")
    past.see(*asked)
    ram("RemoveUserFromGroup", GroupName="readers", UserName="operations")
    ram("DeleteAccessKey", UserName="operations", UserAccessKeyId=key.access_key_id)
    ram("DeleteUser", UserName="operations")
    past.see(*lists)
    assert past.otherwise() == []

    first, second = (
        past.desk.call("DescribeCaller", Kind="user", Name=ids["user", "ops"], At=at)
        for at in sorted({each[0] for each in past.seen})[1:3]
    )
    assert first["Caller"]["Name"] == "ops"
    assert [each["Caller"]["Name"] for each in first["Policies"]] == ["of-ops"]
    assert [each["Caller"]["Name"] for each in first["Groups"]] == ["readers"]
    assert [key["Status"] for key in first["Keys"]] == ["Active"]
    assert (second["Caller"]["Name"], second["Caller"]["Note"]) == ("operations", "Operations")
    assert [key["Status"] for key in second["Keys"]] == ["Inactive"]
    gone = {"Kind": "user", "Name": ids["user", "ops"]}
    assert refused(past.desk.call, "DescribeCaller", **gone) == (404, "EntityNotExist")


def test_nobody_learns_by_these_what_ram_would_not_tell_them(past: Past) -> None:
    ram, call, account = past.callers.ram, past.desk.system.call, past.callers.account
    only = past.callers.user("only", statement("Allow", ["admit:List*", "admit:Describe*"]))
    key = past.callers.user("some", statement("Allow", ["admit:*", "ram:ListUsers", "ram:GetRole"]))
    mine = f"acs:ram:*:{account}:user/seen"
    told = [f"ram:{each}" for each in TOLD_BY["user"]]
    narrow = past.callers.user("narrow", statement("Allow", "admit:*"), statement("Allow", told, mine))
    seen = ram("CreateUser", UserName="seen")["User"]["UserId"]
    ram("CreateRole", RoleName="audit", AssumeRolePolicyDocument=trust(past.callers.arn("root")))
    whom = {"user": "seen", "group": "nobody", "role": "audit", "policy": "of-only"}
    at = past.system.clock.now()
    past.system.advance(HOUR)
    ram("UpdateUser", UserName="seen", NewUserName="renamed")

    for kind, name in whom.items():
        for when in ({}, {"At": at}):
            assert refused(call, "admit", "ListCallers", only, Kind=kind, **when) == (403, "NoPermission")
            asked = {"Kind": kind, "Name": name, **when}
            assert refused(call, "admit", "DescribeCaller", only, **asked) == (403, "NoPermission")
    assert call("admit", "ListCallers", key, Kind="user")["Callers"]
    assert refused(call, "admit", "ListCallers", key, Kind="role")[0] == 403
    # One of those that tell of it is not enough, and what it is called now is what counts.
    assert refused(call, "admit", "DescribeCaller", key, Kind="role", Name="audit")[0] == 403
    assert refused(call, "admit", "DescribeCaller", narrow, Kind="user", Name=seen, At=at)[0] == 403
    ram("UpdateUser", UserName="renamed", NewUserName="seen")
    assert call("admit", "DescribeCaller", narrow, Kind="user", Name=seen, At=at)["Caller"]["Name"] == "seen"
    assert refused(call, "admit", "DescribeCaller", narrow, Kind="user", Name="none") == (403, "NoPermission")
    # What is asked of RAM is what RAM has.
    asked_for = {*LISTED_BY.values(), *(each for some in TOLD_BY.values() for each in some)}
    assert asked_for <= {*ram_service.operations}


def test_policies_of_the_system_are_told_by_their_own_name_in_ram(past: Past) -> None:
    told = [f"ram:{each}" for each in TOLD_BY["policy"]]
    system = "acs:ram:*:system:policy/*"
    key = past.callers.user("looks", statement("Allow", "admit:*"), statement("Allow", told, system))
    call, asked = past.desk.system.call, {"Kind": "policy"}

    assert call("admit", "DescribeCaller", key, **asked, Name="ReadOnlyAccess")["Caller"]["Type"] == "System"
    assert refused(call, "admit", "DescribeCaller", key, **asked, Name="of-looks")[0] == 403


def test_callers_come_page_by_page(past: Past) -> None:
    for name in ("ann", "ben", "cai"):
        past.callers.ram("CreateUser", UserName=name)
    asked = {"Kind": "user", "MaxResults": 2}
    first = past.desk.call("ListCallers", **asked)
    second = past.desk.call("ListCallers", **asked, NextToken=first["NextToken"])
    assert [each["Name"] for page in (first, second) for each in page["Callers"]] == ["ann", "ben", "cai"]
    assert "NextToken" not in second or second["NextToken"] is None
    unknown = {**asked, "NextToken": "MKMTIzNDU2Nzg5"}
    assert refused(past.desk.call, "ListCallers", **unknown)[1] == "InvalidParameter.NextToken"


@pytest.mark.parametrize("most", [0, overview_then.MOST_BETWEEN])
def test_the_overview_counts_what_there_was_then(
    past: Past, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With none to be read of the log everything is counted through: both must come to the same.
    monkeypatch.setattr(overview_then, "MOST_BETWEEN", most)
    monkeypatch.setattr(overview_then, "MOST_TOUCHED", most)
    desk = past.desk
    asked: Asked = ("GetOverview", {})
    past.see(asked)
    desk.user("alice")
    end = past.system.clock.now() + 5 * HOUR
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end)
    bob = desk.user("bob")
    desk.call("GrantAccess", Subject="bob", Resource="root@db-1")
    past.see(asked)
    past.system.advance(HOUR)
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end + 6 * HOUR)
    past.see(asked)
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end - 2 * HOUR)
    desk.call("RevokeAccess", Subject="bob", Resource="root@db-1")
    past.see(asked)
    desk.call("GrantAccess", Subject="bob", Resource="root@db-1", EndTime=end)
    past.see(asked)
    past.system.advance(4 * HOUR)
    past.see(asked)
    # What RAM attaches is no grant, neither then nor now.
    past.callers.user("ops", statement("Allow", "admit:*"))
    past.see(asked)
    desk.bastion.call("DeleteUser", UserId=bob.id)
    past.see(asked)
    assert past.otherwise() == []
    assert {answer["Grants"] for *_, answer in past.seen} == {0, 1, 2, 3, 4}
    assert len({answer["EndingInADay"] for *_, answer in past.seen}) > 2
