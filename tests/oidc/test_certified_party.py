"""A third relying party, which shares no code with admit: JWTConnect, certified, for Python."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from cryptojwt.exception import BadSignature
from cryptojwt.key_jar import KeyJar
from idpyoidc.client.defaults import DEFAULT_OIDC_SERVICES
from idpyoidc.client.exception import OidcServiceError
from idpyoidc.client.oauth2.stand_alone_client import backchannel_logout
from idpyoidc.client.rp_handler import RPHandler

from tests.oidc.firm import Told, listening
from tests.oidc.served_firm import Browsing, ServedFirm, browsing, served_firm

BACK = "http://localhost:1/callback"
"""Nobody listens there: the test is the application, and reads the address."""
OUT = "http://localhost:1/out"
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
SERVICES = DEFAULT_OIDC_SERVICES | {"end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"}}


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with listening() as server:
        yield server


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFirm]:
    with served_firm(tmp_path_factory.mktemp("firm")) as made:
        yield made


@pytest.fixture(scope="module")
def secret(firm: ServedFirm, told: Told) -> str:
    return firm.application("certified", BACK, OUT, told.uri)[1]


def party(firm: ServedFirm, secret: str, **add_ons: object) -> RPHandler:
    """The application as a client that discovers all else."""
    config = {
        "issuer": firm.issuer,
        "client_id": firm.ids["certified"],
        "client_secret": secret,
        "client_type": "oidc",
        "redirect_uris": [BACK],
        "post_logout_redirect_uris": [OUT],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "client_authn_methods": ["client_secret_basic"],
        "add_ons": add_ons,
    }
    clients = {firm.issuer: config}
    # Keys of its own it needs none; left to itself it would keep some in the folder it is run in.
    return RPHandler("http://localhost:1", clients, SERVICES, KeyJar(), verify_ssl=False)


def sent_back(browser: Browsing, url: str, place: str = BACK) -> dict[str, str]:
    """What a browser brings to the application in the end, where nobody listens."""
    sent: list[str] = []
    browser.web.event_hooks = {"request": [lambda request: sent.append(str(request.url))]}
    with pytest.raises(httpx.ConnectError):
        browser.open(url)
    assert sent[-1].startswith(place)
    return dict(parse_qsl(urlsplit(sent[-1]).query))


@pytest.fixture
def rp(firm: ServedFirm, secret: str) -> RPHandler:
    firm.grant("certified")
    return party(firm, secret, pkce=PKCE)


def signed_in(firm: ServedFirm, rp: RPHandler, alice: Browsing) -> str:
    """Let alice sign in; returns what the application knows the sign-in by."""
    answer = sent_back(alice, rp.begin(firm.issuer))
    found = rp.finalize(firm.issuer, answer)
    assert found["userinfo"]["email"] == "alice@example.com"
    assert found["id_token"]["sub"] == found["userinfo"]["sub"]
    return answer["state"]


def test_it_signs_in_refreshes_and_is_signed_out_by_a_revoke(
    firm: ServedFirm, told: Told, rp: RPHandler
) -> None:
    with browsing("alice") as alice:
        state = signed_in(firm, rp, alice)
        assert rp.has_active_authentication(state)
        first = rp.get_valid_access_token(state)[0]
        second = rp.refresh_access_token(state)["access_token"]
        assert first != second
        assert rp.get_user_info(state, access_token=second)["email"] == "alice@example.com"

        firm.revoke("certified")

        (letter,) = told.wait()
        client = rp.get_client_from_session_key(state)
        # It checks signature, issuer, audience, events and that there is no nonce, and finds whose it is.
        assert backchannel_logout(client, urlencode({"logout_token": letter})) == state
        with pytest.raises(OidcServiceError):
            rp.get_user_info(state, access_token=second)
        with pytest.raises(OidcServiceError, match="invalid_grant"):
            rp.refresh_access_token(state)
        refused = alice.open(rp.begin(firm.issuer))
        assert (refused.status_code, "No grant leads from alice" in refused.text) == (403, True)


def test_it_signs_its_person_out_of_admit(firm: ServedFirm, rp: RPHandler) -> None:
    with browsing("alice") as alice:
        state = signed_in(firm, rp, alice)
        asked = rp.close(state, post_logout_redirect_uri=OUT)["url"]
        assert sent_back(alice, asked, OUT).keys() <= {"state"}
        alice.web.event_hooks = {}
        assert 'name="password"' in alice.web.get(rp.begin(firm.issuer)).text


def test_without_its_proof_it_gets_nothing(firm: ServedFirm, secret: str, rp: RPHandler) -> None:
    with browsing("alice") as alice:
        signed_in(firm, rp, alice)
        careless = party(firm, secret)
        assert sent_back(alice, careless.begin(firm.issuer))["error"] == "invalid_request"
        answer = sent_back(alice, rp.begin(firm.issuer))
        known = rp.get_client_from_session_key(answer["state"]).get_context().cstate
        known.update(answer["state"], {"code_verifier": "w" * 64})
        with pytest.raises(OidcServiceError, match="invalid_grant"):
            rp.finalize(firm.issuer, answer)


def test_it_takes_no_letter_that_admit_has_not_signed(firm: ServedFirm, told: Told, rp: RPHandler) -> None:
    with browsing("alice") as alice:
        state = signed_in(firm, rp, alice)
    firm.revoke("certified")
    head, body, signature = told.wait()[-1].split(".")
    client = rp.get_client_from_session_key(state)
    forged = base64.urlsafe_b64encode(b"x" * len(base64.urlsafe_b64decode(signature + "=="))).decode()

    with pytest.raises(BadSignature):
        backchannel_logout(client, urlencode({"logout_token": f"{head}.{body}.{forged.rstrip('=')}"}))
