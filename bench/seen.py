"""How long it takes from a change until an answer shows it."""

import socket
from collections.abc import Iterable
from time import perf_counter


def times(address: str, changes: Iterable[tuple[bytes, bytes]]) -> list[float]:
    """Milliseconds from before each change is sent until its question is answered yes."""
    host, _, port = address.rpartition(":")
    took_ms: list[float] = []
    with socket.create_connection((host, int(port))) as connection:
        for change, question in changes:
            began = perf_counter()
            _answer(connection, change)
            while b'"decision":true' not in _answer(connection, question):
                pass
            took_ms.append((perf_counter() - began) * 1000)
    return took_ms


def _answer(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    received = b""
    while True:
        part = connection.recv(65536)
        received += part
        head, blank, body = received.partition(b"\r\n\r\n")
        if not part or not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(received.decode("utf-8", "replace"))
        if blank and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return body
