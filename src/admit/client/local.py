"""A replica of the policy beside a program: it follows the server, and answers without asking it.

    from admit.client import Admit
    from admit.client.local import Replica

    with Replica("https://gate.example.com", token="admit_…") as replica:
        admit = Admit("https://gate.example.com", token="admit_…", replica=replica)
        admit.check("person:alice", "connect", "host-account:root@db-1")

It answers by the very code that the server answers by, over a copy of the rows that decisions ask for: no
secrets, no addresses, no details of people. An answer is by the revision that it names, which was the newest
at most ``most_age_s`` ago. Where the server has not been heard of for so long the replica answers nothing.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import msgspec
import structlog

from admit.authzen.asking import Unreadable, asked_of
from admit.authzen.evaluation import answer_to, unread
from admit.authzen.parties import Space
from admit.authzen.search import Search, actions, resources, subjects, told
from admit.base.clock import Clock, SystemClock
from admit.client import searching, wire
from admit.client.searching import Found
from admit.client.wire import Decision, Question, Refused, Unavailable
from admit.core.validity import SECOND, Millis
from admit.store.copying import Copied, forget_changes, take_in
from admit.store.engine import Store
from admit.store.links import current_revision

log = structlog.get_logger("admit.client")

POLL_S = 0.5
"""How long after one look at the server comes the next."""
INDEX_BYTES = 512 * 1024 * 1024
"""How much memory the index may take; without it, answers come from a file, a little slower."""
DEFAULT = "default"
_SEARCHES: dict[str, Search] = {
    "search/subject": subjects,
    "search/resource": resources,
    "search/action": actions,
}
"""What finds what is searched for, by where the server is asked for it."""


class Replica:
    """A copy of the policy that a thread keeps up; safe to share between threads, and between event loops."""

    def __init__(
        self,
        server: str,
        *,
        token: str,
        ca_file: str | None = None,
        most_age_s: float = 5.0,
        or_ask: bool = True,
    ) -> None:
        """``or_ask`` is whether the server is asked where the replica cannot answer.

        Raises:
            Unavailable: the server cannot be reached now.
            Refused: it hands out no copy to this caller (``admit:ReplicateAccess``).
        """
        self.most_age_s = most_age_s
        self.or_ask = or_ask
        self._clock: Clock = SystemClock()
        self._http = httpx.Client(**wire.arguments(server, token, None, ca_file))
        self._directory = tempfile.TemporaryDirectory(prefix="admit-replica-")
        file = Path(self._directory.name) / "replica.db"
        self._store = Store(f"sqlite:///{file}", self._clock, b"")
        self._store.create()
        self._store.replica.most_bytes = INDEX_BYTES
        self._stopping = threading.Event()
        self._as_of: Millis | None = None
        self._revision: int | None = None
        self._following = threading.Thread(target=self._follow, name="admit-replica", daemon=True)
        try:
            self.refresh()
        except BaseException:
            self._let_go()
            raise
        self._following.start()

    @property
    def revision(self) -> int | None:
        """The version of the policy it has; None for none that may be used."""
        return self._revision

    @property
    def age_s(self) -> float:
        """How long ago the revision it has was the server's newest, at most."""
        as_of = self._as_of
        return float("inf") if as_of is None else (self._clock.ticks() - as_of) / SECOND

    def decide(self, question: Question, space: str | None = None, at_least: int = 0) -> Decision | None:
        """The answer; None where it is too old, or older than ``at_least``."""
        if not self._is_new_enough(at_least):
            return None
        with self._store.read() as sql:
            try:
                return self._answer(Space(sql, space or DEFAULT), question, self._clock.now())
            except Unreadable as fault:
                raise Refused(400, str(fault)) from None

    def decide_all(
        self, questions: Sequence[Question], space: str | None = None, at_least: int = 0
    ) -> list[Decision] | None:
        """The answers, all by one revision and at one moment; None as for one.

        Of many questions one that cannot be read is answered no, as the server answers it.
        """
        if not self._is_new_enough(at_least):
            return None
        found: list[Decision] = []
        with self._store.read() as sql:
            place, now = Space(sql, space or DEFAULT), self._clock.now()
            for each in questions:
                try:
                    found.append(self._answer(place, each, now))
                except Unreadable as fault:
                    found.append(wire.decision_of(unread(fault)))
        return found

    def _is_new_enough(self, at_least: int) -> bool:
        return self.age_s <= self.most_age_s and (self._revision or 0) >= at_least

    @staticmethod
    def _answer(place: Space, question: Question, now: Millis) -> Decision:
        return wire.decision_of(answer_to(place, asked_of(wire.asked_of(question)), now).answer)

    def search(self, search: searching.Search, space: str | None = None) -> Found | None:
        """All that a search finds, in the order of the server; None where it is too old."""
        if not self._is_new_enough(0):
            return None
        with self._store.read() as sql:
            try:
                found = _SEARCHES[search.path](Space(sql, space or DEFAULT), search.asked, self._clock.now())
            except Unreadable as fault:
                raise Refused(400, str(fault)) from None
        return searching.Search.read(told(found))[0]

    def refresh(self) -> None:
        """Take in what is new, now.

        Raises:
            Unavailable, Refused: as for a question. It answers nothing more once it was refused.
        """
        asked = self._clock.ticks()
        body = {} if self._revision is None else {"after": self._revision}
        try:
            new = msgspec.json.decode(self._post(body), type=Copied)
        except Refused:
            self._revision = self._as_of = None
            raise
        except msgspec.DecodeError as error:
            raise Unavailable("The server answered, but not with a copy.") from error
        if new.whole:
            self._store.replica.drop()
        if new.revision != self._revision:
            with self._store.engine.begin() as sql:
                take_in(sql, new)
            self._index()
        self._revision, self._as_of = new.revision, asked

    def _index(self) -> None:
        try:
            with self._store.read() as sql:
                self._store.replica.keep(sql)
                stands = current_revision(sql)
        except OverflowError:
            return
        with self._store.engine.begin() as sql:
            forget_changes(sql, stands)

    def _post(self, body: dict[str, int]) -> bytes:
        try:
            response = self._http.post("replica", json=body)
        except httpx.HTTPError as error:
            raise Unavailable(f"The server cannot be asked: {error}") from error
        wire.require_answer(response)
        return response.content

    def _follow(self) -> None:
        while not self._stopping.wait(POLL_S):
            self._tried(self.refresh)

    def _tried(self, step: Callable[[], None]) -> None:
        """Do something that may fail now and do better later: meanwhile the replica grows old."""
        try:
            step()
        except (Unavailable, Refused) as error:
            log.warning("the replica is not kept up", error=str(error))
        except Exception:
            log.exception("the replica is not kept up")

    def close(self) -> None:
        """Stop following, and remove the copy."""
        self._stopping.set()
        self._following.join()
        self._let_go()

    def _let_go(self) -> None:
        self._http.close()
        self._store.close()
        self._directory.cleanup()

    def __enter__(self) -> Self:
        """Close at the end of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
