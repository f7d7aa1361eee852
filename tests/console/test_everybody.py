"""Every page can be used by everybody: in each theme and language, on a phone, without a mouse."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from admit.console.routes import READ
from admit.console.shelves import SHELVES, place_of
from admit.core.validity import DAY, MINUTE
from tests.browser.place import THEMES, in_both_themes, in_themes, violations
from tests.callers import Callers, document, statement, trust
from tests.conftest import Template
from tests.console.office import SESSION, record
from tests.console.place import Place, served
from tests.system import System

DESK, PHONE = 1280, 390
"""How wide the screens are."""
NO_PAGES = {
    "/console/suggest",
    "/console/grants.csv",
    "/console/recordings/{id}/cast",
    "/console/recordings/{id}/live",
}
NO_PAGES |= {f"/console/reviews/{{id}}/report.{form}" for form in ("csv", "json")}
"""What the console answers with something else than a page."""


REVIEW = {"Name": "Q4", "Unanswered": "end", "Reviewers": ["alice"], "Note": "Who still needs it?"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[Place]:
    """An office in which every page has something to show."""
    with served(tmp_path_factory.mktemp("everybody") / "data", template) as found:
        with ThreadPoolExecutor(1) as other:
            other.submit(furnish_more, found.office).result()
        yield found


def furnish_more(office: System) -> None:
    office.call("admit", "OfferAccess", Resource="nightly@db-1", Owners=["alice"])
    office.call(
        "admit", "AgreeBreakGlass", Subject="alice", Resource="root@web-2", Lasting=3_600_000, Note="night"
    )
    office.call("admit", "CreateReview", **REVIEW, DueAt=office.clock.now() + 9 * DAY)
    office.call("ram", "CreateUser", UserName="robot")
    office.call("ram", "CreateAccessKey", UserName="robot")
    callers = Callers(office)
    callers.ram("CreateGroup", GroupName="readers", Comments="Who may look")
    callers.ram("AddUserToGroup", GroupName="readers", UserName="robot")
    callers.role("auditor", trust(callers.arn("root")), statement("Allow", "admit:List*"))
    callers.policy("look", statement("Allow", ["admit:List*", "admit:Get*"]))
    callers.attach("look", role="auditor")
    callers.ram("AttachPolicyToGroup", GroupName="readers", PolicyName="look", PolicyType="Custom")
    other = document(statement("Allow", "admit:Get*"))
    callers.ram("CreatePolicyVersion", PolicyName="look", PolicyDocument=other)
    record(office, b"$ ls\r\n", b"notes.txt\r\n")
    office.advance(MINUTE)
    idaas = office.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    about = {"InstanceId": idaas, "ClientToken": "t-1"}
    office.call(
        "eiam",
        "CreateAuthorizationRule",
        ProjectId="iprj_system_default",
        AuthorizationRuleName="build",
        **about,
    )


def addresses_of_the_console(office: System) -> list[str]:
    """An address for every page of the console."""
    found = [
        "/console", "/console/search?q=db", "/console/grants", "/console/grants?status=any&q=nothing-like-it",
        "/console/grants/new", "/console/grants/revoke?subject=bob&resource=root@db-1",
        "/console/explain?person=bob&resource=root@db-1", "/console/explain?person=carol&resource=root@db-1",
        "/console/reach?q=alice", "/console/requests?state=any", "/console/break-glass",
        "/console/sessions?state=any", "/console/reviews", "/console/reviews/new",
        f"/console/sessions/{SESSION}", "/console/recordings", "/console/activity", "/console/ledger",
        "/console/import", "/console/ram", "/console/ram/users/robot", "/console/health",
        "/console/no-such-page",
        "/explorer", "/explorer/admit/GrantAccess", "/explorer/eiam/UpdateAuthorizationRuleGroupAttachment",
    ]  # fmt: skip
    then = office.clock.now() - MINUTE // 2
    found.append(f"/console/reviews/{office.call('admit', 'ListReviews')['Reviews'][0]['ReviewId']}")
    found += [f"{place}?at={then}" for place in (found[-1], "/console/requests", "/console/reviews")]
    found += [f"{place}?at={then}" for place in ("/console", "/console/ram", "/console/ram/users/robot")]
    found.append(f"/console/break-glass?at={then}")
    found += ["/console/ram/policies?type=System", "/console/ram/policies/look?version=v2"]
    found += ["/console/ram/groups/readers", "/console/ram/roles/auditor", "/console/ram/new/roles"]
    found += ["/console/ram/policies/look/do/edit", f"/console/ram/policies/look?at={then}"]
    recording = office.call("admit", "ListRecordings")["Recordings"][0]["RecordingId"]
    found += [f"/console/recordings/{recording}", f"/console/recordings/{recording}/found?q=notes"]
    things: dict[str, Any] = {}
    for shelf in SHELVES:
        if shelf.slug in ("people", "hosts", "share-keys"):
            found.append(shelf.place)
        listed = office.call("admit", "ListThings", Kinds=[shelf.kind], MaxResults=20)["Things"]
        # An application made an alice of its own directory besides: who is in the group is the other.
        things |= {each["Label"]: each for each in listed if each.get("InsideKind") != "idaas"}
        if shelf.slug in ("people", "groups", "hosts", "accounts", "rules", "control-policies"):
            found += [str(place_of(each)) for each in listed[:1]]
    bob, dba, alice = (things[name] for name in ("user:bob", "group:dba", "user:alice"))
    found += [
        f"{place_of(bob)}/do/lock",
        f"{place_of(bob)}/do/change",
        "/console/new/host",
        "/console/new/rule",
    ]
    found += [f"{place_of(dba)}?tab={tab}" for tab in ("members", "grants", "history", "details")]
    ends = f"who_kind=user&who={alice['Id']}&what_kind=group&what={quote(dba['Id'])}"
    found.append(f"/console/joins/detach?{ends}")
    account = things["root@db-1"]
    ends = f"who_kind=group&who={dba['Id']}&what_kind=host+account&what={account['Id']}"
    return [*found, f"/console/grants/one?{ends}"]


def looked_at(page: Page, addresses: list[str], *, in_both: bool) -> dict[str, list[str]]:
    """What is wrong with pages: with each in both themes, or with one in the one and the next in the other.

    A phone has the colours of a desk. Its own bars and menus are the same on all pages, and so seen in both.
    """
    found: dict[str, list[str]] = {}
    for number, address in enumerate(addresses):
        page.goto(address)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (
            f"{address} is too wide"
        )
        assert page.evaluate("document.querySelector('.a-skip, main') !== null"), address
        # Each begins in the theme that the one before it was left in, if it was seen in both.
        first, other = THEMES if number % 2 == 0 else reversed(THEMES)
        wrong = in_themes(page, first, other) if in_both else in_themes(page, first)
        if wrong:
            found[address] = wrong
    return found


def test_every_page_of_the_console_is_among_them(place: Place) -> None:
    with ThreadPoolExecutor(1) as other:
        addresses = other.submit(addresses_of_the_console, place.office).result()
    shown = [re.sub(r"\?.*", "", each) for each in addresses]
    forms = {path: re.compile(re.sub(r"{\w+}", "[^/]+", path)) for path, _ in READ}
    assert {path for path, form in forms.items() if not any(map(form.fullmatch, shown))} == NO_PAGES


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize(("language", "width"), [("en", DESK), ("zh", PHONE)])
def test_no_page_of_the_console_and_the_explorer_keeps_anybody_out(
    place: Place, language: str, width: int, part: int
) -> None:
    with ThreadPoolExecutor(1) as other:
        addresses = other.submit(addresses_of_the_console, place.office).result()
    with place.visiting(language, width) as page:
        assert looked_at(page, addresses[part::3], in_both=width == DESK) == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_drawer_keeps_nobody_out(place: Place, language: str) -> None:
    with place.visiting(language) as page:
        page.goto("/console/grants")
        page.click("#list tbody [data-drawer]")
        page.wait_for_selector("dialog[open] .c-pair")
        assert violations(page) == []


@pytest.mark.parametrize(("language", "width"), [("en", DESK), ("zh", PHONE)])
def test_what_is_shown_before_something_is_done_keeps_nobody_out(
    place: Place, language: str, width: int
) -> None:
    with place.visiting(language, width) as page:
        page.goto("/console/import")
        page.fill("#text", "username,display name,groups\nmei,Mei,dba;new\nalice,Alice,\nno good!,x,\n")
        page.click("button[value=preview]")
        page.wait_for_selector("button[value=sure]")
        assert in_both_themes(page) == []
        page.goto("/console/reviews")
        page.click("#list tbody a")
        end_first(page)
        assert in_both_themes(page) == []
    with place.visiting(language, width, name="alice") as page:
        page.goto("/home/reviews")
        page.click("main a.primary")
        end_first(page)
        assert in_both_themes(page) == []


def end_first(page: Page) -> None:
    """Select the first grant of a review to be ended, and see what that would do."""
    page.locator("[name=item]").first.check()
    page.click(".r-bulk button[value=end]")
    page.wait_for_selector("button[value=sure]")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


OF_PEOPLE = (
    "/home",
    "/home/ask",
    "/home/requests",
    "/home/reviews",
    "/home/settings",
    "/home/settings/authenticator",
    "/prove?next=/home/settings",
    "/terminal/root@db-1",
    "/terminal/x@nowhere",
    "/console",
    "/no-such-page",
)
"""Pages of whoever is no administrator; the last ones are refused to them."""


@pytest.mark.parametrize(("language", "width"), [("en", DESK), ("zh", PHONE)])
def test_no_page_for_people_keeps_anybody_out(place: Place, language: str, width: int) -> None:
    glass = place.call("ListBreakGlass")["Agreements"][0]["AgreementId"]
    with ThreadPoolExecutor(1) as other:
        idaas = other.submit(place.office.call, "eiam", "ListInstances").result()["Instances"][0][
            "InstanceId"
        ]
    refused = [f"/oidc/{idaas}/authorize?client_id=nobody&response_type=code", f"/oidc/{idaas}/device"]
    review = place.call("ListReviews")["Reviews"][0]["ReviewId"]
    more = [f"/home/break-glass/{glass}", f"/home/reviews/{review}", *refused]
    with place.visiting(language, width, name="alice") as page:
        found = looked_at(page, [*OF_PEOPLE, *more], in_both=width == DESK)
        page.context.clear_cookies(name="admit")
        found |= looked_at(page, ["/sign-in"], in_both=True)
        page.fill("[name=name]", "alice")
        page.fill("[name=password]", "wrong")
        page.click("main button.primary")
        page.wait_for_selector(".a-note")
        found["a wrong password"] = violations(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_the_keyboard_alone_comes_everywhere_and_sees_where_it_is(place: Place) -> None:
    with place.visiting() as page:
        for address in ("/console/grants", "/home", "/explorer"):
            page.goto(address)
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "a-skip"
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            focus = "getComputedStyle(document.activeElement)"
            assert page.evaluate("document.activeElement.closest('main') !== null"), address
            assert page.evaluate(f"{focus}.outlineStyle") != "none", address


def test_a_page_is_printed_without_its_menu_and_buttons(place: Place) -> None:
    with place.visiting() as page:
        page.emulate_media(media="print")
        for address, gone in (("/console/grants", ".c-side, .c-top, .c-head .a-button"), ("/home", ".a-bar")):
            page.goto(address)
            assert page.locator("main").is_visible()
            shown = page.evaluate(
                "(gone) => [...document.querySelectorAll(gone)].filter((each) => each.offsetParent).length",
                gone,
            )
            assert shown == 0, address
