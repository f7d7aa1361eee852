"""Keys that follow each other: known before they sign, and for as long as anything lives by them."""

import pytest
from sqlalchemy import Connection

from admit.control.eiam import signing_keys
from admit.control.eiam.signing_keys import PUBLISHED_AFTER, PUBLISHED_AHEAD, ROTATED_AFTER
from admit.core.links import Kind
from admit.core.validity import HOUR
from admit.store import things
from admit.store.things import Thing, Where
from tests.system import System


@pytest.fixture
def idaas(system: System) -> Thing:
    """The instance there is from the start."""
    with system.admit.store.read() as sql:
        return things.find(sql, Where(Kind.IDAAS, parent=system.admit.world.account_key))[0]


def _ids(system: System, idaas: Thing) -> list[str]:
    with system.admit.store.read() as sql:
        return [key["kid"] for key in signing_keys.published(sql, idaas)]


def _current(system: System, idaas: Thing) -> str:
    return signing_keys.current(system.admit.store, system.admit.world, idaas).id


def _rotate(system: System, idaas: Thing, *, now: bool = False) -> None:
    signing_keys.rotate(system.admit.store, system.admit.world, idaas, now=now)


def test_the_first_key_is_made_when_it_is_asked_for_and_stays(system: System, idaas: Thing) -> None:
    assert _ids(system, idaas) == []
    first = _current(system, idaas)
    _rotate(system, idaas)
    assert _current(system, idaas) == first
    assert _ids(system, idaas) == [first]


def test_a_successor_is_published_a_day_before_it_signs_and_the_old_one_a_day_after(
    system: System, idaas: Thing
) -> None:
    first = _current(system, idaas)
    system.advance(ROTATED_AFTER - PUBLISHED_AHEAD)
    _rotate(system, idaas)
    _, second = _ids(system, idaas)
    assert _current(system, idaas) == first

    system.advance(PUBLISHED_AHEAD)
    _rotate(system, idaas)
    assert _current(system, idaas) == second
    assert _ids(system, idaas) == [first, second]
    system.advance(PUBLISHED_AFTER - HOUR)
    _rotate(system, idaas)
    assert _ids(system, idaas) == [first, second]
    system.advance(HOUR)
    _rotate(system, idaas)
    assert _ids(system, idaas) == [second]


def test_a_key_that_must_go_at_once_is_replaced_at_once(system: System, idaas: Thing) -> None:
    first = _current(system, idaas)
    _rotate(system, idaas, now=True)
    assert _current(system, idaas) != first
    assert first in _ids(system, idaas)


def test_the_private_half_is_kept_sealed_and_opens_nowhere_else(system: System, idaas: Thing) -> None:
    kept = _current(system, idaas)

    def sealed(sql: Connection) -> bytes:
        key = things.by_id(sql, Kind.SIGNING_KEY, idaas.key, kept)
        assert key is not None
        assert b"PRIVATE" not in str(key.details).encode()
        return things.sealed(sql, key.key, signing_keys.PRIVATE) or b""

    with system.admit.store.read() as sql:
        found = sealed(sql)
    assert b"PRIVATE KEY" not in found
    assert b"PRIVATE KEY" in system.admit.world.sealer.open(found, f"{signing_keys.PRIVATE}:{kept}")
