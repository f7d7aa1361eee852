"""The only place that puts the pieces together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from admit.base.authority import create_authority
from admit.base.chance import Chance
from admit.base.clock import Clock, SystemClock
from admit.base.sealing import Sealer, create_key_file
from admit.control import founding
from admit.control.world import World
from admit.core.links import Kind
from admit.rpc.dispatch import Dispatcher
from admit.rpc.operation import Registry
from admit.services import access, appstream, bastionhost, edsuser, eiam, ram, sts
from admit.settings import Settings
from admit.store import things
from admit.store.engine import Store
from admit.web import Web

SERVICES = (
    access.access,
    appstream.appstream,
    edsuser.edsuser,
    bastionhost.bastionhost,
    eiam.eiam,
    ram.ram,
    sts.sts,
)
"""Every service of the wire."""


@dataclass(frozen=True, slots=True)
class Admit:
    """A whole running system."""

    settings: Settings
    store: Store
    world: World
    registry: Registry
    dispatcher: Dispatcher
    web: Web

    def close(self) -> None:
        """Finish what is under way and let go of the database."""
        self.store.close()


def create(settings: Settings, clock: Clock | None = None, chance: Chance | None = None) -> founding.Founded:
    """Make a new data directory and what a first call needs.

    Raises:
        FileExistsError: there is one already.
    """
    clock, chance = clock or SystemClock(), chance or Chance()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_key_file(settings.key_file, chance.fill)
    sealer = Sealer.from_file(settings.key_file, chance.fill)
    settings.tls.mkdir(mode=0o700, exist_ok=True)
    create_authority(settings.tls, ["localhost"], clock.now())
    store = Store(settings.store_url, clock, sealer.subkey("ledger"))
    try:
        store.create()
        return founding.found(store, sealer, chance, settings.region, FOUNDERS)
    finally:
        store.close()


FOUNDERS: tuple[founding.Founder, ...] = (bastionhost.instances.found,)
"""What each service puts into a new system, so that a first call finds something."""


def open_admit(settings: Settings, clock: Clock | None = None, chance: Chance | None = None) -> Admit:
    """The system of a data directory, ready to answer.

    Raises:
        KeyFileRefused: the key file is absent or open to others.
    """
    clock, chance = clock or SystemClock(), chance or Chance()
    sealer = Sealer.from_file(settings.key_file, chance.fill)
    store = Store(settings.store_url, clock, sealer.subkey("ledger"))
    with store.read() as sql:
        account = _account(sql)
    world = World(
        account_id=account.id,
        account_key=account.key,
        region=settings.region,
        clock=clock,
        chance=chance,
        sealer=sealer,
        endpoint=settings.http or settings.https,
        propagation_ms=settings.propagation_ms,
    )
    registry = Registry(SERVICES)
    dispatcher = Dispatcher(registry, store, world)
    return Admit(
        settings, store, world, registry, dispatcher, Web(dispatcher, chance.request_id, lambda: True)
    )


def _account(sql: Connection) -> things.Thing:
    return things.find(sql, things.Where(Kind.ACCOUNT), limit=1)[0]
