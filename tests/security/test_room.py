"""Bodies that nobody has signed yet take up room, of which there is an end."""

import asyncio
import json
from typing import Any

import pytest

from admit import web
from admit.rpc.signing import Call, sign_acs3
from tests.system import System


class Sender:
    """One request to the application, whose body comes in parts."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[Any] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "scheme": "http",
            "client": ("127.0.0.1", 40000),
            "headers": [(b"host", b"admit.test")],
        }
        self.task = asyncio.create_task(system.admit.web(scope, self.parts.get, self._send))  # type: ignore[arg-type]

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def send(self, size: int, *, more: bool) -> None:
        """Send so many bytes, and let the server deal with them."""
        await self.parts.put({"type": "http.request", "body": b"x" * size, "more_body": more})
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def answer(self) -> tuple[int, str]:
        """Status and code of the answer."""
        await self.task
        return self.sent[0]["status"], json.loads(self.sent[1]["body"])["Code"]


@pytest.fixture
def small(system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """A system with room for 1 000 bytes."""
    monkeypatch.setattr(system.admit.web._api._room, "left", 1_000)
    return system


def test_there_is_room_for_many_great_bodies_but_not_for_any_number() -> None:
    assert 100 * web.BODY_LIMIT < web.BODIES_LIMIT < 1024**3


def test_what_there_is_no_room_for_is_refused_and_room_is_given_back(small: System) -> None:
    async def story() -> list[tuple[int, str]]:
        first, second, third = Sender(small), Sender(small), Sender(small)
        await first.send(600, more=True)
        await second.send(600, more=True)
        refused = await second.answer()
        await first.send(100, more=False)
        done = await first.answer()
        await third.send(900, more=False)
        return [refused, done, await third.answer()]

    assert asyncio.run(story()) == [
        (503, "ServiceUnavailable"),
        (400, "MissingAction"),
        (400, "MissingAction"),
    ]


def test_a_body_that_breaks_off_is_no_request(small: System) -> None:
    async def story() -> tuple[int, str]:
        sender = Sender(small)
        await sender.send(600, more=True)
        await sender.parts.put({"type": "http.disconnect"})
        return await sender.answer()

    assert asyncio.run(story()) == (400, "InvalidParameter")
    assert small.admit.web._api._room.left == 1_000


def test_room_is_given_back_when_a_call_was_made(small: System) -> None:
    version = "2015-04-01"
    for number in range(20):
        call = Call(
            "POST", "x", "GetCallerIdentity", version, {}, {"A": "a" * 500}, small.clock.now(), f"{number}"
        )
        signed = sign_acs3(call, small.key)
        assert small.http("POST", signed.target, signed.headers, signed.body)[0] == 200
