"""What has another name since a moment."""

from typing import Any

import pytest

from admit.control import people
from admit.control import things as verbs
from admit.core.links import Kind
from admit.core.validity import SECOND
from admit.store import changes, finding, renamed, things
from admit.store.engine import Author, Tx
from tests.system import System


def test_a_view_looks_once_for_what_was_renamed_since_a_moment(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page asks of each host that a text means, and of each name in what is typed."""
    looked: list[Any] = []
    revision_at = changes.revision_at
    system.call("ram", "CreateUser", UserName="ann")
    system.clock.advance(SECOND)
    at = system.clock.now()
    system.clock.advance(SECOND)
    system.call("ram", "UpdateUser", UserName="ann", NewUserName="anna")
    monkeypatch.setattr(changes, "revision_at", lambda *asked: looked.append(asked) or revision_at(*asked))

    with system.admit.store.read() as sql:
        names = [[(each.name, each.now.name) for each in renamed.since(sql, at).values()] for _ in "ab"]
        assert names == [[("ann", "anna")]] * 2
        assert len(looked) == 1
        # Of another moment it is another answer.
        assert renamed.since(sql, system.clock.now()) == {}

    system.clock.advance(SECOND)
    system.call("ram", "UpdateUser", UserName="anna", NewUserName="anne")
    with system.admit.store.read() as sql:
        assert [each.now.name for each in renamed.since(sql, at).values()] == ["anne"]


def test_names_of_then_are_found_however_many_were_renamed_since(system: System) -> None:
    many = 2_100

    def make(tx: Tx) -> None:
        for number in range(many):
            people.person_named(tx, f"old-{number:04}")

    def rename(tx: Tx) -> None:
        for each in things.find(tx.sql, things.Where(Kind.PERSON, name_prefix="old-")):
            verbs.change(tx, each, name=f"new-{each.name[4:]}")

    author = Author("admit", "test", "")
    system.admit.store.write_now(author, make)
    system.clock.advance(SECOND)
    at = system.clock.now()
    system.clock.advance(SECOND)
    system.admit.store.write_now(author, rename)
    with system.admit.store.read() as sql:
        [last] = renamed.named(sql, Kind.PERSON, f"old-{many - 1}", at)
        assert last.name == f"new-{many - 1}"
        assert renamed.named(sql, Kind.PERSON, f"new-{many - 1}", at) == []
        found = finding.named_like(sql, [Kind.PERSON], f"old-{many - 1}", at=at, limit=5)
        assert found.things == [last]
