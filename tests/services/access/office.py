"""A small office, for tests about grants in it."""

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.system import System

AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def office(system: System) -> System:
    """alice and bob, the group dba, root and app on db-1; who is granted what is up to the test."""

    def body(tx: Tx) -> None:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        alice = people.add_user(tx, New(Kind.USER, bastion.key, "alice", empty))
        people.add_user(tx, New(Kind.USER, bastion.key, "bob", empty))
        dba = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        host = things.add(tx, New(Kind.HOST, bastion.key, "db-1", empty))
        for account in ("root", "app"):
            things.add(tx, New(Kind.HOST_ACCOUNT, host.key, account, empty))
        grants.grant(tx, alice, dba)

    system.admit.store.write_now(AUTHOR, body)
    return system
