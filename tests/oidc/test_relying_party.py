"""A second relying party: Authlib's own client, which checks what it is given."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.oidc.firm import Told, listening
from tests.oidc.served_firm import ServedFirm, browsing, served_firm

BACK = "http://localhost:1/callback"
"""Nobody listens there: the test is the application, and reads the address."""


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with listening() as server:
        yield server


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFirm]:
    with served_firm(tmp_path_factory.mktemp("firm")) as made:
        yield made


@pytest.fixture
def party(firm: ServedFirm, told: Told) -> Iterator[OAuth2Session]:
    """The application as a client, with what it discovers."""
    app, secret = firm.application("party", BACK, BACK, told.uri)
    found = httpx.get(f"{firm.issuer}/.well-known/openid-configuration").json()
    with OAuth2Session(
        app, secret, redirect_uri=BACK, scope="openid email", code_challenge_method="S256"
    ) as made:
        made.metadata = found
        yield made


def test_it_signs_in_checks_the_id_token_refreshes_and_is_cut(
    party: OAuth2Session, firm: ServedFirm, told: Told
) -> None:
    found = party.metadata
    verifier = "a-verifier-that-is-long-enough-for-the-standard-0123456789"
    url, state = party.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6"
    )
    with browsing("alice") as alice:
        alice.web.follow_redirects = True
        place = _back(alice, url)
    assert urlsplit(place).query
    tokens = party.fetch_token(
        found["token_endpoint"], authorization_response=place, state=state, code_verifier=verifier
    )

    keys = KeySet.import_key_set(httpx.get(found["jwks_uri"]).json())
    claims = CodeIDToken(
        jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims,
        {"alg": "RS256"},
        options={
            "iss": {"essential": True, "value": firm.issuer},
            "aud": {"essential": True, "value": party.client_id},
        },
        params={"nonce": "n-0S6", "client_id": party.client_id, "access_token": tokens["access_token"]},
    )
    claims.validate()
    assert claims["email"] == "alice@example.com"
    told_of = party.get(found["userinfo_endpoint"]).json()
    assert told_of["sub"] == claims["sub"]
    refreshed = party.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
    assert party.introspect_token(found["introspection_endpoint"], refreshed["access_token"]).json()["active"]

    firm.revoke("party")

    answer = party.introspect_token(found["introspection_endpoint"], refreshed["access_token"])
    assert answer.json() == {"active": False}
    assert party.get(found["userinfo_endpoint"]).status_code == 401
    (token,) = told.wait()
    logout = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert (logout["sid"], logout["aud"], logout["iss"]) == (claims["sid"], party.client_id, firm.issuer)


def _back(browser: object, url: str) -> str:
    """The address of the application that a browser is sent to in the end, where nobody listens."""
    sent: list[str] = []

    def note(request: httpx.Request) -> None:
        sent.append(str(request.url))

    web = browser.web
    web.event_hooks = {"request": [note]}
    try:
        browser.open(url)
    except httpx.ConnectError:
        assert sent[-1].startswith(BACK)
    return sent[-1]
