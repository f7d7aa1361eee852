"""Keeping recordings: finishing those whose writer is gone, removing the old, checking all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from admit.base import journal
from admit.base.journal import Position
from admit.control import things as verbs
from admit.control.live.recordings import (
    AUTHOR,
    Ending,
    RecordingDetails,
    RecordingLost,
    fault,
    finish,
    path_of,
    place,
    stored_blocks,
)
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import MINUTE, Millis
from admit.store import things
from admit.store.engine import Store, Tx
from admit.store.things import Thing, Where

GRACE: Millis = MINUTE
"""How long a recording may be without a file."""
BATCH = 100
"""How many are removed in one transaction."""


def recover(store: Store, world: World) -> int:
    """Finish, with the truth, the recordings of this place that nobody writes any more; returns how many.

    Raises:
        OSError: the directory cannot be used.
    """
    here = place(world)
    with store.read() as sql:
        live = things.find(sql, Where(Kind.RECORDING, details={"state": "live"}))
        left = [each for each in live if each.read(RecordingDetails).place == here]
        endings = [(each, _found_ending(sql, world, each)) for each in left]
    over = [(recording, ending) for recording, ending in endings if ending is not None]

    def body(tx: Tx) -> None:
        for recording, ending in over:
            finish(tx, recording, ending)

    if over:
        store.write_now(AUTHOR, body)
    return len(over)


def _found_ending(sql: Connection, world: World, recording: Thing) -> Ending | None:
    """How a live recording ended; None if it is still written, or begun just now."""
    start = Position.start(recording.id)
    try:
        if journal.is_open(path_of(world, recording.id)):
            return None
    except FileNotFoundError:
        # Its file comes right after it was noted.
        young = world.clock.now() - recording.created_at < GRACE
        return None if young else Ending("cut off", start, "nothing was written before the gate stopped")
    position, last = start, False
    try:
        for block in stored_blocks(sql, world, recording, start):
            position, last = block.after, block.last
    except RecordingLost as lost:
        return Ending("broken", position, str(lost))
    return Ending("complete", position) if last else Ending("cut off", position, "the gate stopped")


def sweep(store: Store, world: World, before: Millis) -> int:
    """Remove recordings that ended before a moment, key and file; returns how many.

    The files of those that were removed since the last time go along.
    """
    with store.read() as sql:
        ended = [each for each in things.find(sql, Where(Kind.RECORDING)) if _ended_before(each, before)]
    for first in range(0, len(ended), BATCH):
        store.write_now(AUTHOR, partial(_remove_all, ended[first : first + BATCH]))
    for path in world.recordings.glob("*.rec"):
        with store.read() as sql:
            known = things.by_id(sql, Kind.RECORDING, world.account_key, path.stem) is not None
        if not known:
            path.unlink(missing_ok=True)
    return len(ended)


def _ended_before(recording: Thing, moment: Millis) -> bool:
    at = recording.read(RecordingDetails).ended_at
    return at is not None and at < moment


def _remove_all(recordings: Sequence[Thing], tx: Tx) -> None:
    for recording in recordings:
        # It may have been removed by somebody meanwhile.
        if things.by_id(tx.sql, Kind.RECORDING, recording.parent, recording.id) is not None:
            verbs.remove(tx, recording)


@dataclass(frozen=True, slots=True)
class Audit:
    """What looking at all files of finished recordings has found."""

    checked: int
    elsewhere: int
    """Their files are at another server."""
    faults: dict[str, str]
    """What is wrong, by recording."""


def audit(store: Store, world: World) -> Audit:
    """Read every recording of this place from beginning to end."""
    here = place(world)
    with store.read() as sql:
        ended = [
            each
            for each in things.find(sql, Where(Kind.RECORDING))
            if each.read(RecordingDetails).state != "live"
        ]
        ours = [each for each in ended if each.read(RecordingDetails).place == here]
        found = {each.id: why for each in ours if (why := fault(sql, world, each)) is not None}
    return Audit(len(ours), len(ended) - len(ours), found)
