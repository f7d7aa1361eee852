"""What a text names is found anew after every change."""

import pytest

from admit.control import own_types, things
from admit.control.names import NameFault
from admit.control.own_types import TypeDetails
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import things as stored
from admit.store.engine import Tx
from tests.store.writing import AUTHOR, add
from tests.system import System


def key_of(system: System, text: str, at: Millis | None = None) -> int:
    """Whom a text names, asked twice in one view."""
    with system.admit.store.read() as sql:
        found, again = (own_types.subject(sql, text, at) for _ in range(2))
    assert found == again
    return found.key


def test_a_name_is_that_of_whoever_has_it_now(system: System) -> None:
    store = system.admit.store
    first = store.write_now(AUTHOR, add("alice", Kind.PERSON))
    assert key_of(system, "alice") == first.key

    born = system.clock.now()
    system.advance(1000)
    store.write_now(AUTHOR, lambda tx: things.remove(tx, stored.by_key(tx.sql, first.key)))
    with pytest.raises(NameFault):
        key_of(system, "alice")

    second = store.write_now(AUTHOR, add("alice", Kind.PERSON))
    assert (key_of(system, "alice"), key_of(system, "alice", born)) == (second.key, first.key)


def test_a_name_may_become_one_of_ones_own(system: System) -> None:
    store = system.admit.store
    person = store.write_now(AUTHOR, add("robot:7", Kind.PERSON))
    assert key_of(system, "robot:7") == person.key

    def register(tx: Tx) -> int:
        kind = own_types.register(tx, own_types.DEFAULT, "robot", TypeDetails())
        return own_types.put(tx, kind, "subject", "7", {}).key

    own = store.write_now(AUTHOR, register)
    assert key_of(system, "robot:7") == own
