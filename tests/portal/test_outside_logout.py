"""The provider outside says that somebody left: they are signed out at once, and nobody else can say so."""

import asyncio
import base64
import hmac
import json
import re
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from admit.base.id_tokens import ClaimRefused
from admit.base.openid import OpenIdClient, ProviderAway
from admit.base.openid import Provider as Known
from admit.core.validity import HOUR, MINUTE, SECOND
from tests.browsing import Answer, Pages
from tests.portal.outside import CLIENT, EVENT, Outside, back, came, go, signed_in
from tests.portal.people import Town
from tests.portal.test_settings import set_up
from tests.services.bastionhost.people import PASSWORD

SPARE = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


def say(town: Town, token: str | None, **headers: str) -> Answer:
    """Send a logout token as the provider does: without a cookie, and from no page."""
    fields = {} if token is None else {"logout_token": token}
    return Pages(town.system).post("/sign-in/oidc/logout", fields, **({"origin": ""} | headers))


def comes(town: Town, provider: Outside, **claims: Any) -> Pages:
    """A new browser in which somebody has signed in by the provider."""
    provider.claims = claims
    pages = Pages(town.system)
    assert came(pages, provider).status == 303
    assert signed_in(pages)
    return pages


@pytest.fixture
def provider_now(town: Town, honest: Outside) -> Outside:
    """The provider; what was begun before is long over."""
    honest.clock.advance(13 * HOUR)  # type: ignore[attr-defined]
    return honest


def test_every_browser_of_whoever_left_is_signed_out_at_once(town: Town, provider_now: Outside) -> None:
    mine = [comes(town, provider_now, sid=sid) for sid in ("s-1", "s-2", None)]
    other = comes(town, provider_now, sub="8", preferred_username="bob")
    local = Pages(town.system)
    assert local.sign_in("alice", PASSWORD).status == 303

    answer = say(town, provider_now.logout_token())

    assert (answer.status, answer.text, answer.headers["cache-control"]) == (200, "", "no-store")
    assert [signed_in(each) for each in mine] == [False] * 3
    assert signed_in(other)
    # A password of admit's own is no business of the provider's.
    assert signed_in(local)


@pytest.mark.parametrize("sub", ["7", None])
def test_of_several_sessions_the_one_that_ended_is_ended_here(
    town: Town, provider_now: Outside, sub: str | None
) -> None:
    ended, other = comes(town, provider_now, sid="s-1"), comes(town, provider_now, sid="s-2")

    assert say(town, provider_now.logout_token(sid="s-1", sub=sub)).status == 200

    assert (signed_in(ended), signed_in(other)) == (False, True)


def test_a_session_that_the_provider_never_named_may_be_any_of_theirs(
    town: Town, provider_now: Outside
) -> None:
    nameless, named = comes(town, provider_now), comes(town, provider_now, sid="s-2")
    another = comes(town, provider_now, sub="8", preferred_username="bob")

    assert say(town, provider_now.logout_token(sid="s-1")).status == 200

    assert [signed_in(each) for each in (nameless, named, another)] == [False, True, True]


def test_a_session_of_somebody_else_is_not_ended_under_its_name(town: Town, provider_now: Outside) -> None:
    alice = comes(town, provider_now, sid="s-1")

    assert say(town, provider_now.logout_token(sid="s-1", sub="8")).status == 200

    assert signed_in(alice)


def test_who_proved_themselves_by_the_provider_later_is_signed_out_as_well(
    town: Town, provider_now: Outside
) -> None:
    pages = Pages(town.system)
    assert pages.sign_in("alice", PASSWORD).status == 303
    asked = go(pages, provider_now, "/sign-in/oidc?again&next=/home")
    provider_now.claims = {"sid": "s-9", "auth_time": provider_now.clock.now() // SECOND}
    assert back(pages, code="c-1", state=asked["state"]).status == 303

    assert say(town, provider_now.logout_token(sid="s-9", sub=None)).status == 200

    assert not signed_in(pages)


# -- what comes too late ------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [{}, {"sid": "s-1"}, {"sid": "s-1", "sub": None}])
def test_who_left_while_a_code_was_asked_of_them_does_not_come_in(
    town: Town, provider_now: Outside, said: dict[str, Any]
) -> None:
    name = f"dora{len(said)}"
    totp, _ = set_up(town.browser(name))
    provider_now.clock.advance(MINUTE)  # type: ignore[attr-defined]
    provider_now.claims = {"preferred_username": name, "sid": "s-1"}
    pages = Pages(town.system)
    half_way = re.search(r'name="half_way" value="([^"]+)"', came(pages, provider_now).text)
    assert half_way is not None

    assert say(town, provider_now.logout_token(**said)).status == 200
    code = totp.at(provider_now.clock.now() // SECOND)
    pages.post("/sign-in/code", {"half_way": half_way[1], "next": "/home", "code": code})

    assert not signed_in(pages)
    provider_now.clock.advance(SECOND)  # type: ignore[attr-defined]
    provider_now.claims = {"sid": "s-2"}
    assert came(pages, provider_now).status == 303
    assert signed_in(pages)


# -- what is no logout token --------------------------------------------------------------------------

NO_TOKENS = [
    {"iss": "https://elsewhere.example"},
    {"iss": None},
    {"aud": "another-client"},
    {"aud": [CLIENT, "another-client"]},
    {"aud": None},
    {"iat": None},
    {"iat": 1},
    {"exp": 1},
    {"exp": "never"},
    {"jti": None},
    {"jti": ""},
    {"jti": "x" * 300},
    {"sub": None},
    {"sub": 7},
    {"sub": ""},
    {"events": None},
    {"events": {}},
    {"events": [EVENT]},
    {"events": EVENT},
    {"events": {EVENT: None}},
    {"events": {EVENT: "yes"}},
    {"events": {"http://schemas.openid.net/event/other": {}}},
    {"nonce": "n"},
    {"nonce": ""},
]


@pytest.fixture(scope="module")
def alice(town: Town) -> Pages:
    """A browser that no token of these tests signs out."""
    return Pages(town.system)


@pytest.mark.parametrize("wrong", NO_TOKENS, ids=json.dumps)
def test_a_token_that_does_not_say_all_that_it_must_ends_nothing(
    town: Town, honest: Outside, alice: Pages, wrong: dict[str, Any]
) -> None:
    if not signed_in(alice):
        assert came(alice, honest).status == 303

    answer = say(town, honest.logout_token(**wrong))

    assert (answer.status, answer.headers["cache-control"]) == (400, "no-store")
    assert json.loads(answer.text)["error"] == "invalid_request"
    assert signed_in(alice)


def in_letters(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_nobody_but_the_provider_can_sign_one(town: Town, honest: Outside, alice: Pages) -> None:
    if not signed_in(alice):
        assert came(alice, honest).status == 303
    head, body, _ = honest.logout_token().split(".")
    unsigned, shared = (in_letters(f'{{"alg":"{alg}","kid":"one"}}'.encode()) for alg in ("none", "HS256"))
    # What is public must not serve as a shared secret.
    public = honest.key.as_pem(private=False)
    by_public = in_letters(hmac.digest(public, f"{shared}.{body}".encode(), "sha256"))
    forged = [
        honest.logout_token(SPARE),
        honest.logout_token(SPARE, {"kid": "unknown"}),
        f"{shared}.{body}.{by_public}",
        f"{unsigned}.{body}.",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{in_letters(b'[' * 10_000)}.{body}.{in_letters(b'x')}",
        "x",
        "",
    ]

    assert [say(town, each).status for each in forged] == [400] * len(forged)
    assert signed_in(alice)


def test_an_id_token_is_no_logout_token(town: Town, honest: Outside, alice: Pages) -> None:
    if not signed_in(alice):
        assert came(alice, honest).status == 303

    assert say(town, honest.signed()).status == 400
    assert signed_in(alice)


def test_what_was_heard_ends_nothing_once_more(town: Town, provider_now: Outside) -> None:
    token = provider_now.logout_token()
    comes(town, provider_now)
    assert say(town, token).status == 200
    provider_now.clock.advance(SECOND)  # type: ignore[attr-defined]
    again = comes(town, provider_now)

    assert say(town, token).status == 400

    assert signed_in(again)


def test_a_token_without_an_end_is_good_for_as_long_as_what_was_made_lately(
    town: Town, provider_now: Outside
) -> None:
    fresh, stale = provider_now.logout_token(exp=None), provider_now.logout_token(exp=None)
    pages = comes(town, provider_now)
    assert say(town, fresh).status == 200
    assert not signed_in(pages)
    provider_now.clock.advance(12 * MINUTE)  # type: ignore[attr-defined]

    assert say(town, stale).status == 400


def test_only_a_form_with_one_token_is_read(town: Town, honest: Outside) -> None:
    token = honest.logout_token()

    assert say(town, None).status == 400
    assert say(town, token, content_type="application/json").status == 400
    assert say(town, token + "x" * 40_000).status == 400
    assert Pages(town.system).get(f"/sign-in/oidc/logout?logout_token={token}").status == 405


def test_keys_that_cannot_be_read_are_no_reason_to_give_up(town: Town, provider_now: Outside) -> None:
    pages = comes(town, provider_now)
    token = provider_now.logout_token()
    # What was read of the provider is an hour old, and read anew.
    provider_now.clock.advance(HOUR)  # type: ignore[attr-defined]
    provider_now.broken = True

    answer = say(town, token)

    assert (answer.status, json.loads(answer.text)["error"]) == (503, "temporarily_unavailable")
    provider_now.broken = False
    assert say(town, provider_now.logout_token()).status == 200
    assert not signed_in(pages)


# -- what strangers make admit ask ---------------------------------------------------------------------


def asked_by(forged: list[str], provider: Outside) -> list[Any]:
    """What each of some tokens that come at once is answered, by a client that knows nothing yet."""

    async def told() -> list[Any]:
        client = OpenIdClient(Known(provider.issuer, CLIENT, None))
        now = provider.clock.now() // SECOND
        return await asyncio.gather(*(client.left(each, now) for each in forged), return_exceptions=True)

    provider.read.clear()
    return asyncio.run(told())


def test_many_forged_tokens_at_once_have_the_provider_asked_once(honest: Outside) -> None:
    forged = [honest.logout_token(SPARE, {"kid": f"unknown-{each}"}) for each in range(20)]

    answers = asked_by(forged, honest)

    assert [type(each) for each in answers] == [ClaimRefused] * 20
    assert honest.read == ["/.well-known/openid-configuration", "/keys"]


def test_many_that_come_while_the_provider_is_away_hear_it_of_one_question(provider_now: Outside) -> None:
    provider_now.broken = True

    answers = asked_by([provider_now.logout_token() for _ in range(20)], provider_now)

    assert [type(each) for each in answers] == [ProviderAway] * 20
    assert provider_now.read == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("keys", [7, ["one"], [{"kty": "none"}], None], ids=json.dumps)
def test_what_is_no_set_of_keys_is_a_provider_that_is_away(provider_now: Outside, keys: Any) -> None:
    provider_now.keys = {"keys": keys}

    (answer,) = asked_by([provider_now.logout_token()], provider_now)

    assert isinstance(answer, ProviderAway)
