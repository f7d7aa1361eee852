"""The doctor: looks at everything a system stands on, and says what to do about what is not well."""

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from admit.base.authority import AuthorityFiles, AuthorityRefused, days_left
from admit.base.chance import Chance
from admit.base.clock import Clock
from admit.base.directory import DirectoryRefused, held
from admit.base.listening import ListenRefused, listen
from admit.base.local_socket import SocketRefused, group_number, is_listened_at, users
from admit.base.openid import ProviderAway
from admit.base.sealing import KeyFileRefused, Sealer
from admit.base.smtp import MailFailure, reach
from admit.control import programs
from admit.control.findings import Finding, State
from admit.core.validity import MINUTE, SECOND
from admit.main import open_store, outside_of
from admit.server.certificate import AUTHORITY_DUE_AT_DAYS, RENEWED_AT_DAYS, files
from admit.settings import FILE, Settings
from admit.store.engine import Store
from admit.store.schema import SchemaRefused
from admit.store.verification import tail
from admit.streaming import limits, readiness
from admit.worker import mail_server

LITTLE_DISK = 2 * 1024**3
"""Bytes below which the doctor warns."""
NO_DISK = 200 * 1024**2
"""Bytes below which the database may soon be unable to commit."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at."""

    settings: Settings
    clock: Clock
    sealer: Sealer | None
    store: Store | None


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Every finding, what others depend on first."""
    yield _directory(settings)
    found, sealer = _keys(settings)
    yield found
    store = None
    if sealer is not None:
        found, store = _database(settings, sealer, clock)
        yield found
    try:
        patient = Patient(settings, clock, sealer, store)
        for check in CHECKS:
            yield from check(patient)
    finally:
        if store is not None:
            store.close()


def _directory(settings: Settings) -> Finding:
    data, file = settings.data, settings.data / FILE
    if not data.is_dir():
        return Finding("data directory", State.FAIL, f"{data} is not there.", "admit init, or another --data")
    if data.stat().st_uid != os.geteuid():
        seen = f"{data} belongs to another user than the one who asks."
        return Finding("data directory", State.WARN, seen, "run admit as its owner")
    if _open_to_others(data):
        return Finding("data directory", State.WARN, f"{data} is open to others.", f"chmod 700 {data}")
    secret = settings.mail_password is not None or make_url(settings.store_url).password is not None
    if secret and _open_to_others(file):
        seen = f"{file} is open to others, and a password is set."
        return Finding("data directory", State.WARN, seen, f"chmod 600 {file}")
    return Finding("data directory", State.OK, str(data.absolute()))


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _keys(settings: Settings) -> tuple[Finding, Sealer | None]:
    try:
        sealer = Sealer.from_file(settings.key_file, Chance().fill)
    except KeyFileRefused as refusal:
        advice = "put back the copy you keep; what it sealed cannot be read without it"
        return Finding("key file", State.FAIL, str(refusal), advice), None
    return Finding("key file", State.OK, f"{settings.key_file}, {len(sealer.keys)} key(s)"), sealer


def _database(settings: Settings, sealer: Sealer, clock: Clock) -> tuple[Finding, Store | None]:
    shown = make_url(settings.store_url).render_as_string(hide_password=True)
    try:
        store = open_store(settings, sealer, clock)
    except SchemaRefused as refusal:
        return Finding("database", State.FAIL, str(refusal), "see there"), None
    except SQLAlchemyError as error:
        return Finding("database", State.FAIL, f"{shown}: {_first_line(error)}", "see to the database"), None
    with store.read() as sql:
        told = sql.exec_driver_sql("pragma quick_check(1)").scalar_one() if store.is_sqlite else "ok"
    if told != "ok":
        store.close()
        return Finding("database", State.FAIL, f"{shown} is damaged: {told}", "admit restore"), None
    return Finding("database", State.OK, shown), store


def _ledger(patient: Patient) -> Iterator[Finding]:
    """The newest entry is authentic, and not from the future."""
    if patient.store is None or patient.sealer is None:
        return
    with patient.store.read() as sql:
        end = tail(sql, patient.sealer.subkey("ledger"))
    if end.fits:
        yield Finding("ledger", State.OK, f"ends with revision {end.revision}")
    else:
        yield Finding("ledger", State.FAIL, "Its newest entry does not fit.", "admit verify")
    ahead = end.newest_at - patient.clock.now()
    if ahead > 2 * SECOND:
        seen = f"The newest change was made {ahead // SECOND} s after what the clock says now."
        yield Finding("clock", State.FAIL, seen, "set the clock: permissions begin and end by it")


def _clock(patient: Patient) -> Iterator[Finding]:
    """Nothing this system has written is from the future."""
    now = patient.clock.now()
    own = AuthorityFiles(patient.settings.tls).authority_certificate
    if own.exists():
        begun = x509.load_pem_x509_certificate(own.read_bytes()).not_valid_before_utc.timestamp() * SECOND
        if begun > now:
            seen = "The authority's certificate has not begun by this clock."
            yield Finding("clock", State.FAIL, seen, "set the clock")
            return
    newest = max((each.stat().st_mtime for each in patient.settings.data.glob("admit.db*")), default=0.0)
    if newest * SECOND > now + MINUTE:
        seen = "The database was written to after what the clock says now."
        yield Finding("clock", State.WARN, seen, "set the clock")
        return
    yield Finding("clock", State.OK, "nothing written is from the future")


def _disk(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.data.is_dir():
        return
    free = shutil.disk_usage(patient.settings.data).free
    seen = f"{free / 1024**3:.1f} GiB free"
    if free < NO_DISK:
        yield Finding("disk", State.FAIL, seen, "make room: nothing can be written soon")
    elif free < LITTLE_DISK:
        yield Finding("disk", State.WARN, seen, "make room")
    else:
        yield Finding("disk", State.OK, seen)


def _certificates(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    own = settings.tls_certificate is None
    certificate, _ = files(settings)
    watched: list[tuple[str, Path, int, str]] = []
    if settings.https:
        renewal = _RENEWED_BY_ITSELF if own else "renew it"
        watched.append(("server certificate", certificate, RENEWED_AT_DAYS, renewal))
    if own:
        authority = AuthorityFiles(settings.tls).authority_certificate
        watched.append(("authority", authority, AUTHORITY_DUE_AT_DAYS, _NEW_AUTHORITY))
    for name, file, due_at_days, advice in watched:
        try:
            left = days_left(file, patient.clock.now())
        except AuthorityRefused as refusal:
            yield Finding(
                name, State.FAIL, str(refusal), f"put it back, or {_NEW_AUTHORITY}" if own else advice
            )
            continue
        state = State.FAIL if left < 0 else State.WARN if left < due_at_days else State.OK
        yield Finding(name, state, f"{left} days left", "" if state is State.OK else advice)


_RENEWED_BY_ITSELF = "admit serve renews it when it starts and once a day: start it, or see its log"
_NEW_AUTHORITY = "admit renew-authority, and have clients trust the new one"


def _ports(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if not settings.data.is_dir():
        return
    serving = _is_served(settings)
    for name, address in (("http", settings.http), ("https", settings.https)):
        if address and serving:
            yield _answering(name, address)
        elif address:
            yield _free(name, address)


def _is_served(settings: Settings) -> bool:
    try:
        with held(settings.data):
            return False
    except (DirectoryRefused, OSError):
        return True


def _answering(name: str, address: str) -> Finding:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]") or "localhost", int(port)), timeout=5).close()
    except OSError as error:
        seen = f"admit is served, but {address} does not answer: {error.strerror or error}"
        return Finding(name, State.WARN, seen, "is it served at another address?")
    return Finding(name, State.OK, f"{address} answers")


def _free(name: str, address: str) -> Finding:
    try:
        with closing(listen(address)):
            return Finding(name, State.OK, f"{address} is free")
    except ListenRefused as refusal:
        return Finding(name, State.FAIL, str(refusal), f"stop what listens there, or set {name} elsewhere")


def _gates(patient: Patient) -> Iterator[Finding]:
    """Where gates of their own connect: by whom, and that nobody else can put a socket there."""
    path = patient.settings.gate_socket
    if path is None:
        return
    try:
        users(patient.settings.gate_users)
        if patient.settings.gate_group:
            group_number(patient.settings.gate_group)
    except SocketRefused as refusal:
        yield Finding("gates", State.FAIL, str(refusal), "see to gate_users and gate_group")
        return
    if not path.parent.is_dir():
        yield Finding(
            "gates", State.FAIL, f"There is no directory {path.parent}.", "make it, or set gate_socket"
        )
    elif path.parent.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        seen = f"Others may write to {path.parent}, and put a socket of theirs in place of ours."
        yield Finding("gates", State.WARN, seen, f"chmod go-w {path.parent}")
    elif _is_served(patient.settings) and not is_listened_at(path):
        yield Finding("gates", State.WARN, f"admit is served, but nothing listens at {path}.", "see its log")
    else:
        yield Finding("gates", State.OK, f"{path}")


def _mail(patient: Patient) -> Iterator[Finding]:
    try:
        server = mail_server(patient.settings)
        if server is None:
            yield Finding("mail", State.OK, "not set: nobody is sent mail")
            return
        reach(server)
    except (MailFailure, ValueError) as failure:
        yield Finding("mail", State.FAIL, str(failure), "see to the mail_… settings and the mail server")
    else:
        yield Finding("mail", State.OK, f"{server.host}:{server.port} lets us in")


def _provider(patient: Patient) -> Iterator[Finding]:
    """Whoever else proves people answers, where it is set."""
    outside = outside_of(patient.settings)
    if outside is None:
        return
    issuer = outside.client.provider.issuer
    try:
        asyncio.run(outside.client.reach(patient.clock.now() // SECOND))
    except ProviderAway as away:
        advice = "see to the sign_in_oidc_… settings and the provider: nobody signs in by it"
        yield Finding("sign-in provider", State.FAIL, f"{issuer} cannot be asked: {away}", advice)
    else:
        yield Finding("sign-in provider", State.OK, f"{issuer} answers")


def _streaming(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.streaming:
        return
    lacking = readiness.missing()
    if lacking:
        seen = f"not installed: {', '.join(lacking)}"
        yield Finding("streaming", State.WARN, seen, "install them, or set streaming = false")
        return
    fault = readiness.sandbox_fault()
    if fault is not None:
        advice = (
            "allow user namespaces (kernel.unprivileged_userns_clone, apparmor), or set streaming = false"
        )
        yield Finding("streaming", State.FAIL, f"no sandbox can be made: {fault}", advice)
        return
    try:
        found = programs.of(patient.settings.data)
    except programs.CatalogueRefused as refusal:
        yield Finding(
            "streaming", State.FAIL, str(refusal), "put it right: admit serve does not start with it"
        )
        return
    here = sum(1 for each in found.values() if not each.missing)
    seen = f"{here} of {len(found)} programs of the catalogue are installed; limits by {limits.expected()}"
    yield Finding("streaming", State.OK if here else State.WARN, seen, "" if here else "install one")


CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    _ledger,
    _clock,
    _disk,
    _certificates,
    _ports,
    _gates,
    _mail,
    _provider,
    _streaming,
)
"""Every look besides the first three, which the others need."""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
