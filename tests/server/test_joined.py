import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from admit.server.joined import AT_ONCE, JoinedWrites
from admit.server.protocol import LimitedProtocol
from tests.server.recording import Recording


async def connection() -> tuple[JoinedWrites, Recording]:
    kept = Recording()
    return JoinedWrites(kept, asyncio.get_running_loop()), kept


def test_head_and_body_leave_as_one_when_the_turn_ends():
    async def answered() -> None:
        joined, kept = await connection()
        joined.write(b"head ")
        joined.write(bytearray(b"body"))
        joined.write(b"")
        assert kept.sent == []

        await asyncio.sleep(0)
        assert kept.sent == [b"head body"]

    asyncio.run(answered())


def test_what_is_written_in_another_turn_leaves_in_that_one():
    async def streamed() -> list[bytes]:
        joined, kept = await connection()
        for piece in (b"one", b"two"):
            joined.write(piece)
            await asyncio.sleep(0)
        return kept.sent

    assert asyncio.run(streamed()) == [b"one", b"two"]


def test_much_is_not_held_back():
    async def sent() -> None:
        joined, kept = await connection()
        joined.write(b"head ")
        joined.write(bytes(AT_ONCE))
        assert kept.sent == [b"head " + bytes(AT_ONCE)]

        joined.write(b"rest")
        await asyncio.sleep(0)
        assert kept.sent[1:] == [b"rest"]

    asyncio.run(sent())


def test_an_end_comes_after_what_was_written_before_it():
    async def ended() -> tuple[list[bytes], str, bool]:
        joined, kept = await connection()
        joined.write(b"farewell")
        joined.close()
        return kept.sent, kept.ended, joined.is_closing()

    assert asyncio.run(ended()) == ([b"farewell"], "closed", True)


@pytest.mark.parametrize("end", ["closed", "aborted"])
def test_whom_nothing_reaches_any_more_is_sent_nothing(end):
    async def ended() -> tuple[list[bytes], str]:
        joined, kept = await connection()
        joined.write(b"too late")
        if end == "closed":
            kept.close()
        else:
            joined.abort()
        await asyncio.sleep(0)
        return kept.sent, kept.ended

    assert asyncio.run(ended()) == ([], end)


def test_who_says_that_nothing_more_comes_gets_what_was_answered_by_then():
    async def answers(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})

    async def half_closed() -> bytes:
        kept = Recording()
        config = Config(answers)
        config.load()
        http = LimitedProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        http.connection_made(kept)
        http.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        # The end comes in the turn in which it is answered; after it a connection is closed.
        asyncio.get_running_loop().call_soon(http.eof_received)
        asyncio.get_running_loop().call_soon(kept.close)
        await asyncio.gather(*http.tasks)
        return b"".join(kept.sent)

    assert asyncio.run(half_closed()).endswith(b"answer\r\n0\r\n\r\n")


def test_who_writes_otherwise_comes_after_what_was_held_back():
    async def upgraded() -> None:
        joined, kept = await connection()
        joined.write(b"answer")
        assert joined.bare() is kept
        assert kept.sent == [b"answer"]

    asyncio.run(upgraded())


def test_what_is_known_and_read_of_a_connection_is_the_same():
    async def asked() -> None:
        joined, kept = await connection()
        assert joined.get_extra_info("peername") == "somebody"
        assert joined.get_extra_info("sslcontext") is None
        joined.pause_reading()
        assert not kept.reading
        joined.resume_reading()
        assert kept.reading

    asyncio.run(asked())
