"""Granting hosts and host accounts to user groups, and listing what they were granted."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admit.core.access import Reason
from admit.core.links import Kind
from admit.store import links
from tests.services.bastionhost.gate import Gate, codes, hosts
from tests.system import System

OK, ALREADY = "OK", "OBJECT_AlREADY_EXISTS"
NOT_FOUND, INVALID = "OBJECT_NOT_FOUND", "INVALID_ARGUMENT"


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def attach(gate: Gate, group: str, asked: str) -> list[tuple[str, list[str]]]:
    """Grant; the result codes."""
    return codes(gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=asked))


def detach(gate: Gate, group: str, asked: str) -> list[tuple[str, list[str]]]:
    """Revoke; the result codes."""
    return codes(gate.call("DetachHostAccountsFromUserGroup", UserGroupId=group, Hosts=asked))


def granted(gate: Gate, group: str) -> set[str]:
    """The IDs of all that a group was granted, by the links themselves."""
    thing = gate.thing(Kind.GROUP, group)
    with gate.system.admit.store.read() as sql:
        return {str(ref.key) for _, ref in links.of(sql, thing.key, inward=False)}


def test_a_group_grant_reaches_present_and_future_members(gate: Gate) -> None:
    """a group grant reaches present and future members"""
    host = gate.host()
    root, admin = gate.account(host), gate.account(host, "admin")
    group = gate.group()
    gate.user("alice", group)
    gate.user("bob")
    assert not gate.may("alice", root)

    answer = gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=hosts((host, [root])))

    assert answer["Results"] == [
        {
            "HostId": host,
            "UserGroupId": group,
            "Code": OK,
            "Message": "",
            "HostAccounts": [{"HostAccountId": root, "Code": OK, "Message": ""}],
        }
    ]
    gate.user("carol", group)
    assert [gate.may(name, root) for name in ("alice", "bob", "carol")] == [True, False, True]
    assert not gate.may("alice", admin)
    assert gate.decision("alice", gate.thing(Kind.HOST, host).ref).allowed


def test_a_host_alone_opens_none_of_its_accounts(gate: Gate) -> None:
    """a host alone opens none of its accounts"""
    host, group = gate.host(), gate.group()
    root = gate.account(host)
    gate.user("alice", group)
    assert attach(gate, group, hosts(host)) == [(OK, [])]
    assert gate.decision("alice", gate.thing(Kind.HOST, host).ref).allowed
    assert not gate.may("alice", root)


def test_what_is_granted_already_is_told_so(gate: Gate) -> None:
    """what is granted already is told so"""
    host, group = gate.host(), gate.group()
    root, admin = gate.account(host), gate.account(host, "admin")

    assert attach(gate, group, hosts((host, [root]))) == [(OK, [OK])]
    before = gate.system.revision()
    assert attach(gate, group, hosts((host, [root]))) == [(OK, [ALREADY])]
    assert attach(gate, group, hosts(host)) == [(ALREADY, [])]
    assert gate.system.revision() == before
    assert attach(gate, group, hosts((host, [root, admin]))) == [(OK, [ALREADY, OK])]


def test_what_comes_twice_in_a_call_is_granted_once(gate: Gate) -> None:
    """what comes twice in a call is granted once"""
    host, group = gate.host(), gate.group()
    root = gate.account(host)
    assert attach(gate, group, hosts((host, [root, root]), host)) == [(OK, [OK, ALREADY]), (ALREADY, [])]
    assert detach(gate, group, hosts((host, [root, root]), host, host)) == [
        (OK, [OK, ALREADY]),
        (OK, []),
        (ALREADY, []),
    ]


def test_each_fault_stops_only_its_own_item(gate: Gate) -> None:
    """each fault stops only its own item"""
    first, second, group = gate.host("db-1"), gate.host("db-2"), gate.group()
    root, other = gate.account(first), gate.account(second)

    asked = hosts((first, ["999", "x", "", other, root]), ("998", [root, "x"]), ("-1", [root, "x"]), second)
    expected = [
        (OK, [NOT_FOUND, INVALID, INVALID, NOT_FOUND, OK]),
        (NOT_FOUND, [NOT_FOUND, INVALID]),
        (INVALID, [NOT_FOUND, INVALID]),
        (OK, []),
    ]

    assert attach(gate, group, asked) == expected
    assert granted(gate, group) == {first, root, second}
    assert detach(gate, group, asked) == expected
    assert granted(gate, group) == {first}


@pytest.mark.parametrize(("group", "code"), [("999", NOT_FOUND), ("dba", INVALID), ("1 or 1", INVALID)])
def test_without_a_group_every_item_fails_alike(gate: Gate, group: str, code: str) -> None:
    """without a group every item fails alike"""
    host = gate.host()
    root = gate.account(host)
    before = gate.system.revision()
    for change in (attach, detach):
        assert change(gate, group, hosts((host, [root, "x"]), host)) == [(code, [code, code]), (code, [])]
    assert gate.system.revision() == before


def test_detaching_a_host_takes_its_accounts_along(gate: Gate) -> None:
    """detaching a host takes its accounts along"""
    host, other, group = gate.host(), gate.host("db-2"), gate.group()
    root, admin, elsewhere = gate.account(host), gate.account(host, "admin"), gate.account(other)
    gate.user("alice", group)
    attach(gate, group, hosts((host, [root, admin]), (other, [elsewhere])))

    assert detach(gate, group, hosts((host, [root]))) == [(OK, [OK])]
    assert [gate.may("alice", each) for each in (root, admin)] == [False, True]
    assert granted(gate, group) == {host, admin, other, elsewhere}

    assert detach(gate, group, hosts(host)) == [(OK, [])]
    assert gate.decision("alice", gate.thing(Kind.HOST_ACCOUNT, admin).ref).reason is Reason.NOT_GRANTED
    assert granted(gate, group) == {other, elsewhere}
    assert detach(gate, group, hosts(host)) == [(ALREADY, [])]
    assert detach(gate, group, hosts((host, [root]))) == [(OK, [ALREADY])]


def test_what_a_user_was_granted_directly_outlives_the_group(gate: Gate) -> None:
    """what a user was granted directly outlives the group"""
    host, group = gate.host(), gate.group()
    root = gate.account(host)
    user = gate.user("alice", group)
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root])))
    attach(gate, group, hosts((host, [root])))
    detach(gate, group, hosts(host))
    assert gate.may("alice", root)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "[]",
        "{}",
        "null",
        "[",
        '[{"HostId":"1"}',
        '[{"HostAccountIds":["1"]}]',
        '[{"HostId":null}]',
        '[{"HostId":true}]',
        '[{"HostId":"1","HostId":"2"}]',
        '[{"HostId":"1","HostAccountIds":{"1":{}}}]',
        json.dumps([{"HostId": "1"}] * 11),
        json.dumps([{"HostId": "1", "HostAccountIds": ["1"] * 11}]),
    ],
)
@pytest.mark.parametrize("action", ["AttachHostAccountsToUserGroup", "DetachHostAccountsFromUserGroup"])
def test_hosts_that_cannot_be_read_change_nothing(gate: Gate, action: str, asked: str) -> None:
    """hosts that cannot be read change nothing"""
    status, code = gate.refusal(action, UserGroupId=gate.group(), Hosts=asked)
    assert (status, code) == (400, "MissingParameter.Hosts" if asked == "" else "InvalidParameter")


def test_ten_hosts_with_ten_accounts_each_go_into_one_call(gate: Gate) -> None:
    """ten hosts with ten accounts each go into one call"""
    group = gate.group()
    made = [gate.host(f"db-{n}") for n in range(10)]
    accounts = {host: [gate.account(host, f"user{n}") for n in range(10)] for host in made}
    asked = hosts(*accounts.items())
    assert attach(gate, group, asked) == [(OK, [OK] * 10)] * 10
    assert len(granted(gate, group)) == 110


def test_ids_may_be_written_as_numbers(gate: Gate) -> None:
    """IDs may be written as numbers"""
    host, group = gate.host(), gate.group()
    root = gate.account(host)
    asked = json.dumps([{"HostId": int(host), "HostAccountIds": [int(root)]}])
    (result,) = gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=asked)["Results"]
    assert (result["HostId"], result["HostAccounts"][0]["HostAccountId"]) == (host, root)


def test_granted_hosts_are_listed_and_the_others(gate: Gate) -> None:
    """granted hosts are listed, and the others"""
    group = gate.group()
    web, db, win = (
        gate.host("web"),
        gate.host("db"),
        gate.host("win", OSType="Windows", HostPrivateAddress="w"),
    )
    attach(gate, group, hosts(win, web))

    def listed(**asked: Any) -> list[str]:
        answer = gate.call("ListHostsForUserGroup", UserGroupId=group, **asked)
        assert "ProjectId" not in str(answer["Hosts"])
        return [each["HostId"] for each in answer["Hosts"]]

    assert listed() == listed(Mode="Authorized") == [web, win]
    assert listed(Mode="Unauthorized") == [db]
    assert listed(OSType="Windows") == listed(HostAddress="w") == [win]
    assert listed(HostName="web", HostAddress="10.0.0.5") == [web]
    assert listed(HostName="db") == []
    assert listed(PageSize=1, PageNumber=2) == [win]
    assert listed(PageNumber=3) == []
    (first, _) = gate.call("ListHostsForUserGroup", UserGroupId=group)["Hosts"]
    assert first == {
        "HostId": web,
        "HostName": "web",
        "ActiveAddressType": "Private",
        "HostPrivateAddress": "10.0.0.5",
        "OSType": "Linux",
        "Comment": "",
    }


def test_a_page_has_twenty_and_tells_how_many_there_are(gate: Gate) -> None:
    """a page has twenty and tells how many there are"""
    group = gate.group()
    for n in range(21):
        gate.host(f"db-{n}")
    answer = gate.call("ListHostsForUserGroup", UserGroupId=group, Mode="Unauthorized")
    assert (len(answer["Hosts"]), answer["TotalCount"]) == (20, 21)
    asked = {"UserGroupId": group, "Mode": "Somehow"}
    assert gate.refusal("ListHostsForUserGroup", **asked) == (400, "InvalidParameter")


def test_all_accounts_of_a_host_are_listed_with_what_is_granted(gate: Gate) -> None:
    """all accounts of a host are listed with what is granted"""
    host, group = gate.host(), gate.group()
    root, admin = gate.account(host), gate.account(host, "admin", ProtocolName="RDP")
    attach(gate, group, hosts((host, [admin])))

    answer = gate.call("ListHostAccountsForUserGroup", UserGroupId=group, HostId=host)

    assert answer["TotalCount"] == 2
    first, second = answer["HostAccounts"]
    assert first == {
        "HostAccountId": root,
        "HostAccountName": "root",
        "HostId": host,
        "ProtocolName": "SSH",
        "IsAuthorized": False,
    }
    assert (second["HostAccountId"], second["ProtocolName"], second["IsAuthorized"]) == (admin, "RDP", True)
    asked = {"UserGroupId": group, "HostId": host}
    (named,) = gate.call("ListHostAccountsForUserGroup", **asked, HostAccountName="admin")["HostAccounts"]
    assert named == second
    paged = gate.call("ListHostAccountsForUserGroup", **asked, PageSize=1, PageNumber=3)
    assert (paged["HostAccounts"], paged["TotalCount"]) == ([], 2)


def test_a_listing_needs_its_group_and_its_host(gate: Gate) -> None:
    """a listing needs its group and its host"""
    host, group = gate.host(), gate.group()
    assert gate.refusal("ListHostsForUserGroup", UserGroupId="999") == (404, "UserGroupNotFound")
    accounts = "ListHostAccountsForUserGroup"
    assert gate.refusal(accounts, UserGroupId="999", HostId=host) == (404, "UserGroupNotFound")
    assert gate.refusal(accounts, UserGroupId=group, HostId="999") == (400, "HostNotFound")
    assert gate.refusal(accounts, UserGroupId=group) == (400, "MissingParameter.HostId")


NAMED = st.tuples(st.integers(0, 1), st.lists(st.integers(0, 2), max_size=3))
CALLS = st.lists(st.tuples(st.booleans(), st.lists(NAMED, min_size=1, max_size=3)), max_size=6)
"""Calls: attach or detach; hosts by number, each with accounts by number."""


def test_any_sequence_of_calls_leaves_what_a_set_would_hold(gate: Gate) -> None:
    """any sequence of calls leaves what a set would hold"""
    made = [gate.host(), gate.host()]
    accounts = [[gate.account(host, name) for name in ("a", "b", "c")] for host in made]
    numbers = itertools.count()

    @settings(max_examples=20, deadline=None, database=None)
    @given(calls=CALLS)
    def leaves_what_a_set_would_hold(calls: list[tuple[bool, list[tuple[int, list[int]]]]]) -> None:
        group, model = gate.group(f"group {next(numbers)}"), set[str]()
        for attaching, named in calls:
            asked = [(made[host], [accounts[host][each] for each in chosen]) for host, chosen in named]
            change, expected = (attach, _attached) if attaching else (detach, _detached)
            told = [expected(model, *each, accounts[made.index(each[0])]) for each in asked]
            assert change(gate, group, hosts(*asked)) == told
            assert granted(gate, group) == model

    leaves_what_a_set_would_hold()


def _attached(model: set[str], host: str, asked: list[str], _all: list[str]) -> tuple[str, list[str]]:
    """What attaching should say, done to the model."""
    told = OK if asked or host not in model else ALREADY
    model.add(host)
    codes_of = []
    for each in asked:
        codes_of.append(ALREADY if each in model else OK)
        model.add(each)
    return told, codes_of


def _detached(model: set[str], host: str, asked: list[str], on_host: list[str]) -> tuple[str, list[str]]:
    """What detaching should say, done to the model."""
    if not asked:
        gone = model & {host, *on_host}
        model -= gone
        return OK if gone else ALREADY, []
    codes_of = []
    for each in asked:
        codes_of.append(OK if each in model else ALREADY)
        model.discard(each)
    return OK, codes_of
