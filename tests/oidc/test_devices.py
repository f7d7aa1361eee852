"""Devices: a code on the device, a page for its person, tokens for the device."""

from typing import Any

from admit.core.validity import MINUTE, SECOND
from tests.browsing import Answer, Pages
from tests.oidc.firm import Firm

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def _begin(firm: Firm) -> dict[str, Any]:
    status, told = firm.post("device_authorization", {"scope": "openid email"})
    assert status == 200, told
    return told


def _poll(firm: Firm, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    firm.system.advance(5 * SECOND)
    return firm.post("token", {"grant_type": DEVICE, "device_code": told["device_code"]})


def _say(firm: Firm, browser: Pages, told: dict[str, Any], answer: str) -> Answer:
    page = browser.get(f"{firm.path}/device?user_code={told['user_code']}")
    fields = {"csrf": page.csrf, "user_code": told["user_code"], "answer": answer}
    return browser.post(f"{firm.path}/device", fields)


def test_a_device_is_let_in_by_its_person_and_cut_with_their_grant(firm: Firm) -> None:
    told, browser = _begin(firm), firm.browser()
    assert told["verification_uri"] == f"{firm.issuer}/device"
    assert _poll(firm, told)[1]["error"] == "authorization_pending"
    typed = browser.post(
        f"{firm.path}/device",
        {"csrf": browser.get(f"{firm.path}/device").csrf, "user_code": told["user_code"].lower()},
    )
    assert "Let a device in to wiki?" in typed.text
    assert told["user_code"] in typed.text

    assert "The device is let in" in _say(firm, browser, told, "yes").text

    status, tokens = _poll(firm, told)
    assert status == 200
    assert firm.read(tokens["id_token"])[1]["email"] == "alice@example.com"
    assert _poll(firm, told)[1]["error"] == "invalid_grant"
    firm.revoke("alice")
    assert not firm.is_active(tokens["access_token"])
    assert firm.told.wait()


def test_a_device_that_its_person_does_not_want_stays_out(firm: Firm) -> None:
    told = _begin(firm)
    _say(firm, firm.browser(), told, "no")
    assert _poll(firm, told)[1]["error"] == "access_denied"


def test_who_has_no_grant_lets_no_device_in(firm: Firm) -> None:
    told = _begin(firm)
    page = _say(firm, firm.browser("tom"), told, "yes")
    assert (page.status, "No grant leads from tom" in page.text) == (403, True)
    assert _poll(firm, told)[1]["error"] == "access_denied"


def test_access_that_ends_before_the_device_asks_gives_it_nothing(firm: Firm) -> None:
    told = _begin(firm)
    _say(firm, firm.browser(), told, "yes")
    firm.revoke("alice")
    assert _poll(firm, told)[1]["error"] == "invalid_grant"


def test_a_device_that_asks_after_its_person_has_signed_out_gets_nothing(firm: Firm) -> None:
    told, browser = _begin(firm), firm.browser()
    _say(firm, browser, told, "yes")
    browser.post("/sign-out", {"csrf": browser.get("/home").csrf})
    assert _poll(firm, told)[1]["error"] == "invalid_grant"


def test_a_device_that_asks_too_often_is_told_to_slow_down_and_one_too_late_nothing(firm: Firm) -> None:
    told = _begin(firm)
    assert _poll(firm, told)[1]["error"] == "authorization_pending"
    asked = {"grant_type": DEVICE, "device_code": told["device_code"]}
    assert firm.post("token", asked)[1]["error"] == "slow_down"
    firm.system.advance(10 * MINUTE)
    assert firm.post("token", asked)[1]["error"] == "expired_token"
    browser = firm.browser()
    page = browser.get(f"{firm.path}/device?user_code={told['user_code']}")
    assert (page.status, "No device waits" in page.text) == (400, True)


def test_a_device_of_an_application_that_is_not_set_for_it_is_refused(firm: Firm) -> None:
    firm.configure(firm.wiki, GrantTypes=["authorization_code"])
    status, answer = firm.post("device_authorization", {})
    assert (status, answer["error"]) == (400, "unauthorized_client")


def test_no_page_of_somebody_else_can_let_a_device_in(firm: Firm) -> None:
    told, browser = _begin(firm), firm.browser()
    fields = {"user_code": told["user_code"], "answer": "yes"}
    assert browser.post(f"{firm.path}/device", fields).status == 403
    csrf = browser.get(f"{firm.path}/device").csrf
    foreign = browser.post(f"{firm.path}/device", fields | {"csrf": csrf}, origin="https://evil.example.com")
    assert foreign.status == 403
    assert _poll(firm, told)[1]["error"] == "authorization_pending"
