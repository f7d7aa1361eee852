"""When applications last showed their secrets: noted in memory, and written together."""

import asyncio
from threading import Lock

import structlog

from admit.control.eiam.sign_ins import AUTHOR
from admit.control.world import World
from admit.core.validity import SECOND, Millis
from admit.store import secret_uses
from admit.store.engine import Store, Tx

log = structlog.get_logger("admit.oidc")

EVERY: Millis = 10 * SECOND
"""How late it is known: a request for tokens does not wait until it is written."""


class SecretUses:
    """What is still to be written. Any thread may note."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._clock = world.clock
        self._noted: dict[int, Millis] = {}
        self._lock = Lock()

    def note(self, secret: int) -> None:
        """The secret of this key was shown, and was right."""
        with self._lock:
            self._noted[secret] = self._clock.now()

    async def run(self) -> None:
        """Write every few seconds; cancelled, write what is left."""
        try:
            while True:
                await self._clock.pause(EVERY)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """Write what was noted; what cannot be written waits."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return

        def body(tx: Tx) -> None:
            secret_uses.write(tx.sql, noted)

        try:
            await asyncio.wrap_future(self._store.write(AUTHOR, body))
        except self._store.faults:
            log.exception("when client secrets were used could not be written")
            with self._lock:
                self._noted = noted | self._noted
