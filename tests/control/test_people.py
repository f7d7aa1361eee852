"""People, and the users services have of them."""

from admit.control.signing_in.passwords import PASSWORD
from admit.core.links import Kind
from admit.store import things
from tests.system import System


def _person(system: System, name: str) -> things.Thing | None:
    with system.admit.store.read() as sql:
        return things.by_handle(sql, Kind.PERSON, 0, name)


def test_the_administrator_stays_when_a_user_of_that_name_goes(system: System) -> None:
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "admin", "Email": "admin@example.com"}])
    system.call("eds-user", "RemoveUsers", Users=["admin"])
    admin = _person(system, "admin")
    assert admin is not None
    with system.admit.store.read() as sql:
        assert things.sealed(sql, admin.key, PASSWORD)


def test_a_person_goes_with_the_last_of_their_users(system: System) -> None:
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "alice", "Email": "alice@example.com"}])
    assert _person(system, "alice") is not None
    system.call("eds-user", "RemoveUsers", Users=["alice"])
    assert _person(system, "alice") is None
