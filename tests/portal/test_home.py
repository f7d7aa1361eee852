"""The pages of people without a browser: what they show, to whom, and what they refuse."""

import re
from html import unescape

import pytest

from admit.control.requests import access_requests
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE
from admit.portal import parts
from tests.browsing import Pages
from tests.portal.people import Town, send
from tests.services.bastionhost.people import PASSWORD
from tests.system import System


@pytest.fixture
def town(system: System) -> Town:
    return Town(system)


@pytest.fixture
def alice(town: Town) -> Pages:
    return town.browser("alice")


def grant(town: Town, who: str = "alice", **more: object) -> None:
    town.system.call("admit", "GrantAccess", Subject=who, Resource="host:db-1", **more)


# -- what is shown -----------------------------------------------------------------------------------


def test_it_shows_what_may_be_used_now_until_when_and_through_what(town: Town, alice: Pages) -> None:
    group = town.bastion.group("dba")
    user = town.user("alice")
    town.bastion.call("AddUsersToGroup", UserIds=f'["{user.id}"]', UserGroupId=group)
    grant(town, "group:dba", EndTime=town.system.clock.now() + 2 * HOUR)
    text = alice.get("/home").text
    assert 'data-name="db-1"' in text
    assert "2 h left" in text
    assert "through dba" in text
    town.system.advance(2 * HOUR - 1)
    alice = town.browser("alice", is_new=False)
    assert 'data-name="db-1"' in alice.get("/home").text
    town.system.advance(1)
    text = alice.get("/home").text
    assert 'data-name="db-1"' not in text
    assert "What you had" in text


def test_only_what_a_proven_user_holds_is_shown(town: Town, alice: Pages) -> None:
    """eds-user has an alice too, whose password was not shown."""
    users = [{"EndUserId": "alice", "OwnerType": "CreateFromManager"}]
    town.system.call("eds-user", "CreateUsers", Users=users)
    instance = town.system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    made = town.system.call(
        "eiam",
        "CreateApplication",
        InstanceId=instance,
        ApplicationName="wiki",
        ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
        SsoType="oidc",
    )
    town.system.call("admit", "GrantAccess", Subject="alice", Resource=f"app:{made['ApplicationId']}")
    assert "wiki" not in alice.get("/home").text


def test_a_search_finds_by_part_of_a_name_and_shows_the_rest_no_more(town: Town, alice: Pages) -> None:
    town.bastion.host("web-1")
    for host in ("db-1", "web-1"):
        town.system.call("admit", "GrantAccess", Subject="alice", Resource=f"host:{host}")
    text = alice.get("/home/now?q=WEB").text
    assert 'data-name="web-1"' in text
    assert 'data-name="db-1"' not in text


def test_of_many_a_page_shows_some_and_leads_to_all_the_others(
    town: Town, alice: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SHOWN", 2)
    for number in range(1, 5):
        town.bastion.host(f"web-{number}")
        town.system.call("admit", "GrantAccess", Subject="alice", Resource=f"host:web-{number}")
    grant(town)
    shown, place, texts = [], "/home", []
    while place:
        text = alice.get(place).text
        texts.append(text)
        shown += re.findall(r'data-name="([^"]+)"', text)
        after = re.search(r'rel="next" href="([^"#]+)#hosts"', text)
        place = unescape(after[1]) if after else ""
    assert shown == ["db-1", "web-1", "web-2", "web-3", "web-4"]
    assert "1 to 2 of 5" in texts[0]
    assert 'rel="prev"' not in texts[0]
    assert "5 to 5 of 5" in texts[2]
    assert 'rel="prev" href="/home?hosts=2#hosts"' in texts[2]
    # A search is over all of it, and its pages are its own.
    assert 'href="/home?q=web&amp;hosts=2#hosts"' in alice.get("/home?q=web").text
    assert 'data-name="web-4"' in alice.get("/home?q=web&hosts=2").text


@pytest.mark.parametrize("number", ["0", "9", "-1", "x", "%D9%A3", "9" * 20])
def test_a_page_that_is_not_there_is_the_nearest(town: Town, alice: Pages, number: str) -> None:
    grant(town)
    assert 'data-name="db-1"' in alice.get(f"/home?hosts={number}").text


def test_an_owner_is_asked_about_what_is_theirs_among_many_requests(
    town: Town, alice: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_requests, "AT_ONCE", 2)
    olga = town.browser("olga")
    for number in range(6):
        town.bastion.host(f"web-{number}")
        owner = ["olga"] if number % 2 else []
        town.system.call("admit", "OfferAccess", Resource=f"host:web-{number}", Owners=owner)
        host = town.key(Kind.HOST, f"web-{number}")
        send(alice, "/home/ask", {"resource": host, "lasting": HOUR, "reason": f"ticket {number}"})
    text = olga.get("/home/requests").text
    assert [number for number in range(6) if f"ticket {number}" in text] == [1, 3, 5]


def test_the_page_is_for_those_who_have_signed_in(system: System) -> None:
    for target in ("/home", "/home/now", "/home/events", "/home/ask", "/home/requests", "/home/settings"):
        assert Pages(system).get(target).place.startswith("/sign-in?next=")


# -- names, reasons, comments ------------------------------------------------------------------------

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_what_people_write_is_text_wherever_it_is_shown(town: Town, alice: Pages) -> None:
    olga = town.browser("olga")
    town.system.call("admit", "OfferAccess", Resource="host:db-1", Owners=["olga"], Note=EVIL)
    request = town.ask(alice, EVIL)
    pages = [olga.get("/home").text, olga.get("/home/requests").text, alice.get("/home/ask").text]
    send(olga, f"/home/requests/{request}/decide", {"answer": "decline", "comment": EVIL})
    pages += [alice.get("/home").text, alice.get("/home/requests").text]
    for text in pages:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)" in pages[1]


def test_a_host_called_like_a_tag_stays_a_name(town: Town, alice: Pages) -> None:
    town.bastion.host("<b>x</b>")
    town.system.call("admit", "GrantAccess", Subject="alice", Resource="host:<b>x</b>")
    assert "<b>x</b>" not in alice.get("/home").text


def test_every_page_forbids_scripts_of_others_and_frames(alice: Pages) -> None:
    for target in ("/home", "/home/ask", "/home/settings", "/terminal/root@db-1", "/prove"):
        headers = alice.get(target).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


# -- forms of others ---------------------------------------------------------------------------------

FORMS = (
    "/home/ask",
    "/home/requests/1/withdraw",
    "/home/requests/1/decide",
    "/home/break-glass/1",
    "/home/settings/password",
    "/home/settings/authenticator",
    "/home/settings/authenticator/remove",
    "/home/settings/codes",
    "/home/settings/passkeys/options",
    "/home/settings/passkeys",
    "/home/settings/passkeys/remove",
    "/home/settings/browsers",
    "/prove",
    "/prove/passkey",
)


def test_a_form_without_the_token_or_from_elsewhere_changes_nothing(alice: Pages) -> None:
    before, token = alice.system.revision(), alice.get("/home").csrf
    for target in FORMS:
        assert alice.post(target, {"csrf": "0" * 64, "reason": "x"}).status == 403, target
        elsewhere = alice.post(target, {"csrf": token, "reason": "x"}, origin="https://evil.example")
        assert elsewhere.status == 403, target
    assert alice.system.revision() == before


@pytest.mark.parametrize("target", ["/passkey/options", "/sign-in/passkey"])
def test_a_passkey_is_asked_for_by_pages_of_ours_alone(system: System, target: str) -> None:
    assert Pages(system).post(target, {}, origin="https://evil.example").status == 403


NESTED = b'{"state": "x", "credential": {"response": ' + b"[" * 10_000


@pytest.mark.parametrize(
    ("target", "kind", "body"),
    [
        ("/sign-in/passkey", "application/json", NESTED),
        ("/sign-in", "application/x-www-form-urlencoded", b"name=alice&password=" + b"x" * 70_000),
    ],
)
def test_what_a_stranger_sends_that_nests_too_deep_or_is_too_long_is_not_read(
    system: System, target: str, kind: str, body: bytes
) -> None:
    status, page, _ = system.http("POST", target, {"content-type": kind}, body)
    assert (status, b"That was not sent" in page) == (403, True)


# -- other people's ----------------------------------------------------------------------------------


def test_nobody_sees_or_touches_the_requests_of_others(town: Town, alice: Pages) -> None:
    town.system.call("admit", "OfferAccess", Resource="host:db-1")
    request = town.ask(alice, "a private reason")
    tom = town.browser("tom")
    assert "a private reason" not in tom.get("/home/requests").text
    for verb in ("withdraw", "decide"):
        assert send(tom, f"/home/requests/{request}/{verb}", {"answer": "approve"}).status == 404
    mine = send(alice, f"/home/requests/{request}/decide", {"answer": "approve"})
    assert mine.status == 404
    assert [each["State"] for each in town.system.call("admit", "ListAccessRequests")["AccessRequests"]] == [
        "waiting"
    ]


def test_an_owner_of_one_thing_decides_on_no_other(town: Town, alice: Pages) -> None:
    town.bastion.host("db-2")
    olga = town.browser("olga")
    town.system.call("admit", "OfferAccess", Resource="host:db-2", Owners=["olga"])
    town.system.call("admit", "OfferAccess", Resource="host:db-1")
    request = town.ask(alice)
    assert send(olga, f"/home/requests/{request}/decide", {"answer": "approve"}).status == 404


def test_what_is_not_offered_is_refused_like_what_does_not_exist(town: Town, alice: Pages) -> None:
    hidden = {"resource": town.key(Kind.HOST, "db-1"), "lasting": 3_600_000, "reason": "x"}
    odd = (town.user("alice").key, 10**15, "x", "-1", "")
    told = {send(alice, "/home/ask", hidden | {"resource": each}).text.count("not offered") for each in odd}
    assert told == {send(alice, "/home/ask", hidden).text.count("not offered")}
    assert 0 not in told


def test_glass_of_others_is_not_there(town: Town, alice: Pages) -> None:
    town.bastion.user("tom")
    made = town.system.call("admit", "AgreeBreakGlass", Subject="tom", Resource="host:db-1", Lasting=HOUR)
    place = f"/home/break-glass/{made['Agreement']['AgreementId']}"
    assert alice.get(place).status == 404
    assert send(alice, place, {"reason": "x"}).status == 404


def test_a_browser_of_another_is_not_signed_out(town: Town, alice: Pages) -> None:
    tom = town.browser("tom")
    session = re.findall(r'value="(web-[^"]+)"', town.browser("tom", is_new=False).get("/home/settings").text)
    assert session
    send(alice, "/home/settings/browsers", {"browser": session[0]})
    assert tom.get("/home").status == 200


# -- proving again -----------------------------------------------------------------------------------


def test_what_could_do_harm_asks_again_who_it_is(town: Town, alice: Pages) -> None:
    town.system.advance(11 * MINUTE)
    sent = alice.get("/home/settings/authenticator")
    assert (sent.status, sent.place) == (303, "/prove?next=/home/settings/authenticator")
    wrong = send(alice, sent.place, {"password": "wrong"}, at="/prove")
    assert wrong.status == 403
    before = dict(alice.cookies)
    right = send(alice, sent.place, {"password": PASSWORD}, at="/prove")
    assert (right.status, right.place) == (303, "/home/settings/authenticator")
    assert alice.get("/home/settings/authenticator").status == 200
    old = Pages(town.system, cookies=before)
    assert old.get("/home").status == 303, "the token of before is worth nothing any more"


def test_a_user_of_the_same_name_elsewhere_renews_nobody_elses_session(town: Town, alice: Pages) -> None:
    """Whoever may create users must not become anyone."""
    users = [{"EndUserId": "alice", "Email": "evil@example.com", "Password": "Evil-Horse-99"}]
    town.system.call("eds-user", "CreateUsers", Users=users)
    town.system.advance(11 * MINUTE)
    place = "/prove?next=/home/settings/authenticator"
    assert send(alice, place, {"password": "Evil-Horse-99"}, at="/prove").status == 403
    assert alice.get("/home/settings/authenticator").status == 303


def test_after_proving_one_goes_to_pages_of_ours_only(alice: Pages) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = send(alice, f"/prove?next={target}", {"password": PASSWORD}, at="/prove")
        assert answer.place == "/home"


# -- the change log wakes nobody for nothing ---------------------------------------------------------


def test_what_was_had_long_ago_is_shown_no_more(town: Town, alice: Pages) -> None:
    grant(town, EndTime=town.system.clock.now() + HOUR)
    town.system.advance(31 * DAY)
    again = town.browser("alice", is_new=False)
    assert "What you had" not in again.get("/home").text
