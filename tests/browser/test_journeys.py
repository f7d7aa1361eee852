"""The whole way of a new system in a real browser: its first sign-in, its first grant, its first session."""

from admit.core.validity import HOUR
from tests.browser.place import Place, authenticator, sign_in, until_shown

OWN, GIVEN, CHOSEN = "Own-Horse-Battery-1", "Given-Horse-2", "Chosen-Horse-Staple-3"


def test_from_the_first_sign_in_of_a_new_system_to_the_first_session(place: Place) -> None:
    founded = place.office.caller.founded
    account = f"{place.office.target.account}@db-1"
    with place.visiting() as page, authenticator(page):
        sign_in(page, founded.admin_user, founded.admin_password, "/home/settings")
        page.fill("[name=password]", founded.admin_password)
        page.fill("[name=chosen]", OWN)
        page.click("button:text-is('Change password')")
        page.wait_for_url("**done=password")
        page.fill("#passkey-name", "Laptop")
        page.click("button:text-is('Add a passkey')")
        page.wait_for_url("**done=passkey")
        page.click("button[title='Sign out']")
        page.wait_for_url("**/sign-in")
        page.click("button:text-is('Sign in with a passkey')")
        page.wait_for_url("**/home")

        page.click("a:text-is('Console')")
        page.wait_for_url("**/console")
        page.goto("/console/new/bastion-user")
        page.fill("[name=name]", "carol")
        page.fill("[name=first]", GIVEN)
        page.click("button:text-is('Preview')")
        page.click("button:text-is('Do it now')")
        page.wait_for_selector("[role=status]:has-text('Made.')")
        page.goto("/console/grants/new")
        page.fill("#subject", "carol")
        page.fill("#resource", account)
        page.select_option("#length", str(HOUR))
        page.click("button:text-is('Preview')")
        page.wait_for_selector("h2:has-text('Gain access: 1')")
        page.click("button:text-is('Grant now')")
        page.wait_for_selector("text=Whoever gained access may use it at once.")

    with place.visiting() as page:
        page.goto("/home")
        page.fill("#name", "carol")
        page.fill("#password", GIVEN)
        page.click("main button.primary")
        page.wait_for_selector("h1:text-is('Choose a password of your own')")
        page.fill("#password", GIVEN)
        page.fill("#chosen", CHOSEN)
        page.click("main button.primary")
        page.wait_for_selector("text=Your password is changed. Sign in with it.")
        page.fill("#password", CHOSEN)
        page.click("main button.primary")
        page.wait_for_selector("h1:text-is('What you may use')")
        page.click(f"a:text-is('{account}')")
        until_shown(page, "#")
        page.keyboard.type("echo first-$((40+2))\n")
        until_shown(page, "first-42")
    sessions = place.call("ListSessions", Person="carol")["Sessions"]
    assert [(each["Resource"], each["Door"]) for each in sessions] == [(account, "web")]
