"""Access reviews on the pages of those who review: theirs, and nobody else's."""

import html
import json
import re
from typing import Any

import pytest

from admit.control.requests import reviews
from admit.core.links import Kind
from admit.core.validity import DAY
from admit.store import review_counts, things
from admit.store.reviews import Sight
from tests.browsing import Pages
from tests.portal.people import Town, send
from tests.system import System


@pytest.fixture
def town(system: System) -> Town:
    """alice and bob may use the host; olga reviews it."""
    town = Town(system)
    for name in ("alice", "bob", "olga"):
        town.bastion.user(name)
    for name in ("alice", "bob"):
        town.system.call("admit", "GrantAccess", Subject=name, Resource="host:db-1")
    return town


def begin(town: Town, **more: Any) -> str:
    asked = {"Name": "Q4", "DueAt": town.system.clock.now() + 7 * DAY, "Unanswered": "end"} | more
    return str(town.system.call("admit", "CreateReview", **asked)["Review"]["ReviewId"])


def numbers(page: str) -> dict[str, str]:
    """The number of each grant that a page shows, by who has it."""
    return {who: number for number, who in re.findall(r'for="item-(\d+)"><span><strong>(.*?)</strong>', page)}


def may(town: Town, person: str) -> bool:
    answer = town.system.call("admit", "CheckAccess", Person=person, Resource="host:db-1")
    return bool(answer["Decision"]["Allowed"])


def test_of_much_that_waits_about_so_much_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(town, Reviewers=["olga"])
    town.system.call("admit", "RevokeAccess", Subject="bob", Resource="host:db-1")
    olga = town.browser("olga", is_new=False)
    assert "1 wait for you" in olga.get("/home").text
    monkeypatch.setattr(review_counts, "FEW", 1)
    assert "2 wait for you" in olga.get("/home").text
    monkeypatch.setattr(review_counts, "MOST_COUNTED", 1)
    assert "1 wait for you" in olga.get("/home/reviews").text


def test_a_reviewer_finds_decides_and_is_thanked(town: Town) -> None:
    review = begin(town, Reviewers=["olga"], Note="who still works there?")
    olga = town.browser("olga", is_new=False)
    home = olga.get("/home").text
    assert f"/home/reviews/{review}" in home
    assert "2 wait for you" in home
    assert "who still works there?" in olga.get("/home/reviews").text
    place = f"/home/reviews/{review}"
    page = olga.get(place).text
    assert "never used" in page
    found = numbers(page)
    leaving = {"item": found["alice"], "verdict": "end", "comment": "left"}
    before = town.system.revision()
    sure = send(olga, f"{place}/decide", leaving).text
    assert "Lose access: 1" in sure
    assert '<strong>alice</strong> → <strong class="a-mono">host:db-1</strong>' in sure
    assert "No live session ends." in sure
    assert town.system.revision() == before
    ended = send(olga, f"{place}/decide", leaving | {"step": "sure"})
    assert ended.place == f"{place}?done=end"
    assert send(olga, f"{place}/decide", {"item": found["bob"], "verdict": "keep"}).status == 303
    assert (may(town, "alice"), may(town, "bob")) == (False, True)
    assert "Thank you" in olga.get(place).text
    decided = olga.get(f"{place}?all").text
    assert "left" in decided
    assert "No review waits for you" in olga.get("/home/reviews").text
    (ended_item,) = town.system.call("admit", "ListReviewItems", ReviewId=review, State="ended")["Items"]
    assert ended_item["DecidedBy"] == "olga"


def test_whoever_reviews_nothing_sees_and_decides_nothing(town: Town) -> None:
    review = begin(town, Reviewers=["olga"])
    bob = town.browser("bob", is_new=False)
    place = f"/home/reviews/{review}"
    missing = bob.get("/home/reviews/999999")
    there = bob.get(place)
    assert (there.status, missing.status) == (404, 404)
    assert "Q4" not in there.text
    before = town.system.revision()
    for address in (place, "/home/reviews/999999"):
        assert send(bob, f"{address}/decide", {"item": "1", "verdict": "end"}).status == 404
    assert town.system.revision() == before
    assert "Q4" not in bob.get("/home").text


def test_a_reviewer_decides_on_no_item_of_another_directory_or_review(town: Town) -> None:
    """The host is of the bastion host, the account of another owner: each reviewer has their own."""
    town.bastion.call(
        "CreateHostAccount", HostId=town.host, ProtocolName="SSH", HostAccountName="root", Password="x"
    )
    town.system.call("admit", "OfferAccess", Resource="root@db-1", Owners=["bob"])
    town.system.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")
    review = begin(town, Reviewers=[])
    bob = town.browser("bob", is_new=False)
    place = f"/home/reviews/{review}"
    mine = numbers(bob.get(place).text)
    assert list(mine) == ["alice"]
    listed = town.system.call("admit", "ListReviewItems", ReviewId=review)["Items"]
    others = [each["Item"] for each in listed if str(each["Item"]) != mine["alice"]]
    before = town.system.revision()
    for number in others:
        sure = send(bob, f"{place}/decide", {"item": number, "verdict": "end"}).text
        assert "Lose access: 0" in sure
        send(bob, f"{place}/decide", {"item": number, "verdict": "end", "step": "sure"})
    assert town.system.revision() == before
    assert may(town, "alice")


def test_what_stands_on_a_condition_is_not_counted_as_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, space = town.system.call, {"Space": "shop"}
    call("admit", "RegisterType", Name="record", Actions=["read"], **space)
    entities = json.dumps([{"Id": each} for each in ("r-1", "r-2")])
    call("admit", "PutEntities", Type="record", Role="resource", Entities=entities, **space)
    for name, condition in (
        ("record:r-1", "context.ticket.startsWith('T-')"),
        ("record:r-2", None),
        ("record:*", "context.hour < 18"),
    ):
        call(
            "admit",
            "GrantActions",
            Subject="alice",
            Resource=name,
            Actions=["read"],
            Condition=condition,
            **space,
        )
    review = begin(town, Reviewers=["olga"])
    with town.system.admit.store.read() as sql:
        permissions = frozenset(each.key for each in things.find(sql, things.Where(Kind.PERMISSION)))
    # Nobody owns permissions yet; whoever will is to be told rightly.
    monkeypatch.setattr(reviews, "sight_of", lambda *_: Sight(permissions))
    olga = town.browser("olga", is_new=False)
    place = f"/home/reviews/{review}"
    listed = call("admit", "ListReviewItems", ReviewId=review)["Items"]
    number = {each["Resource"].get("Inside"): each["Item"] for each in listed}
    shown = olga.get(place).text
    assert "record:r-1 · read if context.ticket" in shown

    def told(*names: str) -> str:
        fields = {"item": [number[name] for name in names], "verdict": "end"}
        return html.unescape(" ".join(send(olga, f"{place}/decide", fields).text.split()))

    # What alice could do for sure she can do when the clock is kind, by what she is granted of all records.
    sure = told("record:r-1", "record:r-2")
    assert ("Lose access: 0<" in sure, "Keep it otherwise: 2" in sure) == (True, True)
    assert sure.count("only if <code>context.hour < 18</code> (context.hour is missing)") == 2
    perhaps = told("record:r-1", "record:*")
    assert "Lose access: 0, on a condition: 2" in perhaps
    assert "before: only if <code>context.ticket" in perhaps
    assert "Lose access: 1, on a condition: 2" in told("record:r-1", "record:r-2", "record:*")


def test_a_reviewer_cannot_keep_their_own_access(town: Town) -> None:
    review = begin(town, Reviewers=["bob"])
    bob = town.browser("bob", is_new=False)
    place = f"/home/reviews/{review}"
    page = bob.get(place).text
    assert "It gives access to you" in page
    own = numbers(page)["bob"]
    kept = send(bob, f"{place}/decide", {"item": own, "verdict": "keep"})
    assert (kept.status, "Nobody keeps what gives access to themselves" in kept.text) == (409, True)
    assert send(bob, f"{place}/decide", {"item": own, "verdict": "end", "step": "sure"}).status == 303
    assert not may(town, "bob")


def test_nothing_selected_says_so_and_forgeries_are_refused(town: Town) -> None:
    review = begin(town, Reviewers=["olga"])
    olga = town.browser("olga", is_new=False)
    place = f"/home/reviews/{review}"
    assert "Select the grants" in send(olga, f"{place}/decide", {"verdict": "end"}).text
    assert olga.post(f"{place}/decide", {"item": "1", "verdict": "end"}).status == 403
    sent = {"item": "1", "verdict": "end", "step": "sure", "csrf": olga.get(place).csrf}
    assert olga.post(f"{place}/decide", sent, origin="https://evil.test").status == 403
    assert may(town, "alice")


def test_a_review_that_is_due_takes_nothing_any_more(town: Town) -> None:
    review = begin(town, Reviewers=["olga"])
    town.system.advance(7 * DAY)
    olga = town.browser("olga", is_new=False)
    place = f"/home/reviews/{review}"
    page = olga.get(f"{place}?all")
    assert "Keep selected" not in page.text
    for verdict in ("keep", "end"):
        answer = send(olga, f"{place}/decide", {"item": "1", "verdict": verdict})
        assert (answer.status, "The review is over." in answer.text) == (409, True)


def test_many_grants_come_page_by_page(town: Town) -> None:
    for number in range(26):
        town.bastion.ram_user(f"user-{number:02}", f"2{number}")
        town.system.call("admit", "GrantAccess", Subject=f"user-{number:02}", Resource="host:db-1")
    review = begin(town, Reviewers=["olga"])
    olga: Pages = town.browser("olga", is_new=False)
    first = olga.get(f"/home/reviews/{review}").text
    after = re.search(r'href="\?after=(\d+)"', first)
    assert after is not None
    rest = olga.get(f"/home/reviews/{review}?after={after[1]}").text
    assert (len(numbers(first)), len(numbers(rest))) == (25, 3)
    assert not set(numbers(first)) & set(numbers(rest))
