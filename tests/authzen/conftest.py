"""People, hosts and applications to ask about."""

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.authzen.asking import Program
from tests.system import System


@pytest.fixture
def office(system: System) -> System:
    """alice in the group dba, bob in none; root on the host db-1, deploy on web-1."""

    def body(tx: Tx) -> None:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        alice = people.add_user(tx, New(Kind.USER, bastion.key, "alice", empty))
        people.add_user(tx, New(Kind.USER, bastion.key, "bob", empty))
        dba = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        grants.grant(tx, alice, dba)
        for name, account in (("db-1", "root"), ("web-1", "deploy")):
            host = things.add(tx, New(Kind.HOST, bastion.key, name, empty))
            things.add(tx, New(Kind.HOST_ACCOUNT, host.key, account, empty))

    system.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), body)
    return system


@pytest.fixture
def program(office: System) -> Program:
    """A program that may ask everything."""
    return Program(office)
