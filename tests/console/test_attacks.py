"""What people write about a request, a session, an agreement or a grant harms nobody who reads it."""

import html
import re

import pytest

from admit.console.routes import READ
from admit.core.activity import Activity, ActivityKind, Outcome
from tests.browsing import Pages
from tests.console.office import SESSION, allow, as_admin, as_caller
from tests.console.test_rights import filled
from tests.system import System

EVIL = """<xss-mark onload='x'>"{{1337*1331}}{0}{x}"""
"""Markup, the end of an attribute, a template and a format: what no page may hold as it is."""


@pytest.mark.parametrize(
    "path", [path for path, _ in READ if "report" not in path and path != "/console/grants.csv"]
)
def test_no_page_can_be_framed_or_load_what_is_not_ours(admin: Pages, path: str) -> None:
    answer = admin.get(filled(path))
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_that_people_write_is_more_than_text(office: System) -> None:
    for action, parameters in (
        ("OfferAccess", {"Resource": "nightly@db-1", "Note": EVIL}),
        (
            "AgreeBreakGlass",
            {"Subject": "alice", "Resource": "root@web-2", "Lasting": 3_600_000, "Note": EVIL},
        ),
        ("EndSession", {"SessionId": SESSION, "Reason": EVIL}),
    ):
        office.call("admit", action, **parameters)
    alice = Pages(office)
    alice.sign_in("alice", "Correct-Horse-7")
    form = alice.get("/home/ask")
    resource = re.search(r'name="resource" value="([^"]+)"', form.text)
    assert resource is not None
    asked = {"csrf": form.csrf, "resource": html.unescape(resource[1]), "reason": EVIL, "lasting": "3600000"}
    assert alice.post("/home/ask", asked).status == 303

    admin = as_admin(office)
    places = (
        "/console/requests?state=any",
        "/console/break-glass",
        f"/console/sessions/{SESSION}",
        "/console/ledger",
    )
    for language in ("en", "zh"):
        admin.cookies["admit_language"] = language
        texts = {
            place: admin.get(place) for place in (*places, "/console/activity", "/console/sessions?state=any")
        }
        assert {answer.status for answer in texts.values()} == {200}
        shown = " ".join(answer.text for answer in texts.values())
        assert shown.count("&lt;xss-mark") >= 2
        assert "<xss-mark" not in shown
        assert "1779547" not in shown


def test_commands_and_names_of_files_are_no_more_than_text(office: System) -> None:
    """What was typed in a session and which files were copied stand in the activity, as they are."""
    for kind, what in ((ActivityKind.COMMAND, EVIL), (ActivityKind.TRANSFER, f"download /tmp/{EVIL}")):
        noted = Activity(office.clock.now(), kind, Outcome.OK, "bob", action=what, session=SESSION)
        office.admit.world.activities.note(noted)
    office.admit.world.activities.write(office.admit.store, office.admit.world.metrics)
    admin = as_admin(office)
    for place in ("/console/activity", f"/console/sessions/{SESSION}"):
        text = admin.get(place).text
        assert text.count("&lt;xss-mark") >= 2, place
        assert "<xss-mark" not in text, place
        assert "1779547" not in text, place


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_typed_in_vain_comes_back_as_text(shared: System, admin: Pages, language: str) -> None:
    pages = Pages(shared, cookies={**admin.cookies, "admit_language": language})
    csrf, before = pages.get("/console/grants/new").csrf, shared.revision()
    user = shared.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Id"]
    for place, fields in (
        ("/console/grants/new", {"subject": EVIL, "resource": "root@db-1"}),
        ("/console/grants/new", {"subject": "{x}", "resource": "{0.__class__}"}),
        (f"/console/users/{user}/do/person", {"person": EVIL}),
        ("/console/new/unit", {"idaas": EVIL, "unit": "{x}", "name": EVIL}),
        ("/console/break-glass", {"subject": EVIL, "resource": EVIL}),
    ):
        answer = pages.post(place, {"csrf": csrf, "step": "preview", **fields})
        assert answer.status in (200, 400, 404), place
        assert "<xss-mark" not in answer.text
        assert "1779547" not in answer.text
    assert shared.revision() == before


def test_a_preview_opens_nothing_that_its_calls_would_not(office: System) -> None:
    """Who may only look beforehand sees that the call is refused, and cannot make it."""
    allow(office, "looker", "admit:DescribeThing", "admit:PreviewCalls")
    pages = as_caller(office, "looker")
    user = office.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Id"]
    place, before = f"/console/users/{user}/do/lock", office.revision()
    shown = pages.get(place)
    assert "This would be refused" in shown.text
    assert "Lose access: 0" in shown.text
    assert pages.post(place, {"csrf": shown.csrf, "step": "sure"}).status == 403
    assert office.revision() == before
