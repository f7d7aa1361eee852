"""Nobody sees or does more in the console than by the API."""

import re
from collections.abc import Iterator

import pytest

from admit.console.routes import READ, WRITTEN
from admit.console.shelves import SHELVES
from tests.browsing import Pages
from tests.console.office import NAMES, SESSION, allow, as_admin, as_caller
from tests.system import System


def places() -> Iterator[str]:
    """Every page, with something in the place of what its address names."""
    for path, _ in READ:
        yield path
    for shelf in SHELVES:
        yield shelf.place
        yield f"{shelf.place}/{{id}}"
        yield f"{shelf.place}/{{id}}/do/delete"


def filled(path: str) -> str:
    """An address with values for what it names."""
    known = {"id": SESSION if "sessions" in path else "1", "making": "host", "name": "nobody", "deed": "lock"}
    known["sort"] = "users"
    address = path.format_map(known)
    asked = {
        "/console/grants/one": "?who_kind=user&who=1&what_kind=host&what=2",
        "/console/grants/revoke": "?subject=bob&resource=root@db-1",
        "/console/explain": "?person=bob&resource=root@db-1",
        "/console/reach": "?q=bob",
        "/console/search": "?q=bob",
        "/console/recordings/{id}/found": "?q=bob",
    }
    return address + asked.get(path, "")


FORMS_ALONE = {"/console", "/console/grants/new", "/console/reviews/new", "/console/ram/new/{sort}"}
"""Pages that show nothing but a form, or what may be left out."""


def words(text: str) -> str:
    """What a page says, without the address and the menu of the page itself."""
    main = text.partition('id="main">')[2]
    return re.sub(r'value="[^"]*"', "", main)


@pytest.mark.parametrize("path", list(places()))
def test_a_caller_without_any_policy_is_shown_nothing(newcomer: Pages, path: str) -> None:
    answer = newcomer.get(filled(path))

    if path in FORMS_ALONE:
        assert answer.status == 200
    else:
        assert answer.status == 403, words(answer.text)[:500]
    assert not [name for name in NAMES if re.search(rf"\b{name}\b", words(answer.text))]


@pytest.mark.parametrize("path", [path for path, _ in WRITTEN])
def test_a_caller_without_any_policy_changes_nothing(shared: System, newcomer: Pages, path: str) -> None:
    csrf = newcomer.get("/console/grants/new").csrf
    before = shared.revision()
    fields = {
        "csrf": csrf, "step": "sure", "subject": "carol", "resource": "root@db-1", "length": "", "name": "x",
        "kind": "people", "text": "username\nmallory\n", "verdict": "approve", "deed": "key", "hours": "1",
    }  # fmt: skip

    answer = newcomer.post(filled(path), fields)

    # An import tells of each line what became of it.
    assert answer.status == (200 if path == "/console/import" else 403)
    assert shared.revision() == before


def test_a_narrow_policy_opens_its_pages_and_no_others(office: System) -> None:
    allow(office, "auditor", "admit:ListChanges", "admit:GetLedger", "admit:ListSessions")
    pages = as_caller(office, "auditor")

    assert pages.get("/console/ledger").status == 200
    assert "bob" in words(pages.get("/console/sessions").text)
    overview = words(pages.get("/console").text)
    assert "Newest changes" in overview
    assert "Ending soon" not in overview
    for refused in ("/console/grants", "/console/people", f"/console/sessions/{SESSION}", "/console/ram"):
        assert pages.get(refused).status == 403
    answer = pages.post(f"/console/sessions/{SESSION}/end", {"csrf": pages.get("/console/ledger").csrf})
    assert answer.status == 403
    assert office.call("admit", "GetSession", SessionId=SESSION)["Session"]["State"] == "live"


def test_each_change_is_in_the_ledger_as_whoever_made_it(office: System) -> None:
    allow(office, "granter", "admit:GrantAccess")
    pages = as_caller(office, "granter")
    wish = {"subject": "carol", "resource": "root@db-1", "length": "3600000", "step": "sure"}
    answer = pages.post("/console/grants/new", {**wish, "csrf": pages.get("/console/grants/new").csrf})

    assert answer.status == 303
    newest = office.call("admit", "ListChanges", MaxResults=1)["Entries"][0]
    assert newest["By"].endswith(":user/granter")
    assert newest["Action"] == "admit:GrantAccess"


def test_people_have_no_console(office: System) -> None:
    pages = as_admin(office)
    pages.cookies.clear()
    pages.sign_in("alice", "Correct-Horse-7")
    answer = pages.get("/console/grants")
    assert answer.status == 403
    assert "root@db-1" not in answer.text


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(office: System) -> None:
    pages = as_admin(office)
    pages.cookies.clear()
    answer = pages.get("/console/grants?kind=hosts")
    assert (answer.status, answer.place) == (303, "/sign-in?next=%2Fconsole%2Fgrants%3Fkind%3Dhosts")


@pytest.mark.parametrize("path", [path for path, _ in WRITTEN])
def test_a_form_of_another_site_changes_nothing(shared: System, admin: Pages, path: str) -> None:
    pages, before = admin, shared.revision()
    fields = {"subject": "carol", "resource": "root@db-1", "step": "sure", "csrf": "0" * 64}
    assert pages.post(filled(path), fields).status == 403
    csrf = pages.get("/console/grants/new").csrf
    assert pages.post(filled(path), {**fields, "csrf": csrf}, origin="https://evil.test").status == 403
    assert shared.revision() == before
