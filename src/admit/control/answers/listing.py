"""Lists of access: who may use something, what somebody may use, and what of that depends on a condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from admit.control.access import past_of
from admit.control.answers.asked import judging
from admit.core import lists
from admit.core.facts import Source
from admit.core.links import Ref
from admit.core.lists import Page, Span
from admit.core.validity import Millis
from admit.core.ways import Judging
from admit.store.links import index_at
from admit.store.stored import Stored


@dataclass(frozen=True, slots=True)
class Listing:
    """Which list is asked for: about which moment, what part of it, and by which question."""

    now: Millis
    span: Span
    as_of: Millis | None = None
    """Another moment than now; one to come is judged by the facts of now."""
    action: str | None = None
    """Without one any action will do."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What conditions may ask of the request."""

    @property
    def at(self) -> Millis:
        """The moment that is asked about."""
        return self.now if self.as_of is None else self.as_of

    @property
    def past(self) -> Millis | None:
        """The moment, if it is over."""
        return past_of(self.as_of, self.now)


def who(sql: Connection, resource: Ref, asked: Listing) -> Page:
    """A page of those who may use ``resource``."""
    return lists.who(resource, _source(sql, resource, asked), asked.at, asked.span, _judging(sql, asked))


def what(sql: Connection, subject: Ref, asked: Listing) -> Page:
    """A page of what ``subject`` may use."""
    return lists.what(subject, _source(sql, subject, asked), asked.at, asked.span, _judging(sql, asked))


def through(sql: Connection, thing: Ref, asked: Listing) -> Page:
    """A page of those with a way through ``thing``: a group, a rule, a host."""
    return lists.through(thing, _source(sql, thing, asked), asked.at, asked.span, _judging(sql, asked))


def _source(sql: Connection, start: Ref, asked: Listing) -> Source:
    """Where to walk for a page: it looks at little of all that leads to a thing, or from it."""
    return (index_at(sql) if asked.past is None else None) or Stored(sql, start, asked.past)


def _judging(sql: Connection, asked: Listing) -> Judging:
    return Judging(judging(sql, asked.action, asked.context, asked.at, asked.past), asked.action)
