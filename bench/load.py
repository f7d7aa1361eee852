"""Sends requests that are ready as bytes over kept connections, as fast as they are answered.

It runs as a process of its own (``python -m bench.load``), so that the server is not charged for it: a
plan comes in at standard input, the outcome goes out at standard output.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from statistics import median, quantiles
from time import perf_counter

import msgspec
import uvloop


class Plan(msgspec.Struct):
    """What to send, and over how many connections at once."""

    address: str
    """``host:port``."""
    connections: int
    requests: list[bytes]


class Outcome(msgspec.Struct):
    """How it went."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Refused(Exception):
    """An answer was not 200. The text is the answer."""


def send(address: str, requests: list[bytes], connections: int) -> Outcome:
    """Send the requests from another process.

    Raises:
        Refused: an answer was not 200.
    """
    plan = msgspec.msgpack.encode(Plan(address, connections, requests))
    ran = subprocess.run([sys.executable, "-m", __name__], input=plan, capture_output=True, check=False)
    if ran.returncode:
        raise Refused(ran.stderr.decode())
    return msgspec.msgpack.decode(ran.stdout, type=Outcome)


class _Connection(asyncio.Protocol):
    """One caller: the next request leaves when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], took_s: list[float]) -> None:
        self._requests, self._took_s = requests, took_s
        self._received = b""
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(Refused("the server closed the connection"))

    def next(self) -> None:
        """Send the next request, or be done."""
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
        else:
            self._sent_at = perf_counter()
            self._transport.write(request)

    def data_received(self, received: bytes) -> None:
        self._received += received
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            self.done.set_exception(Refused(self._received.decode("utf-8", "replace")))
            return
        self._took_s.append(perf_counter() - self._sent_at)
        self._received = b""
        self.next()


async def _run(plan: Plan) -> Outcome:
    host, _, port = plan.address.rpartition(":")
    requests, took_s = iter(plan.requests), list[float]()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(requests, took_s), host, int(port))
        for _ in range(plan.connections)
    ]
    began = perf_counter()
    for _, connection in opened:
        connection.next()
    await asyncio.gather(*(connection.done for _, connection in opened))
    seconds = perf_counter() - began
    p99 = quantiles(took_s, n=100)[98]
    return Outcome(len(plan.requests) / seconds, median(took_s) * 1000, p99 * 1000)


if __name__ == "__main__":
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    try:
        sys.stdout.buffer.write(msgspec.msgpack.encode(uvloop.run(_run(given))))
    except Refused as refusal:
        sys.exit(str(refusal))
