"""Signing in by a provider outside: whom it proves, and everything that proves nobody."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey

from admit.base.chance import Chance
from admit.core.links import Kind
from admit.core.validity import HOUR, MINUTE, SECOND
from admit.main import open_admit
from admit.store import things, web_sessions
from tests.browsing import Pages
from tests.callers import Callers
from tests.portal.outside import CLIENT, SECRET, Outside, back, came, go, signed_in
from tests.portal.people import Town
from tests.portal.test_settings import set_up
from tests.services.bastionhost.people import PASSWORD
from tests.system import System


def refused(pages: Pages, provider: Outside) -> str:
    answer = came(pages, provider)
    assert answer.status == 403
    assert not signed_in(pages)
    return answer.text


# -- whom it proves ----------------------------------------------------------------------------------


def test_whoever_the_provider_names_is_signed_in_as_exactly_the_users_it_is_set_for(
    pages: Pages, honest: Outside, town: Town
) -> None:
    assert "Sign in with Example" in pages.get("/sign-in").text
    asked = go(pages, honest, "/sign-in/oidc?next=/home/settings")
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == "http://admit.test/sign-in/oidc/return"
    assert set(asked["scope"].split()) == {"openid", "profile"}
    answer = back(pages, code="c-1", state=asked["state"])
    assert (answer.status, answer.place) == (303, "/home/settings")
    assert "admit_outside" not in pages.cookies
    (sent,) = honest.redeemed
    challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
    assert challenge.rstrip(b"=").decode() == asked["code_challenge"]
    assert asked["code_challenge_method"] == "S256"
    assert sent["code"] == "c-1"
    scheme, _, given = honest.authorizations[-1].partition(" ")
    name, _, secret = base64.b64decode(given).decode().partition(":")
    assert (scheme, parse_qs(f"n={name}&s={secret}")) == ("Basic", {"n": [CLIENT], "s": [SECRET]})
    with town.system.admit.store.read() as sql:
        (session,) = [each for each in web_sessions.every(sql) if each.how == "oidc" and each.name == "alice"]
        users = things.by_keys(sql, session.users)
        places = things.by_keys(sql, [user.parent for user in users.values()])
    assert {place.kind for place in places.values()} == {Kind.BASTION}
    assert session.caller is None


def test_a_ram_user_with_a_console_password_is_proven_where_ram_is_named(
    pages: Pages, honest: Outside, town: Town
) -> None:
    callers = Callers(town.system)
    callers.user("ops")
    honest.claims["preferred_username"] = "ops"
    assert "nobody here is called so" in refused(pages, honest)
    callers.ram("CreateLoginProfile", UserName="ops", Password="Correct-Horse-7")
    assert came(pages, honest).place == "/console"
    assert pages.get("/console").status == 200


@pytest.mark.parametrize("name", ["edsonly", "nobody", "ALICE", "alice ", "", "a" * 200, "al\u0000ice", 7])
def test_whoever_is_in_no_directory_it_is_set_for_is_not_signed_in(
    pages: Pages, honest: Outside, name: object
) -> None:
    honest.claims["preferred_username"] = name
    text = refused(pages, honest)
    assert "nobody here is called so" in text or "does not say preferred_username" in text


def test_the_administrator_is_never_proven_by_it(pages: Pages, honest: Outside, town: Town) -> None:
    honest.claims["preferred_username"] = town.system.founded.admin_user
    assert "nobody here is called so" in refused(pages, honest)


def test_who_is_locked_is_not_signed_in(pages: Pages, honest: Outside, town: Town) -> None:
    honest.claims["preferred_username"] = "bob"
    user = town.user("bob")
    town.bastion.call("LockUsers", UserIds=f'["{user.id}"]')
    assert "nobody here is called so" in refused(pages, honest)
    town.bastion.call("UnlockUsers", UserIds=f'["{user.id}"]')
    assert came(pages, honest).status == 303


def test_a_code_that_is_demanded_is_asked_for_besides(pages: Pages, honest: Outside, town: Town) -> None:
    """And who must show a code shows again who they are by that, not by the provider alone."""
    totp, _ = set_up(town.browser("carol"))
    honest.clock.advance(MINUTE)  # type: ignore[attr-defined]
    honest.claims["preferred_username"] = "carol"
    answer = came(pages, honest)
    half_way = re.search(r'name="half_way" value="([^"]+)"', answer.text)
    assert half_way is not None
    assert (answer.status, signed_in(pages)) == (200, False)
    code = totp.at(honest.clock.now() // SECOND)
    sent = {"half_way": half_way[1], "next": "/home"}
    assert pages.post("/sign-in/code", sent | {"code": "000000"}).status == 403
    assert pages.post("/sign-in/code", sent | {"code": code}).status == 303
    assert signed_in(pages)
    assert "With Example" not in pages.get("/prove").text
    asked = go(pages, honest, "/sign-in/oidc?again&next=/home/settings")
    honest.claims["auth_time"] = honest.clock.now() // 1000
    assert back(pages, code="c-1", state=asked["state"]).status == 403


# -- what proves nobody ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.test"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"aud": "another"}, "another application"),
        ({"aud": None}, "another application"),
        ({"aud": [CLIENT, "another"]}, "another application"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "another application"),
        ({"azp": "another"}, "another application"),
        ({"nonce": "stolen"}, "another attempt"),
        ({"nonce": None}, "another attempt"),
        ({"exp": 1}, "has ended"),
        ({"exp": None}, "has ended"),
        ({"exp": "never"}, "has ended"),
        ({"nbf": 2**40}, "has not begun"),
        ({"iat": 1}, "another time"),
        ({"iat": 2**40}, "another time"),
        ({"preferred_username": None}, "does not say preferred_username"),
        ({"preferred_username": ["alice"]}, "does not say preferred_username"),
    ],
)
def test_a_token_that_is_not_for_this_attempt_proves_nobody(
    pages: Pages, honest: Outside, claims: dict[str, Any], why: str
) -> None:
    honest.claims |= claims
    assert why in refused(pages, honest)


def test_a_token_for_us_and_others_presented_by_us_is_taken(pages: Pages, honest: Outside) -> None:
    honest.claims |= {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert came(pages, honest).status == 303


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unsigned(provider: Outside, algorithm: str = "none") -> str:
    head = json.dumps({"alg": algorithm, "kid": provider.key.kid})
    return f"{part(head.encode())}.{part(json.dumps(provider.said()).encode())}."


def by_another_key(provider: Outside) -> str:
    return provider.signed(RSAKey.generate_key(2048, {"kid": "one"}))


def by_a_secret(provider: Outside, secret: bytes) -> str:
    text = unsigned(provider, "HS256")
    return text + part(hmac.digest(secret, text[:-1].encode(), "sha256"))


def by_the_public_key_as_a_secret(provider: Outside) -> str:
    return by_a_secret(provider, provider.key.as_pem(private=False))


def by_our_own_secret(provider: Outside) -> str:
    return by_a_secret(provider, SECRET.encode())


def tampered(provider: Outside) -> str:
    head, body, signature = provider.signed().split(".")
    return f"{head}.{body[:-4]}AAAA.{signature}"


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        by_another_key,
        by_the_public_key_as_a_secret,
        by_our_own_secret,
        tampered,
        lambda _: "no token",
        lambda _: "..",
    ],
)
def test_what_the_provider_has_not_signed_proves_nobody(pages: Pages, honest: Outside, forge: Any) -> None:
    asked = go(pages, honest)
    honest.token = forge(honest)
    answer = back(pages, code="c-1", state=asked["state"])
    assert (answer.status, "not signed by the provider" in answer.text) == (403, True)
    assert not signed_in(pages)


def test_new_keys_of_the_provider_are_read_when_they_are_needed(
    pages: Pages, honest: Outside, town: Town
) -> None:
    assert came(pages, honest).status == 303
    honest.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    honest.clock.advance(MINUTE)  # type: ignore[attr-defined]
    assert came(Pages(town.system), honest).status == 303


def test_the_state_of_another_browser_proves_nobody(pages: Pages, honest: Outside, town: Town) -> None:
    stranger = Pages(town.system)
    asked = go(stranger, honest)
    go(pages, honest)
    answer = back(pages, code="c-1", state=asked["state"])
    assert (answer.status, "another attempt" in answer.text) == (403, True)
    assert "another browser" in back(Pages(town.system), code="c-1", state=asked["state"]).text
    assert honest.redeemed == []


@pytest.mark.parametrize("state", [None, "", "x" * 64, "é"])
def test_an_answer_without_the_state_proves_nobody(pages: Pages, honest: Outside, state: str | None) -> None:
    go(pages, honest)
    answer = back(pages, code="c-1", **({} if state is None else {"state": state}))
    assert answer.status == 403
    assert honest.redeemed == []


def test_an_answer_is_good_once(pages: Pages, honest: Outside) -> None:
    asked = go(pages, honest)
    kept = dict(pages.cookies)
    assert back(pages, code="c-1", state=asked["state"]).status == 303
    assert back(pages, code="c-1", state=asked["state"]).status == 403
    # Not even for whoever has kept the cookie.
    pages.cookies = kept
    assert back(pages, code="c-1", state=asked["state"]).status == 403
    assert len(honest.redeemed) == 1


def test_an_answer_is_good_once_for_all_nodes(pages: Pages, honest: Outside, town: Town) -> None:
    admit = open_admit(town.system.admit.settings, town.system.clock, Chance.seeded(4))
    other = Pages(System(admit, town.system.clock, town.system.founded))
    asked = go(pages, honest)
    other.cookies = dict(pages.cookies)
    assert back(pages, code="c-1", state=asked["state"]).status == 303
    assert back(other, code="c-1", state=asked["state"]).status == 403
    assert other.get("/home").status == 303
    admit.close()


def test_an_attempt_is_good_for_ten_minutes(pages: Pages, honest: Outside) -> None:
    asked = go(pages, honest)
    honest.clock.advance(10 * MINUTE)  # type: ignore[attr-defined]
    assert "took too long" in back(pages, code="c-1", state=asked["state"]).text
    assert honest.redeemed == []


def test_an_answer_of_another_provider_is_not_redeemed(pages: Pages, honest: Outside) -> None:
    """The mix-up: a code of one provider must not be sent to another (RFC 9207)."""
    asked = go(pages, honest)
    answer = back(pages, code="c-1", state=asked["state"], iss="https://evil.test")
    assert (answer.status, "another provider" in answer.text) == (403, True)
    honest.metadata["authorization_response_iss_parameter_supported"] = True
    honest.clock.advance(2 * HOUR)  # type: ignore[attr-defined]
    asked = go(pages, honest)
    assert "does not say who gives it" in back(pages, code="c-1", state=asked["state"]).text
    assert honest.redeemed == []
    asked = go(pages, honest)
    assert back(pages, code="c-1", state=asked["state"], iss=honest.issuer).status == 303


def test_an_answer_that_says_something_twice_is_not_redeemed(pages: Pages, honest: Outside) -> None:
    asked = go(pages, honest)
    answer = pages.get(f"/sign-in/oidc/return?code=a&code=b&state={asked['state']}")
    assert (answer.status, honest.redeemed) == (403, [])


def test_a_refusal_of_the_provider_is_told_in_words_of_ours(pages: Pages, honest: Outside) -> None:
    asked = go(pages, honest)
    answer = back(pages, error="access_denied", state=asked["state"], error_description="call 555-0100")
    assert "the provider says access_denied" in answer.text
    assert "555-0100" not in answer.text
    asked = go(pages, honest)
    answer = back(pages, error="<b>pay me</b>", state=asked["state"])
    assert "pay me" not in answer.text
    honest.refuses = True
    assert "does not take the code: invalid_grant" in refused(pages, honest)


def test_a_provider_that_does_not_answer_keeps_nobody_else_out(pages: Pages, honest: Outside) -> None:
    honest.broken = True
    answer = pages.get("/sign-in/oidc")
    assert (answer.status, "cannot be asked now" in answer.text) == (403, True)
    assert pages.sign_in("alice", PASSWORD).status == 303


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "http://evil.test/"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_describes_itself_oddly_is_not_asked(
    pages: Pages, honest: Outside, metadata: dict[str, Any]
) -> None:
    honest.metadata |= metadata
    assert "cannot be asked now" in pages.get("/sign-in/oidc").text


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_nobody_is_sent_on_to_another_site(pages: Pages, honest: Outside, target: str) -> None:
    asked = go(pages, honest, f"/sign-in/oidc?{urlencode({'next': target})}")
    assert back(pages, code="c-1", state=asked["state"]).place == "/home"


def test_the_cookie_of_an_attempt_is_out_of_reach_of_scripts_and_other_sites(
    pages: Pages, honest: Outside
) -> None:
    sent = pages.get("/sign-in/oidc")
    cookie = sent.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert urlsplit(sent.place).netloc == f"127.0.0.1:{honest.port}"
    assert "verifier" not in sent.place


def test_a_session_of_before_is_not_gone_on_with(pages: Pages, honest: Outside) -> None:
    """Session fixation: whoever signs in gets a token of their own."""
    pages.sign_in("bob", PASSWORD)
    before = pages.cookies["admit"]
    assert came(pages, honest).status == 303
    assert pages.cookies["admit"] != before
    old = Pages(pages.system, cookies={"admit": before})
    assert old.get("/home").status == 303


# -- afterwards --------------------------------------------------------------------------------------


def test_whoever_signs_out_is_told_where_to_sign_out_as_well(pages: Pages, honest: Outside) -> None:
    assert came(pages, honest).status == 303
    csrf = pages.get("/home").csrf
    out = pages.post("/sign-out", {"csrf": csrf})
    assert out.place == "/sign-in?out=outside"
    text = pages.get(out.place).text
    assert f"{honest.issuer}/logout?client_id={CLIENT}&amp;post_logout_redirect_uri=" in text
    assert not signed_in(pages)
    pages.sign_in("alice", PASSWORD)
    assert pages.post("/sign-out", {"csrf": pages.get("/home").csrf}).place == "/sign-in"


def test_what_matters_is_done_after_the_provider_has_asked_anew(pages: Pages, honest: Outside) -> None:
    assert came(pages, honest).status == 303
    honest.clock.advance(11 * MINUTE)  # type: ignore[attr-defined]
    asks = pages.get("/home/settings/authenticator")
    assert asks.place.startswith("/prove")
    assert "With Example" in pages.get(asks.place).text
    place = "/sign-in/oidc?again&next=/home/settings/authenticator"
    asked = go(pages, honest, place)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    stale = back(pages, code="c-1", state=asked["state"])
    assert (stale.status, "has not asked anew" in stale.text) == (403, True)
    asked = go(pages, honest, place)
    honest.claims["auth_time"] = honest.clock.now() // 1000
    assert back(pages, code="c-1", state=asked["state"]).place == "/home/settings/authenticator"
    assert pages.get("/home/settings/authenticator").status == 200


def test_nobody_renews_the_session_of_somebody_else(pages: Pages, honest: Outside) -> None:
    assert came(pages, honest).status == 303
    honest.clock.advance(11 * MINUTE)  # type: ignore[attr-defined]
    asked = go(pages, honest, "/sign-in/oidc?again&next=/home/settings/authenticator")
    honest.claims |= {"preferred_username": "bob", "auth_time": honest.clock.now() // 1000}
    assert back(pages, code="c-1", state=asked["state"]).status == 403
    assert pages.get("/home/settings/authenticator").place.startswith("/prove")
