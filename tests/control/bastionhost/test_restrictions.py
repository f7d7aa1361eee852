"""Which control policies apply to whom, and by what."""

from dataclasses import replace

import msgspec
import pytest

from admit.control import things
from admit.control.bastionhost import tickets
from admit.control.bastionhost.restrictions import (
    AddressList,
    ControlPolicyDetails,
    HostScope,
    Period,
    restrictions,
)
from admit.control.bastionhost.tickets import TicketDetails, TicketUsed
from admit.control.grants import grant, revoke
from admit.control.things import New
from admit.core.commands import Acl
from admit.core.links import Kind
from admit.core.restrictions import NOTHING, Channel, Restrictions
from admit.core.validity import HOUR, Validity
from admit.store.engine import Author
from admit.store.things import Thing
from tests.system import System

AUTHOR = Author("admit", "test", "request")


class Nothing(msgspec.Struct):
    """Nothing is kept of these."""


class Gate:
    """A bastion host with a user in a group, and two accounts on a host."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.now = system.clock.now()
        self.bastion = self.add(Kind.BASTION, 0, "b")
        self.user, self.group = (
            self.add(Kind.USER, self.bastion.key, "ann"),
            self.add(Kind.GROUP, self.bastion.key, "g"),
        )
        self.host = self.add(Kind.HOST, self.bastion.key, "db-1")
        self.root, self.spare = (
            self.add(Kind.HOST_ACCOUNT, self.host.key, name) for name in ("root", "spare")
        )

    def add(self, kind: Kind, parent: int, name: str, details: msgspec.Struct | None = None) -> Thing:
        """A new thing."""
        new = New(kind, parent, name, details or Nothing())
        return self.system.admit.store.write_now(AUTHOR, lambda tx: things.add(tx, new))

    def policy(self, parent: Thing | None = None, **parts: object) -> Thing:
        """A new control policy; it denies EXEC, so that one sees whether it applies."""
        details = ControlPolicyDetails(**{"priority": 1, "ssh": {"SSHChannel": True}} | parts)
        return self.add(Kind.CONTROL_POLICY, (parent or self.bastion).key, "p", details)

    def left(self, resource: Thing | None = None) -> Restrictions:
        """What is left of the user's access to an account, or to something else."""
        store, world = self.system.admit.store, self.system.admit.world
        with store.read() as sql:
            return restrictions(sql, world, self.user, resource or self.root, self.system.clock.now())

    def applies(self, resource: Thing | None = None) -> bool:
        """Whether the policy does."""
        return not self.left(resource).allows(Channel.EXEC)


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def test_a_policy_applies_to_nobody_until_both_its_scopes_are_set(gate: Gate) -> None:
    assert gate.left() is NOTHING
    gate.policy()
    gate.policy(all_users=True)
    gate.policy(all_assets=True)
    assert not gate.applies()
    gate.policy(all_users=True, all_assets=True)
    assert gate.applies()


def test_a_policy_of_another_bastion_host_does_not_apply(gate: Gate) -> None:
    gate.policy(gate.add(Kind.BASTION, 0, "other"), all_users=True, all_assets=True)
    assert not gate.applies()


@pytest.mark.parametrize(
    ("account_ids", "applies"),
    [(None, (True, True, True)), (("root",), (True, False, True)), ((), (False, False, True))],
)
def test_a_policy_for_accounts_of_a_host_is_also_for_the_host_where_any_login_may_be_typed(
    gate: Gate, account_ids: tuple[str, ...] | None, applies: tuple[bool, ...]
) -> None:
    ids = None if account_ids is None else tuple({"root": gate.root.id}[name] for name in account_ids)
    gate.policy(all_users=True, hosts=(HostScope(gate.host.id, ids),))
    assert tuple(gate.applies(each) for each in (gate.root, gate.spare, gate.host)) == applies
    assert not gate.applies(gate.add(Kind.HOST, gate.bastion.key, "db-2"))


def test_a_policy_for_a_group_applies_to_who_is_in_it_and_tells_when_that_changes(gate: Gate) -> None:
    gate.policy(all_assets=True, user_group_ids=(gate.group.id, "404"))
    store, now = gate.system.admit.store, gate.now
    assert not gate.applies()
    validity = Validity(now + HOUR, now + 2 * HOUR)
    store.write_now(AUTHOR, lambda tx: grant(tx, gate.user, gate.group, validity))
    seen = []
    for _ in range(3):
        seen.append((gate.applies(), gate.left().next_change_at(gate.system.clock.now())))
        gate.system.advance(HOUR)
    assert seen == [(False, now + HOUR), (True, now + 2 * HOUR), (False, None)]
    store.write_now(AUTHOR, lambda tx: revoke(tx, gate.user, gate.group))
    assert gate.left().changes == ()


def test_a_policy_for_a_user_applies_to_that_user(gate: Gate) -> None:
    gate.policy(all_assets=True, user_ids=(gate.user.id,))
    assert gate.applies()
    gate.user = gate.add(Kind.USER, gate.bastion.key, "bob")
    assert not gate.applies()


def test_a_policy_as_it_is_kept_says_the_same_when_it_is_read(gate: Gate) -> None:
    sources = AddressList(Acl.WHITE, ("10.0.0.7",))
    kept = gate.policy(
        all_users=True, all_assets=True, sources=sources, periods=(Period((1, 2), (9, 10)),), approval=True
    )
    left = gate.left()
    assert left.sources is not None
    assert left.sources.policy.id == kept.id
    assert left.sources.rule.admit("10.0.0.7")
    assert not left.sources.rule.admit("10.0.0.8")
    assert left.hours is not None
    assert left.hours.rule.open == {(1, 9), (1, 10), (2, 9), (2, 10)}
    assert left.hours.rule.zone is gate.system.admit.world.zone
    assert left.approval is not None
    assert left.approval.rule is True


@pytest.mark.parametrize(
    ("switches", "opened"),
    [
        ({}, False),
        ({"AllowTcpForwarding": True}, True),
        ({"AllowDirectTcp": True}, True),
        ({"TcpForwarding": True, "AllowDirectTcp": False}, False),
    ],
)
def test_forwarding_is_open_if_one_of_its_switches_is_on_and_none_is_off(
    gate: Gate, switches: dict[str, bool], *, opened: bool
) -> None:
    gate.policy(all_users=True, all_assets=True, ssh={"SSHChannel": True} | switches)
    assert gate.left().allows(Channel.FORWARD) is opened


def accepted(gate: Gate, account: Thing | None, **more: object) -> Thing:
    """An accepted ticket of the user for an account, or for a typed login."""
    asked = {
        "user_id": gate.user.id,
        "host_id": gate.host.id,
        "account_name": "root" if account is None else account.name,
        "account_id": "" if account is None else account.id,
        "protocol_name": "SSH",
        "state": "Accepted",
    }
    details = TicketDetails(**asked | more)
    return gate.add(Kind.OPERATION_TICKET, gate.bastion.key, "", details)


def test_a_ticket_is_good_for_who_asked_and_for_what_was_asked(gate: Gate) -> None:
    gate.policy(all_users=True, all_assets=True, approval=True)
    accepted(gate, gate.root, state="Normal")
    accepted(gate, gate.root, state="Rejected")
    accepted(gate, gate.root, protocol_name="RDP")
    accepted(gate, gate.root, user_id="404")
    assert gate.left().tickets == ()

    ticket = accepted(gate, gate.root, starts_at=gate.now, ends_at=gate.now + HOUR)
    assert [each.id for each in gate.left().tickets] == [ticket.id]
    assert gate.left().next_change_at(gate.now) == gate.now + HOUR
    assert gate.left().at_logon("10.0.0.7", gate.now) is None
    assert gate.left(gate.spare).tickets == gate.left(gate.host).tickets == ()
    typed = accepted(gate, None)
    assert [each.id for each in gate.left(gate.host).tickets] == [typed.id]


def test_a_ticket_for_one_session_is_used_up_by_it(gate: Gate) -> None:
    gate.policy(all_users=True, all_assets=True, approval=True)
    accepted(gate, gate.root, once=True)
    store = gate.system.admit.store
    ticket = gate.left().ticket(gate.now)
    assert ticket is not None
    store.write_now(AUTHOR, lambda tx: tickets.use(tx, ticket))
    assert gate.left().at_logon("10.0.0.7", gate.now) is not None
    assert gate.left().in_session("10.0.0.7", gate.now) is None
    for gone in (ticket, replace(ticket, id="404")):
        with pytest.raises(TicketUsed):
            store.write_now(AUTHOR, lambda tx, gone=gone: tickets.use(tx, gone))


def test_a_ticket_for_any_number_of_sessions_stays(gate: Gate) -> None:
    gate.policy(all_users=True, all_assets=True, approval=True)
    accepted(gate, gate.root)
    revision = gate.system.revision()
    for _ in range(2):
        ticket = gate.left().ticket(gate.now)
        assert ticket is not None
        gate.system.admit.store.write_now(AUTHOR, lambda tx, ticket=ticket: tickets.use(tx, ticket))
    assert gate.system.revision() == revision
