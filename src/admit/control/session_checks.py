"""Whether live sessions may go on: asked in one view of the store, by what each stands on."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection

from admit.control import names, session_words
from admit.control.access import facts_as
from admit.control.restrictions import restrictions
from admit.control.world import World
from admit.core.access import decide
from admit.core.events import (
    Event,
    GraceSet,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    SessionEndOrdered,
    ThingBlocked,
    ThingRemoved,
)
from admit.core.events import touched as about
from admit.core.links import Kind
from admit.core.sessions import Cause, Closing, Outcome, Standing, cause_of
from admit.core.validity import FOREVER, Millis
from admit.store import links, things
from admit.store import sessions as stored
from admit.store.things import Thing


@dataclass(frozen=True, slots=True)
class Question:
    """A live session that is to be asked about."""

    id: str
    user: Thing
    resource: Thing
    peer: str
    what: str
    """One of ``core.restrictions.USES``."""
    standing: Standing


@dataclass(frozen=True, slots=True)
class Ended:
    """That a session may not go on, and why."""

    outcome: Outcome
    reason: str


Verdict: TypeAlias = Standing | Ended


def judge(
    sql: Connection, world: World, questions: Iterable[Question], unread: Container[str]
) -> list[Verdict]:
    """On what each session stands by the facts of now, or why it ends.

    Of the ``unread`` the row is read too: somebody may have ordered the end of the session.
    """
    words: dict[Cause, str] = {}
    return [_one(sql, world, each, words, unread=each.id in unread) for each in questions]


def _one(
    sql: Connection, world: World, question: Question, words: dict[Cause, str], *, unread: bool
) -> Verdict:
    ordered = ordered_end(stored.by_id(sql, question.id)) if unread else None
    if ordered is not None:
        return ordered
    now = world.clock.now()
    granted = _granted(sql, question, now, words)
    return granted if isinstance(granted, Ended) else narrowed(sql, world, question, granted, now)


def _granted(sql: Connection, question: Question, now: Millis, words: dict[Cause, str]) -> Verdict:
    """What the grants alone say."""
    asked, facts = facts_as(sql, question.user.ref, question.resource.ref)
    decision = decide(asked, facts, now)
    if decision.allowed:
        return Standing.on(decision)
    held, path = question.standing, sorted(question.standing.keys)
    cause = cause_of(held.decision.because, facts, now, things.removed_among(sql, path))
    if cause is None:
        # Its path holds, but is nobody's way any more: the user was proven, and is another person's now.
        cause = Cause(Closing.GONE, question.user.ref)
    if cause.closing is Closing.PAST:
        over = (link for link in held.decision.because if not link.validity.holds_at(now))
        grace = min(links.grace(sql, link.source, link.target) for link in over)
        if (still := held.outlasting(grace, now)) is not None:
            return still
    if cause not in words:
        # A change that ends many sessions ends most of them for one cause.
        link = cause.link
        keys = {cause.ref.key} if link is None else {cause.ref.key, link.source.key, link.target.key}
        words[cause] = session_words.why(cause, names.labels(sql, sorted(keys)))
    return Ended(cause.outcome, words[cause])


def narrowed(sql: Connection, world: World, question: Question, granted: Standing, now: Millis) -> Verdict:
    """What control policies leave of a standing: less, or nothing."""
    if question.resource.kind not in (Kind.HOST, Kind.HOST_ACCOUNT):
        return granted
    left = restrictions(sql, world, question.user, question.resource, now)
    refusal = left.in_session(question.peer, now)
    if refusal is None:
        refusal = left.refuses_use(question.what)
    if refusal is not None:
        return Ended(Outcome.RESTRICTED, refusal.text)
    change = left.next_change_at(now)
    if change is None:
        return granted
    closes = left.in_session(question.peer, change) is not None
    return granted.narrowed(change if closes else FOREVER, change)


def ordered_end(row: stored.Session | None) -> Ended | None:
    """The end that somebody ordered for a session, or that another process wrote down for it."""
    if row is None or row.ended_at is not None:
        return Ended(Outcome.UNCHECKED, "it was taken for dead")
    if row.ordered_by is None:
        return None
    return by_order(row.ordered_by, row.ordered_reason or "")


def by_order(who: str, reason: str) -> Ended:
    """That somebody, named by an ARN, ended a session, and why if they said."""
    name = who.rpartition(":")[2].removeprefix("user/")
    return Ended(Outcome.ENDED, f"{name} ended it{f': {reason}' if reason else ''}")


class Paths:
    """The live sessions by the things their paths run through."""

    def __init__(self) -> None:
        self._standing: dict[str, frozenset[int]] = {}
        self._by_key: dict[int, set[str]] = {}

    def put(self, session: str, keys: frozenset[int]) -> None:
        """A session stands on a path through these things."""
        self.drop(session)
        self._standing[session] = keys
        for key in keys:
            self._by_key.setdefault(key, set()).add(session)

    def drop(self, session: str) -> None:
        """A session is over."""
        for key in self._standing.pop(session, ()):
            self._by_key[key].discard(session)
            if not self._by_key[key]:
                del self._by_key[key]

    def touched(self, event: Event) -> Iterable[str]:
        """The sessions that an event may end, or let end at another time."""
        if any(thing.kind is Kind.CONTROL_POLICY for thing in about(event)):
            return tuple(self._standing)
        match event:
            case LinkAdded(source, target) | LinkRemoved(source, target) | LinkChanged(source, target) if (
                source.kind is Kind.USER and target.kind is Kind.GROUP
            ):
                # Whoever joins or leaves a group comes under other control policies.
                return tuple(self._through(source.key))
            case LinkRemoved(source, target) | LinkChanged(source, target) | GraceSet(source, target):
                return self._through(source.key) & self._through(target.key)
            case ThingBlocked(thing) | ThingRemoved(thing):
                return tuple(self._through(thing.key))
            case SessionEndOrdered(session):
                return (session,) if session in self._standing else ()
        return ()

    def _through(self, key: int) -> set[str]:
        return self._by_key.get(key, set())
