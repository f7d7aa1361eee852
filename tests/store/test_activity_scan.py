"""Activity found block by block is what a plain look through all of it finds."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import update

from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.store import activity
from admit.store.activity import Kept, Where
from admit.store.activity_tables import BLOCK_BITS
from admit.store.activity_tables import activity as table
from admit.store.engine import Store

T = TypeVar("T")
BLOCK = 1 << BLOCK_BITS
KINDS = (ActivityKind.API_CALL, ActivityKind.DECISION, ActivityKind.COMMAND)
ACTORS, SESSIONS, NAMES = ("root", "eve"), ("s-1", "s-2", ""), ("alice", "bob", "")


def some_activity(chance: random.Random, at: int) -> Activity:
    def mention() -> Mention | None:
        # The names of two keys are alike, and one key has had two names.
        name = chance.choice((*NAMES, None))
        return None if name is None else Mention(name, chance.choice((None, 1, 2)))

    return Activity(
        at,
        chance.choice(KINDS),
        chance.choice(tuple(Outcome)),
        chance.choice(ACTORS),
        person=mention(),
        resource=mention(),
        session=chance.choice(SESSIONS),
    )


def some_question(chance: random.Random) -> Where:
    def maybe(value: T) -> T | None:
        return value if chance.random() < 0.4 else None

    since, until = chance.randrange(-5, 45), chance.randrange(-5, 45)
    return Where(
        kind=maybe(chance.choice(KINDS)),
        outcome=maybe(chance.choice(tuple(Outcome))),
        actor=maybe(chance.choice(ACTORS)),
        person=maybe(Mention(chance.choice(NAMES), chance.choice((None, 1, 2, 3)))),
        resource=maybe(Mention(chance.choice(NAMES), chance.choice((None, 1, 2, 3)))),
        session=maybe(chance.choice(SESSIONS[:2])),
        since=maybe(since),
        until=maybe(until),
    )


def takes(where: Where, kept: Kept) -> bool:
    """Whether an activity is asked for, said as plainly as can be."""
    one = kept.activity
    exactly = ("kind", "outcome", "actor", "session")
    return (
        all(getattr(where, name) in (None, getattr(one, name)) for name in exactly)
        and all(_is_meant(getattr(where, name), getattr(one, name)) for name in ("person", "resource"))
        and (where.since is None or one.at >= where.since)
        and (where.until is None or one.at < where.until)
    )


def _is_meant(asked: Mention | None, there: Mention | None) -> bool:
    if asked is None or there is None:
        return asked is None
    return asked.name == there.name or (asked.key is not None and asked.key == there.key)


def paged(store: Store, where: Where, limit: int) -> Iterator[Kept]:
    while True:
        with store.read() as sql:
            page = activity.find(sql, where, limit)
        yield from page
        if len(page) < limit:
            return
        where = replace(where, before=page[-1].id)


def put(store: Store, every: list[Kept]) -> None:
    with store.engine.begin() as sql:
        activity.add(sql, [kept.activity for kept in every])
        # In falling order no new id is one that another row has still.
        for place in range(len(every), 0, -1):
            sql.execute(update(table).where(table.c.id == place).values(id=every[place - 1].id))


def check(store: Store, every: list[Kept], chance: random.Random) -> None:
    """Ask at random, page by page, and look through all instead."""
    newest = sorted(every, key=lambda each: each.id, reverse=True)
    for _ in range(25):
        where = some_question(chance)
        meant = [each for each in newest if takes(where, each)]
        assert list(paged(store, where, max(1, len(meant) // 3))) == meant, where
        if where.since is not None and where.outcome not in (None, Outcome.OK):
            counted = Where(outcome=where.outcome, since=where.since, until=where.until)
            with store.read() as sql:
                many = activity.how_many(sql, where.outcome, where.since, where.until)
            assert many == sum(takes(counted, each) for each in newest), counted


def test_every_question_is_answered_as_by_a_look_through_all(store: Store) -> None:
    """also where blocks are missing, and after what was old is gone"""
    chance = random.Random(7)  # noqa: S311 - a test's
    ids = sorted(
        {
            chance.randrange(12) * BLOCK * chance.choice((1, 3)) + chance.randrange(1000, 1004)
            for _ in range(90)
        }
    )
    # Several nodes write: nearly, and not quite, in the order of moments.
    every = [
        Kept(key, some_activity(chance, place * 40 // len(ids) + chance.randrange(4)))
        for place, key in enumerate(ids)
    ]
    put(store, every)

    check(store, every, chance)
    for before, most in ((12, 10), (25, 30), (99, 30)):
        old = [each.id for each in every if each.activity.at < before][:most]
        with store.engine.begin() as sql:
            assert activity.forget(sql, before, most) == len(old)
        every = [each for each in every if each.id not in old]
        check(store, every, chance)
