"""Signing out by an application."""

import base64
from urllib.parse import urlencode

from tests.browsing import Pages
from tests.oidc.firm import BACK, HOME, Firm


def _signed_in(firm: Firm) -> tuple[Pages, dict[str, str]]:
    """A browser, and the tokens of a sign-in that was begun in it."""
    browser = firm.browser()
    code = firm.authorize(browser).place.partition("code=")[2].partition("&")[0]
    return browser, firm.redeem(code)[1]


def _out(firm: Firm, browser: Pages, **said: str) -> str:
    return browser.get(f"{firm.path}/logout?{urlencode(said)}").place


def test_an_application_that_shows_the_id_token_signs_its_person_out_and_has_them_back(firm: Firm) -> None:
    browser, tokens = _signed_in(firm)

    place = _out(firm, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="x")

    assert place == f"{HOME}?state=x"
    assert firm.authorize(browser).place.startswith("/sign-in")
    assert not firm.is_active(tokens["access_token"])
    assert firm.told.wait()


def test_nobody_is_signed_out_by_a_link_that_somebody_else_made(firm: Firm) -> None:
    browser, tokens = _signed_in(firm)
    other = firm.tokens("alice")

    assert _out(firm, browser) == ""
    assert _out(firm, browser, id_token_hint=other["id_token"]) == ""
    assert _out(firm, browser, id_token_hint="e30.e30.e30", client_id=firm.wiki) == ""
    deep = base64.urlsafe_b64encode(b"[" * 10_000).rstrip(b"=").decode()
    assert _out(firm, browser, id_token_hint=f"{deep}.e30.e30", client_id=firm.wiki) == ""

    assert firm.is_active(tokens["access_token"])
    assert firm.authorize(browser).place.startswith(BACK)
    page = browser.get(f"{firm.path}/logout?{urlencode({'client_id': firm.wiki})}")
    said = {"csrf": page.csrf, "confirmed": "yes", "client_id": firm.wiki, "post_logout_redirect_uri": HOME}
    assert browser.post(f"{firm.path}/logout", {**said, "csrf": "0"}).status == 403
    assert browser.post(f"{firm.path}/logout", said).place == HOME
    assert not firm.is_active(tokens["access_token"])


def test_after_signing_out_nobody_is_sent_to_an_address_that_is_not_the_applications(firm: Firm) -> None:
    browser, tokens = _signed_in(firm)
    page = browser.get(
        f"{firm.path}/logout?"
        + urlencode(
            {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example/"}
        )
    )
    assert (page.status, "location" in page.headers) == (200, False)
    assert "You are signed out" in page.text


def test_a_form_of_an_application_signs_out_as_its_link_does(firm: Firm) -> None:
    browser, tokens = _signed_in(firm)
    fields = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME}
    sent = browser.post(f"{firm.path}/logout", fields, origin="https://wiki.example.com")
    assert sent.status == 303
    assert browser.get(sent.place.removeprefix(firm.system.admit.world.url)).place == HOME
    assert not firm.is_active(tokens["access_token"])
