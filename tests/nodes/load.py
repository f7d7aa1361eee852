"""Clients that grant, revoke and check at several servers while these and the database die."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count, pairwise
from random import Random
from threading import Condition, Event, Thread
from typing import Any

from admit.core.events import LinkAdded, LinkRemoved
from admit.core.links import Kind
from tests.nodes.firm import GONE, PEOPLE, Asker, Firm
from tests.nodes.linear import Operation
from tests.served import Served
from tests.system import Refused

DEEDS = ("grant", "revoke", "check", "check")
ACTIONS = {"grant": "GrantAccess", "revoke": "RevokeAccess"}


@dataclass
class Seen:
    """What all clients did and saw, by person."""

    histories: dict[str, list[Operation]] = field(default_factory=lambda: defaultdict(list))
    answered: int = 0
    ticks: Iterator[int] = field(default_factory=count)
    """The order in which calls and answers were: what real time is for."""
    more: Condition = field(default_factory=Condition)
    addresses: list[str] = field(default_factory=list)
    """Where the servers are."""
    enough: Event = field(default_factory=Event)
    """Set when clients shall end."""
    failures: list[BaseException] = field(default_factory=list)

    def add(self, person: str, operation: Operation) -> None:
        """Keep what was done; an answer is told to who waits for some."""
        with self.more:
            self.histories[person].append(operation)
            self.answered += operation.saw is not None
            self.more.notify_all()

    def meet(self, servers: Sequence[Served]) -> None:
        """Tell clients where the servers are."""
        self.addresses = [each.urls["http"] for each in servers]

    def wait_for(self, more: int) -> None:
        """Return once so many answers more have come."""
        with self.more:
            wanted = self.answered + more
            assert self.more.wait_for(lambda: self.answered >= wanted or self.failures, timeout=20)
        assert not self.failures, self.failures


@dataclass
class Client:
    """One client; whom a server that dies leaves goes on at another."""

    askers: Sequence[Asker]
    random: Random
    seen: Seen

    def run(self) -> None:
        """Grant, revoke and check until it is enough."""
        try:
            while not self.seen.enough.is_set():
                self._one()
        except BaseException as error:
            with self.seen.more:
                self.seen.failures.append(error)
                self.seen.more.notify_all()
            raise

    def _one(self) -> None:
        place, person = self.random.randrange(len(self.askers)), self.random.choice(PEOPLE)
        asker = self.askers[place]
        asker.move(self.seen.addresses[place])
        what, called = self.random.choice(DEEDS), next(self.seen.ticks)
        try:
            saw = asker.may(person) if what == "check" else asker.change(ACTIONS[what], person)
        except GONE:
            asker.connection.close()
        except Refused as refused:
            # A server without its database cannot say what has become of it.
            if refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
        else:
            self.seen.add(person, Operation(what, called, next(self.seen.ticks), saw=saw))
            return
        if what != "check":
            self.seen.add(person, Operation(what, called))


class Crowd:
    """So many clients, which run until the block ends."""

    def __init__(self, firm: Firm, servers: Sequence[Served], *, clients: int = 3) -> None:
        self.seen = Seen()
        self.seen.meet(servers)
        self._opened = ExitStack()
        self._clients = [
            Client(self._opened.enter_context(firm.asking(*servers)), Random(seed), self.seen)  # noqa: S311 - a test's
            for seed in range(clients)
        ]
        self._threads = [Thread(target=each.run, daemon=True) for each in self._clients]

    def __enter__(self) -> Seen:
        for thread in self._threads:
            thread.start()
        return self.seen

    def __exit__(self, *_raised: object) -> None:
        self.seen.enough.set()
        for thread in self._threads:
            thread.join(60)
        self._opened.close()
        assert not any(thread.is_alive() for thread in self._threads)
        assert not self.seen.failures, self.seen.failures


def changes_of(events: Sequence[object]) -> dict[str, list[str]]:
    """What the ledger says became of each person's grants, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in events:
        if isinstance(each, LinkAdded | LinkRemoved) and each.target.kind is Kind.HOST_ACCOUNT:
            found[each.source.name].append("grant" if isinstance(each, LinkAdded) else "revoke")
    return found


def assert_told_once(history: Sequence[Operation], ledger: Sequence[str]) -> None:
    """Every change that was acknowledged is in the ledger once; besides, only some without an answer."""
    acknowledged: dict[str, int] = defaultdict(int)
    unanswered: dict[str, int] = defaultdict(int)
    for each in history:
        if each.what != "check":
            acknowledged[each.what] += bool(each.saw)
            unanswered[each.what] += each.saw is None
    for what in ("grant", "revoke"):
        many: Any = ledger.count(what)
        assert acknowledged[what] <= many <= acknowledged[what] + unanswered[what]
    # A register that is granted is not granted again.
    assert all(one != other for one, other in pairwise(ledger))
