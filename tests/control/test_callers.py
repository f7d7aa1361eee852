"""Who a key stands for, where several requests ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from admit.base.sealing import Sealer
from admit.control.callers import Callers
from admit.core.errors import AccessKeyInactive
from tests import callers as ram
from tests.system import System


class Interrupted:
    """A sealer in whose every opening something else happens first."""

    def __init__(self, sealer: Sealer, first: Callable[[], object]) -> None:
        self.sealer = sealer
        self.first = first

    def open(self, sealed: bytes, purpose: str) -> bytes:
        self.first()
        return self.sealer.open(sealed, purpose)


def test_a_key_read_in_an_older_view_is_not_taken_for_one_of_now(system: System):
    key = ram.Callers(system).user("bob")
    world = system.admit.world

    def ask() -> None:
        with system.admit.store.read() as sql, pytest.raises(AccessKeyInactive):
            callers.of_key(sql, key.access_key_id, None)

    def switch_off() -> None:
        off = {"UserName": "bob", "UserAccessKeyId": key.access_key_id, "Status": "Inactive"}
        system.call("ram", "UpdateAccessKey", **off)
        ask()

    with ThreadPoolExecutor(1) as another:
        sealer = Interrupted(world.sealer, lambda: another.submit(switch_off).result(30))
        callers = Callers(replace(world, sealer=sealer))
        with system.admit.store.read() as sql:
            assert callers.of_key(sql, key.access_key_id, None).secret == key.secret
        ask()
