"""Tickets: who may ask for what, who decides, and what a session then may do."""

import json
from typing import Any

import pytest

from admit.control.bastionhost import tickets
from admit.control.bastionhost.restrictions import restrictions
from admit.core.links import Kind
from admit.core.restrictions import Restrictions
from admit.core.validity import DAY, HOUR, SECOND, Millis
from admit.rpc.signing import SigningKey
from tests.services.bastionhost.gate import Gate, hosts
from tests.system import Refused, System

RAM_ID, PEER = "20000000000000001", "10.0.0.7"


class Desk(Gate):
    """A bastion host where sessions need an approval, and alice, who is granted root on db-1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.alice = self.ram_user("alice", RAM_ID)
        self.boss = self.ram_user("boss", "20000000000000002")
        self.asker = self.user("alice", ram_id=RAM_ID)
        self.db = self.host()
        self.root = self.account(self.db)
        self.call("AttachHostAccountsToUser", UserId=self.asker, Hosts=hosts((self.db, [self.root])))
        self.policy = str(self.call("CreatePolicy", PolicyName="asking")["PolicyId"])
        self.call("SetPolicyUserScope", PolicyId=self.policy, ScopeType="All")
        self.call("SetPolicyAssetScope", PolicyId=self.policy, ScopeType="All")
        self.switch("On")

    def switch(self, status: str) -> None:
        """Switch the asking on or off."""
        switched = json.dumps({"SwitchStatus": status})
        self.call("SetPolicyApprovalConfig", PolicyId=self.policy, ApprovalConfig=switched)

    def ask(self, key: SigningKey | None = None, **more: Any) -> str:
        """A new ticket of alice for root on db-1; its ID."""
        asked = {
            "AssetId": self.db,
            "AssetAccountName": "root",
            "ProtocolName": "SSH",
            "ApproveComment": "why",
        }
        return str(self.call("CreateOperationTicket", key or self.alice, **asked | more)["OperationTicketId"])

    def refused(self, action: str, key: SigningKey, **more: Any) -> str:
        """The message of the refusal of a call, which changes nothing."""
        before = self.system.revision()
        with pytest.raises(Refused) as refused:
            self.call(action, key, **more)
        assert self.system.revision() == before
        assert refused.value.code == "InvalidParameter"
        return str(refused.value.message).removeprefix("The argument is invalid. ")

    def not_asked(self, key: SigningKey | None = None, **more: Any) -> str:
        """Why a ticket is not made."""
        asked = {
            "AssetId": self.db,
            "AssetAccountName": "root",
            "ProtocolName": "SSH",
            "ApproveComment": "why",
        }
        return self.refused("CreateOperationTicket", key or self.alice, **asked | more)

    def left(self, kind: Kind = Kind.HOST_ACCOUNT, thing: str | None = None) -> Restrictions:
        """What is left of alice's access to root, or to something else."""
        user, what = self.thing(Kind.USER, self.asker), self.thing(kind, thing or self.root)
        with self.system.admit.store.read() as sql:
            return restrictions(sql, self.system.admit.world, user, what, self.now)

    def may(self) -> bool:  # type: ignore[override]  # of one person and one account
        """Whether a session of alice may begin now."""
        return self.left().at_logon(PEER, self.now) is None

    @property
    def now(self) -> Millis:
        """What the time is."""
        return self.system.clock.now()

    def waiting(self) -> list[dict[str, Any]]:
        """The tickets that wait, as they are told."""
        return list(self.call("ListOperationTickets", self.boss)["OperationTickets"])


@pytest.fixture
def desk(system: System) -> Desk:
    """A bastion host."""
    return Desk(system)


def test_a_session_begins_once_its_ticket_is_accepted_and_ends_with_it(desk: Desk) -> None:
    assert not desk.may()
    end = desk.now + HOUR
    ticket = desk.ask(EffectEndTime=end // SECOND)
    assert not desk.may()
    desk.call("AcceptOperationTicket", desk.boss, OperationTicketId=ticket, Comment="go on")
    assert desk.may()
    assert desk.left().next_change_at(desk.now) == end
    desk.system.advance(HOUR - 1)
    assert desk.may()
    desk.system.advance(1)
    assert not desk.may()
    assert desk.left().in_session(PEER, desk.now) is not None


def test_a_ticket_that_waits_is_listed_with_what_was_asked(desk: Desk) -> None:
    start, end = desk.now // SECOND + 60, desk.now // SECOND + 120
    ticket = desk.ask(EffectStartTime=start, EffectEndTime=end, IsOneTimeEffect=True)
    assert desk.waiting() == [
        {
            "OperationTicketId": ticket,
            "State": "Normal",
            "ApplyUserId": desk.asker,
            "ApplyUsername": "alice",
            "ApproveComment": "why",
            "AssetId": desk.db,
            "AssetName": "db-1",
            "AssetAddress": "10.0.0.5",
            "AssetOs": "Linux",
            "AssetSource": "Local",
            "AssetAccountId": desk.root,
            "AssetAccountName": "root",
            "ProtocolName": "SSH",
            "EffectCount": 1,
            "EffectStartTime": start,
            "EffectEndTime": end,
            "CreatedTime": desk.now // SECOND,
        }
    ]


def test_tickets_are_listed_by_address_and_by_page(desk: Desk) -> None:
    one = desk.ask()
    other = desk.host("db-2", HostPrivateAddress="10.0.0.6")
    desk.call("AttachHostAccountsToUser", UserId=desk.asker, Hosts=hosts(other))
    two = desk.ask(AssetId=other)
    for asked, found in (
        ({}, [one, two]),
        ({"AssetAddress": "10.0.0.6"}, [two]),
        ({"AssetAddress": "10.0.0"}, []),
        ({"PageSize": "1000"}, [one, two]),
        ({"PageSize": "1", "PageNumber": "2"}, [two]),
    ):
        answer = desk.call("ListOperationTickets", **asked)
        assert [each["OperationTicketId"] for each in answer["OperationTickets"]] == found
    desk.call("DeleteHost", HostId=other)
    assert [each["OperationTicketId"] for each in desk.waiting()] == [one]
    desk.call("DeleteUser", UserId=desk.asker)
    assert desk.waiting() == []


def test_only_who_may_operate_an_account_may_ask_for_it(desk: Desk) -> None:
    no = "AssetId: you may not operate this account on this host."
    spare, other = desk.account(desk.db, "spare"), desk.host("db-2")
    assert desk.not_asked(AssetId="404") == no
    assert desk.not_asked(AssetId=other) == no
    assert desk.not_asked(ProtocolName="MySQL") == no
    assert desk.not_asked(desk.boss) == no
    assert desk.not_asked(desk.system.key) == no
    desk.call("DetachHostAccountsFromUser", UserId=desk.asker, Hosts=hosts(desk.db))
    assert desk.not_asked() == no
    desk.call("AttachHostAccountsToUser", UserId=desk.asker, Hosts=hosts((desk.db, [spare])))
    assert desk.ask(AssetAccountName="spare")


def test_where_the_host_itself_is_granted_any_login_may_be_asked_for(desk: Desk) -> None:
    desk.account(desk.db, "spare")
    for login in ("postgres", "spare"):
        ticket = desk.ask(AssetAccountName=login)
        told = next(each for each in desk.waiting() if each["OperationTicketId"] == ticket)
        assert told["AssetAccountName"] == login
        assert "AssetAccountId" not in told
        desk.call("AcceptOperationTicket", desk.boss, OperationTicketId=ticket)
    assert not desk.may()
    assert desk.left(Kind.HOST, desk.db).at_logon(PEER, desk.now) is None


def test_what_waits_already_or_needs_no_approval_is_not_asked_for(desk: Desk) -> None:
    ticket = desk.ask()
    assert desk.not_asked() == "AssetId: a ticket for this waits already."
    desk.call("RejectOperationTicket", desk.boss, OperationTicketId=ticket)
    assert desk.ask() != ticket
    desk.switch("Off")
    assert desk.not_asked() == "AssetId: no control policy asks for an approval here."
    desk.call("DeletePolicy", PolicyId=desk.policy)
    assert desk.not_asked() == "AssetId: no control policy asks for an approval here."


@pytest.mark.parametrize(("start", "end"), [(0, -60), (120, 60), (60, 60)])
def test_a_period_that_is_over_or_none_is_refused(desk: Desk, start: int, end: int) -> None:
    ticket, now = desk.ask(), desk.now // SECOND
    sent = {"EffectStartTime": str(now + start), "EffectEndTime": str(now + end)}
    why = "EffectEndTime: it must be later than EffectStartTime and than now."
    assert desk.refused("AcceptOperationTicket", desk.boss, OperationTicketId=ticket, **sent) == why
    assert desk.not_asked(**sent) == why


def test_a_ticket_without_an_end_is_good_for_a_day(desk: Desk) -> None:
    desk.call("AcceptOperationTicket", desk.boss, OperationTicketId=desk.ask(), EffectEndTime="0")
    assert desk.left().next_change_at(desk.now) == desk.now + DAY


def test_who_accepts_may_say_when_and_how_often(desk: Desk) -> None:
    start, end = desk.now // SECOND + 60, desk.now // SECOND + 120
    asked = {"EffectEndTime": desk.now // SECOND + 3600, "IsOneTimeEffect": True}
    sent = {"EffectStartTime": str(start), "EffectEndTime": str(end)}
    desk.call("AcceptOperationTicket", desk.boss, OperationTicketId=desk.ask(**asked), EffectCount="", **sent)
    (ticket,) = desk.left().tickets
    assert (ticket.validity.start, ticket.validity.end) == (start * SECOND, end * SECOND)
    desk.system.advance(61 * SECOND)
    for _ in range(2):
        assert desk.may()
        desk.write(lambda tx: tickets.use(tx, ticket))


@pytest.mark.parametrize(("asked", "count"), [(False, "1"), (True, None)])
def test_a_ticket_for_one_session_is_used_up_by_it(desk: Desk, count: str | None, *, asked: bool) -> None:
    ticket = desk.ask(IsOneTimeEffect=asked)
    desk.call("AcceptOperationTicket", desk.boss, OperationTicketId=ticket, EffectCount=count)
    (accepted,) = desk.left().tickets
    assert desk.may()
    desk.write(lambda tx: tickets.use(tx, accepted))
    assert not desk.may()
    assert desk.left().in_session(PEER, desk.now) is None


def test_a_ticket_is_decided_once_and_by_somebody_else(desk: Desk) -> None:
    one = desk.ask()
    for action in ("AcceptOperationTicket", "RejectOperationTicket"):
        own = desk.refused(action, desk.alice, OperationTicketId=one)
        assert own == "OperationTicketId: nobody decides on a ticket of their own."
        absent = desk.refused(action, desk.boss, OperationTicketId="404")
        assert absent == "OperationTicketId: there is no such ticket."
    desk.call("RejectOperationTicket", desk.boss, OperationTicketId=one, Comment="not today")
    assert desk.waiting() == []
    assert not desk.may()
    for action in ("AcceptOperationTicket", "RejectOperationTicket"):
        again = desk.refused(action, desk.boss, OperationTicketId=one)
        assert again == "OperationTicketId: somebody has decided on this ticket already."
