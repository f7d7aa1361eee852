"""Apache with mod_auth_openidc: signs in, is refused, and is signed out when access ends."""

import time
from collections.abc import Iterator

import pytest

from tests.browsing import chromium
from tests.oidc.httpd import httpd
from tests.oidc.served_firm import PASSWORD, Browsing, ServedFirm, browsing, free_port, served_firm


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFirm]:
    with served_firm(tmp_path_factory.mktemp("firm")) as made:
        yield made


@pytest.fixture(scope="module")
def apache(tmp_path_factory: pytest.TempPathFactory, firm: ServedFirm) -> Iterator[str]:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    client = firm.application(
        "apache", f"{here}/oidc", f"{here}/public.html", f"{here}/oidc?logout=backchannel"
    )
    with httpd(tmp_path_factory.mktemp("httpd"), port, firm.issuer, client) as url:
        yield url


@pytest.fixture
def alice() -> Iterator[Browsing]:
    with browsing("alice") as browser:
        yield browser


def test_a_person_signs_in_is_signed_out_by_a_revoke_and_may_come_back(
    firm: ServedFirm, apache: str, alice: Browsing
) -> None:
    page = alice.open(f"{apache}/private.html")
    assert (page.status_code, page.text) == (200, "in as alice.")
    # The application's own session: admit is not asked.
    assert alice.web.get(f"{apache}/private.html", follow_redirects=False).status_code == 200

    firm.revoke("apache")

    until = time.monotonic() + 20
    while alice.web.get(f"{apache}/private.html", follow_redirects=False).status_code == 200:
        assert time.monotonic() < until, "the application was not told"
    refused = alice.open(f"{apache}/private.html")
    assert refused.status_code == 403
    assert "No grant leads from alice" in refused.text
    firm.grant("apache")
    # Still signed in at admit: no password is asked for.
    assert alice.web.get(f"{apache}/private.html").text == "in as alice."


def test_who_has_no_grant_stays_out(apache: str, firm: ServedFirm) -> None:
    with browsing("tom") as tom:
        page = tom.open(f"{apache}/private.html")
    assert page.status_code == 403
    assert "No grant leads from tom" in page.text


def test_signing_out_at_the_application_signs_out_of_admit(
    apache: str, firm: ServedFirm, alice: Browsing
) -> None:
    assert alice.open(f"{apache}/private.html").text == "in as alice."
    out = alice.web.get(f"{apache}/oidc", params={"logout": f"{apache}/public.html"})
    assert out.text == "everybody"
    assert 'name="password"' in alice.web.get(f"{apache}/private.html").text


def test_a_real_browser_signs_in_and_out_though_pages_allow_so_little(apache: str, firm: ServedFirm) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{apache}/private.html")
        page.fill("input[name=name]", "alice")
        page.fill("input[name=password]", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_url(f"{apache}/private.html")
        assert page.text_content("body") == "in as alice."

        page.goto(
            f"{firm.issuer}/logout?client_id={firm.ids['apache']}&post_logout_redirect_uri={apache}/public.html"
        )
        page.click("main button:has-text('Sign out')")
        page.wait_for_url(f"{apache}/public.html")
        page.goto(f"{firm.url}/home")
        assert page.locator("input[name=password]").count() == 1
