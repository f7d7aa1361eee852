"""Recordings of sessions: begun before the session is, finished in the ledger, read, recovered, swept."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.base import journal
from admit.base.journal import JournalBroken, Position
from admit.control import things as verbs
from admit.control.access import person_behind
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import things
from admit.store.engine import Author, Tx
from admit.store.things import Thing

KEY = "recording key"
"""The purpose a recording's key is sealed for. With the key a recording is gone, backups of its file too."""
AUTHOR = Author("admit", "recording", "")

State: TypeAlias = Literal["live", "complete", "cut off", "broken"]
"""live: being written. cut off: it ends before its session did. broken: altered before it was finished."""


class RecordingDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a recording besides its ID. Its name is that of what was used: ``root@db-1``."""

    # What lists filter on has no default: a value at its default would not be stored, and not be found.
    state: State
    session_id: str
    person: str
    user_id: str
    host_id: str
    login: str = ""
    """The name used at the host."""
    peer: str = ""
    what: str = "shell"
    """shell or exec"""
    place: str = ""
    """Which directory its file is in, where there are several servers."""
    ended_at: Millis | None = None
    size_bytes: int = 0
    """Of the file that was written."""
    blocks: int = 0
    digest: str = ""
    """The hash at the end of the file, in hexadecimal: what the file is must lead to it."""
    reason: str = ""
    """Why it is not complete."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording is of."""

    session_id: str
    user: Thing
    """The proven user."""
    host: Thing
    label: str
    """What is used, as people call it: ``root@db-1``."""
    login: str = ""
    peer: str = ""
    what: str = "shell"


@dataclass(frozen=True, slots=True)
class Begun:
    """A recording that may be written now."""

    thing: Thing
    key: bytes

    @property
    def id(self) -> str:
        """Its wire ID, which its journal is named by."""
        return self.thing.id


@dataclass(frozen=True, slots=True)
class Ending:
    """How a recording ended."""

    state: State
    position: Position
    """Behind its last block."""
    reason: str = ""


def host_of(recording_id: str) -> str:
    """The ID of the host that a recording's ID says: who may see it is granted by hosts, too."""
    return recording_id.rpartition("-")[0]


def path_of(world: World, recording_id: str) -> Path:
    """Where a recording's file is."""
    return world.recordings / f"{recording_id}.rec"


def place(world: World) -> str:
    """The name of the directory that recordings are kept in; both are made if there are none.

    Raises:
        OSError: they cannot be.
    """
    world.recordings.mkdir(mode=0o700, exist_ok=True)
    note = world.recordings / "place"
    try:
        return note.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    # Under its own name only once it is whole, and never over another's.
    draft = world.recordings / f"place-{world.chance.text(12)}"
    draft.write_text(f"{world.chance.text(16)}\n", "ascii")
    with suppress(FileExistsError):
        note.hardlink_to(draft)
    draft.unlink()
    return note.read_text("ascii").strip()


def begin(tx: Tx, world: World, of: Recorded, where: str) -> Begun:
    """Note a recording and make its key. Its file comes after: what was noted cannot go missing unseen."""
    person = things.by_key(tx.sql, person_behind(tx.sql, of.user.ref).key)
    details = RecordingDetails(
        state="live",
        session_id=of.session_id,
        person=person.name,
        user_id=of.user.id,
        host_id=of.host.id,
        login=of.login,
        peer=of.peer,
        what=of.what,
        place=where,
    )
    # Of the account, not of the host: what was seen on a host outlives it.
    recording_id = f"{of.host.id}-{world.chance.text(12)}"
    thing = verbs.add(tx, New(Kind.RECORDING, world.account_key, of.label, details, id=recording_id))
    key = world.chance.fill(journal.KEY_BYTES)
    verbs.keep_secret(tx, thing, KEY, world.sealer.seal(key, f"{KEY}:{thing.id}"))
    return Begun(thing, key)


def finish(tx: Tx, recording: Thing, ending: Ending) -> Thing:
    """Note how a recording ended: its length and its last hash are in the ledger from now on."""
    # It may have been finished by whoever found its writer gone; the first account of it stands.
    current = things.by_key(tx.sql, recording.key)
    details = current.read(RecordingDetails)
    if details.state != "live":
        return current
    ended = msgspec.structs.replace(
        details,
        state=ending.state,
        ended_at=tx.now,
        size_bytes=ending.position.offset,
        blocks=ending.position.number,
        digest=ending.position.chain.hex(),
        reason=ending.reason,
    )
    return verbs.change(tx, current, details=ended)


# -- reading -----------------------------------------------------------------------------------------


class RecordingLost(Exception):
    """A recording cannot be read any more. The text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some whole lines of a recording, in asciicast v2."""

    text: str
    after: Position | None
    """Where to read on; None if there is no more for now."""
    reached: Position
    """Where what comes later begins."""


def part(sql: Connection, world: World, recording: Thing, begin_at: Position | None, largest: int) -> Part:
    """The lines from a position on, about ``largest`` bytes of them.

    Raises:
        RecordingLost: the file is gone, was altered, or its key is gone.
    """
    found: list[bytes] = []
    size, after = 0, begin_at or Position.start(recording.id)
    for block in _blocks(sql, world, recording, after):
        found.append(block.content)
        size += len(block.content)
        after = block.after
        if size >= largest and not _is_end(recording, after):
            return Part(b"".join(found).decode(), after, after)
    return Part(b"".join(found).decode(), None, after)


def fault(sql: Connection, world: World, recording: Thing) -> str | None:
    """What is wrong with a recording's file, or None: it is what the ledger says it is."""
    try:
        for _ in _blocks(sql, world, recording, Position.start(recording.id)):
            pass
    except RecordingLost as lost:
        return str(lost)
    return None


def _blocks(sql: Connection, world: World, recording: Thing, begin_at: Position) -> Iterator[journal.Block]:
    """The blocks from a position on: of a finished recording those that were, else those that are."""
    details, position = recording.read(RecordingDetails), begin_at
    if details.state == "live" or position.offset < details.size_bytes:
        for block in stored_blocks(sql, world, recording, begin_at):
            yield block
            position = block.after
            if _is_end(recording, position):
                break
    if details.state != "live" and (position.offset, position.chain.hex()) != (
        details.size_bytes,
        details.digest,
    ):
        raise RecordingLost("its file is not the one that was finished")


def _is_end(recording: Thing, position: Position) -> bool:
    details = recording.read(RecordingDetails)
    return details.state != "live" and position.offset >= details.size_bytes


def stored_blocks(
    sql: Connection, world: World, recording: Thing, begin_at: Position
) -> Iterator[journal.Block]:
    """Whatever blocks a recording's file has from a position on, finished or not.

    Raises:
        RecordingLost: as :func:`part`.
    """
    sealed = things.sealed(sql, recording.key, KEY)
    if sealed is None:
        raise RecordingLost("its key is gone")
    key = world.sealer.open(sealed, f"{KEY}:{recording.id}")
    try:
        yield from journal.read(path_of(world, recording.id), key, recording.id, begin_at)
    except JournalBroken as broken:
        raise RecordingLost(f"its file was tampered with: {broken}") from None
    except FileNotFoundError:
        raise RecordingLost("its file is not among the recordings of this server") from None
    except OSError as error:
        raise RecordingLost(f"its file cannot be read: {error.strerror}") from None
