"""Whether what is kept of sessions, secrets and reviews is what the entries of the ledger add up to."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, or_, select

from admit.core.links import KINDS
from admit.store.ledger import LedgerBroken, seal_of
from admit.store.review_tables import review_items
from admit.store.reviews import captured, digest
from admit.store.tables import secrets, sessions, things

_SECRETS = select(secrets.c.thing, secrets.c.purpose, secrets.c.sealed).execution_options(yield_per=1000)
_WAS = ("id", "door", "person", "resource", "opened_at", "ended_at", "outcome", "reason")
_SESSIONS = (
    select(*(sessions.c[name] for name in _WAS))
    .where(sessions.c.recorded_in.is_not(None))
    .execution_options(yield_per=1000)
)
_TOLD = ("source", "target", "verdict", "decided_at", "decided_by", "comment")
_TOLD_BEFORE = ("kept_at", "kept_by", "kept_comment")
_DECIDED = ("verdict", *_TOLD[3:], *_TOLD_BEFORE)
_VERDICTS = (
    select(*(review_items.c[name] for name in ("review", "number", *_TOLD, *_TOLD_BEFORE)))
    .where(or_(*(review_items.c[name].is_not(None) for name in _DECIDED)))
    .execution_options(yield_per=1000)
)


def secrets_are(sql: Connection, known: Mapping[int, dict[str, str | None]]) -> None:
    """Return if the sealed secrets are those of ``known``, which is emptied: by thing and purpose.

    Raises:
        LedgerBroken: one is not.
    """
    with sql.execute(_SECRETS) as rows:
        for thing, purpose, sealed in rows:
            known_by = known.get(thing, {}).pop(purpose, "")
            if known_by is not None and known_by != seal_of(bytes(sealed)):
                raise LedgerBroken(f"{label(sql, thing)} has another secret {purpose!r} than the ledger has.")
    for thing, kept in known.items():
        for purpose, known_by in kept.items():
            if known_by:
                raise LedgerBroken(f"{label(sql, thing)} lacks the secret {purpose!r} that the ledger has.")


def captured_are(sql: Connection, reviews: Mapping[int, bytes]) -> None:
    """Return if some reviews, whose details are given by key, are about the grants that they captured.

    Nothing is known of reviews from before the ledger was told.

    Raises:
        LedgerBroken: one is not.
    """
    for key, details in reviews.items():
        told = msgspec.json.decode(details).get("captured")
        if told is None:
            continue
        items = captured(sql, key)
        if items is None or digest(items) != told:
            raise LedgerBroken(f"{label(sql, key)} is about other grants than the ledger has.")


def sessions_are(sql: Connection, known: dict[str, tuple[Any, ...]]) -> None:
    """Return if sessions in the ledger were and ended so; one that is not there yet may still change.

    Raises:
        LedgerBroken: one did not.
    """
    with sql.execute(_SESSIONS) as rows:
        for session, *was in rows:
            if known.pop(session, None) != tuple(was):
                raise LedgerBroken(f"Session {session} was not, or ended not, as the ledger has it.")
    for session in known:
        raise LedgerBroken(f"Session {session} is in the ledger, and missing in the database.")


def verdicts_are(sql: Connection, known: dict[tuple[int, int], tuple[Any, ...]]) -> None:
    """Return if these are the verdicts on the items of reviews.

    Raises:
        LedgerBroken: they are not.
    """
    with sql.execute(_VERDICTS) as rows:
        for review, item, *told in rows:
            if known.pop((review, item), None) != tuple(told):
                raise LedgerBroken(f"{label(sql, review)} has item {item} not as the ledger has it.")
    for review, item in known:
        raise LedgerBroken(f"{label(sql, review)} lacks what the ledger has of its item {item}.")


def label(sql: Connection, key: int) -> str:
    """A thing as a verdict names it."""
    row = sql.execute(select(things.c.kind, things.c.name).where(things.c.key == key)).first()
    if row is None or row[0] not in KINDS:
        return f"thing {key}"
    return f"{KINDS[row[0]].word} {row[1]!r}"
