"""Attacks on signing in, by whoever knows a name or a password, or finds a browser that was left open."""

import re

import pytest

from admit.control.signing_in.lockout import FROM_ONE_PLACE
from admit.core.validity import MINUTE, SECOND
from tests.browsing import Answer, Pages
from tests.console.office import as_admin
from tests.portal.people import Town, send
from tests.portal.test_settings import set_up, shown_code
from tests.services.bastionhost.people import PASSWORD
from tests.system import System


@pytest.fixture
def town(system: System) -> Town:
    return Town(system)


def half_way(browser: Pages, name: str = "alice") -> str:
    """What a browser holds between a right password and the code."""
    found = re.search(r'name="half_way" value="([^"]+)"', browser.sign_in(name, PASSWORD).text)
    assert found is not None
    return found[1]


def test_whoever_knows_the_password_guesses_few_codes_from_however_many_browsers(town: Town) -> None:
    totp, codes = set_up(town.browser("alice"))
    town.system.advance(MINUTE)
    for _ in range(FROM_ONE_PLACE):
        assert shown_code(Pages(town.system), "alice", "000000").status == 403
    right = totp.at(town.system.clock.now() // SECOND)
    thief = Pages(town.system)
    for code in (right, codes[0]):
        answer = thief.post("/sign-in/code", {"half_way": half_way(thief), "code": code})
        assert (answer.status, "too many wrong tries" in answer.text.lower()) == (403, True)
    assert thief.get("/home").status == 303


def test_recovery_codes_are_guessed_no_faster_than_codes(town: Town) -> None:
    _, codes = set_up(town.browser("alice"))
    town.system.advance(MINUTE)
    for number in range(FROM_ONE_PLACE):
        assert shown_code(Pages(town.system), "alice", f"aaaa{number}-bbbbb").status == 403
    thief = Pages(town.system)
    assert thief.post("/sign-in/code", {"half_way": half_way(thief), "code": codes[0]}).status == 403


def test_a_code_is_good_once_in_whichever_browser(town: Town) -> None:
    totp, _ = set_up(town.browser("alice"))
    town.system.advance(MINUTE)
    code = totp.at(town.system.clock.now() // SECOND)
    assert shown_code(Pages(town.system), "alice", code).status == 303
    assert shown_code(Pages(town.system), "alice", code).status == 403


def test_half_a_sign_in_is_worth_nothing_after_five_minutes(town: Town) -> None:
    totp, _ = set_up(town.browser("alice"))
    browser = Pages(town.system)
    kept = half_way(browser)
    town.system.advance(5 * MINUTE)
    code = totp.at(town.system.clock.now() // SECOND)
    answer = browser.post("/sign-in/code", {"half_way": kept, "code": code})
    assert (answer.status, "That took too long" in answer.text) == (403, True)


def test_who_is_locked_between_password_and_code_is_not_in(town: Town) -> None:
    totp, _ = set_up(town.browser("alice"))
    town.system.advance(MINUTE)
    browser = Pages(town.system)
    kept = half_way(browser)
    town.bastion.call("LockUsers", UserIds=f'["{town.user("alice").id}"]')
    code = totp.at(town.system.clock.now() // SECOND)
    browser.post("/sign-in/code", {"half_way": kept, "code": code})
    assert browser.get("/home").status == 303


def test_half_a_sign_in_of_one_proves_nothing_for_another(town: Town) -> None:
    """The code of one's own authenticator does not finish the sign-in of somebody else."""
    set_up(town.browser("alice"))
    mine, _ = set_up(town.browser("mallory"))
    town.system.advance(MINUTE)
    browser = Pages(town.system)
    code = mine.at(town.system.clock.now() // SECOND)
    assert browser.post("/sign-in/code", {"half_way": half_way(browser), "code": code}).status == 403
    assert browser.get("/home").status == 303


STEPS: tuple[tuple[str, str], ...] = (
    ("/home/settings/authenticator/remove", "/home"),
    ("/home/settings/codes", "/home"),
    ("/home/settings/passkeys/remove", "/home"),
)


@pytest.mark.parametrize(("target", "at"), STEPS)
def test_a_browser_that_was_left_open_changes_no_way_in(town: Town, target: str, at: str) -> None:
    alice = town.browser("alice")
    set_up(alice)
    town.system.advance(11 * MINUTE)
    before = town.system.revision()
    answer = send(alice, target, {"passkey": "x"}, at=at)
    assert (answer.status, answer.place.partition("?")[0]) == (303, "/prove")
    assert town.system.revision() == before


def test_whoever_finds_a_browser_left_open_guesses_few_passwords(town: Town) -> None:
    alice = town.browser("alice")
    for _ in range(FROM_ONE_PLACE):
        assert send(alice, "/prove?next=/home", {"password": "wrong"}, at="/prove").status != 303
    answer = send(alice, "/prove?next=/home", {"password": PASSWORD}, at="/prove")
    assert (answer.status == 303, "too many wrong tries" in answer.text.lower()) == (False, True)


def test_a_browser_that_was_left_open_hands_out_no_power(system: System) -> None:
    """Keys and policies outlast the browser: whoever makes them has shown lately who they are."""
    system.call("ram", "CreateUser", UserName="ops")
    admin = as_admin(system)
    key = system.call("ram", "CreateAccessKey", UserName="ops")["AccessKey"]["AccessKeyId"]
    fields = {"policy": "System:AdministratorAccess", "step": "sure"}

    def done(deed: str) -> Answer:
        place = f"/console/ram/users/ops/do/{deed}"
        return send(admin, place, fields, at=place)

    system.advance(11 * MINUTE)
    before = system.revision()
    for deed in ("attach", "key", f"on?key={key}"):
        answer = done(deed)
        there = f"/console/ram/users/ops/do/{deed}".replace("?", "%3F").replace("=", "%3D")
        assert (answer.status, answer.place) == (303, f"/prove?next={there}")
    assert system.revision() == before
    place = "/console/ram/users/ops/do/key"
    proven = send(admin, f"/prove?next={place}", {"password": system.founded.admin_password}, at="/prove")
    assert proven.place == place
    assert done("key").status == 200
    assert system.revision() > before
