"""What runs beside the answering of requests, begun anew when it fails."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TypeAlias

import structlog

from admit import worker
from admit.base.clock import SKEW
from admit.control import activity
from admit.control.answers import indexing
from admit.control.live import recording_upkeep, session_ledger
from admit.control.requests import review_closing
from admit.control.signing_in import lockout, one_time_codes
from admit.core.validity import DAY, HOUR, MINUTE, SECOND, Millis
from admit.main import Admit
from admit.server import certificate
from admit.store import activity as stored
from admit.store import mailed_codes, messages, sessions, tokens, web_sessions
from admit.store.engine import Author, Tx

log = structlog.get_logger("admit.server")

NONCES_KEPT: Millis = 30 * MINUTE
"""Twice the window in which a signed request is taken: after that its time alone refuses it."""
CLIENT_TOKENS_KEPT: Millis = 48 * HOUR
"""How long a retry is recognized."""
AUTHOR = Author("admit", "sweep", "")
"""It changes no policy, so that it stands in no ledger."""
PAUSE: Millis = 5 * SECOND
"""Between a failure and the next beginning."""


SWEPT_AT_ONCE = 5_000
"""How many activities, or sessions, one transaction drops: others wait for it, some milliseconds."""


async def sweep(admit: Admit) -> None:
    """Drop, each hour, what is too old: nonces, tokens, codes, mail, browsers, activity, sessions."""
    store, clock, settings = admit.store, admit.world.clock, admit.settings

    def body(tx: Tx) -> None:
        tokens.forget(tx.sql, tx.now - NONCES_KEPT, tx.now - CLIENT_TOKENS_KEPT)
        messages.forget(tx.sql, tx.now - settings.mail_days * DAY)
        mailed_codes.sweep(tx.sql, tx.now - one_time_codes.MAILED_FOR)
        web_sessions.forget(
            tx.sql,
            tx.now - settings.web_session_hours * HOUR,
            tx.now - settings.web_idle_minutes * MINUTE,
        )

    def some_activity(tx: Tx) -> int:
        return stored.forget(tx.sql, tx.now - settings.activity_days * DAY, SWEPT_AT_ONCE)

    def some_sessions(tx: Tx) -> int:
        return sessions.forget(tx.sql, tx.now - settings.session_days * DAY, SWEPT_AT_ONCE)

    while True:
        await asyncio.wrap_future(store.write(AUTHOR, body))
        while await asyncio.wrap_future(store.write(AUTHOR, some_sessions)):
            pass
        while await asyncio.wrap_future(store.write(AUTHOR, some_activity)) == SWEPT_AT_ONCE:
            pass
        await clock.sleep_until(clock.now() + HOUR)


async def forget_tries(admit: Admit) -> None:
    """Drop, each minute, wrong tries to sign in that are forgotten: strangers must not fill the database."""
    store, clock = admit.store, admit.world.clock
    while True:
        await asyncio.to_thread(store.beside, lambda sql: lockout.sweep(sql, clock.now()))
        await clock.sleep_until(clock.now() + MINUTE)


async def keep_recordings(admit: Admit) -> None:
    """Finish, each hour, recordings whose writer is gone, and remove those that are too old."""
    store, world = admit.store, admit.world
    while True:
        await asyncio.to_thread(recording_upkeep.recover, store, world)
        before = world.clock.now() - admit.settings.recording_days * DAY
        await asyncio.to_thread(recording_upkeep.sweep, store, world, before)
        await world.clock.sleep_until(world.clock.now() + HOUR)


async def write_activity(admit: Admit) -> None:
    """Write down, again and again, what has happened."""
    world = admit.world
    while True:
        # On a thread of its own: it waits for the disk, and goes on to its end when the server stops.
        await asyncio.to_thread(world.activities.write, admit.store, world.metrics)
        await world.clock.sleep_until(world.clock.now() + activity.PAUSE)


async def record_sessions(admit: Admit) -> None:
    """Put into the ledger how sessions ended, within a second or so."""
    clock = admit.world.clock
    while True:
        while await asyncio.to_thread(session_ledger.record_ends, admit.store):
            pass
        await clock.sleep_until(clock.now() + session_ledger.PAUSE)


async def close_reviews(admit: Admit) -> None:
    """Remind of access reviews, and close those that are due."""
    clock = admit.world.clock
    while True:
        while await asyncio.to_thread(review_closing.keep_up, admit.store):
            pass
        await clock.sleep_until(clock.now() + review_closing.PAUSE)


async def keep_index(admit: Admit) -> None:
    """Load the index of all links, and keep it up with what changes; one that does not fit is given up."""
    store, clock = admit.store, admit.world.clock
    while store.replica.most_bytes and await asyncio.to_thread(indexing.keep, store, admit.world):
        await clock.sleep_until(clock.now() + indexing.PAUSE)


async def let_sign_in(admit: Admit) -> None:
    """Watch who is signed in to applications."""
    await admit.oidc.run()


async def let_sign_ins_end(admit: Admit) -> None:
    """End sign-ins that last no longer, tell applications which are over, and let keys follow each other."""
    await admit.oidc.keep_up()


async def keep_certificate(admit: Admit, context: ssl.SSLContext) -> None:
    """Take up, each day, a certificate that was renewed or replaced, for the connections to come."""
    clock = admit.world.clock

    async def once_a_day(admit: Admit) -> None:
        while True:
            left = certificate.refresh(admit.settings, context, clock.now())
            admit.world.metrics.certificate_days_left.labels("https").set(left)
            await clock.sleep_until(clock.now() + DAY)

    await kept_up(admit, "certificate", once_a_day)


async def watch_clock(admit: Admit) -> None:
    """Tell, as long as it is so, that the machine's clock was set back and is not believed."""
    clock = admit.world.clock
    while True:
        behind = clock.set_back()
        admit.world.metrics.clock_set_back.set(behind / SECOND)
        if behind > SKEW:
            log.error("the clock was set back and is not believed: if it is right, restart", ms=behind)
        await clock.pause(MINUTE)


async def hear(admit: Admit) -> None:
    """Hear of what other nodes change; what is missed is found by looking, a moment later."""
    await admit.store.listen()


Task: TypeAlias = Callable[[Admit], Awaitable[None]]

EVERYWHERE: tuple[tuple[str, Task], ...] = (
    ("changes of other nodes", hear),
    ("clock", watch_clock),
    ("activity", write_activity),
    ("recordings", keep_recordings),
    ("index", keep_index),
    ("oidc", let_sign_in),
)
"""What every node runs beside answering, each by name; one that returns is done."""

ONCE: tuple[tuple[str, Task], ...] = (
    ("sweep", sweep),
    ("wrong tries", forget_tries),
    ("session ends", record_sessions),
    ("reviews", close_reviews),
    ("sign-ins that are over", let_sign_ins_end),
    ("worker", worker.run),
)
"""What one node runs for all: the one that holds the lease."""


def _by_one(task: Task) -> Task:
    """A task that runs for as long as this node holds the lease."""

    async def run(admit: Admit) -> None:
        await admit.roll.while_leading(lambda: task(admit))

    return run


TASKS: tuple[tuple[str, Task], ...] = (*EVERYWHERE, *((name, _by_one(task)) for name, task in ONCE))
"""All that a serving process runs beside."""


def tasks(admit: Admit) -> Iterator[Coroutine[None, None, None]]:
    """The tasks, ready to be run; each begins anew, after a pause, when it fails."""
    return (kept_up(admit, name, task) for name, task in TASKS)


async def kept_up(admit: Admit, name: str, task: Callable[[Admit], Awaitable[None]]) -> None:
    """Run a task, and again, after a pause, whenever it fails."""
    while True:
        try:
            await task(admit)
        except Exception:
            log.exception("background task failed", task=name)
            admit.world.metrics.background_failures.labels(name).inc()
            running = asyncio.current_task()
            if running is not None and running.cancelling():
                # It was to end, and failed at that: a database that is away must not keep the server.
                raise asyncio.CancelledError from None
            await admit.world.clock.sleep_until(admit.world.clock.now() + PAUSE)
        else:
            return
