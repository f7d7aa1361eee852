"""Mail about what waits for an approval: who is told of it, and who is not."""

import json
from typing import Any

import msgspec
import pytest

from admit.control import founding, things
from admit.control.callers import PolicyDetails
from admit.control.followers import follow
from admit.control.grants import grant
from admit.control.live.held_commands import PATIENCE, HeldCommandDetails
from admit.control.requests import approval_letters
from admit.control.requests.approval_letters import ACCEPT, AGAIN
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import HOUR, SECOND, iso
from admit.rpc.signing import SigningKey
from admit.services import bastionhost
from admit.store import messages
from admit.store.engine import Tx
from admit.store.messages import Message
from tests.services.bastionhost.gate import Gate, hosts
from tests.system import System

EVERYTHING = {"Effect": "Allow", "Action": "yundun-bastionhost:*", "Resource": "*"}
ALICE, BOSS = "20000000000000001", "20000000000000002"


class Person(msgspec.Struct, omit_defaults=True):
    """What these tests need of a RAM user."""

    email: str | None = None


class Desk(Gate):
    """A bastion host where alice, who is granted root on db-1, may do little without an approval."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.letters = approval_letters.follower(
            self.system.admit.world, "example.com", ["watch@example.com", "boss@example.com"]
        )
        follow(self.system.admit.store, self.letters)
        self.alice = self.decider("alice", ALICE)
        self.boss = self.decider("boss", BOSS)
        self.asker, self.db = self.user("alice", ram_id=ALICE), self.host()
        self.call(
            "AttachHostAccountsToUser", UserId=self.asker, Hosts=hosts((self.db, [self.account(self.db)]))
        )

    def decider(self, name: str, user_id: str, *statements: dict[str, Any], mail: bool = True) -> SigningKey:
        """A RAM user, who may call all of the service unless statements say otherwise."""
        email = f"{name}@example.com" if mail else None

        def body(tx: Tx) -> SigningKey:
            world = self.system.admit.world
            user = things.add(tx, New(Kind.RAM_USER, world.account_key, name, Person(email), user_id))
            document = json.dumps({"Version": "1", "Statement": list(statements or (EVERYTHING,))})
            details = PolicyDetails("Custom", "", "v1", document)
            grant(tx, user, things.add(tx, New(Kind.RAM_POLICY, world.account_key, f"of-{name}", details)))
            key, secret = founding.new_access_key(tx, world, user)
            return SigningKey(key.id, secret)

        return self.write(body)

    def hold(self, command: str, session: str = "s-1") -> str:
        """A command of alice's that a session holds; its ID."""
        details = HeldCommandDetails(self.asker, "alice", self.db, "root", "10.0.0.7", session, command)
        return self.write(lambda tx: things.add(tx, New(Kind.HELD_COMMAND, self.bastion.key, "", details)).id)

    def ask(self, **more: Any) -> str:
        """A ticket of alice's; its ID."""
        policy = str(self.call("CreatePolicy", PolicyName="asking")["PolicyId"])
        for scope in ("User", "Asset"):
            self.call(f"SetPolicy{scope}Scope", PolicyId=policy, ScopeType="All")
        self.call("SetPolicyApprovalConfig", PolicyId=policy, ApprovalConfig='{"SwitchStatus":"On"}')
        asked = {
            "AssetId": self.db,
            "AssetAccountName": "root",
            "ProtocolName": "SSH",
            "ApproveComment": "the disk is full\nBcc: all@example.com",
        }
        return str(self.call("CreateOperationTicket", self.alice, **asked | more)["OperationTicketId"])

    def mail(self) -> list[Message]:
        """What is to be sent, by who gets it."""
        while follow(self.system.admit.store, self.letters):
            pass

        def body(tx: Tx) -> list[Message]:
            found = []
            while (message := messages.claim(tx.sql, tx.now, tx.now + 10 * HOUR)) is not None:
                found.append(message)
            return found

        return sorted(self.write(body), key=lambda each: each.recipient)

    def told(self) -> list[str]:
        """Who is to be sent something."""
        return [each.recipient for each in self.mail()]


@pytest.fixture
def desk(system: System) -> Desk:
    """A bastion host."""
    return Desk(system)


def test_a_held_command_is_mailed_to_all_who_may_accept_it_with_what_to_call(desk: Desk) -> None:
    held = desk.hold("rm -rf /srv\x1b[2J")
    boss, watch = desk.mail()

    assert (boss.recipient, watch.recipient) == ("boss@example.com", "watch@example.com")
    assert boss.subject == "alice wants to run a command on root@db-1"
    assert "> rm -rf /srv\ufffd[2J\n" in boss.body
    assert "The session is s-1, from 10.0.0.7." in boss.body
    assert iso(desk.thing(Kind.HELD_COMMAND, held).created_at + PATIENCE) in boss.body
    assert f"AcceptApproveCommand --InstanceId {desk.bastion.id} --CommandId {held}\n" in boss.body


@pytest.mark.parametrize(
    ("statements", "mail", "told"),
    [
        ([EVERYTHING], True, True),
        ([EVERYTHING], False, False),
        ([EVERYTHING | {"Action": "yundun-bastionhost:List*"}], True, False),
        ([EVERYTHING, EVERYTHING | {"Effect": "Deny", "Action": "*:AcceptApproveCommand"}], True, False),
        # Where they will call from is not known: what needs a place is not counted on.
        ([EVERYTHING | {"Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}}], True, False),
    ],
    ids=["all", "no address", "lists alone", "denied", "from one place"],
)
def test_who_may_decide_is_who_may_call_the_operation(
    desk: Desk, statements: list[dict[str, Any]], *, mail: bool, told: bool
) -> None:
    desk.decider("olga", "20000000000000003", *statements, mail=mail)
    desk.hold("reboot")
    assert ("olga@example.com" in desk.told()) is told


def test_further_commands_of_a_session_are_not_mailed_for_a_while(desk: Desk) -> None:
    desk.hold("reboot")
    assert len(desk.told()) == 2
    desk.hold("reboot now")
    assert desk.told() == []
    desk.hold("reboot", session="s-2")
    assert len(desk.told()) == 2
    desk.system.advance(AGAIN)
    desk.hold("reboot")
    assert len(desk.told()) == 2


def test_a_command_that_is_decided_is_mailed_to_nobody(desk: Desk) -> None:
    held = desk.hold("reboot")
    desk.mail()
    desk.call("AcceptApproveCommand", desk.boss, CommandId=held)
    assert desk.told() == []


def test_a_ticket_is_mailed_to_who_decides_and_its_answer_to_who_asked(desk: Desk) -> None:
    end = desk.system.clock.now() // SECOND + 3600
    ticket = desk.ask()
    asked, _ = desk.mail()
    assert (asked.recipient, asked.subject) == ("boss@example.com", "alice asks for a session on root@db-1")
    assert "> the disk is full\n> Bcc: all@example.com\n" in asked.body
    assert (
        f"AcceptOperationTicket --InstanceId {desk.bastion.id} --OperationTicketId {ticket}\n" in asked.body
    )

    desk.call(
        "AcceptOperationTicket",
        desk.boss,
        OperationTicketId=ticket,
        EffectCount="1",
        EffectEndTime=str(end),
        Comment="go on",
    )
    (answer,) = desk.mail()
    assert answer.recipient == "alice@example.com"
    assert answer.subject == "Your request for a session on root@db-1 was accepted"
    assert f"You may begin one session until {iso(end * SECOND)}." in answer.body
    assert "They say:\n> go on\n" in answer.body


def test_a_rejected_ticket_is_told_so_and_to_the_address_of_the_bastion_host_if_there_is_one(
    desk: Desk,
) -> None:
    desk.call("ModifyUser", UserId=desk.asker, Email="alice@work.example.com")
    ticket = desk.ask()
    desk.mail()
    desk.call("RejectOperationTicket", desk.boss, OperationTicketId=ticket)
    (answer,) = desk.mail()
    assert answer.recipient == "alice@work.example.com"
    assert answer.body.endswith("your request for a session on root@db-1 was rejected.\n")


def test_what_must_be_allowed_is_the_permission_that_the_operations_ask_for() -> None:
    asked = {each.action: each.permission for each in bastionhost.bastionhost.operations.values()}
    assert {
        Kind.HELD_COMMAND: asked["AcceptApproveCommand"],
        Kind.OPERATION_TICKET: asked["AcceptOperationTicket"],
    } == ACCEPT
