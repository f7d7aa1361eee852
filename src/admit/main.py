"""The only place that puts the pieces together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from socket import gethostname
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from admit import __version__, authzen, signals, terminal
from admit.base import openid
from admit.base.authority import create_authority
from admit.base.chance import Chance
from admit.base.clock import Clock, SystemClock
from admit.base.directory import filled
from admit.base.ldap import LdapServer
from admit.base.metrics import Metrics
from admit.base.sealing import Sealer, create_key_file
from admit.console.routes import routes as console_routes
from admit.control import founding, programs
from admit.control.live.recorder import Keeping, Recorder
from admit.control.nodes import Node, Roll
from admit.control.signing_in.outside_sign_in import OutsideSignIn
from admit.control.signing_in.web_sessions import Lasting, WebSessions
from admit.control.signing_in.web_sign_in import WebSignIn
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import HOUR, MINUTE, SECOND
from admit.explorer.routes import routes as explorer_routes
from admit.oidc.provider import Provider
from admit.oidc.routes import routes as oidc_routes
from admit.pages import faults
from admit.pages.changes import ChangeWatch
from admit.pages.site import Site
from admit.portal.routes import Around
from admit.portal.routes import routes as portal_routes
from admit.porter.direct import DirectPorter
from admit.porter.house import House
from admit.rpc.dispatch import Dispatcher
from admit.rpc.openapi import openapi
from admit.rpc.operation import Registry
from admit.scim.routes import routes as scim_routes
from admit.services import access, appstream, bastionhost, billing, edsuser, eiam, location, ram, sts
from admit.settings import Settings
from admit.store import messages, things
from admit.store.engine import Store
from admit.store.links import current_revision
from admit.store.replica import MOST_THINGS
from admit.store.schema import NEWEST, SchemaRefused, require_newest, version_of
from admit.streaming import replay
from admit.streaming.door import Door, Means
from admit.streaming.launching import LocalLauncher
from admit.streaming.pages import routes as streaming_routes
from admit.streaming.remote import RemoteLauncher
from admit.web import Measured, Pages, Upkeep, Web

SERVICES = (
    access.access,
    appstream.appstream,
    edsuser.edsuser,
    bastionhost.bastionhost,
    eiam.eiam,
    ram.ram,
    sts.sts,
    location.location,
    billing.billing,
)
"""Every service of the wire."""


MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streaming:
    """The door to streamed applications, and who starts them."""

    door: Door
    launcher: LocalLauncher | None
    """None where another process starts them."""


@dataclass(frozen=True, slots=True)
class Admit:
    """A whole running system."""

    settings: Settings
    store: Store
    world: World
    registry: Registry
    dispatcher: Dispatcher
    web: Web
    oidc: Provider
    streaming: Streaming | None
    """None where nothing is streamed."""
    house: House
    """What stands behind the SSH door and the web terminal."""
    changes: ChangeWatch
    """Wakes the pages that follow changes."""
    roll: Roll
    """The nodes that serve the same database."""

    def close(self) -> None:
        """Finish what is under way and let go of the database."""
        self.dispatcher.close()
        self.oidc.close()
        self.world.activities.finish(self.store, self.world.metrics)
        self.store.close()


def create(settings: Settings, clock: Clock | None = None, chance: Chance | None = None) -> founding.Founded:
    """Make a new data directory and what a first call needs: all of it, or nothing.

    Raises:
        DirectoryRefused: the directory is not empty, or cannot be made.
        SchemaRefused: the database is not empty.
        AuthorityRefused: a name the server certificate cannot be for.
    """
    with filled(settings.data, last=settings.key_file.name) as draft:
        placed = msgspec.structs.replace(settings, data=draft)
        return _create(placed, clock or SystemClock(), chance or Chance())


def _create(settings: Settings, clock: Clock, chance: Chance) -> founding.Founded:
    create_key_file(settings.key_file, chance.fill)
    sealer = Sealer.from_file(settings.key_file, chance.fill)
    catalogue = settings.data / programs.FILE
    catalogue.touch(mode=0o600)
    catalogue.write_text(programs.DEFAULT, "utf-8")
    settings.tls.mkdir(mode=0o700)
    create_authority(settings.tls, settings.server_names, clock.now())
    if not settings.database_url:
        # SQLite would let others read it, and makes its other files by the example of this one.
        settings.database_file.touch(mode=0o600)
    store = Store(settings.store_url, clock, sealer.subkey("ledger"))
    try:
        store.create()
        return founding.found(store, sealer, chance, settings.region, FOUNDERS)
    finally:
        store.close()


USER_MAKERS = {
    Kind.ACCOUNT: edsuser.creation.made,
    Kind.BASTION: bastionhost.users.made,
    Kind.IDAAS: eiam.users.made,
}
"""How each directory makes a user for a person who is granted something in it."""

FOUNDERS: tuple[founding.Founder, ...] = (
    appstream.founding.found,
    bastionhost.instances.found,
    eiam.instances.found,
    ram.founding.found,
)
"""What each service puts into a new system, so that a first call finds something."""


def open_store(settings: Settings, sealer: Sealer, clock: Clock) -> Store:
    """The database of a data directory, if it is one this program can work with.

    Raises:
        SchemaRefused: it is absent, or its schema is another.
    """
    if not settings.database_url and not settings.database_file.exists():
        # Connecting would make an empty one.
        raise SchemaRefused(f"There is no database {settings.database_file}.")
    store = Store(settings.store_url, clock, sealer.subkey("ledger"), settings.database_replica_url)
    try:
        with store.read() as sql:
            require_newest(sql)
    except BaseException:
        store.close()
        raise
    return store


def open_admit(settings: Settings, clock: Clock | None = None, chance: Chance | None = None) -> Admit:
    """The system of a data directory, ready to answer.

    Raises:
        KeyFileRefused: the key file is absent or open to others.
        SchemaRefused: the database is absent, or its schema is another.
        CatalogueRefused: the catalogue of programs cannot be used.
    """
    clock, chance = clock or SystemClock(), chance or Chance()
    sealer = Sealer.from_file(settings.key_file, chance.fill)
    store = open_store(settings, sealer, clock)
    with store.read() as sql:
        account = account_of(sql)
    world = World(
        account_id=account.id,
        account_key=account.key,
        region=settings.region,
        clock=clock,
        chance=chance,
        sealer=sealer,
        endpoint=settings.http or settings.https,
        url=settings.url,
        propagation_ms=settings.propagation_ms,
        zone=settings.zone,
        recordings=settings.recordings,
        mails=bool(settings.mail_host),
        activity_days=settings.activity_days,
        node=_node(settings, chance),
        directory=_directory(settings),
        two_factor=settings.two_factor,
        programs=programs.of(settings.data),
        user_makers=USER_MAKERS,
    )
    registry = Registry(SERVICES)
    dispatcher = Dispatcher(registry, store, world)
    store.replica.most_bytes = settings.index_mb * MIB
    store.replica.most_things = MOST_THINGS
    _measure(world.metrics, store)
    described = cache(lambda: msgspec.json.encode(openapi(registry, __version__)))
    measured = Measured(world.metrics.text, settings.metrics_public)
    upkeep = Upkeep(lambda: _answers(store), measured, described)
    oidc = Provider(store, world)
    streaming = _streaming(settings, store, world) if settings.streaming else None
    house, changes = _house(settings, store, world), ChangeWatch(store)
    pages = _pages(settings, house, changes, dispatcher, (oidc, streaming))
    web = Web(dispatcher, chance.request_id, upkeep, pages)
    roll = Roll(store, clock, world.node, shared=not store.is_sqlite)
    return Admit(settings, store, world, registry, dispatcher, web, oidc, streaming, house, changes, roll)


def _node(settings: Settings, chance: Chance) -> Node:
    """Which node this is: a process of its own each time, whatever it is called."""
    return Node(settings.node or gethostname(), chance.text(16), settings.lease_seconds * SECOND)


def _streaming(settings: Settings, store: Store, world: World) -> Streaming:
    """The door to streamed applications; it opens once it is run."""
    local = None
    if settings.streaming_launcher is None:
        place, most = settings.data / "streaming", settings.streaming_home_mb
        local = LocalLauncher(world.programs, place, world.chance, home_mb=most)
    launcher = local or RemoteLauncher(str(settings.streaming_launcher))
    recorder = (
        Recorder(store, world, _keeping(settings)) if settings.streaming_recording == "required" else None
    )
    return Streaming(Door(store, world, Means(launcher, settings.streaming_sessions, recorder)), local)


def _directory(settings: Settings) -> LdapServer | None:
    """The directory outside that knows passwords, if one is set."""
    if not settings.ldap_url:
        return None
    ca_file = None if settings.ldap_ca_file is None else str(settings.ldap_ca_file)
    return LdapServer(settings.ldap_url, ca_file)


def outside_of(settings: Settings) -> OutsideSignIn | None:
    """The provider by which people may sign in as well, if one is set."""
    issuer = settings.sign_in_oidc_issuer
    if not issuer:
        return None
    ca_file = settings.sign_in_oidc_ca_file
    provider = openid.Provider(
        issuer,
        settings.sign_in_oidc_client_id,
        settings.sign_in_oidc_client_secret,
        settings.sign_in_oidc_scopes,
        None if ca_file is None else str(ca_file),
    )
    return OutsideSignIn(
        openid.OpenIdClient(provider),
        settings.sign_in_oidc_name or urlsplit(issuer).netloc,
        settings.sign_in_oidc_claim,
        settings.sign_in_oidc_matches,
        settings.sign_in_oidc_directories,
    )


def _keeping(settings: Settings) -> Keeping:
    """How recordings are kept."""
    return Keeping(
        free_bytes=settings.recording_free_mb * MIB,
        most_bytes=settings.recording_most_mb * MIB,
        input=settings.ssh_recording_input,
    )


def _house(settings: Settings, store: Store, world: World) -> House:
    """What stands behind the SSH door, and behind the web terminal."""
    recorded = settings.ssh_recording == "required"
    recorder = Recorder(store, world, _keeping(settings)) if recorded else None
    return House(store, world, recorder, pins_first=settings.ssh_host_keys == "pin-first")


ROOMS = ("portal", "console", "explorer", "oidc", "streaming", "terminal")
"""The rooms with pages: each has templates, and files of its own."""


def _pages(
    settings: Settings,
    house: House,
    changes: ChangeWatch,
    dispatcher: Dispatcher,
    others: tuple[Provider, Streaming | None],
) -> Pages:
    """What browsers are shown."""
    store, world = house.store, house.world
    lasting = Lasting(settings.web_session_hours * HOUR, settings.web_idle_minutes * MINUTE)
    site = Site(store, world, WebSessions(store, world, lasting), ROOMS)
    oidc, streaming = others
    around = Around(settings.public_url, settings.streaming, outside_of(settings))
    doors = [
        # Routes are tried in their order: what programs ask for, again and again, comes first.
        *authzen.routes(store, world),
        *portal_routes(site, WebSignIn(store, world), changes, around),
        *console_routes(site, dispatcher, SERVICES, changes),
        *explorer_routes(site, dispatcher),
        *terminal.routes(DirectPorter(house), site),
        *oidc_routes(site, oidc),
        *signals.routes(store, world),
        *scim_routes(store, world),
    ]
    if streaming is not None:
        doors += streaming_routes(site, streaming.door, settings.streaming_upload_mb * MIB)
        doors += replay.routes(site, dispatcher, access.access.version)
    return Pages((site.assets.route(), *doors), faults.handlers(site), authzen.bare(store, world))


def _measure(metrics: Metrics, store: Store) -> None:
    """Have the metrics that tell what stands in the database ask it whenever they are told."""
    metrics.revision.set_function(partial(_measured, store, current_revision))
    for number, place in enumerate(("database", "index")):
        metrics.facts.labels(place).set_function(partial(_asked, store, number))
    for state in ("waiting", "failed"):
        metrics.mail.labels(state).set_function(
            partial(_measured, store, partial(messages.count, state=state))
        )


def _asked(store: Store, number: int) -> int:
    return store.replica.asked[number]


def _measured(store: Store, figure: Callable[[Connection], int]) -> float:
    """A figure; no number while the database does not answer, so that the rest is told all the same."""
    try:
        with store.read() as sql:
            return figure(sql)
    except store.faults:
        return math.nan


def _answers(store: Store) -> bool:
    """Whether the database does, and this program can work with it."""
    try:
        with store.read() as sql:
            return version_of(sql) == NEWEST and current_revision(sql) >= 0
    except store.faults:
        return False


def account_of(sql: Connection) -> things.Thing:
    """The account that everything of a system is of."""
    return things.find(sql, things.Where(Kind.ACCOUNT), limit=1)[0]
