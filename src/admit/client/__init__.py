"""Asking admit from a program: may this subject do this with this resource, why, and until when.

    from admit.client import Admit

    with Admit("https://gate.example.com", token="admit_…") as admit:
        if admit.check("person:alice", "connect", "host-account:root@db-1"):
            ...

It speaks OpenID AuthZEN 1.0 and needs nothing of a server but its address and a bearer token. An answer
that does not come is an :class:`Unavailable`, never a yes: whoever catches it decides to stay closed.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from admit.client import nearby, searching, wire
from admit.client.nearby import Nearby
from admit.client.searching import Condition, Conditional, Found
from admit.client.wire import (
    MOST_AT_ONCE,
    Decision,
    Denied,
    Entity,
    Properties,
    Question,
    Refused,
    Unavailable,
    Who,
)

__all__ = [
    "Admit",
    "AsyncAdmit",
    "Condition",
    "Conditional",
    "Decision",
    "Denied",
    "Entity",
    "Question",
    "Refused",
    "Unavailable",
]

_NOTHING: Properties = {}


def _ids(pages: Iterable[Found]) -> Iterator[str]:
    return (each for page in pages for each in page.ids)


def _conditional(pages: Iterable[Found]) -> Iterator[Conditional]:
    return (each for page in pages for each in page.conditional)


class Admit:
    """A decision point, asked over one kept connection; safe to share between threads."""

    def __init__(
        self,
        server: str,
        *,
        token: str,
        space: str | None = None,
        ca_file: str | None = None,
        replica: Nearby | None = None,
    ) -> None:
        """``replica`` answers questions and searches nearby, as long as it is new enough."""
        self._http = httpx.Client(**wire.arguments(server, token, space, ca_file))
        self._space = space
        self._replica = replica

    def check(
        self,
        subject: Who,
        action: str,
        resource: Who,
        context: Properties = _NOTHING,
        *,
        at_least: int = 0,
    ) -> Decision:
        """May the subject do this with the resource, by this revision of the policy or a later one?"""
        return self.ask(Question(subject, action, resource, context), at_least=at_least)

    def ask(self, question: Question, *, at_least: int = 0) -> Decision:
        """The answer to a question."""
        near = nearby.answered_by(self._replica, self._space, question, at_least)
        if near is not None:
            return near
        return wire.decision_of(self._post("evaluation", wire.asked_of(question), at_least))

    def ask_all(self, questions: Sequence[Question], *, at_least: int = 0) -> list[Decision]:
        """The answers to any number of questions, in their order: of a replica all by one revision."""
        near = nearby.all_answered_by(self._replica, self._space, questions, at_least)
        if near is not None:
            return near
        found: list[Decision] = []
        for start in range(0, len(questions), MOST_AT_ONCE):
            some = [wire.asked_of(each) for each in questions[start : start + MOST_AT_ONCE]]
            answer = self._post("evaluations", {"evaluations": some}, at_least)
            found += wire.decisions_of(answer, len(some))
        return found

    def require(self, subject: Who, action: str, resource: Who, context: Properties = _NOTHING) -> Decision:
        """The decision, if it is yes.

        Raises:
            Denied: it is no.
        """
        decision = self.check(subject, action, resource, context)
        if not decision:
            raise Denied(decision)
        return decision

    def who(self, kind: str, action: str, resource: Who, context: Properties = _NOTHING) -> Iterator[str]:
        """The IDs of all subjects of a type that may do this with the resource."""
        return _ids(self._pages(searching.who(kind, action, resource, context)))

    def who_might(
        self, kind: str, action: str, resource: Who, context: Properties = _NOTHING
    ) -> Iterator[Conditional]:
        """All others who might, on a condition that what is told does not decide."""
        return _conditional(self._pages(searching.who(kind, action, resource, context)))

    def what(self, subject: Who, action: str, kind: str, context: Properties = _NOTHING) -> Iterator[str]:
        """The IDs of all resources of a type with which the subject may do this."""
        return _ids(self._pages(searching.what(subject, action, kind, context)))

    def what_might(
        self, subject: Who, action: str, kind: str, context: Properties = _NOTHING
    ) -> Iterator[Conditional]:
        """All others with which they might, on a condition that what is told does not decide."""
        return _conditional(self._pages(searching.what(subject, action, kind, context)))

    def actions(self, subject: Who, resource: Who, context: Properties = _NOTHING) -> list[str]:
        """All that the subject may do with the resource."""
        return list(_ids(self._pages(searching.actions(subject, resource, context))))

    def _pages(self, search: searching.Search) -> Iterator[Found]:
        near = nearby.found_by(self._replica, self._space, search)
        if near is not None:
            yield near
            return
        token = ""
        while True:
            found, token = search.read(self._post(search.path, search.body(token)))
            yield found
            if not token:
                return

    def _post(self, path: str, body: dict[str, Any], at_least: int = 0) -> Any:
        try:
            return wire.body_of(self._http.post(path, json=body, headers=wire.at_least(at_least)))
        except httpx.HTTPError as error:
            raise Unavailable(f"The server cannot be asked: {error}") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """Close at the end of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class AsyncAdmit:
    """The same for programs that wait with ``await``."""

    def __init__(
        self,
        server: str,
        *,
        token: str,
        space: str | None = None,
        ca_file: str | None = None,
        replica: Nearby | None = None,
    ) -> None:
        """``replica`` answers questions and searches nearby, as long as it is new enough."""
        self._http = httpx.AsyncClient(**wire.arguments(server, token, space, ca_file))
        self._space = space
        self._replica = replica

    async def check(
        self,
        subject: Who,
        action: str,
        resource: Who,
        context: Properties = _NOTHING,
        *,
        at_least: int = 0,
    ) -> Decision:
        """May the subject do this with the resource, by this revision of the policy or a later one?"""
        return await self.ask(Question(subject, action, resource, context), at_least=at_least)

    async def ask(self, question: Question, *, at_least: int = 0) -> Decision:
        """The answer to a question."""
        # What a replica answers it answers at once.
        near = nearby.answered_by(self._replica, self._space, question, at_least)
        if near is not None:
            return near
        return wire.decision_of(await self._post("evaluation", wire.asked_of(question), at_least))

    async def ask_all(self, questions: Sequence[Question], *, at_least: int = 0) -> list[Decision]:
        """The answers to any number of questions, in their order: of a replica all by one revision."""
        near = nearby.all_answered_by(self._replica, self._space, questions, at_least)
        if near is not None:
            return near
        found: list[Decision] = []
        for start in range(0, len(questions), MOST_AT_ONCE):
            some = [wire.asked_of(each) for each in questions[start : start + MOST_AT_ONCE]]
            answer = await self._post("evaluations", {"evaluations": some}, at_least)
            found += wire.decisions_of(answer, len(some))
        return found

    async def require(
        self, subject: Who, action: str, resource: Who, context: Properties = _NOTHING
    ) -> Decision:
        """The decision, if it is yes.

        Raises:
            Denied: it is no.
        """
        decision = await self.check(subject, action, resource, context)
        if not decision:
            raise Denied(decision)
        return decision

    async def who(
        self, kind: str, action: str, resource: Who, context: Properties = _NOTHING
    ) -> AsyncIterator[str]:
        """The IDs of all subjects of a type that may do this with the resource."""
        async for page in self._pages(searching.who(kind, action, resource, context)):
            for each in page.ids:
                yield each

    async def who_might(
        self, kind: str, action: str, resource: Who, context: Properties = _NOTHING
    ) -> AsyncIterator[Conditional]:
        """All others who might, on a condition that what is told does not decide."""
        async for page in self._pages(searching.who(kind, action, resource, context)):
            for each in page.conditional:
                yield each

    async def what(
        self, subject: Who, action: str, kind: str, context: Properties = _NOTHING
    ) -> AsyncIterator[str]:
        """The IDs of all resources of a type with which the subject may do this."""
        async for page in self._pages(searching.what(subject, action, kind, context)):
            for each in page.ids:
                yield each

    async def what_might(
        self, subject: Who, action: str, kind: str, context: Properties = _NOTHING
    ) -> AsyncIterator[Conditional]:
        """All others with which they might, on a condition that what is told does not decide."""
        async for page in self._pages(searching.what(subject, action, kind, context)):
            for each in page.conditional:
                yield each

    async def actions(self, subject: Who, resource: Who, context: Properties = _NOTHING) -> list[str]:
        """All that the subject may do with the resource."""
        pages = self._pages(searching.actions(subject, resource, context))
        return [each async for page in pages for each in page.ids]

    async def _pages(self, search: searching.Search) -> AsyncIterator[Found]:
        near = nearby.found_by(self._replica, self._space, search)
        if near is not None:
            yield near
            return
        token = ""
        while True:
            found, token = search.read(await self._post(search.path, search.body(token)))
            yield found
            if not token:
                return

    async def _post(self, path: str, body: dict[str, Any], at_least: int = 0) -> Any:
        headers = wire.at_least(at_least)
        try:
            return wire.body_of(await self._http.post(path, json=body, headers=headers))
        except httpx.HTTPError as error:
            raise Unavailable(f"The server cannot be asked: {error}") from error

    async def close(self) -> None:
        """Let go of the connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Close at the end of a block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()
