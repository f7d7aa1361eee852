"""Asking for access, deciding on it, and breaking glass."""

import pytest

from admit.control import names
from admit.control import things as verbs
from admit.control.followers import follow
from admit.control.requests import access_requests, request_letters
from admit.control.requests.access_requests import Answer, AskRefused, RequestDetails
from admit.control.requests.break_glass import GlassBrokenAlready, GlassRefused, open_to
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE
from admit.store import changes, links, messages, things
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from admit.store.verification import verify
from tests.callers import Callers, refused, statement
from tests.services.access.asking import Desk
from tests.system import System


@pytest.fixture
def desk(system: System) -> Desk:
    """A bastion host whose one account may be asked for."""
    desk = Desk(system)
    desk.offer()
    return desk


def test_an_approved_request_is_a_grant_for_as_long_as_it_was_asked_for(desk: Desk, system: System) -> None:
    request = desk.ask(desk.user("alice"), lasting=2 * HOUR)
    assert not desk.may("alice")
    desk.call("ApproveAccessRequest", RequestId=request, Comment="go on")
    assert desk.may("alice")
    system.advance(2 * HOUR - 1)
    assert desk.may("alice")
    system.advance(1)
    assert not desk.may("alice")


def test_the_ledger_has_grant_and_request_in_one_revision_by_who_approved(desk: Desk, system: System) -> None:
    before = system.revision()
    request = desk.ask(desk.user("alice"))
    asked = system.revision()
    desk.call("ApproveAccessRequest", RequestId=request)
    with system.admit.store.read() as sql:
        entries = changes.after(sql, asked, 10)
    assert asked > before
    assert {each.revision for each in entries} == {asked + 1}
    assert {each.actor for each in entries} == {f"acs:ram::{system.founded.account_id}:root"}
    assert {type(each.event).__name__ for each in entries} == {"LinkAdded", "ThingChanged"}
    (told,) = desk.call("ListWho", Resource="root@db-1")["People"]
    assert told["GrantedBy"] == f"acs:ram::{system.founded.account_id}:root"


def test_a_declined_request_grants_nothing_and_tells_why(desk: Desk) -> None:
    request = desk.ask(desk.user("alice"))
    desk.call("DeclineAccessRequest", RequestId=request, Comment="ask the owner")
    (told,) = desk.requests()
    assert (told["State"], told["Comment"]) == ("declined", "ask the owner")
    assert not desk.may("alice")


def test_nothing_is_decided_twice(desk: Desk) -> None:
    request = desk.ask(desk.user("alice"))
    desk.call("DeclineAccessRequest", RequestId=request)
    approve = refused(desk.call, "ApproveAccessRequest", RequestId=request)
    assert approve == (409, "UnsupportedAction.AccessRequest")
    assert not desk.may("alice")


def test_a_request_that_nobody_decides_lapses_and_can_be_made_again(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    request = desk.ask(alice)
    with pytest.raises(AskRefused, match="already"):
        desk.ask(alice)
    system.advance(7 * DAY)
    assert [each["State"] for each in desk.requests(State="lapsed")] == ["lapsed"]
    assert desk.requests(State="waiting") == []
    assert refused(desk.call, "ApproveAccessRequest", RequestId=request)[0] == 409
    desk.ask(alice)


def test_a_withdrawn_request_cannot_be_approved(desk: Desk, system: System) -> None:
    request = desk.ask(desk.user("alice"))
    with system.admit.store.read() as sql:
        found = things.by_id_anywhere(sql, Kind.ACCESS_REQUEST, request)
    assert found is not None
    system.admit.store.write_now(
        Author("alice", "home:Withdraw", "r"), lambda tx: access_requests.withdraw(tx, found)
    )
    assert refused(desk.call, "ApproveAccessRequest", RequestId=request)[0] == 409


def test_what_is_not_offered_and_what_does_not_exist_are_refused_alike(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    desk.bastion.host("db-2")
    with pytest.raises(AskRefused) as hidden:
        desk.ask(alice, resource="host:db-2")
    with pytest.raises(AskRefused) as absent:
        system.admit.store.write_now(
            Author("alice", "home:AskForAccess", "r"),
            lambda tx: access_requests.ask(tx, (alice,), None, access_requests.Wish("x", HOUR)),
        )
    assert str(hidden.value) == str(absent.value)


def test_what_somebody_had_once_may_be_asked_for_again(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    desk.bastion.host("db-2")
    end = system.clock.now() + HOUR
    desk.call("GrantAccess", Subject="alice", Resource="host:db-2", EndTime=end)
    system.advance(2 * HOUR)
    request = desk.ask(alice, resource="host:db-2")
    desk.call("ApproveAccessRequest", RequestId=request)
    assert desk.may("alice", "host:db-2")


def test_nobody_asks_as_a_user_they_have_not_proven(desk: Desk, system: System) -> None:
    desk.user("alice")
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "alice", "OwnerType": "CreateFromManager"}])
    with system.admit.store.read() as sql:
        person = things.by_handle(sql, Kind.PERSON, 0, "alice")
        assert person is not None
        users = things.find(sql, things.Where(Kind.USER, linked_from=person.key))
    elsewhere = next(user for user in users if user.parent == system.admit.world.account_key)
    with pytest.raises(AskRefused):
        desk.ask(elsewhere)


@pytest.mark.parametrize("lasting", [MINUTE - 1, 4 * HOUR + 1])
def test_no_longer_than_is_offered(desk: Desk, lasting: int) -> None:
    desk.offer(Longest=4 * HOUR)
    with pytest.raises(AskRefused, match="1 minute to 4 hours"):
        desk.ask(desk.user("alice"), lasting=lasting)


def test_an_approval_never_shortens_what_is_held(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    end = system.clock.now() + 8 * HOUR
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end)
    desk.call("ApproveAccessRequest", RequestId=desk.ask(alice, lasting=HOUR))
    assert desk.requests()[0]["EndsAt"] == end
    longer = desk.ask(alice, lasting=9 * HOUR)
    desk.call("ApproveAccessRequest", RequestId=longer)
    system.advance(8 * HOUR + 1)
    assert desk.may("alice")


def test_a_grant_that_begins_later_is_not_overwritten(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    start = system.clock.now() + DAY
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", StartTime=start, EndTime=start + HOUR)
    request = desk.ask(alice)
    assert refused(desk.call, "ApproveAccessRequest", RequestId=request) == (400, "UnsupportedAction.Grant")
    assert [each["State"] for each in desk.requests()] == ["waiting"]


def test_nobody_approves_a_request_of_their_own(desk: Desk, system: System) -> None:
    request = desk.ask(desk.user("alice"))
    callers = Callers(system)
    hers, others = (callers.user(name, statement("Allow", "admit:*")) for name in ("alice", "omar"))
    mine = refused(system.call, "admit", "ApproveAccessRequest", hers, RequestId=request)
    assert mine == (403, "NoPermission")
    system.call("admit", "ApproveAccessRequest", others, RequestId=request)
    assert desk.requests()[0]["DecidedBy"].endswith(":user/omar")


def test_what_an_owner_asked_for_as_another_user_is_for_others_to_decide(desk: Desk, system: System) -> None:
    desk.user("olga")
    instance = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    place = {"InstanceId": instance, "PrimaryOrganizationalUnitId": root["OrganizationalUnitId"]}
    system.call("eiam", "CreateUser", Username="olga", **place)
    desk.offer(Owners=["olga"])

    def ask(tx: Tx) -> list[Thing]:
        resource, olga = names.resource(tx.sql, "root@db-1"), names.person(tx.sql, "olga")
        users = [things.by_key(tx.sql, user.key) for _, user in links.of(tx.sql, olga.key, inward=False)]
        details = RequestDetails(resource=resource.key, label="root@db-1", reason="mine", lasting_ms=HOUR)
        for user in users:
            verbs.add(tx, New(Kind.ACCESS_REQUEST, user.key, "root@db-1", details))
        return users

    users = system.admit.store.write_now(Author("olga", "home:Ask", "r"), ask)
    others = desk.ask(desk.user("alice"))
    with system.admit.store.read() as sql:
        shown = [access_requests.to_decide(sql, (user,), system.clock.now()) for user in users]
    assert sorted([each.id for each in found] for found in shown) == [[], [others]]


def test_an_owner_decides_as_the_user_who_was_named_and_not_on_their_own(desk: Desk, system: System) -> None:
    olga, alice = desk.user("olga"), desk.user("alice")
    desk.offer(Owners=["olga"])
    request, own = desk.ask(alice), desk.ask(olga)
    with system.admit.store.read() as sql:
        shown = access_requests.to_decide(sql, (olga,), system.clock.now())
        assert access_requests.to_decide(sql, (alice,), system.clock.now()) == []
    assert [each.id for each in shown] == [request]
    assert own != request

    system.admit.store.write_now(
        Author("olga", "home:Approve", "r"),
        lambda tx: access_requests.approve(tx, shown[0], Answer("olga", "as agreed")),
    )
    assert desk.may("alice")
    assert {each["RequestId"]: each.get("DecidedBy") for each in desk.requests()}[request] == "olga"


def test_an_owner_has_a_user_to_sign_in_as(desk: Desk, system: System) -> None:
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "olga", "OwnerType": "CreateFromManager"}])
    assert refused(desk.offer, Owners=["olga"]) == (400, "UnsupportedAction.Grant")


def test_what_is_offered_no_more_cannot_be_asked_for(desk: Desk) -> None:
    desk.call("StopOfferingAccess", Resource="root@db-1")
    assert desk.call("ListOffers")["Offers"] == []
    with pytest.raises(AskRefused):
        desk.ask(desk.user("alice"))


def test_glass_is_broken_at_once_loudly_and_for_the_time_that_was_agreed(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    agreed = desk.call("AgreeBreakGlass", Subject="alice", Resource="root@db-1", Lasting=HOUR)["Agreement"]
    assert not desk.may("alice")
    request = desk.break_glass(alice, agreement=agreed["AgreementId"])
    assert desk.may("alice")
    (told,) = desk.requests()
    assert (told["RequestId"], told["AgreementId"]) == (request, agreed["AgreementId"])
    newest = system.revision()
    with system.admit.store.read() as sql:
        events = [type(each.event).__name__ for each in changes.after(sql, newest - 1, 10)]
    assert "GlassBroken" in events
    assert b"admit_glass_broken_total 1.0" in system.admit.world.metrics.text()
    system.admit.world.activities.write(system.admit.store, system.admit.world.metrics)
    (noted,) = desk.call("ListActivity", Kind="glass-broken")["Activities"]
    assert (noted["Person"], noted["Reason"]) == ("alice", "the shop is down")

    desk.call("GrantAccess", Subject="alice", Resource="root@db-1")
    with pytest.raises(GlassBrokenAlready):
        desk.break_glass(alice, agreement=agreed["AgreementId"])


def test_broken_glass_mends_itself(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    agreed = desk.call("AgreeBreakGlass", Subject="alice", Resource="root@db-1", Lasting=HOUR)["Agreement"]
    desk.break_glass(alice, agreement=agreed["AgreementId"])
    system.advance(HOUR)
    assert not desk.may("alice")


def test_only_who_was_agreed_may_break_it_and_only_while_that_holds(desk: Desk, system: System) -> None:
    alice, tom = desk.user("alice"), desk.user("tom")
    end = system.clock.now() + DAY
    agreed = desk.call("AgreeBreakGlass", Subject="alice", Resource="root@db-1", Lasting=HOUR, EndTime=end)[
        "Agreement"
    ]["AgreementId"]
    with pytest.raises(GlassRefused):
        desk.break_glass(tom, agreement=agreed)
    system.advance(DAY)
    with pytest.raises(GlassRefused):
        desk.break_glass(alice, agreement=agreed)
    assert not desk.may("alice")


def test_whoever_is_in_the_group_may_break_it_until_they_leave(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    group = desk.bastion.group("oncall")
    desk.bastion.call("AddUsersToGroup", UserIds=f'["{alice.id}"]', UserGroupId=group)
    agreed = desk.call("AgreeBreakGlass", Subject="group:oncall", Resource="root@db-1", Lasting=HOUR)
    with system.admit.store.read() as sql:
        assert len(open_to(sql, (alice,), system.clock.now())) == 1
    desk.bastion.call("RemoveUsersFromGroup", UserIds=f'["{alice.id}"]', UserGroupId=group)
    with pytest.raises(GlassRefused):
        desk.break_glass(alice, agreement=agreed["Agreement"]["AgreementId"])


def test_an_ended_agreement_opens_nothing(desk: Desk) -> None:
    desk.bastion.group("oncall")
    agreed = desk.call("AgreeBreakGlass", Subject="group:oncall", Resource="root@db-1", Lasting=HOUR)
    agreement = agreed["Agreement"]["AgreementId"]
    desk.call("EndBreakGlass", AgreementId=agreement)
    assert desk.call("ListBreakGlass")["Agreements"] == []
    assert refused(desk.call, "EndBreakGlass", AgreementId=agreement) == (404, "EntityNotExist.BreakGlass")


def test_letters_go_to_who_decides_who_asked_and_who_must_hear_the_alarm(desk: Desk, system: System) -> None:
    letters = request_letters.follower("example.com", ["watch@example.com"])
    follow(system.admit.store, letters)
    alice = desk.user("alice", Email="alice@example.com")
    desk.user("olga", Email="olga@example.com")
    desk.offer(Owners=["olga"])
    request = desk.ask(alice)
    desk.call("ApproveAccessRequest", RequestId=request, Comment="go on\nBcc: nobody@example.com")
    agreed = desk.call("AgreeBreakGlass", Subject="alice", Resource="host:db-1", Lasting=2 * HOUR)
    desk.break_glass(alice, agreement=agreed["Agreement"]["AgreementId"])
    while follow(system.admit.store, letters):
        pass

    def claimed(tx: object) -> list[tuple[str, str]]:
        found = []
        while (message := messages.claim(tx.sql, tx.now, tx.now + HOUR)) is not None:  # type: ignore[attr-defined]
            found.append((message.recipient, message.subject))
        return found

    sent = system.admit.store.write_now(Author("admit", "outbox", ""), claimed)
    assert sorted(sent) == [
        ("alice@example.com", "Your request for root@db-1 was approved"),
        ("olga@example.com", "alice asks for access to root@db-1"),
        ("watch@example.com", "ALARM: alice broke glass for host:db-1"),
        ("watch@example.com", "alice asks for access to root@db-1"),
    ]


def test_the_ledger_still_adds_up(desk: Desk, system: System) -> None:
    alice = desk.user("alice")
    agreed = desk.call("AgreeBreakGlass", Subject="alice", Resource="root@db-1", Lasting=HOUR)["Agreement"]
    desk.call("DeclineAccessRequest", RequestId=desk.ask(alice))
    desk.break_glass(alice, agreement=agreed["AgreementId"])
    desk.bastion.call("DeleteUser", UserId=alice.id)
    assert desk.requests() == []
    with system.admit.store.read() as sql:
        verify(sql, system.admit.world.sealer.subkey("ledger"))


def test_a_request_whose_resource_is_no_more_cannot_be_approved(desk: Desk) -> None:
    request = desk.ask(desk.user("alice"))
    desk.bastion.call("DeleteHost", HostId=desk.host)
    assert refused(desk.call, "ApproveAccessRequest", RequestId=request)[0] == 409
