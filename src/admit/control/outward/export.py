"""What an auditor is given: who could use what at a moment, or every change between two, to be signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from admit.control import names
from admit.control.answers.comparison import Moment, Walk, listed
from admit.control.names import Named
from admit.core.access import Reach
from admit.core.links import Kind, Link, Ref, Stage, stage_of
from admit.core.validity import BEGINNING, FOREVER, Millis
from admit.store import changes, then
from admit.store.authors import authors
from admit.store.links import current_revision

FORMAT = "admit export 1"
BATCH = 500
MOST_OF_ONE = 10_000_000
"""Entries of one person's list: more than there can be resources."""
_WHO = (Kind.PERSON, Kind.APPLICATION, Kind.SUBJECT)


@dataclass(frozen=True, slots=True)
class Period:
    """Which changes are exported: those after one moment, up to another."""

    since: Millis
    until: Millis


def head(sql: Connection, account: str, made_at: Millis, what: Millis | Period) -> dict[str, Any]:
    """What an export says of itself: of whom it is, about when, and where the ledger stood."""
    newest = current_revision(sql)
    about = {"at": what} if isinstance(what, int) else {"since": what.since, "until": what.until}
    state = changes.head(sql)
    return {
        "format": FORMAT,
        "account": account,
        "made_at": made_at,
        **about,
        "revision": newest,
        "ledger_head": state.hex(),
    }


def access_at(sql: Connection, at: Millis, now: Millis) -> Iterator[dict[str, Any]]:
    """A line for every person and resource that was (or will be) joined at a moment, by the longest path."""
    past = at if at < now else None
    for kind in _WHO:
        for key in then.keys_at(sql, kind, at):
            walk = Walk(Ref(kind, key), backward=False)
            found = listed(sql, [walk], Moment(at, past), MOST_OF_ONE)
            yield from _told(sql, list(found[walk].values()), walk.start, past)


def _told(sql: Connection, reaches: list[Reach], who: Ref, past: Millis | None) -> Iterator[dict[str, Any]]:
    for start in range(0, len(reaches), BATCH):
        page = reaches[start : start + BATCH]
        keys = {ref.key for reach in page for link in reach.path for ref in (link.source, link.target)}
        labels = names.labels(sql, sorted(keys), past)
        grants = [_grant(reach) for reach in page]
        made = authors(sql, grants, past)
        for reach, grant in zip(page, grants, strict=True):
            by, when = made.get(grant, (None, None))
            yield {
                "who": _named(labels[who.key]),
                "what": _named(labels[reach.ref.key]),
                "until": None if reach.until == FOREVER else reach.until,
                "path": [_step(link, labels) for link in reach.path],
                "granted_by": by,
                "granted_at": when,
            }


def _grant(reach: Reach) -> tuple[int, int]:
    """Both ends of the link of a path that grants."""
    return next(
        (link.source.key, link.target.key)
        for link in reach.path
        if stage_of(link.source.kind, link.target.kind) is Stage.GRANT
    )


def _named(named: Named) -> dict[str, str]:
    return {"kind": named.thing.kind.word, "id": named.thing.id, "name": named.label}


def _step(link: Link, labels: dict[int, Named]) -> dict[str, Any]:
    start, end = link.validity.start, link.validity.end
    return {
        "from": labels[link.source.key].label,
        "to": labels[link.target.key].label,
        "start": None if start == BEGINNING else start,
        "end": None if end == FOREVER else end,
    }


def changes_in(sql: Connection, period: Period) -> Iterator[dict[str, Any]]:
    """A line for every entry of the ledger after one moment, up to another."""
    newest = current_revision(sql)
    place = changes.revision_at(sql, period.since, newest)
    last = changes.revision_at(sql, period.until, newest)
    while place < last:
        batch = [each for each in changes.after(sql, place, BATCH) if each.revision <= last]
        for each in batch:
            yield {
                "revision": each.revision,
                "ordinal": each.ordinal,
                "at": each.at,
                "by": each.actor,
                "action": each.action,
                "request_id": each.request_id,
                "event": type(each.event).__name__,
                "fact": msgspec.to_builtins(each.event),
            }
        place = batch[-1].revision if batch else last
