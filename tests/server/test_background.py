"""What runs beside the answering of requests."""

import asyncio
import signal
import ssl
from contextlib import suppress

import pytest
from sqlalchemy import text

from admit.base.authority import LOCAL_NAMES, AuthorityFiles, AuthorityRefused, certificate_names, days_left
from admit.base.listening import listen
from admit.core.activity import Activity, ActivityKind, Outcome
from admit.core.validity import DAY, HOUR, MINUTE, SECOND
from admit.server import Listener, background, certificate, protocol, serve_until
from admit.settings import Settings
from admit.store import activity, messages, tokens
from admit.store.messages import NewMessage
from tests.recorded import Studio
from tests.system import System

PRODUCT = "yundun-bastionhost"


async def beside(*running, until):
    """Run these until the condition holds."""
    tasks = [asyncio.create_task(each) for each in running]
    try:
        while not until():  # noqa: ASYNC110 - it waits for a row, which sets no event
            await asyncio.sleep(0)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def kept(system: System) -> tuple[list[str], list[str]]:
    """The nonces and client tokens in the store."""
    with system.admit.store.read() as sql:
        return (
            [row[0] for row in sql.execute(text("select nonce from nonces order by nonce"))],
            [row[0] for row in sql.execute(text("select token from client_tokens order by token"))],
        )


def test_nonces_and_client_tokens_are_dropped_once_they_cannot_matter(system):
    def write(name):
        def body(tx):
            tokens.use_nonces(tx.sql, [name], tx.now)
            tokens.tell(tx.sql, ("caller", "action", name), tokens.Told(b"", b""), tx.now)

        system.admit.store.write_now(background.AUTHOR, body)

    write("oldest")
    system.advance(48 * HOUR)
    write("older")
    system.advance(30 * MINUTE)
    write("new")

    nonces, known = ["new", "older"], ["new", "older"]
    asyncio.run(beside(background.sweep(system.admit), until=lambda: kept(system) == (nonces, known)))
    assert kept(system) == (nonces, known)

    async def an_hour_later():
        system.advance(1)
        sweeping = background.sweep(system.admit)
        await beside(sweeping, until=lambda: kept(system)[0] == ["new"])

    asyncio.run(an_hour_later())
    assert kept(system) == (["new"], ["new", "older"])


def test_mail_and_activity_are_dropped_when_their_days_are_over(system):
    def write(name):
        def body(tx):
            for state in ("sent", "failed", "waiting"):
                new = NewMessage(f"{name} {state}", "alice@example.com", "subject", "text", "<1@example.com>")
                messages.add(tx.sql, new, tx.now)
                tx.sql.execute(
                    text("update messages set state = :state where cause = :cause").bindparams(
                        state=state, cause=new.cause
                    )
                )
            call = Activity(tx.now, ActivityKind.API_CALL, Outcome.OK, name)
            activity.add(tx.sql, [call] * (background.SWEPT_AT_ONCE + 1))

        system.admit.store.write_now(background.AUTHOR, body)

    def left():
        with system.admit.store.read() as sql:
            mail = sql.execute(text("select cause from messages order by cause")).scalars().all()
            actors = sql.execute(text("select distinct actor from activity order by actor")).scalars().all()
        return [*mail, *actors]

    write("old")
    system.advance(30 * DAY)
    write("new")
    system.advance(1)
    everything = ["new failed", "new sent", "new waiting", "old waiting", "new", "old"]
    asyncio.run(beside(background.sweep(system.admit), until=lambda: left() == everything))
    system.advance(335 * DAY)
    asyncio.run(beside(background.sweep(system.admit), until=lambda: "old" not in left()))
    assert left() == ["new waiting", "old waiting", "new"]


def test_what_is_noted_is_written_again_and_again(system):
    def calls():
        with system.admit.store.read() as sql:
            return [kept.activity.at for kept in activity.find(sql, activity.Where(), 10)]

    def note(at):
        system.admit.world.activities.note(Activity(at, ActivityKind.API_CALL, Outcome.OK, "root"))

    waiting = [2, 1]

    def all_written():
        if waiting and len(calls()) == 2 - len(waiting):
            note(waiting.pop())
        system.advance(SECOND)
        return calls() == [2, 1]

    asyncio.run(beside(background.write_activity(system.admit), until=all_written))
    assert calls() == [2, 1]


def test_what_fails_is_counted_and_begins_anew_after_a_pause(system, monkeypatch):
    begun = []

    async def failing(_admit):
        begun.append(system.clock.now())
        if len(begun) < 3:
            raise OSError("not now")

    monkeypatch.setattr(background, "TASKS", (("failing", failing),))
    (running,) = background.tasks(system.admit)

    async def let_time_pass():
        task = asyncio.create_task(running)
        while not task.done():
            await asyncio.sleep(0)
            if len(begun) < 3:
                system.advance(background.PAUSE)
        await task

    asyncio.run(let_time_pass())
    assert len(begun) == 3
    assert begun[1] - begun[0] >= background.PAUSE
    assert b'admit_background_failures_total{task="failing"} 2.0' in system.admit.world.metrics.text()


def test_a_request_that_does_not_come_to_an_end_is_dropped(system, monkeypatch):
    monkeypatch.setattr(protocol, "REQUEST_S", -1)

    async def story():
        socket, ready = listen("127.0.0.1:0"), asyncio.Event()
        serving = asyncio.create_task(serve_until(system.admit, [Listener(socket)], ready.set))
        await ready.wait()
        reader, writer = await asyncio.open_connection(*socket.getsockname())
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n")
        begun = await reader.readuntil(b"\r\n\r\n")
        while not reader.at_eof():
            system.advance(protocol.LOOK_MS)
            await asyncio.sleep(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), 0.01)
        writer.close()
        signal.raise_signal(signal.SIGTERM)
        await serving
        return begun

    assert asyncio.run(story()).startswith(b"HTTP/1.1 100 ")


def test_the_server_certificate_is_renewed_when_a_month_is_left(system):
    settings, now = system.admit.settings, system.clock.now()
    served = AuthorityFiles(settings.tls).server_certificate
    first = served.read_bytes()
    left = days_left(served, now)

    context = certificate.context(settings, now)
    assert served.read_bytes() == first
    early = now + (left - 30) * DAY
    assert certificate.refresh(settings, context, early) == 30
    assert served.read_bytes() == first
    assert certificate.refresh(settings, context, early + DAY) > 300
    assert served.read_bytes() != first


def test_the_server_certificate_follows_the_names_it_is_for(system):
    settings = Settings(
        data=system.admit.settings.data, tls_names=("gate.example.com",), https="192.0.2.7:8443"
    )

    certificate.context(settings, system.clock.now())

    names = certificate_names(AuthorityFiles(settings.tls).server_certificate)
    assert set(names) == {*LOCAL_NAMES, "gate.example.com", "192.0.2.7"}


def test_a_certificate_of_your_own_is_used_and_never_replaced(system, tmp_path):
    made, now = AuthorityFiles(system.admit.settings.tls), system.clock.now()
    own = tmp_path / "own.pem"
    own.write_bytes(made.server_certificate.read_bytes())
    settings = Settings(data=tmp_path, tls_certificate=own, tls_key=made.server_key)

    assert isinstance(certificate.context(settings, now + 390 * DAY), ssl.SSLContext)
    assert own.read_bytes() == made.server_certificate.read_bytes()


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_refused_by_name(tmp_path, text):
    own = tmp_path / "own.pem"
    if text is not None:
        own.write_text(text)
    settings = Settings(data=tmp_path, tls_certificate=own, tls_key=own)

    with pytest.raises(AuthorityRefused, match=r"own\.pem cannot be used"):
        certificate.context(settings, 0)


def test_recordings_left_by_a_gate_that_died_are_finished_and_old_ones_go(system):
    studio = Studio(system)
    old = studio.record(b"old")
    system.advance(system.admit.settings.recording_days * DAY + 1)

    async def dies(recording):
        recording._writer.close()

    left = studio.run(dies, end=False)
    path = system.admit.world.recordings / f"{old}.rec"

    def done():
        return not path.exists() and studio.details(left).state == "cut off"

    asyncio.run(beside(background.keep_recordings(system.admit), until=done))
    assert [each.stem for each in system.admit.world.recordings.glob("*.rec")] == [left]


def test_a_task_that_fails_when_it_is_to_end_ends(system):
    begun = []

    async def fails_at_the_end(_admit):
        begun.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("the database is away")

    async def body():
        task = asyncio.create_task(background.kept_up(system.admit, "sweep", fails_at_the_end))
        while not begun:  # noqa: ASYNC110 - one turn of the loop
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())
    assert begun == [True]
