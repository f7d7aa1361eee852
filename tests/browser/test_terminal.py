"""The web terminal's connection, asked by programs that are no page of ours."""

import json
from http.cookies import SimpleCookie
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from admit.base.clock import SystemClock
from admit.core.validity import MINUTE
from tests.browser.place import Place
from tests.ssh.office import PASSWORD


def cookie(place: Place, name: str) -> str:
    """The cookie of somebody who has signed in."""
    answer = httpx.post(
        f"{place.url}/sign-in",
        data={"name": name, "password": PASSWORD, "next": "/home"},
        headers={"origin": place.url},
    )
    found = SimpleCookie(answer.headers["set-cookie"])
    return f"admit={found['admit'].value}"


def opened(
    place: Place, target: str, whose: str | None, origin: str | None, **headers: str
) -> ClientConnection:
    """A connection as a page would make it."""
    headers |= {} if whose is None else {"cookie": whose}
    address = f"{place.url.replace('http', 'ws')}/terminal/{quote(target)}"
    return connect(address, origin=origin, additional_headers=headers, proxy=None)  # type: ignore[arg-type]


def last(connection: ClientConnection) -> tuple[int, str]:
    """The code and the text with which it ends."""
    said = ""
    try:
        while True:
            note = connection.recv(timeout=10)
            if isinstance(note, str) and "ended" in note:
                said = json.loads(note)["ended"]
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0, said


SIZE = json.dumps({"type": "size", "columns": 80, "rows": 24})


@pytest.fixture
def account(place: Place) -> str:
    resource = f"{place.office.target.account}@db-1"
    place.call("GrantAccess", Subject="alice", Resource=resource)
    return resource


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "null", None])
def test_a_page_from_elsewhere_gets_no_connection_with_her_cookie(
    place: Place, account: str, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(place, account, cookie(place, "alice"), origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("whose", [None, "admit=0000"])
def test_nobody_gets_in_without_having_signed_in(place: Place, account: str, whose: str | None) -> None:
    with opened(place, account, whose, place.url) as connection:
        assert last(connection) == (4401, "You are signed out.")


def test_what_is_anothers_and_what_does_not_exist_are_refused_alike(place: Place, account: str) -> None:
    told = []
    for target in (account, "root@no-such-host"):
        with opened(place, target, cookie(place, "bob"), place.url) as connection:
            connection.send(SIZE)
            code, text = last(connection)
            told.append((code, text.replace(target, "it")))
    assert told[0] == told[1]
    assert told[0][0] == 4403


@pytest.mark.parametrize(
    "first",
    ["", "{}", '{"type":"size","columns":0,"rows":1}', '{"type":"size","columns":9e9,"rows":1}', b"ls\n"],
)
def test_a_connection_that_begins_oddly_is_over(place: Place, account: str, first: str | bytes) -> None:
    with opened(place, account, cookie(place, "alice"), place.url) as connection:
        connection.send(first)
        assert last(connection)[0] == 1007


def test_more_than_anybody_types_ends_it_and_not_the_server(place: Place, account: str) -> None:
    with opened(place, account, cookie(place, "alice"), place.url) as connection:
        connection.send(SIZE)
        for _ in range(20):
            connection.send(b"x" * 100_000)
        assert last(connection)[0] in (1009, 4000)
    with opened(place, account, cookie(place, "alice"), place.url) as connection:
        connection.send(SIZE)
        assert isinstance(connection.recv(timeout=10), bytes | str)


def test_a_browser_that_takes_nothing_holds_up_the_host_and_is_cut_at_once(
    place: Place, account: str
) -> None:
    with opened(place, account, cookie(place, "alice"), place.url) as connection:
        connection.send(SIZE)
        while not isinstance(connection.recv(timeout=10), bytes):
            pass
        connection.send(b"yes 0123456789\n")
        (live,) = place.call("ListSessions", State="live")["Sessions"]
        assert (live["Door"], live["Person"]) == ("web", "alice")
        place.call("EndSession", SessionId=live["SessionId"], Reason="a flood")
        code, text = last(connection)
    assert (code, "a flood" in text) == (4403, True)


CHINESE = {"accept-language": "zh-CN"}


def shows(connection: ClientConnection) -> None:
    """Wait until the host shows something: the session has begun."""
    while not isinstance(connection.recv(timeout=10), bytes):
        pass


def told_by_the_gate(connection: ClientConnection) -> str:
    """The next line of the gate's in the terminal."""
    said = b""
    while b"\n" not in said.partition(b"admit: ")[2]:
        note = connection.recv(timeout=10)
        said += note if isinstance(note, bytes) else b""
    return said.partition(b"admit: ")[2].decode()


def warned(connection: ClientConnection) -> str:
    """The next warning."""
    while True:
        note = connection.recv(timeout=10)
        if isinstance(note, str) and "warn" in (told := json.loads(note)):
            return str(told["warn"])


def test_warnings_and_the_end_are_told_in_the_language_of_the_page(place: Place, account: str) -> None:
    with (
        opened(place, account, cookie(place, "alice"), place.url) as english,
        opened(place, account, cookie(place, "alice"), place.url, **CHINESE) as chinese,
    ):
        for connection in (english, chinese):
            connection.send(SIZE)
            shows(connection)
        for minutes, said in ((15, "15 minutes"), (5, "5 minutes"), (1, "1 minute")):
            end = SystemClock().now() + minutes * MINUTE
            place.call("GrantAccess", Subject="alice", Resource=account, EndTime=end)
            assert warned(english) == f"Your access to {account} ends in {said}."
            assert warned(chinese) == f"您对 {account} 的访问将在 {minutes} 分钟后结束。"
        place.call("RevokeAccess", Subject="alice", Resource="host:db-1")
        assert last(english) == (4403, f"Your access to {account} ended: the grant was revoked.")
        assert last(chinese) == (4403, f"您对 {account} 的访问已结束\uff1a授权已被撤销。")


def test_a_refusal_is_told_in_the_language_of_the_page(place: Place) -> None:
    with opened(place, "root@nowhere", cookie(place, "alice"), place.url, **CHINESE) as connection:
        connection.send(SIZE)
        assert last(connection) == (4403, "您无权访问 root@nowhere\uff1a请向管理员申请授权。")


def test_what_the_gate_says_in_the_terminal_is_in_the_language_of_the_page(
    place: Place, account: str
) -> None:
    office = place.office
    policy = office.call("CreatePolicy", PolicyName="guard")["PolicyId"]
    office.call("SetPolicyUserScope", PolicyId=policy, ScopeType="All")
    office.call("SetPolicyAssetScope", PolicyId=policy, ScopeType="All")
    denied = json.dumps({"Deny": {"AclType": "black", "Commands": ["rm"]}})
    office.call("SetPolicyCommandConfig", PolicyId=policy, CommandConfig=denied)
    try:
        with opened(place, account, cookie(place, "alice"), place.url, **CHINESE) as connection:
            connection.send(SIZE)
            connection.send(b"rm nothing-like-it\r")
            assert "控制策略不允许此命令" in told_by_the_gate(connection)
    finally:
        office.call("DeletePolicy", PolicyId=policy)


def test_the_menu_of_all_that_can_be_opened_is_in_the_language_of_the_page(
    place: Place, account: str
) -> None:
    with opened(place, "", cookie(place, "alice"), place.url, **CHINESE) as connection:
        connection.send(SIZE)
        shown = b""
        while account.encode() not in shown:
            note = connection.recv(timeout=10)
            shown += note if isinstance(note, bytes) else b""
        assert "请选择要打开的主机账户" in shown.decode("utf-8", "replace")
        connection.send(b"\x03")
        assert last(connection) == (4403, "未作选择。")
