"""When access ends: nothing that was given out is good any more, and the application is told."""

import asyncio
import time

from admit.core.validity import HOUR, MINUTE, SECOND
from admit.oidc.provider import Screen
from tests.oidc.firm import BACK, MOST_SAID, Firm


def _outcomes(firm: Firm) -> list[tuple[str, str]]:
    """How sessions ended, once that is written down: beside the watching, which does not wait for it."""
    until = time.monotonic() + 20
    while not (told := firm.system.call("admit", "ListSessions", State="ended")["Sessions"]):
        assert time.monotonic() < until, "no session ended"
        firm.look()
    return [(each["Outcome"], each["Reason"]) for each in told]


def test_a_grant_that_is_taken_back_ends_the_sign_in_at_once(firm: Firm) -> None:
    tokens = firm.tokens()
    firm.revoke("alice")

    assert not firm.is_active(tokens["access_token"])
    assert firm.userinfo(tokens["access_token"])[0] == 401
    assert firm.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"
    (token,) = firm.told.wait()
    header, claims = firm.read(token)
    assert header["typ"] == "logout+jwt"
    assert (claims["iss"], claims["aud"], claims["sub"]) == (firm.issuer, firm.wiki, firm.users["alice"])
    assert claims["sid"] == firm.read(tokens["id_token"])[1]["sid"]
    firm.look()
    assert _outcomes(firm) == [("revoked", "the grant was revoked")]


def test_a_grant_that_ends_by_the_clock_ends_the_sign_in_with_it(firm: Firm) -> None:
    end = firm.idaas.now() + 10 * MINUTE
    firm.system.call("admit", "GrantAccess", Subject="tom", Resource=f"app:{firm.wiki}", EndTime=end)
    tokens = firm.tokens("tom")
    firm.system.advance(10 * MINUTE - SECOND)
    status, again = firm.refresh(tokens["refresh_token"])
    assert status == 200
    assert not firm.told.tokens

    firm.system.advance(SECOND)

    assert not firm.is_active(again["access_token"])
    assert firm.refresh(again["refresh_token"])[0] == 400
    firm.told.wait()
    firm.look()
    assert _outcomes(firm) == [("expired", "the grant has ended")]


def test_access_that_ends_between_code_and_token_gives_no_token(firm: Firm) -> None:
    code = firm.code()
    firm.revoke("alice")
    status, answer = firm.redeem(code)
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert firm.system.call("admit", "ListSessions")["Sessions"] == []


def test_a_user_who_is_disabled_a_group_that_is_left_and_an_application_that_is_off_end_it(
    firm: Firm,
) -> None:
    group = firm.idaas.group("ops", firm.users["tom"])
    firm.idaas.call("AuthorizeApplicationToGroups", ApplicationId=firm.wiki, GroupIds=[group])
    by_group, disabled = firm.tokens("tom"), firm.tokens("alice")

    firm.idaas.leave(firm.users["tom"], group)
    assert not firm.is_active(by_group["access_token"])
    firm.idaas.call("DisableUser", UserId=firm.users["alice"])
    assert not firm.is_active(disabled["access_token"])
    firm.idaas.call("EnableUser", UserId=firm.users["alice"])
    switched_off = firm.tokens("alice")
    firm.idaas.call("DisableApplicationSso", ApplicationId=firm.wiki)
    assert not firm.is_active(switched_off["access_token"])
    assert len(firm.told.wait(3)) == 3


def test_a_refresh_token_is_good_once_and_a_second_use_ends_the_sign_in(firm: Firm) -> None:
    first = firm.tokens()
    status, second = firm.refresh(first["refresh_token"])
    assert status == 200
    assert firm.read(second["id_token"])[1]["sid"] == firm.read(first["id_token"])[1]["sid"]
    assert firm.is_active(second["access_token"])

    assert firm.refresh(first["refresh_token"])[1]["error"] == "invalid_grant"

    assert not firm.is_active(second["access_token"])
    assert firm.refresh(second["refresh_token"])[1]["error"] == "invalid_grant"
    assert firm.told.wait()


def test_an_access_token_is_good_for_five_minutes_and_a_sign_in_for_as_long_as_it_is_refreshed(
    firm: Firm,
) -> None:
    tokens = firm.tokens()
    firm.system.advance(300 * SECOND)
    assert not firm.is_active(tokens["access_token"])
    status, tokens = firm.refresh(tokens["refresh_token"])
    assert status == 200
    firm.system.advance(24 * HOUR)
    assert firm.refresh(tokens["refresh_token"])[0] == 400
    assert firm.told.wait()


def test_an_application_gives_tokens_back(firm: Firm) -> None:
    tokens = firm.tokens()
    assert firm.post("revoke", {"token": tokens["access_token"]}) == (200, {})
    assert not firm.is_active(tokens["access_token"])
    status, tokens = firm.refresh(tokens["refresh_token"])
    assert status == 200
    assert (
        firm.post("revoke", {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"})[0] == 200
    )
    assert not firm.is_active(tokens["access_token"])
    assert firm.post("revoke", {"token": "unknown"}) == (200, {})


def test_an_application_that_does_not_hear_is_told_again(firm: Firm) -> None:
    firm.told.statuses += [500, 400]
    firm.tokens()
    firm.revoke("alice")
    firm.told.wait(1)
    for count in (2, 3):
        while len(firm.told.tokens) < count:
            firm.system.advance(5 * SECOND)
            firm.told.heard.wait(0.2)
            firm.told.heard.clear()

    first, _, third = (firm.read(token)[1] for token in firm.told.tokens)
    assert first["sid"] == third["sid"]
    assert first["jti"] != third["jti"]


def test_nobody_listens_to_an_application_that_does_not_come_to_an_end(firm: Firm) -> None:
    firm.told.wordy = True
    firm.tokens()
    firm.revoke("alice")
    assert firm.told.let_go.wait(20)
    assert firm.told.said < MOST_SAID // 2
    assert len(firm.told.wait()) == 1


def test_a_grant_that_grants_a_grace_lets_the_sign_in_go_on_and_none_begin(firm: Firm) -> None:
    end, wiki = firm.idaas.now() + MINUTE, f"app:{firm.wiki}"
    firm.system.call("admit", "GrantAccess", Subject="tom", Resource=wiki, EndTime=end, Grace=10 * MINUTE)
    tokens = firm.tokens("tom")
    firm.system.advance(2 * MINUTE)

    assert firm.is_active(tokens["access_token"])
    assert firm.authorize(firm.browser("tom")).status == 403
    status, tokens = firm.refresh(tokens["refresh_token"])
    assert status == 200
    firm.system.advance(9 * MINUTE)
    assert firm.refresh(tokens["refresh_token"])[0] == 400
    assert firm.told.wait()


def test_signing_out_of_admit_signs_out_of_what_was_begun_from_there(firm: Firm) -> None:
    browser = firm.browser()
    assert firm.authorize(browser).place.startswith(BACK)
    other = firm.tokens()
    browser = firm.browser()
    code = firm.authorize(browser).place.partition("code=")[2].partition("&")[0]
    mine = firm.redeem(code)[1]

    browser.post("/sign-out", {"csrf": browser.get("/home").csrf})

    assert not firm.is_active(mine["access_token"])
    assert firm.is_active(other["access_token"])
    assert len(firm.told.wait()) == 1


def test_a_code_from_before_signing_out_gives_nothing_after(firm: Firm) -> None:
    browser = firm.browser()
    code = firm.authorize(browser).place.partition("code=")[2].partition("&")[0]
    browser.post("/sign-out", {"csrf": browser.get("/home").csrf})
    assert firm.redeem(code)[1]["error"] == "invalid_grant"
    again = firm.tokens()
    assert firm.is_active(again["access_token"])


def test_sign_ins_outlast_the_process_and_end_when_access_ended_meanwhile(firm: Firm) -> None:
    kept, lost = firm.tokens("alice"), None
    firm.grant("tom")
    lost = firm.tokens("tom")
    oidc, running = firm.system.admit.oidc, firm.loop
    assert len(oidc.sessions) == 2
    # The process is gone, its rows stay: another one has the door from now on.
    oidc.sessions._live.clear()
    oidc.sessions._rows.process = "another"
    oidc.sessions._seen = None
    firm.system.advance(SECOND)
    firm.revoke("tom")
    assert not firm.is_active(lost["access_token"])

    taken = asyncio.run_coroutine_threadsafe(
        oidc.sessions.take_over(lambda session: Screen(oidc.telling, session)), running
    ).result(20)

    assert taken == 2
    (token,) = firm.told.wait()
    assert firm.read(token)[1]["sub"] == firm.users["tom"]
    assert firm.is_active(kept["access_token"])
    firm.look()
    assert _outcomes(firm) == [("revoked", "the grant was revoked")]
