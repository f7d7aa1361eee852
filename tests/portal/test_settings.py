"""What people set for themselves, and that nobody else can."""

import re

import pyotp
import pytest

from admit.control.signing_in.lockout import FROM_ONE_PLACE
from admit.core.validity import MINUTE, SECOND
from admit.store.review_tables import metadata
from admit.store.verification import verify
from tests.browsing import Answer, Pages
from tests.portal.people import Town, send
from tests.services.bastionhost.people import PASSWORD
from tests.system import System

PLACE = "/home/settings"
NEW = "Another-horse-9"


@pytest.fixture
def town(system: System) -> Town:
    return Town(system)


@pytest.fixture
def alice(town: Town) -> Pages:
    return town.browser("alice")


def set_up(alice: Pages) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an authenticator; returns it and the recovery codes."""
    page = alice.get(f"{PLACE}/authenticator").text
    draft, secret = _draft(page)
    totp = pyotp.TOTP(secret)
    answer = alice.post(
        f"{PLACE}/authenticator", {"csrf": _csrf(page), "draft": draft, "code": _code(alice, totp)}
    )
    assert answer.status == 200
    return totp, re.findall(r"<li>(\w{5}-\w{5})</li>", answer.text)


def _draft(page: str) -> tuple[str, str]:
    draft = re.search(r'name="draft" value="([^"]+)"', page)
    secret = re.search(r'h-secret a-mono">(\w+)<', page)
    assert draft is not None
    assert secret is not None
    return draft[1], secret[1]


def _csrf(page: str) -> str:
    return Answer(200, page, {}).csrf


def _code(browser: Pages, totp: pyotp.TOTP) -> str:
    return totp.at(browser.system.clock.now() // SECOND)


def shown_code(browser: Pages, name: str, code: str, password: str = PASSWORD) -> Answer:
    """Sign in with a password and then a code."""
    asked = browser.sign_in(name, password)
    assert asked.status == 200, asked.text
    half_way = re.search(r'name="half_way" value="([^"]+)"', asked.text)
    assert half_way is not None
    return browser.post("/sign-in/code", {"half_way": half_way[1], "code": code, "next": "/home"})


# -- authenticator and recovery codes ----------------------------------------------------------------


def test_who_has_set_up_an_authenticator_is_asked_for_its_code(town: Town, alice: Pages) -> None:
    totp, codes = set_up(alice)
    assert len(set(codes)) == 10
    town.system.advance(MINUTE)
    other = Pages(town.system)
    assert shown_code(other, "alice", "000000").status == 403
    assert shown_code(other, "alice", _code(other, totp)).status == 303
    assert "on</span>" in other.get(PLACE).text


def test_the_ssh_door_asks_for_it_as_well(town: Town, alice: Pages) -> None:
    set_up(alice)
    shown = town.bastion.shown(town.user("alice").id)
    assert (shown["TwoFactorStatus"], shown["TwoFactorMethods"]) == ("Enable", ["totp"])


def test_an_authenticator_counts_only_once_a_code_of_it_was_given(town: Town, alice: Pages) -> None:
    page = alice.get(f"{PLACE}/authenticator").text
    draft, _ = _draft(page)
    wrong = alice.post(f"{PLACE}/authenticator", {"csrf": _csrf(page), "draft": draft, "code": "123456"})
    forged = alice.post(f"{PLACE}/authenticator", {"csrf": _csrf(page), "draft": "eA==", "code": "123456"})
    assert (wrong.status, forged.status) == (403, 403)
    assert Pages(town.system).sign_in("alice", PASSWORD).status == 303


def test_a_recovery_code_is_good_once(town: Town, alice: Pages) -> None:
    _, codes = set_up(alice)
    first, second = Pages(town.system), Pages(town.system)
    assert shown_code(first, "alice", codes[3].upper().replace("-", " ")).status == 303
    assert "9 recovery codes are left." in first.get(PLACE).text
    assert shown_code(second, "alice", codes[3]).status == 403
    assert shown_code(second, "alice", codes[4]).status == 303


def test_new_recovery_codes_make_the_former_worthless(town: Town, alice: Pages) -> None:
    _, codes = set_up(alice)
    answer = send(alice, f"{PLACE}/codes", {})
    fresh = re.findall(r"<li>(\w{5}-\w{5})</li>", answer.text)
    assert not set(fresh) & set(codes)
    assert shown_code(Pages(town.system), "alice", codes[0]).status == 403
    assert shown_code(Pages(town.system), "alice", fresh[0]).status == 303


def test_no_code_stands_in_the_database_or_the_ledger(town: Town, alice: Pages) -> None:
    totp, codes = set_up(alice)
    with town.system.admit.store.read() as sql:
        tables = [sql.execute(table.select()).all() for table in metadata.sorted_tables]
        content = repr(tables)
        assert "alice" in content
        assert totp.secret not in content
        assert not any(code in content for code in codes)
        verify(sql, town.system.admit.world.sealer.subkey("ledger"))


def test_what_one_switched_on_one_may_switch_off(town: Town, alice: Pages) -> None:
    set_up(alice)
    assert send(alice, f"{PLACE}/authenticator/remove", {}).status == 303
    assert Pages(town.system).sign_in("alice", PASSWORD).status == 303
    assert town.bastion.shown(town.user("alice").id)["TwoFactorStatus"] == "Global"


@pytest.mark.parametrize("before", ["Global", "Disable"])
def test_who_gives_an_authenticator_up_is_asked_as_before(town: Town, before: str) -> None:
    town.bastion.user("tom", TwoFactorStatus=before)
    tom = Pages(town.system)
    tom.sign_in("tom", PASSWORD)
    set_up(tom)
    assert town.bastion.shown(town.user("tom").id)["TwoFactorStatus"] == "Enable"
    assert send(tom, f"{PLACE}/authenticator/remove", {}).status == 303
    shown = town.bastion.shown(town.user("tom").id)
    assert (shown["TwoFactorStatus"], shown.get("TwoFactorMethods", [])) == (before, [])


def test_what_is_demanded_after_one_chose_it_oneself_cannot_be_given_up(town: Town, alice: Pages) -> None:
    set_up(alice)
    demanded = {"TwoFactorStatus": "Enable", "TwoFactorMethods": '["totp"]'}
    town.bastion.call("ModifyUser", UserId=town.user("alice").id, **demanded)
    assert send(alice, f"{PLACE}/authenticator/remove", {}).status == 403
    town.bastion.call("ModifyUser", UserId=town.user("alice").id, TwoFactorStatus="Disable")
    assert send(alice, f"{PLACE}/authenticator/remove", {}).status == 303
    assert town.bastion.shown(town.user("alice").id)["TwoFactorStatus"] == "Disable"


def test_what_an_administrator_demands_can_be_replaced_and_not_given_up(town: Town) -> None:
    town.bastion.user("tom", TwoFactorStatus="Enable", TwoFactorMethods='["totp"]')
    address = town.system.call("admit", "SetOneTimeCode", UserId=town.user("tom").id)["Address"]
    totp = pyotp.parse_uri(address)
    assert isinstance(totp, pyotp.TOTP)
    tom = Pages(town.system)
    assert shown_code(tom, "tom", _code(tom, totp)).status == 303
    refused = send(tom, f"{PLACE}/authenticator/remove", {})
    assert refused.status == 403
    assert "An administrator demands it" in refused.text
    town.system.advance(MINUTE)
    set_up(tom)


def test_a_code_is_asked_for_when_one_proves_again(town: Town, alice: Pages) -> None:
    totp, _ = set_up(alice)
    town.system.advance(11 * MINUTE)
    place = f"/prove?next={PLACE}"
    assert "One-time code" in alice.get(place).text
    assert send(alice, place, {"password": PASSWORD, "code": "1"}, at="/prove").status == 403
    right = {"password": PASSWORD, "code": _code(alice, totp)}
    assert send(alice, place, right, at="/prove").status == 303


# -- password ----------------------------------------------------------------------------------------


def test_a_new_password_signs_out_every_other_browser(town: Town, alice: Pages) -> None:
    other = town.browser("alice", is_new=False)
    answer = send(alice, f"{PLACE}/password", {"password": PASSWORD, "chosen": NEW})
    assert (answer.status, answer.place) == (303, f"{PLACE}?done=password")
    assert alice.get("/home").status == 200
    assert other.get("/home").status == 303
    assert Pages(town.system).sign_in("alice", PASSWORD).status == 403
    assert Pages(town.system).sign_in("alice", NEW).status == 303


def test_a_password_that_an_administrator_gives_signs_out_every_browser(town: Town, alice: Pages) -> None:
    """Who is signed in may be why it is given."""
    bob = town.browser("bob")
    town.bastion.call("ModifyUser", UserId=town.user("alice").id, Comment="is on leave")
    assert alice.get("/home").status == 200

    town.bastion.call("ModifyUser", UserId=town.user("alice").id, Password=NEW)

    assert alice.get("/home").status == 303
    assert bob.get("/home").status == 200


@pytest.mark.parametrize(
    ("former", "chosen"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, PASSWORD), (PASSWORD, "a" * 200)]
)
def test_a_password_is_not_changed_for_less(town: Town, alice: Pages, former: str, chosen: str) -> None:
    assert send(alice, f"{PLACE}/password", {"password": former, "chosen": chosen}).status == 403
    assert Pages(town.system).sign_in("alice", PASSWORD).status == 303


def test_guesses_at_the_former_password_are_counted_with_all_others(town: Town, alice: Pages) -> None:
    for _ in range(FROM_ONE_PLACE):
        send(alice, f"{PLACE}/password", {"password": "wrong", "chosen": NEW})
    paused = send(alice, f"{PLACE}/password", {"password": PASSWORD, "chosen": NEW})
    assert "Too many wrong tries" in paused.text
    assert "Too many wrong tries" in Pages(town.system).sign_in("alice", PASSWORD).text


# -- browsers ----------------------------------------------------------------------------------------


def test_browsers_are_listed_and_signed_out_one_by_one_or_all(town: Town, alice: Pages) -> None:
    others = [town.browser("alice", is_new=False) for _ in range(2)]
    text = alice.get(PLACE).text
    listed = re.findall(r'name="browser" value="(web-[^"]+)"', text)
    assert len(listed) == 2
    send(alice, f"{PLACE}/browsers", {"browser": listed[0]})
    assert sorted(each.get("/home").status for each in others) == [200, 303]
    send(alice, f"{PLACE}/browsers", {"browser": "others"})
    assert [each.get("/home").status for each in others] == [303, 303]
    assert alice.get("/home").status == 200
