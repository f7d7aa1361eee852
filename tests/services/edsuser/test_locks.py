"""Locking and unlocking convenience users, and what it does to their access."""

import pytest

from admit.control import access, grants
from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR
from admit.services.edsuser.directory import UserDetails
from admit.store import things
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from tests.services.edsuser.directory import Directory
from tests.system import Refused

NOW = 1_767_225_600_000
"""2026-01-01 00:00:00 UTC."""


@pytest.fixture
def alice(directory: Directory) -> Directory:
    """A system at the first moment of 2026, with alice in it."""
    directory.system.advance(NOW - directory.system.clock.now())
    directory.add("alice")
    return directory


def _lets_in(directory: Directory) -> bool:
    """Whether alice may use an application that was granted to her user."""
    system, user = directory.system, directory.thing("alice")

    def granted(tx: Tx) -> Thing:
        new = New(Kind.APP, 0, "calculator", UserDetails("simple", "Normal"), "ca-1")
        app = things.by_id(tx.sql, Kind.APP, 0, "ca-1") or verbs.add(tx, new)
        grants.grant(tx, user, app)
        return app

    app = system.admit.store.write_now(Author("test", "test", "request"), granted)
    with system.admit.store.read() as sql:
        person = things.by_handle(sql, Kind.PERSON, 0, "alice")
        assert person is not None
        return access.ask(sql, person.ref, app.ref, system.clock.now()).allowed


def test_a_locked_user_is_let_in_again_when_unlocked(alice: Directory):
    locked = alice.call("LockUsers", Users=["alice", "nobody"])["LockUsersResult"]
    shut_out = _lets_in(alice), alice.one("alice")["Status"]
    unlocked = alice.call("UnlockUsers", Users=["alice", "nobody"])["UnlockUsersResult"]

    assert locked["LockedUsers"] == ["alice"]
    assert [user["ErrorCode"] for user in locked["FailedUsers"]] == ["InvalidUsername"]
    assert shut_out == (False, 9)
    assert unlocked["UnlockedUsers"] == ["alice"]
    assert [user["EndUserId"] for user in unlocked["FailedUsers"]] == ["nobody"]
    assert (_lets_in(alice), alice.one("alice")["Status"]) == (True, 0)


@pytest.mark.parametrize(("first", "then"), [("LockUsers", "LockUsers"), ("UnlockUsers", "UnlockUsers")])
def test_saying_it_twice_changes_nothing(alice: Directory, first: str, then: str):
    alice.call(first, Users=["alice"])
    before = alice.system.revision()

    alice.call(then, Users=["alice", "alice"])

    assert alice.system.revision() == before


def test_a_user_is_locked_when_the_time_comes_and_not_before(directory: Directory):
    directory.system.advance(NOW - directory.system.clock.now())
    directory.add("alice", AutoLockTime="2026-01-02 00:00:00")

    directory.system.advance(DAY - 1)
    last = _lets_in(directory), directory.one("alice")["Status"]
    directory.system.advance(1)

    assert last == (True, 0)
    assert (_lets_in(directory), directory.one("alice")["Status"]) == (False, 9)
    assert directory.names(Status=9) == ["alice"]
    assert directory.names(Status=0) == []


def test_unlocking_after_the_time_lets_in_for_good_or_until_another_time(directory: Directory):
    directory.system.advance(NOW - directory.system.clock.now())
    directory.add("alice", AutoLockTime="2026-01-02 00:00:00")
    directory.system.advance(2 * DAY)

    directory.call("UnlockUsers", Users=["alice"], AutoLockTime="2026-01-03 01:00:00")
    again = _lets_in(directory)
    directory.system.advance(HOUR)
    over = _lets_in(directory)
    directory.call("UnlockUsers", Users=["alice"])
    directory.system.advance(400 * DAY)

    assert (again, over, _lets_in(directory)) == (True, False, True)


def test_unlocking_keeps_a_time_that_is_to_come(directory: Directory):
    directory.system.advance(NOW - directory.system.clock.now())
    directory.add("alice", AutoLockTime="2026-01-02 00:00:00")
    directory.call("LockUsers", Users=["alice"])

    directory.call("UnlockUsers", Users=["alice"])
    before = _lets_in(directory)
    directory.system.advance(DAY)

    assert (before, _lets_in(directory)) == (True, False)


@pytest.mark.parametrize("text", ["2025-12-31 23:59:59", "2026-01-01 00:00:00", "soon", "2026-01-05"])
def test_a_time_that_is_not_to_come_is_refused(alice: Directory, text: str):
    alice.call("LockUsers", Users=["alice"])

    with pytest.raises(Refused) as refused:
        alice.call("UnlockUsers", Users=["alice"], AutoLockTime=text)

    assert refused.value.code == "InvalidParameter.AutoLockTime"
    assert alice.one("alice")["Status"] == 9


@pytest.mark.parametrize("action", ["LockUsers", "UnlockUsers", "RemoveUsers"])
def test_five_hundred_users_fit_into_one_call_and_no_more(alice: Directory, action: str):
    names = [f"user_{number}" for number in range(501)]

    answer = alice.call(action, Users=names[:500])
    with pytest.raises(Refused) as refused:
        alice.call(action, Users=names)

    (result,) = (value for name, value in answer.items() if name.endswith("Result"))
    assert len(result["FailedUsers"]) == 500
    assert refused.value.code == "InvalidParameter.Users"
