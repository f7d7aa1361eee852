"""Answers from nearby, where something there has them; else the server is asked, or nobody."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from admit.client.searching import Found, Search
from admit.client.wire import Decision, Question, Unavailable

T = TypeVar("T")


class Nearby(Protocol):
    """What answers without the server: see :mod:`admit.client.local`."""

    or_ask: bool

    def decide(self, question: Question, space: str | None = None, at_least: int = 0) -> Decision | None:
        """The answer; None where there is none nearby."""
        ...

    def decide_all(
        self, questions: Sequence[Question], space: str | None = None, at_least: int = 0
    ) -> list[Decision] | None:
        """The answers, all by one revision; None where there are none nearby."""
        ...

    def search(self, search: Search, space: str | None = None) -> Found | None:
        """All that a search finds; None where that is not known nearby."""
        ...


def answered_by(
    replica: Nearby | None, space: str | None, question: Question, revision: int
) -> Decision | None:
    """The answer of a replica; None where the server is to be asked.

    Raises:
        Unavailable: neither is there one, nor may the server be asked.
    """
    if replica is None:
        return None
    return _or_refused(replica, replica.decide(question, space, revision))


def all_answered_by(
    replica: Nearby | None, space: str | None, questions: Sequence[Question], revision: int
) -> list[Decision] | None:
    """The answers of a replica; None where the server is to be asked.

    Raises:
        Unavailable: neither are there any, nor may the server be asked.
    """
    if replica is None:
        return None
    return _or_refused(replica, replica.decide_all(questions, space, revision))


def _or_refused(replica: Nearby, found: T | None) -> T | None:
    if found is None and not replica.or_ask:
        raise Unavailable("The replica is too old to answer.")
    return found


def found_by(replica: Nearby | None, space: str | None, search: Search) -> Found | None:
    """What a replica finds; None where the server is to be asked.

    Raises:
        Unavailable: neither is there one, nor may the server be asked.
    """
    if replica is None:
        return None
    return _or_refused(replica, replica.search(search, space))
