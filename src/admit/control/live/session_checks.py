"""Whether live sessions may go on: asked in one view of the store, by what each stands on."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection

from admit.control import names
from admit.control.access import ask_as, facts_as
from admit.control.bastionhost.restrictions import restrictions
from admit.control.live import session_words
from admit.control.world import World
from admit.core.access import Decision
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
from admit.core.links import Kind, Link, Ref
from admit.core.restrictions import Restrictions
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
    sql: Connection,
    world: World,
    questions: Iterable[Question],
    unread: Container[str] = (),
    at: Millis | None = None,
) -> list[Verdict]:
    """On what each session stands by the facts of now, or why it ends: now, or ``at`` a moment to come.

    Of the ``unread`` the row is read too: somebody may have ordered the end of the session.
    """
    look = _Look(sql, world, world.clock.now() if at is None else at)
    return [look.verdict(each, unread=each.id in unread) for each in questions]


class _Look:
    """What is found out at one moment. Sessions of one user at one resource share what is asked for them."""

    def __init__(self, sql: Connection, world: World, now: Millis) -> None:
        self._sql, self._world, self._now = sql, world, now
        self._decided: dict[tuple[Ref, Ref], Decision] = {}
        self._left: dict[tuple[Ref, Ref], Restrictions] = {}
        self._over: dict[tuple[Ref, Ref, tuple[Link, ...], Millis], Verdict] = {}
        self._words: dict[Cause, str] = {}

    def verdict(self, question: Question, *, unread: bool) -> Verdict:
        """What becomes of one session."""
        ordered = ordered_end(stored.by_id(self._sql, question.id)) if unread else None
        if ordered is not None:
            return ordered
        granted = self._granted(question)
        return granted if isinstance(granted, Ended) else self._narrowed(question, granted)

    def _granted(self, question: Question) -> Verdict:
        """What the grants alone say."""
        of = (question.user.ref, question.resource.ref)
        if of not in self._decided:
            self._decided[of] = ask_as(self._sql, *of, self._now)
        decision = self._decided[of]
        if decision.allowed:
            return Standing.on(decision)
        held = question.standing.decision
        on = (*of, held.because, held.valid_until)
        if on not in self._over:
            self._over[on] = self._closed(question)
        return self._over[on]

    def _closed(self, question: Question) -> Verdict:
        """Why a path is not open any more; or that its grant lets the session go on for a while."""
        held, path = question.standing, sorted(question.standing.keys)
        facts = facts_as(self._sql, question.user.ref, question.resource.ref)
        cause = cause_of(held.decision.because, facts, self._now, things.removed_among(self._sql, path))
        if cause is None:
            # Its path holds, but is nobody's way any more: the user was proven, and is another person's now.
            cause = Cause(Closing.GONE, question.user.ref)
        if cause.closing is Closing.PAST:
            over = (link for link in held.decision.because if not link.validity.holds_at(self._now))
            grace = min(links.grace(self._sql, link.source, link.target) for link in over)
            if (still := held.outlasting(grace, self._now)) is not None:
                return still
        if cause not in self._words:
            # A change that ends many sessions ends most of them for one cause.
            link = cause.link
            keys = {cause.ref.key} if link is None else {cause.ref.key, link.source.key, link.target.key}
            self._words[cause] = session_words.why(cause, names.labels(self._sql, sorted(keys)))
        return Ended(cause.outcome, self._words[cause])

    def _narrowed(self, question: Question, granted: Standing) -> Verdict:
        """What control policies leave of a standing: less, or nothing."""
        if question.resource.kind not in (Kind.HOST, Kind.HOST_ACCOUNT):
            return granted
        of = (question.user.ref, question.resource.ref)
        if of not in self._left:
            self._left[of] = restrictions(self._sql, self._world, question.user, question.resource, self._now)
        return narrowed(self._left[of], question, granted, self._now)


def narrowed(left: Restrictions, question: Question, granted: Standing, now: Millis) -> Verdict:
    """What is left of a standing by what control policies leave of the access."""
    refusal = left.in_session(question.peer, now)
    if refusal is None:
        refusal = left.refuses_use(question.what)
    if refusal is not None:
        return Ended(Outcome.RESTRICTED, refusal.text)
    change = left.next_change_at(now)
    if change is None:
        return granted.narrowed(left.leave)
    closes = left.in_session(question.peer, change) is not None
    return granted.narrowed(left.leave, change if closes else FOREVER, change)


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
