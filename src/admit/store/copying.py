"""Copies of the policy elsewhere: all that decisions ask for, then row by row what has changed since."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, select, tuple_, update

from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingChanged,
    ThingRemoved,
    ThingUnblocked,
    touched,
)
from admit.core.links import KINDS, Kind
from admit.store import changes as stored
from admit.store.links import current_revision
from admit.store.prepared import EVERYTHING, Prepared, PreparedForKeys, PreparedRows
from admit.store.tables import blocks, changes, links, revision, things

WALKED = frozenset(
    {
        *(Kind.PERSON, Kind.USER, Kind.GROUP, Kind.UNIT, Kind.ACCOUNT),
        *(Kind.DELIVERY_GROUP, Kind.APP, Kind.PERSISTENT_SESSION),
        *(Kind.BASTION, Kind.HOST, Kind.HOST_ACCOUNT),
        *(Kind.IDAAS, Kind.RULE, Kind.APPLICATION, Kind.CLOUD_ACCOUNT, Kind.CLOUD_ROLE, Kind.PROJECT),
        *(Kind.RULE_RESOURCE, Kind.SPACE, Kind.TYPE, Kind.SUBJECT, Kind.RESOURCE, Kind.PERMISSION),
        Kind.PROPERTIES,
    }
)
"""What a decision may walk over, or be asked about by name. Nothing else leaves."""
TOLD = frozenset({Kind.SPACE, Kind.TYPE, Kind.PERMISSION, Kind.PROPERTIES})
"""Kinds whose details a decision reads. Of all others (e-mail addresses, keys) none leave."""
MOST_CHANGES = 2_000
"""Whoever is further behind is given everything anew."""
AT_ONCE = 500


class Row(msgspec.Struct, array_like=True):
    """A thing that lives."""

    key: int
    kind: int
    parent: int
    id: str
    name: str
    handle: str | None
    details: str


class Entry(msgspec.Struct, array_like=True):
    """A change, as an index takes it in."""

    revision: int
    ordinal: int
    event: str
    fact: str


class Copied(msgspec.Struct, omit_defaults=True):
    """The policy at a revision: all of it, or what is different from how it was."""

    revision: int
    whole: bool = False
    gone: list[int] = []
    """Things whose rows, and blocks, are to be taken out before others are put in."""
    parted: list[tuple[int, int]] = []
    """Pairs of things whose links are to be taken out."""
    things: list[Row] = []
    links: list[tuple[int, int, int, int, int]] = []
    """Source, stage, target, beginning and end."""
    blocks: list[tuple[int, str]] = []
    entries: list[Entry] = []


_THING = tuple(things.c[name] for name in Row.__struct_fields__)
_LINK = (links.c.source, links.c.stage, links.c.target, links.c.starts_at, links.c.ends_at)
_THINGS = PreparedForKeys(
    lambda kinds: select(*_THING).where(things.c.kind.in_(kinds), things.c.removed_at.is_(None))
)
_LINKS = Prepared(select(*_LINK))
_BLOCKS = Prepared(select(blocks.c.thing, blocks.c.word).where(blocks.c.removed_at.is_(None)))
_SOME_THINGS = PreparedForKeys(
    lambda keys: select(*_THING).where(things.c.key.in_(keys), things.c.removed_at.is_(None))
)
_SOME_BLOCKS = PreparedForKeys(
    lambda keys: select(blocks.c.thing, blocks.c.word).where(
        blocks.c.thing.in_(keys), blocks.c.removed_at.is_(None)
    )
)


def copied(sql: Connection, after: int | None) -> Copied:
    """What a copy that stands at a revision must take in to stand at this view's; None stands nowhere."""
    newest = current_revision(sql)
    if after is None or not newest - MOST_CHANGES <= after <= newest:
        return _whole(sql, newest)
    return _since(sql, after, newest)


def _whole(sql: Connection, newest: int) -> Copied:
    rows = [_row(each) for each in _THINGS.rows(sql, sorted(map(int, WALKED)))]
    known = {row.key for row in rows}
    return Copied(
        newest,
        whole=True,
        things=rows,
        links=[each for each in _LINKS.rows(sql) if each[0] in known and each[2] in known],
        blocks=[each for each in _BLOCKS.rows(sql) if each[0] in known],
    )


def _since(sql: Connection, after: int, newest: int) -> Copied:
    keys: dict[int, None] = {}
    pairs: dict[tuple[int, int], None] = {}
    entries = []
    for change in stored.after(sql, after, EVERYTHING - 1):
        event = change.event
        if any(each.kind not in WALKED for each in touched(event)):
            continue
        if isinstance(event, LinkAdded | LinkChanged | LinkRemoved):
            pairs[event.source.key, event.target.key] = None
        elif isinstance(event, ThingAdded | ThingChanged | ThingRemoved | ThingBlocked | ThingUnblocked):
            keys[event.thing.key] = None
        if not isinstance(event, ThingChanged):
            # An index reads nothing of what has only changed.
            entries.append(_entry(change.revision, change.ordinal, event))
    wanted = sorted(keys)
    return Copied(
        newest,
        gone=wanted,
        parted=list(pairs),
        things=[_row(each) for each in _SOME_THINGS.rows(sql, wanted)] if wanted else [],
        links=list(_links_of(sql, list(pairs))),
        blocks=[*_SOME_BLOCKS.rows(sql, wanted)] if wanted else [],
        entries=entries,
    )


def _row(row: tuple[Any, ...]) -> Row:
    *rest, details = row
    # PostgreSQL's driver hands over bytes.
    text = details.decode() if isinstance(details, bytes) else details
    return msgspec.convert((*rest, text if KINDS[row[1]] in TOLD else "{}"), Row)


def _entry(number: int, ordinal: int, event: Event) -> Entry:
    if isinstance(event, ThingAdded) and event.thing.kind not in TOLD:
        event = ThingAdded(event.thing, event.parent)
    return Entry(number, ordinal, type(event).__name__, msgspec.json.encode(event).decode())


def _links_of(sql: Connection, pairs: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int, int, int, int]]:
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        found = select(*_LINK).where(tuple_(links.c.source, links.c.target).in_(some))
        yield from (tuple(row) for row in sql.execute(found))


# -- taking in ---------------------------------------------------------------------------------------

_PUT_THINGS, _PUT_LINKS, _PUT_BLOCKS = PreparedRows(things), PreparedRows(links), PreparedRows(blocks)
_OUT = Prepared(delete(things).where(things.c.key == bindparam("b_key")))
_UNBLOCK = Prepared(delete(blocks).where(blocks.c.thing == bindparam("b_thing", type_=BigInteger)))
_PART = Prepared(
    delete(links).where(links.c.source == bindparam("b_source"), links.c.target == bindparam("b_target"))
)
_NOTE = Prepared(insert(changes))
_STAND = Prepared(update(revision).values(n=bindparam("n")))
_FORGET = Prepared(delete(changes).where(changes.c.revision <= bindparam("b_revision")))


def take_in(sql: Connection, new: Copied) -> None:
    """Let a copy stand where ``new`` says, in the transaction there is."""
    if new.whole:
        for table in (things, links, blocks, changes):
            sql.execute(delete(table))
    for key in new.gone:
        _OUT.run(sql, b_key=key)
        _UNBLOCK.run(sql, b_thing=key)
    for source, target in new.parted:
        _PART.run(sql, b_source=source, b_target=target)
    _PUT_THINGS.put(sql, [(*msgspec.structs.astuple(row), 0, 0, None) for row in new.things])
    _PUT_LINKS.put(sql, [(*link, 0, 0, None) for link in new.links])
    _PUT_BLOCKS.put(sql, [(*block, 0, None) for block in new.blocks])
    for each in new.entries:
        _NOTE.run(
            sql,
            revision=each.revision,
            ordinal=each.ordinal,
            event=each.event,
            fact=each.fact,
            # Nobody asks a copy what was about whom.
            about=0,
            about_too=None,
        )
    _STAND.run(sql, n=new.revision)


def forget_changes(sql: Connection, until: int) -> None:
    """Drop the changes that an index of a revision has taken in."""
    _FORGET.run(sql, b_revision=until)
