"""What runs beside the answering of requests: followers of the change log, and the outbox."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from admit.base.smtp import MailServer
from admit.base.syslog import SyslogServer
from admit.control.followers import Follower, follow
from admit.control.outward.pushing import Pusher
from admit.control.outward.sent_ledger import LedgerSender
from admit.control.requests import approval_letters, request_letters, review_letters
from admit.control.streaming import notify
from admit.control.streaming.notify import Outbox
from admit.core.validity import SECOND
from admit.main import Admit
from admit.settings import Settings
from admit.store import messages
from admit.store.engine import Store
from admit.store.things import Thing

log = structlog.get_logger("admit.worker")

POLL_S = 1.0
"""How often to look for changes that another process made; our own wake us."""
PAUSE_S = 5.0
"""How long to wait after something unexpected failed."""
PUSHED_AT_ONCE = 32
"""How many receivers of security events are waited for at a time."""


def mail_server(settings: Settings) -> MailServer | None:
    """The mail server that is set, if one is."""
    if not settings.mail_host:
        return None
    return MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        sender=settings.mail_sender,
        username=settings.mail_username or None,
        password=settings.mail_password if settings.mail_username else None,
        security=settings.mail_security,
        ca_file=str(settings.mail_ca_file) if settings.mail_ca_file else None,
    )


async def run(admit: Admit) -> None:
    """Follow, send and push for as long as the server runs."""
    server = mail_server(admit.settings)
    mailing = [] if server is None else [_mail(admit, server)]
    sending = [] if not admit.settings.syslog else [_send_ledger(admit)]
    await asyncio.gather(_push(Pusher(admit.store, admit.world)), *mailing, *sending)


async def _send_ledger(admit: Admit) -> None:
    """Keep the syslog server up to date."""
    settings, woken = admit.settings, _woken(admit.store)
    ca_file = None if settings.syslog_ca_file is None else str(settings.syslog_ca_file)
    sender = LedgerSender(admit.store, SyslogServer(settings.syslog, ca_file))
    while True:
        woken.clear()
        try:
            while await asyncio.to_thread(sender.send_next):
                pass
        except Exception:
            log.exception("the ledger could not be sent")
            await _wait(asyncio.Event(), PAUSE_S)
        await _wait(woken, POLL_S)


async def _mail(admit: Admit, server: MailServer) -> None:
    domain = server.sender.rpartition("@")[2].rstrip("> ")
    followers = (
        notify.follower(domain),
        request_letters.follower(domain, admit.settings.approver_addresses),
        approval_letters.follower(admit.world, domain, admit.settings.approver_addresses),
        review_letters.follower(domain, admit.settings.url),
    )
    woken = [_woken(admit.store) for _ in followers]
    await asyncio.gather(
        *map(partial(_follow, admit.store), followers, woken),
        _send(Outbox(admit.store, server), admit.store),
    )


def _woken(store: Store) -> asyncio.Event:
    """Set with each change of policy."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake(_revision: int) -> None:
        loop.call_soon_threadsafe(woken.set)

    store.on_commit(wake)
    return woken


async def _push(pusher: Pusher) -> None:
    """Keep every receiver of security events up to date: a slow one holds up itself alone."""
    under_way: dict[str, asyncio.Task[None]] = {}
    # On threads of their own: whoever answers slowly must not take those that see to the end of sessions.
    threads = ThreadPoolExecutor(PUSHED_AT_ONCE, "admit-push")
    try:
        while True:
            try:
                for stream in await asyncio.to_thread(pusher.due):
                    if stream.id not in under_way or under_way[stream.id].done():
                        under_way[stream.id] = asyncio.create_task(_push_to(pusher, stream, threads))
            except Exception:
                log.exception("signals failed")
                await _wait(asyncio.Event(), PAUSE_S)
            await _wait(asyncio.Event(), POLL_S)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


async def _push_to(pusher: Pusher, stream: Thing, threads: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    try:
        while await loop.run_in_executor(threads, pusher.push_next, stream):
            pass
    except Exception:
        log.exception("a stream of signals failed", stream=stream.id)


async def _follow(store: Store, follower: Follower, woken: asyncio.Event) -> None:
    """Keep up with the change log; what fails is tried again, loudly, and nothing is skipped."""
    while True:
        woken.clear()
        try:
            while await asyncio.to_thread(follow, store, follower):
                pass
        except Exception:
            log.exception("follower failed", follower=follower.name)
            await _wait(asyncio.Event(), PAUSE_S)
        await _wait(woken, POLL_S)


async def _send(outbox: Outbox, store: Store) -> None:
    """Keep the outbox empty."""
    while True:
        try:
            while await asyncio.to_thread(outbox.send_next):
                pass
        except Exception:
            log.exception("outbox failed")
            await _wait(asyncio.Event(), PAUSE_S)
        await _wait(asyncio.Event(), await asyncio.to_thread(_until_due, store))


def _until_due(store: Store) -> float:
    """Seconds until the next message is due, at most until the next look."""
    with store.read() as sql:
        due = messages.next_due(sql)
    if due is None:
        return POLL_S
    return min(max(due - store.clock.now(), 0) / SECOND, POLL_S)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
