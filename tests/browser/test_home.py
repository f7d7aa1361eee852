"""What a person meets in a browser: their page, the terminal, asking, passkeys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from admit.base.clock import SystemClock
from admit.core.validity import MINUTE, SECOND
from tests.browser.place import Place, authenticator, in_both_themes, shown, sign_in, until_shown
from tests.ssh.office import PASSWORD


@pytest.fixture
def account(place: Place) -> Iterator[str]:
    """What alice may use before a test, and after it again."""
    resource = f"{place.office.target.account}@db-1"
    place.call("GrantAccess", Subject="alice", Resource=resource)
    yield resource
    place.call("GrantAccess", Subject="alice", Resource=resource)


def test_from_signing_in_to_a_shell_on_a_host(place: Place, account: str) -> None:
    with place.visiting() as page:
        page.goto("/home")
        sign_in(page, "alice")
        page.click(f"a:text-is('{account}')")
        until_shown(page, "#")
        page.keyboard.type("stty size; echo h\u00e9llo-$((40+2))\n")
        until_shown(page, "h\u00e9llo-42")
        assert _size(page) in shown(page)
        # The host hears of another size by itself, and its shell says so.
        page.keyboard.type("trap 'echo resized to $(stty size)' WINCH; clear; echo listening-$((40+2))\n")
        until_shown(page, "listening-42")
        page.set_viewport_size({"width": 700, "height": 400})
        until_shown(page, "resized to")
        page.keyboard.type("clear; stty size\n")
        until_shown(page, _size(page))
        (live,) = place.call("ListSessions", State="live")["Sessions"]
        assert (live["Person"], live["Resource"], live["What"]) == ("alice", account, "shell")
        page.keyboard.type("exit\n")
        page.wait_for_selector("dialog[open] h2:text-is('The session is over')")
    assert place.call("ListSessions", State="live")["Sessions"] == []
    recordings = place.call("ListRecordings")["Recordings"]
    assert any(each["SessionId"] == live["SessionId"] for each in recordings)


def _size(page: Page) -> str:
    return str(page.evaluate("[window.terminal.rows, window.terminal.cols].join(' ')"))


def test_a_revoke_cuts_the_terminal_while_the_home_page_drops_the_tile(place: Place, account: str) -> None:
    with place.signed_in() as home, place.signed_in() as page:
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        home.wait_for_selector(f"[data-name='{account}']")
        place.call("RevokeAccess", Subject="alice", Resource="host:db-1")
        page.wait_for_selector("dialog[open]")
        assert page.text_content("#over-title") == "Your access has ended"
        assert page.text_content("#over-text") == f"Your access to {account} ended: the grant was revoked."
        home.wait_for_selector(f"[data-name='{account}']", state="detached")
        assert f"{account} has ended." in str(home.text_content("#said"))
        page.click("#again")
        page.wait_for_selector("dialog[open]")
        assert page.text_content("#over-title") == "This cannot be opened"


def test_a_flood_is_held_back_and_can_be_stopped(place: Place, account: str) -> None:
    with place.signed_in() as page:
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        page.keyboard.type("yes 0123456789012345678901234567890123456789\n")
        until_shown(page, "0123456789012345678901234567890123456789\n0123456789")
        page.keyboard.press("Control+c")
        page.keyboard.type("clear; echo still-$((1+1))\n")
        until_shown(page, "still-2")
        assert page.query_selector("dialog[open]") is None


def test_what_changes_while_the_page_is_made_is_shown_as_well(place: Place) -> None:
    place.office.add_host("late", place.office.target.port)
    with place.visiting() as page:
        held: list[Route] = []
        page.route("**/home/events*", lambda route: held.append(route))  # noqa: PLW0108 - it cannot be marked
        sign_in(page, "alice")
        while not held:
            page.wait_for_timeout(20)
        place.call("GrantAccess", Subject="alice", Resource="host:late")
        held[0].continue_()
        page.wait_for_selector("[data-name='late']")
        assert "You may use late now." in str(page.text_content("#said"))


def test_signing_out_ends_the_terminal_and_leaves_the_page(place: Place, account: str) -> None:
    with place.signed_in() as page:
        home = page.context.new_page()
        home.goto("/home")
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        other = page.context.new_page()
        other.goto("/home")
        other.click("button[title='Sign out']")
        page.wait_for_selector("dialog[open]")
        assert page.text_content("#over-title") == "You are signed out"
        home.wait_for_url("**/sign-in?next=/home")


def test_asked_for_approved_used_and_over(place: Place) -> None:
    place.office.add_host("spare", place.office.target.port)
    place.call("OfferAccess", Resource="host:spare", Owners=["bob"], Note="Say which ticket.")
    with place.signed_in() as page, place.signed_in("bob") as owner:
        page.click("main a:text-is('Ask for access')")
        page.click("label:has-text('spare')")
        page.click("label:has-text('4 h')")
        page.fill("#reason", "ticket 7")
        page.click("button:text-is('Ask')")
        page.wait_for_selector(".a-badge:has-text('waiting')")
        page.goto("/home")

        owner.wait_for_selector("section.h-decide")
        owner.click("section.h-decide a")
        assert "ticket 7" in str(owner.text_content("blockquote"))
        owner.fill("input[name=comment]", "until the release")
        owner.click("button:text-is('Approve')")
        owner.wait_for_selector("section.h-decide", state="detached")

        page.wait_for_selector("[data-name='spare']")
        (told,) = place.call("ListAccessRequests", State="approved")["AccessRequests"]
        assert (told["Person"], told["DecidedBy"], told["Comment"]) == ("alice", "bob", "until the release")
        end = SystemClock().now() + 2 * SECOND
        place.call("GrantAccess", Subject="alice", Resource="host:spare", EndTime=end)
        page.wait_for_selector("[data-name='spare']", state="detached")
        page.wait_for_selector("section:has(#had) :text-is('spare')")


def test_a_terminal_ends_with_its_time(place: Place, account: str) -> None:
    with place.signed_in() as page:
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        end = SystemClock().now() + 4 * SECOND
        place.call("GrantAccess", Subject="alice", Resource=account, EndTime=end)
        page.wait_for_selector("#left[data-soon]")
        page.wait_for_selector("dialog[open]")
        assert page.text_content("#over-title") == "Your time is over"


def test_glass_is_broken_on_a_page_that_says_what_it_means(place: Place) -> None:
    place.office.add_host("vault", place.office.target.port)
    place.call("AgreeBreakGlass", Subject="bob", Resource="host:vault", Lasting=3_600_000)
    with place.signed_in("bob") as page:
        page.click("a:text-is('Break glass')")
        page.fill("#reason", "the shop is down")
        page.click("button:text-is('Break glass')")
        page.wait_for_selector("[data-name='vault']")
    (told,) = place.call("ListAccessRequests", Person="bob", State="approved")["AccessRequests"]
    assert told["Reason"] == "the shop is down"
    assert told["AgreementId"]


def test_a_passkey_signs_in_and_one_that_was_removed_does_not(place: Place) -> None:
    with place.signed_in("bob") as page, authenticator(page):
        page.goto("/home/settings")
        page.fill("#passkey-name", "<b>Laptop</b>")
        page.click("button:text-is('Add a passkey')")
        page.wait_for_url("**done=passkey")
        assert page.text_content(".h-keys strong") == "<b>Laptop</b>"

        page.click("button[title='Sign out']")
        page.wait_for_url("**/sign-in")
        page.click("button:text-is('Sign in with a passkey')")
        page.wait_for_url("**/home")
        page.goto("/home/settings")
        page.click("button:has-text('Remove')")
        page.wait_for_url("**done=passkey-removed")
        page.click("button[title='Sign out']")
        page.wait_for_url("**/sign-in")
        page.click("button:text-is('Sign in with a passkey')")
        page.wait_for_selector("#fault:not([hidden])")
        assert page.url.endswith("/sign-in")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_terminal_that_is_open_warns_and_ends_keeps_nobody_out(
    place: Place, account: str, language: str
) -> None:
    """Every other page is looked at in tests/console/test_everybody.py."""
    locale = {"en": "en-GB", "zh": "zh-CN"}[language]
    ended = {"en": "Your access has ended", "zh": "您的访问权限已结束"}[language]
    with place.signed_in(color_scheme="light", locale=locale) as page:
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        faults = in_both_themes(page)
        page.screenshot(path=place.pictures / f"terminal-{language}.png")
        end = SystemClock().now() + 4 * MINUTE
        place.call("GrantAccess", Subject="alice", Resource=account, EndTime=end)
        page.wait_for_selector("#warning:visible")
        faults += in_both_themes(page)
        place.call("RevokeAccess", Subject="alice", Resource="host:db-1")
        page.wait_for_selector(f"dialog[open] h2:text-is('{ended}')")
        faults += in_both_themes(page)
    assert faults == []


def test_without_a_script_all_but_the_terminal_works(place: Place) -> None:
    place.office.add_host("plain", place.office.target.port)
    place.call("OfferAccess", Resource="host:plain")
    with place.visiting(java_script_enabled=False) as page:
        sign_in(page, "alice", PASSWORD)
        page.fill("#q", "nothing-like-it")
        page.press("#q", "Enter")
        page.wait_for_selector("h2:text-is('Nothing that you may use is called so')")
        page.goto("/home/ask")
        page.click("label:has-text('plain')")
        page.fill("#reason", "without a script")
        page.click("button:text-is('Ask')")
        page.click("article:has-text('without a script') button:text-is('Withdraw')")
        page.wait_for_selector("article:has-text('without a script') .a-badge:has-text('withdrawn')")
        page.goto("/terminal/x@y")
        assert "needs JavaScript" in str(page.text_content(".a-note p"))
