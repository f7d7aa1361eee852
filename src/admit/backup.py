"""Backing up a data directory, and restoring one."""

import re
import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import make_url

from admit.base.authority import AuthorityFiles, create_authority, renew_server_certificate
from admit.base.chance import Chance
from admit.base.clock import Clock
from admit.base.directory import filled
from admit.base.sealing import Sealer
from admit.control import programs
from admit.core.validity import FOREVER
from admit.settings import FILE, SECRETS, Settings, SettingsRefused, paths_in
from admit.store import backup as archive
from admit.store import mailed_codes, sign_ins, web_sessions
from admit.store.backup import DATABASE, BackupRefused, Manifest
from admit.store.engine import Author, Store, Tx
from admit.store.migrations import migrate
from admit.store.schema import NEWEST, VERSIONS
from admit.store.verification import verify

CERTIFICATE = "tls/ca.crt"
"""In every backup: it is public."""
CATALOGUE = programs.FILE
"""In every backup: without it nothing is streamed any more."""
NOT_KEPT = ("database_url",)
"""Settings no backup holds: the database is restored into the data directory, wherever it was."""
SEAL_KEY = "seal.key"
KEYS = (SEAL_KEY, "tls/ca.key", "tls/server.key", "tls/server.crt")
"""Only in a backup with keys."""
RESTORING = Author("admit", "restore", "")
"""It changes no policy, so that it stands in no ledger, whose head stays what the backup says."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    entries: int
    """How many entries the ledger has, all verified."""
    new_authority: bool
    """Whether clients must trust a new authority, since the old one's key did not come back."""
    settings: Literal["restored", "not in it", "yours kept"]
    """What became of the file of settings; one that stood there already is left as it is."""
    paths: Mapping[str, str]
    """The paths that a restored file of settings names, by setting: they are of the old place."""


def back_up(settings: Settings, file: Path, now: int, *, with_keys: bool) -> Manifest:
    """Write a backup of a data directory that may be in use.

    Raises:
        BackupRefused: it cannot be made; for PostgreSQL, with the way to make it there.
    """
    url = make_url(settings.store_url)
    if url.get_backend_name() != "sqlite":
        plain = url.set(drivername="postgresql").render_as_string(hide_password=True)
        raise BackupRefused(
            f"The database is PostgreSQL, which makes its own backups: pg_dump --format=custom "
            f"--file={file} '{plain}'. Keep copies of {settings.key_file}, {settings.tls} and "
            f"{settings.data / FILE} apart from it."
        )
    wanted = (CERTIFICATE, CATALOGUE, *KEYS) if with_keys else (CERTIFICATE, CATALOGUE)
    others = {}
    for name in wanted:
        with suppress(FileNotFoundError):
            others[name] = _content(settings.data / name)
    with suppress(FileNotFoundError):
        others[FILE] = _settings(settings.data / FILE, with_secrets=with_keys)
    return archive.save(file, Path(str(url.database)), others, now)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BackupRefused(f"{file} cannot be read: {error.strerror or error}.") from None


def _settings(file: Path, *, with_secrets: bool) -> bytes:
    """The file of settings without what must not be in a backup."""
    text = _content(file).decode("utf-8")
    left_out = NOT_KEPT if with_secrets else (*NOT_KEPT, *SECRETS)
    try:
        return without(text, left_out).encode()
    except SettingsRefused as refusal:
        raise BackupRefused(f"{file} cannot be put into the backup: {refusal}") from None


def restore(settings: Settings, file: Path, keys: Path | None, clock: Clock, chance: Chance) -> Restored:
    """Make a data directory from a backup, or nothing if its ledger does not verify.

    ``keys`` is a directory with ``seal.key`` (and ``ca.key``, there or in ``tls``), for a backup without.

    Raises:
        BackupRefused: the backup, its ledger or its keys cannot be used.
        DirectoryRefused: the data directory is not empty, or cannot be made.
    """
    if settings.database_url:
        raise BackupRefused("A backup is restored to SQLite in a data directory: unset database_url.")
    with filled(settings.data, last=SEAL_KEY) as draft:
        placed = msgspec.structs.replace(settings, data=draft)
        manifest = archive.load(file, draft, frozenset({DATABASE, CERTIFICATE, CATALOGUE, FILE, *KEYS}))
        if manifest.schema not in VERSIONS:
            raise BackupRefused(f"{file} was made by a newer admit: restore it with that.")
        _bring_keys(draft, manifest.files, keys)
        new_authority = _bring_authority(placed, clock)
        entries = _opened(placed, manifest, clock, chance)
        told, paths = _bring_settings(draft / FILE, settings.data / FILE)
        return Restored(manifest, entries, new_authority, told, paths)


def _bring_keys(draft: Path, held: Mapping[str, Any], keys: Path | None) -> None:
    if SEAL_KEY in held and keys is not None:
        raise BackupRefused("The backup holds its keys already: leave --keys out.")
    if SEAL_KEY in held:
        return
    if keys is None:
        raise BackupRefused(
            f"The backup holds no keys: name by --keys the directory that has the {SEAL_KEY} of its time."
        )
    if not (keys / SEAL_KEY).is_file():
        raise BackupRefused(f"There is no {SEAL_KEY} in {keys}.")
    (draft / "tls").mkdir(mode=0o700, exist_ok=True)
    authority_key = next((each for each in (keys / "ca.key", keys / "tls/ca.key") if each.is_file()), None)
    # Its mode comes along: one that is open to others is refused as it would be anywhere.
    shutil.copy(keys / SEAL_KEY, draft / SEAL_KEY)
    if authority_key is not None:
        shutil.copy(authority_key, draft / "tls/ca.key")


def _bring_settings(
    brought: Path, yours: Path
) -> tuple[Literal["restored", "not in it", "yours kept"], Mapping[str, str]]:
    if not brought.exists():
        return "not in it", {}
    if yours.exists():
        # Who restores elsewhere says first how it is to be there.
        brought.unlink()
        return "yours kept", {}
    return "restored", paths_in(brought.read_text("utf-8"))


def _bring_authority(placed: Settings, clock: Clock) -> bool:
    """Make the server certificate by the old authority, or both anew; returns whether anew."""
    files = AuthorityFiles(placed.tls)
    if files.authority_key.exists() and files.authority_certificate.exists():
        renew_server_certificate(placed.tls, placed.server_names, clock.now())
        return False
    shutil.rmtree(placed.tls, ignore_errors=True)
    placed.tls.mkdir(mode=0o700)
    create_authority(placed.tls, placed.server_names, clock.now())
    return True


def _opened(placed: Settings, manifest: Manifest, clock: Clock, chance: Chance) -> int:
    """Verify what is to be restored, and let nobody be signed in to it; how many entries its ledger has."""
    ledger_key = Sealer.from_file(placed.key_file, chance.fill).subkey("ledger")
    store = Store(placed.store_url, clock, ledger_key)
    try:
        if manifest.schema != NEWEST:
            migrate(store.engine)
        with store.read() as sql:
            verdict = verify(sql, ledger_key, bytes.fromhex(manifest.head))
        if verdict.fault is not None and not verdict.entries:
            raise BackupRefused(
                f"The {SEAL_KEY} is not the one the backup was made with, or: {verdict.fault}"
            )
        if verdict.fault is not None:
            raise BackupRefused(f"The backup's ledger is broken. {verdict.fault}")
        # What does not verify may not even be fit to write to.
        store.write_now(RESTORING, _let_nobody_in)
    finally:
        store.close()
    return verdict.entries


def _let_nobody_in(tx: Tx) -> None:
    """Forget who is signed in, and what could be redeemed: since then it may have been ended, or used."""
    web_sessions.forget(tx.sql, FOREVER, FOREVER)
    sign_ins.forget(tx.sql, FOREVER)
    mailed_codes.sweep(tx.sql, FOREVER)


def without(text: str, names: tuple[str, ...]) -> str:
    """The text of a file of settings without some of them, and otherwise as it was written.

    Raises:
        SettingsRefused: it is not TOML, or such a setting does not stand on a line of its own.
    """
    try:
        wanted = {name: value for name, value in tomllib.loads(text).items() if name not in names}
    except ValueError as error:
        raise SettingsRefused(f"it is not TOML: {error}.") from None
    # What is commented out may be a password all the same.
    line_of = re.compile(rf"[\s#]*[\"']?({'|'.join(names)})[\"']?\s*=")
    kept = "".join(line for line in text.splitlines(keepends=True) if not line_of.match(line))
    with suppress(ValueError):
        if tomllib.loads(kept) == wanted:
            return kept
    raise SettingsRefused(f"write {' and '.join(names)} each on one line of its own.")
