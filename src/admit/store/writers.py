"""Where bodies that write run: one thread with group commit for SQLite, a pool of them for PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from admit.core.errors import AdmitError, ServiceUnavailable
from admit.store.connections import by_hand, driver, durable, in_transaction
from admit.store.listening import tell
from admit.store.schema import NEWEST, version_of
from admit.store.transactions import Bodies, Head, Job, fresh, load_head, save_head
from admit.store.views import begin_writing, end_writing

T = TypeVar("T")
_log = logging.getLogger("admit.store")

BATCH = 256
"""The most bodies that share one durable commit."""


class Writer:
    """SQLite: one thread, and one durable commit for all bodies that wait."""

    def __init__(self, engine: Engine, bodies: Bodies, announce: Callable[[int], None]) -> None:
        self._engine = engine
        self._bodies = bodies
        self._announce = announce
        self._waiting: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="admit-writer", daemon=True)
        self._started = threading.Lock()
        self._running = False

    def submit(self, job: Job[T]) -> Future[T]:
        """Let a job wait for its turn."""
        with self._started:
            if not self._running:
                self._running = True
                self._thread.start()
        self._waiting.put(job)
        return job.answer

    def close(self) -> None:
        """Finish what is waiting."""
        if self._running:
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        with by_hand(self._engine) as sql:
            # What a savepoint may have to put back is copied aside, and would soon go to a file.
            driver(sql)("pragma temp_store = memory")
            while batch := self._take():
                self._commit(sql, batch)

    def _take(self) -> list[Job[Any]]:
        """Wait for a job, and take along whatever else waits by then."""
        first = self._waiting.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH and not self._waiting.empty():
            job = self._waiting.get()
            if job is None:
                self._waiting.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, sql: Connection, batch: list[Job[Any]]) -> None:
        """Run every job of a batch, commit once, and only then answer."""
        # One that nobody waits for any more is not begun; from here on none can be called off.
        batch = [job for job in batch if job.answer.set_running_or_notify_cancel()]
        try:
            with durable(sql):
                head = load_head(sql)
                begin_writing(sql, head.n)
                answers = self._answers(sql, batch, head)
                save_head(sql, head)
        except Exception as error:  # noqa: BLE001 - it is handed to all who wait
            _log.exception("a batch of %d writes failed", len(batch))
            for job in batch:
                if not job.answer.done():
                    job.answer.set_exception(error)
            return
        end_writing(sql, head.n)
        if head.rows:
            self._announce(head.n)
        _tell(head.later)
        for answer, result in answers:
            answer.set_result(result)

    def _answers(
        self, sql: Connection, batch: Sequence[Job[Any]], head: Head
    ) -> list[tuple[Future[Any], Any]]:
        """Run every job. Those that fail are told so now, the others once it is durable."""
        answers: list[tuple[Future[Any], Any]] = []
        for job, is_fresh in zip(batch, fresh(sql, batch, self._bodies.clock.now()), strict=True):
            try:
                result = self._bodies.run(sql, job, head, fresh=is_fresh)
            except Exception as error:
                # A full disk ends the transaction, and with it the work of all before this one.
                if not in_transaction(sql):
                    raise
                job.answer.set_exception(error)
            else:
                answers.append((job.answer, result))
        return answers


class Pool:
    """PostgreSQL: a pool of threads, a transaction each."""

    THREADS = 8

    def __init__(self, engine: Engine, bodies: Bodies, announce: Callable[[int], None]) -> None:
        self._engine = engine
        self._bodies = bodies
        self._announce = announce
        self._threads = ThreadPoolExecutor(self.THREADS, thread_name_prefix="admit-write")

    def submit(self, job: Job[T]) -> Future[T]:
        """Let a job wait for a thread."""
        return self._threads.submit(self._commit, job)

    def close(self) -> None:
        """Finish what is waiting."""
        self._threads.shutdown()

    def _commit(self, job: Job[T]) -> T:
        refusal: AdmitError | None = None
        with self._engine.connect() as sql:
            with sql.begin():
                # Writers take turns at this row: commit order is number order, and nobody loses a race.
                head = load_head(sql, lock=True)
                # Whoever waited for the row may have waited for a migration.
                if version_of(sql) != NEWEST:
                    raise ServiceUnavailable
                (is_fresh,) = fresh(sql, [job], self._bodies.clock.now())
                try:
                    result = self._bodies.run(sql, job, head, fresh=is_fresh)
                except AdmitError as error:
                    # What was refused is undone; that its nonce was used is not.
                    refusal = error
                save_head(sql, head)
                if head.rows:
                    tell(sql, head.n)
            if head.rows:
                self._announce(head.n)
            _tell(head.later)
        if refusal is not None:
            raise refusal
        return result


def _tell(later: Sequence[Callable[[], object]]) -> None:
    """Tell what was to be told once it is durable; a fault in it is none of the write."""
    for each in later:
        try:
            each()
        except Exception:  # noqa: BLE001 - whatever it is, the write is done
            _log.exception("what follows a commit could not be told")
