"""Access reviews in a real browser, while somebody works with the access that they are about."""

from playwright.sync_api import Page

from tests.browser.place import Place, sign_in, until_shown


def begun(place: Place, admin: Page, name: str, **fields: str) -> None:
    """Begin a review from its form, as the administrator."""
    founded = place.office.caller.founded
    sign_in(admin, founded.admin_user, founded.admin_password, "/console/reviews/new")
    admin.fill("#name", name)
    for field, value in fields.items():
        admin.fill(f"#{field}", value)
    admin.click("main button:text-is('Begin')")
    admin.wait_for_selector("text=The review has begun.")


def until_closed(admin: Page) -> None:
    """Wait until the timers have done what is left of a review that is closing."""
    admin.wait_for_selector("text=The review is closing")
    while admin.locator(".a-badge:text-is('closed')").count() == 0:
        admin.wait_for_timeout(50)
        admin.reload()


def test_a_reviewer_ends_access_and_the_terminal_that_is_open_is_cut(place: Place) -> None:
    account = f"{place.office.target.account}@db-1"
    place.call("GrantAccess", Subject="alice", Resource=account)
    with place.signed_in() as page, place.signed_in("bob") as reviewer, place.visiting() as admin:
        page.goto(f"/terminal/{account}")
        until_shown(page, "#")
        begun(place, admin, "Leavers", resource=account, reviewers="bob")

        reviewer.wait_for_selector("a:text-is('Leavers')")
        reviewer.click("a:text-is('Leavers')")
        reviewer.check(".r-box")
        reviewer.fill("[name=comment]", "has left")
        reviewer.click("button:text-is('End selected')")
        reviewer.wait_for_selector("h2:text-is('Live sessions that end at once: 1')")
        assert page.query_selector("dialog[open]") is None
        reviewer.click("button:text-is('End them now')")
        reviewer.wait_for_selector("text=Everything is decided")

        page.wait_for_selector("dialog[open]")
        assert page.text_content("#over-text") == f"Your access to {account} ended: the grant was revoked."
        admin.reload()
        admin.click("summary:has-text('Close now…')")
        admin.click("button:text-is('Close, and keep them')")
        until_closed(admin)
        admin.click("nav a:text-is('Ended')")
        assert "has left" in str(admin.text_content("#list"))
    (session,) = place.call("ListSessions", State="ended")["Sessions"]
    assert (session["Person"], session["Outcome"]) == ("alice", "revoked")


def test_what_nobody_answers_ends_and_so_does_the_tile_on_the_home_page(place: Place) -> None:
    account = f"{place.office.target.account}@db-1"
    place.call("GrantAccess", Subject="alice", Resource=account)
    with place.signed_in() as home, place.visiting() as admin:
        home.wait_for_selector(f"[data-name='{account}']")
        begun(place, admin, "Unanswered", text=account)
        admin.click("summary:has-text('Close now…')")
        admin.click("button:text-is('Close, and end them')")
        admin.wait_for_selector("text=Lose access: 1")
        assert home.is_visible(f"[data-name='{account}']")
        admin.click("button:text-is('Do it now')")
        home.wait_for_selector(f"[data-name='{account}']", state="detached")
        until_closed(admin)
        assert "when it was due" in str(admin.text_content("#list"))
