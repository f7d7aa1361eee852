"""Access reviews: a campaign over grants, to be kept or ended by somebody else or by the due moment."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from admit.control.followers import follow
from admit.control.requests import review_closing, review_letters, reviews
from admit.control.requests.reviews import Answer, users_as_reviewer
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR
from admit.store import changes, messages, review_counts, things
from admit.store import reviews as kept_reviews
from admit.store.engine import Author
from admit.store.things import Thing
from admit.store.verification import verify
from tests.callers import Callers, refused, statement
from tests.services.access.asking import Desk
from tests.system import System


@pytest.fixture
def desk(system: System) -> Desk:
    """alice and bob are granted root on db-1; olga owns it."""
    desk = Desk(system)
    for name in ("alice", "bob", "olga"):
        desk.user(name, Email=f"{name}@example.com")
    desk.offer(Owners=["olga"])
    for name in ("alice", "bob"):
        desk.call("GrantAccess", Subject=name, Resource="root@db-1")
    return desk


def begin(desk: Desk, **more: Any) -> str:
    """A review that is due in a week, and ends what nobody answers."""
    asked = {"Name": "Q4", "DueAt": desk.system.clock.now() + 7 * DAY, "Unanswered": "end"} | more
    return str(desk.call("CreateReview", **asked)["Review"]["ReviewId"])


def items(desk: Desk, review: str, **asked: Any) -> dict[str, int]:
    """The numbers of a review's items, by who has what."""
    listed = desk.call("ListReviewItems", ReviewId=review, **asked)["Items"]
    return {f"{each['Subject']['Name']} {each['Resource']['Label']}": each["Item"] for each in listed}


def settle(system: System) -> None:
    """Let the timer do all that is due."""
    while review_closing.keep_up(system.admit.store):
        pass


def thing_of(system: System, review: str) -> Thing:
    with system.admit.store.read() as sql:
        return next(each for each in reviews.every(sql) if each.id == review)


def as_reviewer(system: System, review: str, user: Thing, numbers: list[int], verdict: Any) -> dict[int, Any]:
    """Decide as somebody who has signed in, on the page of their own."""

    def body(tx: Any) -> dict[int, Any]:
        found = thing_of(system, review)
        reviewer = users_as_reviewer(tx.sql, (user,), user.name, found)
        return reviews.decide(tx, found, reviewer, numbers, Answer(verdict))

    return system.admit.store.write_now(Author(user.name, "home:DecideReviewItems", "r"), body)


def told(desk: Desk, review: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.call("GetReview", ReviewId=review)["Review"]
    return found


def test_what_is_ended_is_revoked_in_the_same_revision_by_who_decided(desk: Desk, system: System) -> None:
    review = begin(desk)
    numbers = items(desk, review)
    before = system.revision()
    answer = desk.call(
        "DecideReviewItems",
        ReviewId=review,
        Items=[numbers["alice root@db-1"]],
        Verdict="end",
        Comment="left the team",
    )
    assert [each["Taken"] for each in answer["Results"]] == [True]
    assert not desk.may("alice")
    assert desk.may("bob")
    with system.admit.store.read() as sql:
        entries = changes.after(sql, before, 10)
    assert {each.revision for each in entries} == {before + 1}
    assert {type(each.event).__name__ for each in entries} == {"GrantReviewed", "LinkRemoved"}
    assert all(each.actor.endswith(":root") for each in entries)
    (reviewed,) = (each.event for each in entries if type(each.event).__name__ == "GrantReviewed")
    assert (reviewed.review.name, reviewed.verdict, reviewed.comment) == ("Q4", "end", "left the team")


def used_by(desk: Desk, system: System, user: Thing) -> int:
    """Somebody opens a session at root@db-1; returns when."""
    used = Activity(
        system.clock.now(),
        ActivityKind.SESSION_OPENED,
        Outcome.OK,
        user.name,
        "shell",
        "",
        user=Mention(user.name, user.key),
        resource=Mention("root@db-1", _account(system, desk).key),
    )
    system.admit.world.activities.note(used)
    system.admit.world.activities.write(system.admit.store, system.admit.world.metrics)
    return used.at


def test_when_a_grant_was_last_used_is_told_as_of_a_moment(desk: Desk, system: System) -> None:
    alice, group = _user(desk, "alice"), desk.bastion.group("dba")
    desk.bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=f'["{alice.id}"]')
    desk.call("GrantAccess", Subject=f"group:{group}", Resource="root@db-1")
    review = begin(desk)

    def last_used(**at: int) -> int | None:
        items = desk.call("ListReviewItems", ReviewId=review, **at)["Items"]
        of_group = next(
            each for each in items if (each["Subject"]["Id"], each["Resource"]["Name"]) == (group, "root")
        )
        found: int | None = of_group.get("LastUsed")
        return found

    unused = system.clock.now()
    system.advance(HOUR)
    first = used_by(desk, system, alice)
    system.advance(HOUR)
    then = system.clock.now()
    system.advance(HOUR)
    second = used_by(desk, system, alice)
    system.advance(HOUR)
    # Who was in the group then counts for it then, and does no more.
    assert last_used() == second
    desk.bastion.call("RemoveUsersFromGroup", UserGroupId=group, UserIds=f'["{alice.id}"]')
    system.advance(HOUR)
    assert (last_used(), last_used(At=then), last_used(At=unused)) == (None, first, None)


def test_a_review_tells_since_when_until_when_by_whom_and_when_last_used(desk: Desk, system: System) -> None:
    until = system.clock.now() + 30 * DAY
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1", EndTime=until)
    alice = _user(desk, "alice")
    used = used_by(desk, system, alice)
    review = begin(desk)
    listed = desk.call("ListReviewItems", ReviewId=review)["Items"]
    of = {(each["Subject"]["Name"], each["Resource"]["Kind"]): each for each in listed}
    told = of["alice", "host account"]
    assert (told["EndTime"], told["LastUsed"], told["GrantedAt"]) == (until, used, system.clock.now())
    assert told["GrantedBy"].endswith(":root")
    assert "LastUsed" not in of["bob", "host account"]


def _account(system: System, desk: Desk) -> Thing:
    with system.admit.store.read() as sql:
        found = things.by_id_anywhere(sql, Kind.HOST_ACCOUNT, desk.account)
    assert found is not None
    return found


def _user(desk: Desk, name: str) -> Thing:
    with desk.system.admit.store.read() as sql:
        (found,) = things.named(sql, Kind.USER, name, None)
    return found


def test_what_nobody_answers_is_ended_at_the_due_moment(desk: Desk, system: System) -> None:
    review = begin(desk)
    keep = items(desk, review)
    desk.call(
        "DecideReviewItems",
        ReviewId=review,
        Items=[keep["bob root@db-1"], keep["bob host:db-1"]],
        Verdict="keep",
    )
    system.advance(7 * DAY - 1)
    settle(system)
    assert desk.may("alice")
    system.advance(1)
    assert told(desk, review)["Phase"] == "closing"
    settle(system)
    assert (desk.may("alice"), desk.may("bob")) == (False, True)
    after = told(desk, review)
    assert (after["Phase"], after["Kept"], after["Ended"], after["Waiting"]) == ("closed", 2, 2, 0)
    ended = desk.call("ListReviewItems", ReviewId=review, State="ended")["Items"]
    assert all("DecidedBy" not in each and "DecidedAt" in each for each in ended)


def test_what_nobody_answers_is_kept_where_the_review_says_so(desk: Desk, system: System) -> None:
    review = begin(desk, Unanswered="keep")
    system.advance(7 * DAY)
    settle(system)
    assert desk.may("alice")
    after = told(desk, review)
    assert (after["Phase"], after["Kept"]) == ("closed", 4)


def test_a_server_that_was_stopped_does_what_it_missed(desk: Desk, system: System) -> None:
    begin(desk)
    system.advance(400 * DAY)
    settle(system)
    assert not desk.may("alice")
    assert not review_closing.keep_up(system.admit.store)


def test_a_large_review_is_closed_batch_by_batch(
    desk: Desk, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_closing, "BATCH", 1)
    review = begin(desk)
    system.advance(7 * DAY)
    rounds = 0
    while review_closing.keep_up(system.admit.store):
        rounds += 1
    assert rounds > 2
    assert told(desk, review)["Phase"] == "closed"
    assert not desk.may("bob")


def test_grants_given_later_are_not_in_it(desk: Desk, system: System) -> None:
    review = begin(desk)
    desk.user("carol")
    desk.call("GrantAccess", Subject="carol", Resource="root@db-1")
    assert not any(each.startswith("carol") for each in items(desk, review))
    system.advance(7 * DAY)
    settle(system)
    assert desk.may("carol")


def test_what_was_granted_anew_since_counts_as_decided(desk: Desk, system: System) -> None:
    review = begin(desk)
    number = items(desk, review)["alice root@db-1"]
    desk.call("RevokeAccess", Subject="alice", Resource="root@db-1")
    assert items(desk, review, State="gone") == {"alice root@db-1": number}
    desk.call("GrantAccess", Subject="alice", Resource="root@db-1")
    assert items(desk, review, State="changed") == {"alice root@db-1": number}
    answer = desk.call("DecideReviewItems", ReviewId=review, Items=[number, 99], Verdict="end")
    assert [each["Taken"] for each in answer["Results"]] == [False, False]
    system.advance(7 * DAY)
    settle(system)
    assert desk.may("alice")


def test_of_very_many_undecided_grants_only_the_first_are_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = begin(desk)
    items_ = items(desk, review)
    desk.call("DecideReviewItems", ReviewId=review, Items=[items_["alice host:db-1"]], Verdict="keep")
    desk.call("RevokeAccess", Subject="alice", Resource="root@db-1")
    desk.call("RevokeAccess", Subject="bob", Resource="root@db-1")

    def counted() -> list[int]:
        found = told(desk, review)
        return [found[name] for name in ("Waiting", "Kept", "Ended", "Changed", "Gone")]

    assert counted() == [1, 1, 0, 0, 2], items_
    monkeypatch.setattr(review_counts, "LOOKED_AT", 1)
    assert counted() == [2, 1, 0, 0, 1]


def test_what_was_kept_may_still_be_ended_and_what_was_ended_is_gone(desk: Desk) -> None:
    review = begin(desk)
    number = items(desk, review)["alice root@db-1"]

    def verdict(word: str) -> bool:
        answer = desk.call("DecideReviewItems", ReviewId=review, Items=[number], Verdict=word)
        return bool(answer["Results"][0]["Taken"])

    assert [verdict("keep"), verdict("end"), verdict("keep")] == [True, True, False]
    assert not desk.may("alice")


def test_a_host_that_is_ended_takes_its_accounts_along(desk: Desk) -> None:
    review = begin(desk)
    number = items(desk, review)["alice host:db-1"]
    desk.call("DecideReviewItems", ReviewId=review, Items=[number], Verdict="end")
    assert not desk.may("alice")
    assert list(items(desk, review, State="gone")) == ["alice root@db-1"]


def test_a_host_that_nobody_answered_for_is_kept_with_an_account_that_was_kept(
    desk: Desk, system: System
) -> None:
    review = begin(desk)
    number = items(desk, review)["alice root@db-1"]
    desk.call("DecideReviewItems", ReviewId=review, Items=[number], Verdict="keep")
    system.advance(7 * DAY)
    settle(system)
    assert (desk.may("alice"), desk.may("bob")) == (True, False)
    assert set(items(desk, review, State="kept")) == {"alice root@db-1", "alice host:db-1"}


def test_a_scope_narrows_what_is_captured(desk: Desk, system: System) -> None:
    until = system.clock.now() + DAY
    desk.call("GrantAccess", Subject="bob", Resource="root@db-1", EndTime=until)
    assert set(items(desk, begin(desk, Kinds=["host account"]))) == {"alice root@db-1", "bob root@db-1"}
    assert set(items(desk, begin(desk, Subject="bob"))) == {"bob root@db-1", "bob host:db-1"}
    assert set(items(desk, begin(desk, Resource="root@db-1"))) == {"alice root@db-1", "bob root@db-1"}
    assert len(items(desk, begin(desk, Resource="host:db-1"))) == 4
    assert "bob root@db-1" not in items(desk, begin(desk, Unending=True))
    system.advance(3 * HOUR)
    nothing = refused(begin, desk, UnusedDays=1)
    assert nothing == (400, "UnsupportedAction.CreateReview")
    system.advance(2 * DAY)
    assert len(items(desk, begin(desk, UnusedDays=1))) == 3
    assert refused(begin, desk, UnusedDays=3000)[1] == "InvalidParameter.UnusedDays"


def test_a_scope_is_found_by_part_of_a_name_as_grants_are(desk: Desk) -> None:
    desk.call("GrantAccess", Subject="olga", Resource="host:db-1")
    assert list(items(desk, begin(desk, Text="OLG"))) == ["olga host:db-1"]
    assert set(items(desk, begin(desk, Text="root@db"))) == {"alice root@db-1", "bob root@db-1"}
    named = desk.call("GetReview", ReviewId=begin(desk, Text="db-1", Unending=True))["Review"]
    assert (named["Text"], named["Items"] > 3) == ("db-1", True)
    assert refused(begin, desk, Text="nothing like it") == (400, "UnsupportedAction.CreateReview")


def test_a_text_that_is_found_too_often_to_be_looked_through_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "alice root@db-1" in items(desk, begin(desk, Text="a"))
    monkeypatch.setattr("admit.services.access.reviews.MOST_THINGS", 1)
    assert refused(begin, desk, Text="a") == (400, "UnsupportedAction.CreateReview")


def test_a_review_of_too_many_grants_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "MOST_ITEMS", 3)
    assert refused(begin, desk) == (400, "UnsupportedAction.CreateReview")


def test_owners_and_named_reviewers_decide_on_what_is_theirs_and_nothing_else(
    desk: Desk, system: System
) -> None:
    olga, bob = _user(desk, "olga"), _user(desk, "bob")
    review = begin(desk)
    numbers = items(desk, review)
    assert as_reviewer(system, review, olga, [numbers["bob root@db-1"]], "end") == {
        numbers["bob root@db-1"]: None
    }
    # She owns the account, and not the host; bob reviews nothing.
    assert as_reviewer(system, review, olga, [numbers["bob host:db-1"]], "end") == {}
    assert as_reviewer(system, review, bob, [*numbers.values()], "end") == {}
    second = begin(desk, Reviewers=["bob"], Owners=False)
    numbers = items(desk, second)
    assert as_reviewer(system, second, olga, [*numbers.values()], "end") == {}
    assert as_reviewer(system, second, bob, [numbers["alice host:db-1"]], "end") == {
        numbers["alice host:db-1"]: None
    }
    assert not desk.may("alice")


def test_nobody_keeps_what_gives_access_to_themselves(desk: Desk, system: System) -> None:
    bob = _user(desk, "bob")
    group = desk.bastion.group("dba")
    desk.bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([bob.id]))
    desk.call("GrantAccess", Subject="group:dba", Resource="root@db-1")
    review = begin(desk, Reviewers=["bob"])
    numbers = items(desk, review)
    own = [numbers["bob root@db-1"], numbers["dba root@db-1"]]
    became = as_reviewer(system, review, bob, own, "keep")
    assert set(became.values()) == {reviews.Refusal.OWN}
    assert as_reviewer(system, review, bob, own, "end") == dict.fromkeys(own)
    assert not desk.may("bob")


def test_a_ram_user_is_taken_for_the_person_of_the_name(desk: Desk, system: System) -> None:
    bob = Callers(system).user("bob", statement("Allow", "admit:*"))
    review = begin(desk)
    number = items(desk, review)["bob root@db-1"]
    asked = {"ReviewId": review, "Items": [number]}
    (kept,) = desk.system.call("admit", "DecideReviewItems", bob, Verdict="keep", **asked)["Results"]
    assert (kept["Taken"], kept["Reason"]) == (False, reviews.Refusal.OWN.value)
    (ended,) = desk.system.call("admit", "DecideReviewItems", bob, Verdict="end", **asked)["Results"]
    assert ended["Taken"]


def test_a_named_reviewer_needs_a_user_there(desk: Desk) -> None:
    assert refused(begin, desk, Reviewers=["nobody"]) == (404, "EntityNotExist")


def test_it_tells_what_no_reviewer_decides_on(desk: Desk, system: System) -> None:
    asked = {"Name": "Q4", "DueAt": system.clock.now() + DAY, "Unanswered": "end"}
    assert desk.call("CreateReview", **asked)["Unassigned"] == 2
    assert desk.call("CreateReview", Reviewers=["bob"], **asked)["Unassigned"] == 0
    assert desk.call("CreateReview", Owners=False, **asked)["Unassigned"] == 4


def test_a_review_is_closed_early_and_then_takes_no_verdict(desk: Desk, system: System) -> None:
    review = begin(desk)
    desk.call("CloseReview", ReviewId=review, Unanswered="keep")
    settle(system)
    assert desk.may("alice")
    assert told(desk, review)["Phase"] == "closed"
    assert refused(desk.call, "CloseReview", ReviewId=review)[0] == 409
    decide = refused(desk.call, "DecideReviewItems", ReviewId=review, Items=[1], Verdict="end")
    assert decide == (409, "UnsupportedAction.Review")
    number = items(desk, review)["alice root@db-1"]
    became = as_reviewer(system, review, _user(desk, "olga"), [number], "end")
    assert became == {number: reviews.Refusal.OVER}


def test_reviews_are_listed_by_phase(desk: Desk, system: System) -> None:
    first, second = begin(desk), begin(desk, DueAt=system.clock.now() + 30 * DAY)
    system.advance(8 * DAY)

    def phase(word: str | None) -> list[str]:
        return [each["ReviewId"] for each in desk.call("ListReviews", Phase=word)["Reviews"]]

    assert (phase("open"), phase("closing"), phase("closed")) == ([second], [first], [])
    settle(system)
    assert (phase("closed"), phase(None)) == ([first], [second, first])
    page = desk.call("ListReviews", MaxResults=1)
    rest = desk.call("ListReviews", MaxResults=1, NextToken=page["NextToken"])
    assert [each["ReviewId"] for each in rest["Reviews"]] == [first]
    assert refused(desk.call, "GetReview", ReviewId="9999")[0] == 404


def test_items_come_page_by_page(desk: Desk) -> None:
    review = begin(desk)
    first = desk.call("ListReviewItems", ReviewId=review, MaxResults=3)
    rest = desk.call("ListReviewItems", ReviewId=review, MaxResults=3, NextToken=first["NextToken"])
    assert [each["Item"] for each in (*first["Items"], *rest["Items"])] == [1, 2, 3, 4]
    assert "NextToken" not in rest


@pytest.mark.parametrize("few", [1, 1_000])
def test_of_what_was_decided_the_first_comes_first_whether_it_is_little_or_much(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(kept_reviews, "FEW_DECIDED", few)
    review = begin(desk)
    for number in (4, 1, 3):
        desk.call("DecideReviewItems", ReviewId=review, Items=[number], Verdict="keep")
    first = desk.call("ListReviewItems", ReviewId=review, State="kept", MaxResults=2)
    rest = desk.call("ListReviewItems", ReviewId=review, State="kept", NextToken=first["NextToken"])
    assert [[each["Item"] for each in page["Items"]] for page in (first, rest)] == [[1, 3], [4]]


@pytest.mark.parametrize("due", [0, DAY // 48, 400 * DAY])
def test_a_review_is_due_between_an_hour_and_a_year_from_now(desk: Desk, due: int) -> None:
    assert refused(begin, desk, DueAt=desk.system.clock.now() + due)[1] == "InvalidParameter.DueAt"


def test_reviewers_are_mailed_when_it_begins_and_before_it_is_due(desk: Desk, system: System) -> None:
    store = system.admit.store
    follower = review_letters.follower("example.com", "https://admit.example.com")
    follow(store, follower)
    begin(desk, Name="Q4\r\nBcc: everyone", Reviewers=["bob"], Note="look closely")
    follow(store, follower)
    assert _mailed(system) == ["bob@example.com", "olga@example.com"]
    system.advance(4 * DAY)
    settle(system)
    follow(store, follower)
    assert _mailed(system) == ["bob@example.com", "olga@example.com"]
    settle(system)
    follow(store, follower)
    assert _mailed(system) == []


def _mailed(system: System) -> list[str]:
    """Take the letters out of the outbox: to whom each is."""

    def claimed(tx: Any) -> list[str]:
        found = []
        while (message := messages.claim(tx.sql, tx.now, tx.now + HOUR)) is not None:
            assert "\n" not in message.subject
            assert "> look closely" in message.body
            messages.sent(tx.sql, message, tx.now)
            found.append(message.recipient)
        return sorted(found)

    return system.admit.store.write_now(Author("admit", "outbox", ""), claimed)


def fault(system: System) -> str | None:
    with system.admit.store.read() as sql:
        return verify(sql, system.admit.world.sealer.subkey("ledger")).fault


def test_the_ledger_holds_every_verdict(desk: Desk, system: System) -> None:
    review = begin(desk)
    desk.call("DecideReviewItems", ReviewId=review, Items=[1, 2], Verdict="keep", Comment="fine")
    desk.call("DecideReviewItems", ReviewId=review, Items=[1], Verdict="end", Comment="left")
    system.advance(7 * DAY)
    settle(system)
    assert fault(system) is None
    with system.admit.store.engine.begin() as sql:
        sql.execute(text("update review_items set kept_by = 'mallory' where number = 1"))
    assert "has item 1 not as the ledger has it" in (fault(system) or "")


@pytest.mark.parametrize(
    "altered",
    [
        "delete from review_items where number = 2",
        "update review_items set number = 0 where number = 2",
        "update review_items set target = source where number = 2",
        "update review_items set source = target where number = 2",
        "update review_items set directory = source where number = 2",
        "update review_items set ends_at = 1 where number = 2",
        "update review_items set added_in = added_in + 1 where number = 2",
        "update review_items set added_at = 1 where number = 2",
    ],
)
def test_whoever_takes_a_grant_out_of_a_review_or_changes_it_there_is_found_out(
    desk: Desk, system: System, altered: str
) -> None:
    begin(desk)
    assert fault(system) is None

    with system.admit.store.engine.begin() as sql:
        assert sql.execute(text(altered)).rowcount == 1
    assert "review 'Q4' is about other grants than the ledger has" in (fault(system) or "")
