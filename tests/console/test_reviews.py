"""Access reviews in the console: begun, decided on in bulk, closed, and reported."""

import csv
import io
import json
import re
from typing import Any

from admit.control.requests import review_closing
from admit.core.validity import DAY
from tests.browsing import Answer, Pages
from tests.console.office import allow, as_admin, as_caller
from tests.system import System

EVIL = """<xss-mark onload='x'>"{{1337*1331}}{0}{x}"""


def begin(pages: Pages, **fields: Any) -> Answer:
    """Send the form of a review that is due in its usual time and ends what nobody answers."""
    csrf = pages.get("/console/reviews/new").csrf
    given = {"csrf": csrf, "name": "Q4", "unanswered": "end", "owners": "on", **fields}
    return pages.post("/console/reviews/new", given)


def place_of(answer: Answer) -> str:
    assert answer.status == 303, answer.text
    return answer.place.partition("?")[0]


def number(text: str, who: str, what: str) -> str:
    """The number by which a page selects a grant."""
    found = re.search(rf'name="item" value="(\d+)" aria-label="{re.escape(who)} → {re.escape(what)}"', text)
    assert found is not None, text
    return found[1]


def may(office: System, person: str, resource: str) -> bool:
    answer = office.call("admit", "CheckAccess", Person=person, Resource=resource)
    return bool(answer["Decision"]["Allowed"])


def test_a_review_from_its_form_to_its_report(office: System) -> None:
    pages = as_admin(office)
    assert "No review is going on" in pages.get("/console/reviews").text
    made = begin(pages, note="look closely")
    place = place_of(made)
    shown = pages.get(made.place).text
    assert "only administrators can decide" in shown
    assert "look closely" in shown
    bob, dba = number(shown, "bob", "root@db-1"), number(shown, "dba", "root@db-1")
    sent = {"csrf": pages.get(place).csrf, "comment": "left"}
    before = office.revision()
    sure = pages.post(f"{place}/decide", sent | {"verdict": "end", "item": bob}).text
    assert "Lose access: 1" in sure
    assert office.revision() == before
    carried = {"verdict": "end", "items": bob, "step": "sure"}
    ended = pages.post(f"{place}/decide", sent | carried)
    assert ended.place == f"{place}?done=revoked"
    assert pages.post(f"{place}/decide", sent | {"verdict": "keep", "item": dba}).status == 303
    assert (may(office, "bob", "root@db-1"), may(office, "alice", "root@db-1")) == (False, True)
    listed = pages.get("/console/reviews").text
    assert "Q4" in listed
    office.advance(15 * DAY)
    while review_closing.keep_up(office.admit.store):
        pass
    pages = as_admin(office)
    assert "when it was due" in pages.get(f"{place}?state=any").text
    rows = list(csv.DictReader(io.StringIO(pages.get(f"{place}/report.csv").text)))
    told = {(each["who"], each["may_use"]): each for each in rows}
    assert told["bob", "root@db-1"]["state"] == "ended"
    assert told["bob", "root@db-1"]["comment"] == "left"
    report = json.loads(pages.get(f"{place}/report.json").text)
    assert report["Review"]["Phase"] == "closed"
    assert len(report["Items"]) == report["Review"]["Items"] == len(rows)


def test_what_was_typed_stays_where_a_review_cannot_begin(office: System) -> None:
    pages = as_admin(office)
    answer = begin(pages, name="Spring", resource=f"host:{EVIL}", reviewers="alice", kind="host")
    assert answer.status == 404
    assert 'value="Spring"' in answer.text
    assert 'value="host" checked' in answer.text
    assert "<xss-mark" not in answer.text
    assert begin(pages, unused="x", subject="carol", unending="on").status == 400


def test_a_review_is_closed_early_from_its_page(office: System) -> None:
    pages = as_admin(office)
    place = place_of(begin(pages))
    sent = {"csrf": pages.get(place).csrf}
    assert pages.post(f"{place}/close", sent | {"unanswered": "keep"}).place == f"{place}?done=review-closing"
    assert "closing" in pages.get(place).text
    again = pages.post(f"{place}/decide", sent | {"verdict": "end", "item": "1", "step": "sure"})
    assert (again.status, "is over" in again.text) == (409, True)
    assert pages.post(f"{place}/close", sent | {"unanswered": "end"}).status == 409
    assert may(office, "bob", "root@db-1")


def test_closing_with_an_end_shows_beforehand_who_loses_what(office: System) -> None:
    pages = as_admin(office)
    place = place_of(begin(pages, resource="root@db-1"))
    sent = {"csrf": pages.get(place).csrf, "unanswered": "end"}
    before = office.revision()
    sure = pages.post(f"{place}/close", sent).text
    assert "Q4: grants that end: 2" in sure
    assert "Lose access: 2" in sure
    assert office.revision() == before
    assert pages.post(f"{place}/close", sent | {"step": "sure"}).place == f"{place}?done=review-closing"
    while review_closing.keep_up(office.admit.store):
        pass
    assert (may(office, "bob", "root@db-1"), may(office, "alice", "root@db-1")) == (False, False)


def test_nothing_selected_and_what_is_not_taken_say_so(office: System) -> None:
    pages = as_admin(office)
    place = place_of(begin(pages))
    sent = {"csrf": pages.get(place).csrf, "verdict": "keep"}
    assert "Select the grants" in pages.post(f"{place}/decide", sent).text
    refused = pages.post(f"{place}/decide", sent | {"item": "999999"})
    assert (refused.status, "There is no such item." in refused.text) == (409, True)


def test_names_in_a_review_are_no_more_than_names(office: System) -> None:
    pages = as_admin(office)
    made = begin(pages, name=EVIL, note=EVIL)
    place = place_of(made)
    sent = {"csrf": pages.get(place).csrf, "verdict": "keep", "item": "1", "comment": f"=1+1{EVIL}"}
    assert pages.post(f"{place}/decide", sent).status == 303
    for address in (place, f"{place}?state=any", "/console/reviews"):
        text = pages.get(address).text
        assert "xss-mark" in text
        assert "<xss-mark" not in text
    rows = list(csv.DictReader(io.StringIO(pages.get(f"{place}/report.csv").text)))
    assert rows[0]["comment"].startswith("'=1+1")


def test_whoever_may_only_look_decides_on_nothing(office: System) -> None:
    place = place_of(begin(as_admin(office)))
    allow(office, "auditor", "admit:GetReview", "admit:ListReviews", "admit:ListReviewItems")
    pages = as_caller(office, "auditor")
    page = pages.get(place)
    assert "root@db-1" in page.text
    sent = {"csrf": page.csrf, "verdict": "end", "item": "1"}
    before = office.revision()
    assert "What it would do cannot be shown" in pages.post(f"{place}/decide", sent).text
    sent["step"] = "sure"
    assert pages.post(f"{place}/decide", sent).status == 403
    assert pages.post(f"{place}/close", sent | {"unanswered": "end"}).status == 403
    assert begin(pages).status == 403
    assert office.revision() == before


def test_a_form_of_another_site_decides_on_nothing(office: System) -> None:
    pages = as_admin(office)
    place = place_of(begin(pages))
    before = office.revision()
    assert pages.post(f"{place}/decide", {"verdict": "end", "item": "1"}).status == 403
    csrf = pages.get(place).csrf
    sent = {"csrf": csrf, "verdict": "end", "item": "1", "step": "sure"}
    assert pages.post(f"{place}/decide", sent, origin="https://evil.test").status == 403
    assert office.revision() == before
