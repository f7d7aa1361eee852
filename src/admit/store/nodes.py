"""The roll of nodes: who lives, who is struck off, and who does what only one may do."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from admit.core.validity import Millis
from admit.store.node_tables import leases, nodes
from admit.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class OnRoll:
    """A node on the roll."""

    process: str
    name: str
    beat: int
    began_at: Millis


_BEAT = Prepared(update(nodes).where(nodes.c.process == bindparam("b_process")).values(beat=nodes.c.beat + 1))
_JOIN = Prepared(insert(nodes))
_ALL = Prepared(select(nodes.c.process, nodes.c.name, nodes.c.beat, nodes.c.began_at))
_STRIKE = Prepared(
    delete(nodes).where(nodes.c.process == bindparam("b_process"), nodes.c.beat == bindparam("b_beat"))
)
_LEAVE = Prepared(delete(nodes).where(nodes.c.process == bindparam("b_process")))
_FREE = Prepared(delete(leases).where(leases.c.process.not_in(select(nodes.c.process))))
_TAKE = Prepared(insert(leases))
_HOLDER = Prepared(select(leases.c.process).where(leases.c.task == bindparam("task")))


def beat(sql: Connection, process: str, name: str, now: Millis) -> None:
    """Say that a node lives; one that was struck off, or is new, is put on the roll."""
    if not _BEAT.run(sql, b_process=process):
        _JOIN.run(sql, process=process, name=name, beat=0, began_at=now)


def roll(sql: Connection) -> list[OnRoll]:
    """Every node on the roll."""
    return [OnRoll(*row) for row in _ALL.rows(sql)]


def strike(sql: Connection, node: OnRoll) -> bool:
    """Strike a node off, unless its beat has moved; returns whether it was."""
    return bool(_STRIKE.run(sql, b_process=node.process, b_beat=node.beat))


def leave(sql: Connection, process: str) -> None:
    """A node stops, in order: what it held is free."""
    _LEAVE.run(sql, b_process=process)
    _FREE.run(sql)


def holds(sql: Connection, task: str, process: str) -> bool:
    """Whether a node holds the lease of a task; it takes one that is free, or whose holder is struck off.

    Raises:
        Conflict: another took it at this moment.
    """
    _FREE.run(sql)
    row = _HOLDER.first(sql, task=task)
    if row is not None:
        return bool(row[0] == process)
    _TAKE.run(sql, task=task, process=process)
    return True
