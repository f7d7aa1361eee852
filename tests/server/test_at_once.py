"""Requests that are here whole are answered while they are received; all others as uvicorn does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from admit.base.clock import FakeClock
from admit.base.replies import Application, Receive, Reply, Scope, Send
from admit.core.validity import SECOND
from admit.server.protocol import LOOK_MS, REQUEST_S, LimitedProtocol, drop_slow
from tests.server.recording import Recording

KEEP_ALIVE_S = 7


class Echo:
    """Says which way a request was answered, and what it was. At ``/wait`` it cannot answer at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        await self.reply(b"usual", scope, body).send(send, head=scope["method"] == "HEAD")

    def at_once(self, scope: Scope, body: bytes) -> Reply | Application:
        """Answer, or say what does."""
        if scope["path"] == "/broken":
            raise LookupError("broken")
        if scope["path"] != "/wait":
            return self.reply(b"at once", scope, body)

        async def waited(_scope: Scope, _receive: Receive, send: Send) -> None:
            await asyncio.sleep(0)
            await self.reply(b"waited", scope, body).send(send)

        return waited

    @staticmethod
    def reply(how: bytes, scope: Scope, body: bytes) -> Reply:
        """What was asked, and how."""
        query = scope["query_string"].decode()
        said = b"%s %s %s [%s]" % (how, f"{scope['method']} {scope['path']}".encode(), query.encode(), body)
        return Reply(200, [(b"content-length", b"%d" % len(said))], said)


class Connection:
    """One connection to a server of such answers."""

    def __init__(self, **options: Any) -> None:
        # As admit.server has it.
        usual = {"proxy_headers": False, "log_config": None, "access_log": False, "date_header": False}
        config = Config(Echo(), timeout_keep_alive=KEEP_ALIVE_S, **usual, **options)  # type: ignore[arg-type]
        config.load()
        self.state, self.transport = ServerState(), Recording()
        self.http = LimitedProtocol(config, self.state, {}, asyncio.get_running_loop())
        self.http.connection_made(self.transport)

    async def answers(self, *pieces: bytes) -> list[bytes]:
        """The bodies of the answers to what is sent piece by piece."""
        for piece in pieces:
            self.http.data_received(piece)
            await asyncio.sleep(0)
        while self.http.tasks:
            await asyncio.gather(*self.http.tasks)
            await asyncio.sleep(0)
        sent, self.transport.sent = b"".join(self.transport.sent), []
        return [each.partition(b"\r\n\r\n")[2] for each in sent.split(b"HTTP/1.1 ")[1:]]


def asked(line: bytes = b"GET /a HTTP/1.1", *headers: bytes, body: bytes = b"") -> bytes:
    length = (b"content-length: %d" % len(body),) if body else ()
    return b"\r\n".join([line, b"host: x", *length, *headers, b"", body])


def answers(*pieces: bytes, **options: Any) -> list[bytes]:
    """The same of a connection of its own."""

    async def story() -> list[bytes]:
        return await Connection(**options).answers(*pieces)

    return asyncio.run(story())


def test_what_is_here_whole_is_answered_at_once() -> None:
    post = asked(b"POST /a%20b?c=%20d HTTP/1.1", body=b"some")
    assert answers(post, post) == [b"at once POST /a b c=%20d [some]"] * 2


def test_a_body_in_chunks_may_be_here_whole_too() -> None:
    chunks = (
        asked(b"POST /a HTTP/1.1", b"transfer-encoding: chunked") + b"2\r\nso\r\n2\r\nme\r\n0\r\nx: y\r\n\r\n"
    )
    assert answers(chunks) == [b"at once POST /a  [some]"]


def test_what_comes_piece_by_piece_is_answered_as_it_comes() -> None:
    post = asked(b"POST /a HTTP/1.1", body=b"some")
    assert answers(post[:-1], post[-1:]) == [b"usual POST /a  [some]"]
    # Its head and its body are one piece again.
    assert answers(post[:20], post[20:]) == [b"at once POST /a  [some]"]


@pytest.mark.parametrize(
    "request_",
    [
        asked(b"GET /a HTTP/1.1", b"expect: 100-continue"),
        asked(b"GET /a HTTP/1.1", b"connection: close"),
        asked(b"GET /a HTTP/1.1", b"connection: upgrade", b"upgrade: h2c"),
        asked(b"GET /a HTTP/1.0"),
    ],
)
def test_what_is_unusual_is_answered_as_uvicorn_does(request_: bytes) -> None:
    assert answers(request_)[-1] == b"usual GET /a  []"


def test_an_answer_to_head_has_no_body() -> None:
    assert answers(asked(b"HEAD /a HTTP/1.1")) == [b""]


def test_what_has_to_wait_is_waited_for_and_what_follows_comes_after_it() -> None:
    wait, *others = (
        asked(b"POST /wait HTTP/1.1", body=b"x"),
        asked(b"GET /b HTTP/1.1"),
        asked(b"GET /c HTTP/1.1"),
    )
    told = [b"waited POST /wait  [x]", b"usual GET /b  []", b"usual GET /c  []"]
    assert answers(wait + b"".join(others)) == told
    assert answers(wait, *others) == told
    # One piece has one answer at once, and what follows takes its turn behind other connections.
    assert answers(asked() + wait + others[0]) == [
        b"at once GET /a  []",
        b"usual POST /wait  [x]",
        b"usual GET /b  []",
    ]


def test_whoever_is_one_too_many_is_told_so_at_once_or_not() -> None:
    assert answers(asked(), limit_concurrency=2) == [b"at once GET /a  []"]
    assert answers(asked(), limit_concurrency=1) == [b"Service Unavailable"]


def test_who_does_not_read_the_answers_is_not_answered_until_they_do() -> None:
    async def story() -> tuple[list[bytes], list[bytes]]:
        connection = Connection()
        connection.http.pause_writing()
        connection.http.data_received(asked())
        for _ in range(5):
            await asyncio.sleep(0)
        before = list(connection.transport.sent)
        connection.http.resume_writing()
        return before, await connection.answers()

    assert asyncio.run(story()) == ([], [b"usual GET /a  []"])


def test_what_fails_is_logged_and_answered_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    assert answers(asked(b"GET /broken HTTP/1.1")) == [b"Internal Server Error"]
    assert "LookupError: broken" in caplog.text


def test_what_is_no_request_is_answered_by_nobody_at_all() -> None:
    broken = asked(b"POST /a HTTP/1.1", b"transfer-encoding: chunked") + b"x"
    assert answers(broken) == [b"Invalid HTTP request received."]


def test_told_to_stop_a_connection_with_nothing_under_way_ends() -> None:
    async def story() -> tuple[str, bool]:
        connection = Connection()
        await connection.answers(asked())
        connection.http.shutdown()
        idle = connection.transport.ended
        other = Connection()
        other.http.data_received(asked(b"GET /wait HTTP/1.1"))
        other.http.shutdown()
        busy = other.transport.ended
        assert await other.answers() == [b"waited GET /wait  []"]
        return idle, busy == "" and other.transport.ended == "closed"

    assert asyncio.run(story()) == ("closed", True)


def dropped(prepare: Callable[[Connection], None], *pieces: bytes) -> bool:
    """Whether a connection is ended when slow ones are looked for."""

    async def story() -> bool:
        connection, clock = Connection(), FakeClock()
        await connection.answers(*pieces)
        prepare(connection)
        looking = asyncio.create_task(drop_slow(connection.state, clock))
        await asyncio.sleep(0)
        clock.advance(LOOK_MS)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        looking.cancel()
        return connection.transport.ended == "closed"

    return asyncio.run(story())


def test_who_asks_nothing_more_is_dropped_after_a_while() -> None:
    def long_ago(connection: Connection) -> None:
        assert connection.http.idle is not None
        connection.http.idle -= KEEP_ALIVE_S + 1

    assert dropped(long_ago, asked())
    assert not dropped(lambda connection: None, asked())
    # What is not answered yet is no idleness; after what uvicorn has answered, uvicorn knows.
    assert not dropped(lambda connection: None, asked(), asked(b"GET /wait HTTP/1.1"))


def test_whose_request_does_not_come_to_an_end_is_dropped_after_a_while() -> None:
    def long_ago(connection: Connection) -> None:
        assert connection.http.begun is not None
        connection.http.begun -= REQUEST_S + 1

    assert LOOK_MS < REQUEST_S * SECOND
    assert dropped(long_ago, b"POST /a HTTP/1.1\r\n")
    assert not dropped(lambda connection: None, b"POST /a HTTP/1.1\r\n")
