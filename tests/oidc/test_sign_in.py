"""Signing in to an application: what it is given, and what it is not."""

from admit.core.validity import SECOND
from tests.browsing import Pages
from tests.oidc.firm import BACK, Firm


def test_an_application_learns_who_signed_in(firm: Firm) -> None:
    tokens = firm.tokens()

    header, claims = firm.read(tokens["id_token"])
    assert header["kid"] in [key["kid"] for key in firm.document(f"{firm.path}/jwks")["keys"]]
    assert (claims["iss"], claims["aud"], claims["sub"]) == (firm.issuer, firm.wiki, firm.users["alice"])
    assert (claims["nonce"], claims["email"], claims["groups"]) == ("n-1", "alice@example.com", [])
    assert claims["exp"] - claims["iat"] == 300
    assert tokens["expires_in"] == 300
    status, told = firm.userinfo(tokens["access_token"])
    assert (status, told["sub"], told["name"]) == (200, firm.users["alice"], "Alice")
    assert firm.is_active(tokens["access_token"])


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(firm: Firm) -> None:
    browser = Pages(firm.system)
    sent = firm.authorize(browser)
    assert sent.status == 303
    assert sent.place.startswith("/sign-in?next=%2Foidc%2F")

    browser.sign_in("alice", "Correct-Horse-7")
    there = firm.authorize(browser)
    assert there.status == 303
    assert there.place.startswith(f"{BACK}?code=")
    assert "iss=" in there.place


def test_a_sign_in_is_a_session_with_a_beginning_and_an_end(firm: Firm) -> None:
    firm.tokens()
    (told,) = firm.system.call("admit", "ListSessions", State="live")["Sessions"]
    assert (told["Door"], told["Person"], told["Resource"]) == ("oidc", "alice", "app:wiki")

    firm.system.call("admit", "EndSession", SessionId=told["SessionId"], Reason="enough")
    firm.look()
    (claims,) = [firm.read(token)[1] for token in firm.told.wait()]
    assert claims["sid"] == told["SessionId"]
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in claims


def test_the_discovery_document_is_true(firm: Firm) -> None:
    told = firm.document(f"{firm.path}/.well-known/openid-configuration")
    assert told["issuer"] == firm.issuer
    assert told["code_challenge_methods_supported"] == ["S256"]
    first = firm.document("/.well-known/openid-configuration")
    assert first["issuer"] == firm.system.admit.world.url
    assert firm.document(f"{first['jwks_uri'].removeprefix(first['issuer'])}")["keys"]


def test_a_person_is_asked_again_for_their_password_where_the_application_wants_it(firm: Firm) -> None:
    browser = firm.browser()
    assert firm.authorize(browser, prompt="login").place.startswith("/sign-in")
    browser = firm.browser()
    firm.system.advance(31 * SECOND)
    assert firm.authorize(browser, max_age="60").place.startswith(BACK)
    assert firm.authorize(browser, max_age="30").place.startswith("/sign-in")
    silent = firm.authorize(Pages(firm.system), prompt="none")
    assert "error=login_required" in silent.place
    assert silent.place.startswith(BACK)
