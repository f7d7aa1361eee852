"""Signing in with a browser."""

import pyotp
import pytest

from admit.core.validity import HOUR, MINUTE, SECOND
from admit.store import things, web_sessions
from tests.browsing import Pages
from tests.system import System

BASTION = "yundun-bastionhost"
PASSWORD = "Correct-Horse-7"


@pytest.fixture
def bastion(system: System) -> str:
    return str(system.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"])


@pytest.fixture
def alice(system: System, bastion: str) -> str:
    """Her bastion user's id; eds-user has another alice, with another password."""
    made = system.call(
        BASTION, "CreateUser", InstanceId=bastion, Source="Local", UserName="alice", Password=PASSWORD
    )
    users = [{"EndUserId": "alice", "Email": "alice@example.com", "Password": "Another-Horse-8"}]
    system.call("eds-user", "CreateUsers", Users=users)
    return str(made["UserId"])


@pytest.fixture
def browser(system: System) -> Pages:
    return Pages(system)


def test_a_person_signs_in_and_goes_where_they_were_going(browser: Pages, alice: str) -> None:
    sent = browser.get("/home?tab=hosts")
    assert (sent.status, sent.place) == (303, "/sign-in?next=%2Fhome%3Ftab%3Dhosts")

    answer = browser.sign_in("alice", PASSWORD, "/home?tab=hosts")

    assert (answer.status, answer.place) == (303, "/home?tab=hosts")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert browser.get("/home").status == 200


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("alice", "x" * 5000)]
)
def test_a_wrong_password_and_an_unknown_name_are_told_alike(
    browser: Pages, alice: str, name: str, password: str
) -> None:
    answer = browser.sign_in(name, password)

    assert answer.status == 403
    assert "The name or the password is wrong." in answer.text
    assert browser.get("/home").status == 303


def test_only_users_whose_password_it_is_are_proven(system: System, browser: Pages, alice: str) -> None:
    browser.sign_in("alice", PASSWORD)

    with system.admit.store.read() as sql:
        (kept,) = web_sessions.every(sql)
        proven = [things.by_key(sql, key) for key in kept.users]
    assert [user.id for user in proven] == [alice]


def test_the_administrator_is_the_account(system: System, browser: Pages) -> None:
    answer = browser.sign_in(system.founded.admin_user, system.founded.admin_password)

    assert (answer.status, answer.place) == (303, "/console")
    assert "/console" in browser.get("/home").text


def test_people_are_offered_no_console(browser: Pages, alice: str) -> None:
    browser.sign_in("alice", PASSWORD)

    assert "/console" not in browser.get("/home").text


def test_a_locked_user_is_out_at_once(system: System, browser: Pages, bastion: str, alice: str) -> None:
    browser.sign_in("alice", PASSWORD)
    assert browser.get("/home").status == 200

    system.call(BASTION, "LockUsers", InstanceId=bastion, UserIds=f'["{alice}"]')

    assert browser.get("/home").status == 303


def test_a_code_is_asked_for_where_one_is_demanded(
    system: System, browser: Pages, bastion: str, alice: str
) -> None:
    uri = system.call("admit", "SetOneTimeCode", InstanceId=bastion, UserId=alice)["Address"]
    system.call(
        BASTION,
        "ModifyUser",
        InstanceId=bastion,
        UserId=alice,
        TwoFactorStatus="Enable",
        TwoFactorMethods='["totp"]',
    )

    asked = browser.sign_in("alice", PASSWORD)
    assert asked.status == 200
    assert browser.get("/home").status == 303
    half_way = asked.text.partition('name="half_way" value="')[2].partition('"')[0]
    wrong = browser.post("/sign-in/code", {"half_way": half_way, "code": "000000"})
    assert wrong.status == 403

    code = pyotp.parse_uri(uri).generate_otp(system.clock.now() // (30 * SECOND))
    right = browser.post("/sign-in/code", {"half_way": half_way, "code": code, "next": "/home"})

    assert right.status == 303
    assert browser.get("/home").status == 200
    again = Pages(system).post("/sign-in/code", {"half_way": half_way, "code": code})
    assert again.status == 403


@pytest.mark.parametrize("half_way", ["", "AAAA", "%%%", "x" * 100])
def test_nobody_gets_in_half_way_by_what_they_made_up(browser: Pages, half_way: str) -> None:
    answer = browser.post("/sign-in/code", {"half_way": half_way, "code": "123456"})

    assert answer.status == 403
    assert "That took too long" in answer.text


def test_guessing_must_wait(browser: Pages, alice: str) -> None:
    for _ in range(5):
        browser.sign_in("alice", "wrong")

    answer = browser.sign_in("alice", PASSWORD)

    assert answer.status == 403
    assert "Too many wrong tries" in answer.text


def test_a_password_that_others_gave_is_changed_first(system: System, browser: Pages, bastion: str) -> None:
    system.call(
        BASTION,
        "CreateUser",
        InstanceId=bastion,
        Source="Local",
        UserName="bob",
        Password=PASSWORD,
        NeedResetPassword="true",
    )
    asked = browser.sign_in("bob", PASSWORD)
    assert "Choose a password of your own" in asked.text
    assert browser.get("/home").status == 303

    form = {"name": "bob", "password": PASSWORD, "chosen": "My-Own-Horse-9"}
    assert "is changed" in browser.post("/sign-in/password", form).text

    assert browser.sign_in("bob", "My-Own-Horse-9").status == 303


def test_signing_out_ends_it_and_the_cookie_opens_nothing(browser: Pages, alice: str) -> None:
    browser.sign_in("alice", PASSWORD)
    kept = dict(browser.cookies)
    csrf = browser.get("/home").csrf

    assert browser.post("/sign-out", {"csrf": csrf}).place == "/sign-in"

    browser.cookies = kept
    assert browser.get("/home").status == 303


def test_a_browser_is_signed_out_after_an_hour_without_use_and_after_twelve(
    system: System, browser: Pages, alice: str
) -> None:
    browser.sign_in("alice", PASSWORD)
    for _ in range(12):
        system.advance(59 * MINUTE)
        assert browser.get("/home").status == 200
    system.advance(13 * MINUTE)
    assert browser.get("/home").status == 303

    browser.sign_in("alice", PASSWORD)
    system.advance(HOUR)
    assert browser.get("/home").status == 303


# -- those who mean harm ------------------------------------------------------------------------------


def test_a_form_of_another_site_does_nothing(browser: Pages, alice: str) -> None:
    browser.sign_in("alice", PASSWORD)
    csrf = browser.get("/home").csrf

    assert browser.post("/sign-out", {"csrf": csrf}, origin="https://evil.test").status == 403
    assert browser.post("/sign-out", {"csrf": csrf}, sec_fetch_site="cross-site").status == 403
    assert browser.post("/sign-out", {}).status == 403
    assert browser.post("/sign-out", {"csrf": "0" * 64}).status == 403
    assert browser.get("/home").status == 200


def test_another_browsers_form_token_is_no_good(system: System, browser: Pages, alice: str) -> None:
    other = Pages(system)
    other.sign_in("alice", PASSWORD)
    browser.sign_in("alice", PASSWORD)

    assert browser.post("/sign-out", {"csrf": other.get("/home").csrf}).status == 403


def test_a_token_that_was_known_before_is_not_the_one_after(browser: Pages, alice: str) -> None:
    browser.cookies["admit"] = "f" * 64
    browser.sign_in("alice", PASSWORD)
    first = browser.cookies["admit"]
    assert first != "f" * 64

    browser.sign_in("alice", PASSWORD)

    assert browser.cookies["admit"] != first
    browser.cookies["admit"] = first
    assert browser.get("/home").status == 303


@pytest.mark.parametrize(
    "target", ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser: Pages, alice: str, target: str) -> None:
    assert browser.sign_in("alice", PASSWORD, target).place == "/home"


def test_what_somebody_types_is_text(browser: Pages) -> None:
    answer = browser.sign_in('"><script>alert(1)</script>', "x")

    assert "<script>alert" not in answer.text


def test_pages_cannot_be_framed_and_load_nothing_from_elsewhere(browser: Pages) -> None:
    headers = browser.get("/sign-in").headers

    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]


def test_over_https_the_cookie_is_of_this_host_alone(system: System, alice: str) -> None:
    system.scheme = "https"
    browser = Pages(system)
    answer = browser.post("/sign-in", {"name": "alice", "password": PASSWORD}, origin="https://admit.test")

    assert answer.headers["set-cookie"].startswith("__Host-admit=")
    assert "; Secure" in answer.headers["set-cookie"]


# -- how somebody likes their pages --------------------------------------------------------------------


def test_language_and_theme_are_kept(browser: Pages) -> None:
    browser.post("/choices", {"language": "zh", "back": "/sign-in"})
    browser.post("/choices", {"theme": "dark", "back": "/sign-in"})

    page = browser.get("/sign-in").text
    assert '<html lang="zh-CN" data-bs-theme="dark">' in page
    assert "登录" in page


def test_a_browser_at_the_root_goes_home_and_a_client_of_the_api_does_not(browser: Pages) -> None:
    assert browser.get("/", accept="text/html,*/*").place == "/home"
    assert browser.get("/", accept="*/*").status == 400


def test_a_page_that_is_not_there_says_so(browser: Pages) -> None:
    answer = browser.get("/nothing")

    assert answer.status == 404
    assert "There is no such page." in answer.text
