"""Backups: a database copied while it is used, in one file with what else must come back with it."""

import hashlib
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import msgspec

from admit.core.validity import SECOND, Millis

DATABASE = "admit.db"
"""The database's name in a backup."""
MANIFEST = "manifest.json"
FORM = 1
"""The form of backups that is written here."""
BLOCK = 1024 * 1024
"""Bytes copied at a time."""


class BackupRefused(Exception):
    """A backup cannot be made, or not be read. The text says why."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself; its first member."""

    form: int = FORM
    made_at: Millis
    schema: str
    revision: int
    """The number of the newest policy change in it."""
    head: str
    """The newest entry's hash in the ledger, in hexadecimal."""
    files: dict[str, str]
    """SHA-256 of each member, in hexadecimal."""


def save(file: Path, database: Path, others: Mapping[str, bytes], now: Millis) -> Manifest:
    """Write a backup of an SQLite database that may be in use, and of small files under their names.

    Readable by its owner only; whole or not there at all.

    Raises:
        BackupRefused: the file exists, cannot be written, or the database is damaged.
    """
    if file.exists():
        raise BackupRefused(f"{file} exists already and is not replaced.")
    try:
        with TemporaryDirectory(dir=file.absolute().parent, prefix=f".{file.name}.") as scratch:
            copy = Path(scratch) / DATABASE
            schema, revision, head = _copy(database, copy)
            members = {DATABASE: copy, **_laid_out(Path(scratch), others)}
            digests = {name: _digest(path) for name, path in members.items()}
            manifest = Manifest(made_at=now, schema=schema, revision=revision, head=head, files=digests)
            draft = Path(scratch) / "draft"
            _write(draft, manifest, members)
            draft.rename(file)
            _sync(file.absolute().parent)
    except OSError as error:
        raise BackupRefused(f"{file} cannot be written: {error.strerror or error}.") from None
    except sqlite3.Error as error:
        raise BackupRefused(f"The database {database} cannot be copied: {error}.") from None
    return manifest


def load(file: Path, directory: Path, names: frozenset[str]) -> Manifest:
    """Put the members of a backup into a directory, and return what it says of itself.

    Raises:
        BackupRefused: it is none, is damaged, or holds something besides ``names``.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            manifest = _manifest(file, archive)
            if DATABASE not in manifest.files or not names.issuperset(manifest.files):
                raise BackupRefused(f"{file} does not hold what a backup holds.")
            for name, digest in manifest.files.items():
                member = _member(archive, name)
                path = directory / name
                path.parent.mkdir(mode=0o700, exist_ok=True)
                with member, _private(path) as target:
                    _pour(member, target)
                if _digest(path) != digest:
                    raise BackupRefused(f"{name} in {file} is damaged.")
    except (tarfile.TarError, KeyError, EOFError):
        raise BackupRefused(f"{file} is not a whole backup.") from None
    except OSError as error:
        raise BackupRefused(f"{file} cannot be read: {error.strerror or error}.") from None
    return manifest


def _copy(database: Path, copy: Path) -> tuple[str, int, str]:
    """Copy a database in use, and return the copy's schema, revision and head."""
    with (
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        # All pages in one step: one moment's view, and writers do not wait for it.
        source.backup(target)
        target.execute("pragma journal_mode = delete")
        (told,) = target.execute("pragma integrity_check(1)").fetchone()
        if told != "ok":
            raise BackupRefused(f"The database {database} is damaged: {told}.")
        (schema,) = target.execute("select version_num from schema_version").fetchone()
        revision, head = target.execute("select n, head from revision").fetchone()
    return schema, revision, head.hex()


def _laid_out(scratch: Path, others: Mapping[str, bytes]) -> dict[str, Path]:
    found = {}
    for number, (name, content) in enumerate(others.items()):
        found[name] = scratch / f"member-{number}"
        with _private(found[name]) as file:
            file.write(content)
    return found


def _write(draft: Path, manifest: Manifest, members: Mapping[str, Path]) -> None:
    with _private(draft) as target, tarfile.open(fileobj=target, mode="w") as archive:
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        _add(archive, MANIFEST, manifest.made_at, io.BytesIO(text))
        for name, path in members.items():
            with path.open("rb") as member:
                _add(archive, name, manifest.made_at, member)


def _add(archive: tarfile.TarFile, name: str, moment: Millis, content: IO[bytes]) -> None:
    about = tarfile.TarInfo(name)
    about.size = content.seek(0, io.SEEK_END)
    about.mtime, about.mode = moment // SECOND, 0o600
    content.seek(0)
    archive.addfile(about, content)


def _manifest(file: Path, archive: tarfile.TarFile) -> Manifest:
    with _member(archive, MANIFEST) as member:
        try:
            manifest = msgspec.json.decode(member.read(BLOCK), type=Manifest)
        except msgspec.MsgspecError:
            raise BackupRefused(f"{file} is not a backup of admit.") from None
    if manifest.form != FORM:
        raise BackupRefused(f"{file} was made by a newer admit: restore it with that.")
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read, safe on disk when the block ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pour(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(BLOCK):
        target.write(block)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
