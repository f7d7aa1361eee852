"""What people write about a request, a session, an agreement or a grant harms nobody who reads it."""

import html
import re

import pytest

from admit.console.callers import SORTS, caller_deeds
from admit.console.deeds import deeds
from admit.console.routes import READ
from admit.core.activity import Activity, ActivityKind, Outcome
from admit.core.validity import MINUTE
from tests.browsing import Pages
from tests.callers import Callers, statement, trust
from tests.console.office import SESSION, allow, as_admin, as_caller, record
from tests.console.test_rights import filled
from tests.system import System


@pytest.fixture(scope="module")
def office_of_all(shared: System) -> System:
    """The office, with a RAM user."""
    shared.call("ram", "CreateUser", UserName="robot")
    return shared


@pytest.fixture(scope="module")
def all_pages(office_of_all: System) -> Pages:
    """A browser of the administrator in it."""
    return as_admin(office_of_all)


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


def test_what_was_on_a_terminal_is_no_more_than_text(office: System) -> None:
    """Whoever is recorded writes what they like; who searches for it reads it in a page."""
    recording = record(office, b"$ echo \r\n", EVIL.encode(), b"\x1b]0;<xss-mark>\x07")
    admin = as_admin(office)
    found = admin.get(f"/console/recordings/{recording}/found?q=xss-mark")
    assert found.text.count("&lt;xss-mark") >= 1
    assert "<xss-mark" not in found.text
    # On a page of its own nothing is played: it leads to where that is done.
    place = f'href="/console/recordings/{recording}"'
    assert (place in found.text, "data-seek" in found.text) == (True, False)
    cast = admin.get(f"/console/recordings/{recording}/cast")
    assert "xss-mark" in cast.text
    assert cast.headers["content-type"].startswith("application/x-asciicast")
    assert cast.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", [path for path, _ in READ])
def test_who_only_follows_links_changes_nothing(office_of_all: System, all_pages: Pages, path: str) -> None:
    """A link of another site is followed with the cookie: no address may do anything."""
    before = office_of_all.revision()
    all_pages.get(filled(path))
    for more in ("?step=sure", "?done=removed&step=sure", "?sure=1&verdict=approve"):
        all_pages.get(filled(path).partition("?")[0] + more)
    assert office_of_all.revision() == before


def test_a_deed_of_another_site_is_not_done(office_of_all: System, all_pages: Pages) -> None:
    user = office_of_all.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Id"]
    csrf, before = all_pages.get("/console/grants/new").csrf, office_of_all.revision()
    places = [f"/console/users/{user}/do/{deed}" for deed in ("lock", "delete", "password", "change")]
    places += [f"/console/new/{each.slug}" for each in deeds().made]
    places += [f"/console/ram/new/{sort.slug}" for sort in SORTS]
    places += [f"/console/ram/users/robot/do/{each}" for each in ("key", "delete", "attach", "password")]
    for place in places:
        fields = {
            "step": "sure",
            "name": "x",
            "password": "Correct-Horse-9",
            "policy": "System:ReadOnlyAccess",
        }
        assert all_pages.post(place, fields).status == 403, place
        assert all_pages.post(place, {**fields, "csrf": csrf}, origin="https://evil.test").status == 403, (
            place
        )
    assert office_of_all.revision() == before


def test_no_power_is_given_by_a_browser_that_was_left_open(office: System) -> None:
    """Of everything that gives power or takes away what denies some, nothing is done without proof."""
    callers = Callers(office)
    callers.user("robot", statement("Allow", "admit:*"))
    callers.ram("CreateGroup", GroupName="readers")
    callers.role("auditor", trust(callers.arn("root")))
    names = {"users": "robot", "groups": "readers", "roles": "auditor", "policies": "of-robot"}
    admin = as_admin(office)
    csrf = admin.get("/console/ram/new/users").csrf
    office.advance(11 * MINUTE)
    before = office.revision()
    for deed in caller_deeds().done:
        asked = "&".join(f"{name}=x" for name in deed.given)
        place = f"/console/ram/{deed.sort}/{names[deed.sort]}/do/{deed.slug}?{asked}"
        if deed.fresh and deed.when != "profile":
            fields = {each.name: "x" for each in deed.fields} | {"csrf": csrf, "step": "sure"}
            answer = admin.post(place, fields)
            assert (answer.status, answer.place.partition("?")[0]) == (303, "/prove"), place
    for making in caller_deeds().made:
        if making.fresh:
            answer = admin.post(f"/console/ram/new/{making.sort}", {"csrf": csrf, "step": "sure"})
            assert (answer.status, answer.place.partition("?")[0]) == (303, "/prove"), making
    assert office.revision() == before
