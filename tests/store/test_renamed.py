"""What has another name since a moment."""

from typing import Any

import pytest

from admit.core.validity import SECOND
from admit.store import renamed, then
from tests.system import System


def test_a_view_looks_once_for_what_was_renamed_since_a_moment(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page asks of each host that a text means, and of each name in what is typed."""
    looked: list[Any] = []
    as_of = then.as_of
    system.call("ram", "CreateUser", UserName="ann")
    system.clock.advance(SECOND)
    at = system.clock.now()
    system.clock.advance(SECOND)
    system.call("ram", "UpdateUser", UserName="ann", NewUserName="anna")
    monkeypatch.setattr(then, "as_of", lambda *asked: looked.append(asked) or as_of(*asked))

    with system.admit.store.read() as sql:
        names = [[(each.then.name, each.now.name) for each in renamed.since(sql, at).values()] for _ in "ab"]
        assert names == [[("ann", "anna")]] * 2
        assert len(looked) == 1
        # Of another moment it is another answer.
        assert renamed.since(sql, system.clock.now()) == {}

    system.clock.advance(SECOND)
    system.call("ram", "UpdateUser", UserName="anna", NewUserName="anne")
    with system.admit.store.read() as sql:
        assert [each.now.name for each in renamed.since(sql, at).values()] == ["anne"]
