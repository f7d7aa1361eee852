"""A directory as tests need one: it knows some distinguished names and their passwords, and nothing else."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Directory:
    """Whom it knows, and what it was asked."""

    passwords: Mapping[str, str]
    tls: ssl.SSLContext | None = None
    code: int | None = None
    """A result code to give to everybody, whatever they say."""
    raw: bytes | None = None
    """What to answer instead of anything that can be read."""
    asked: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    address: str = ""


def _answer(number: int, kind: int, code: int) -> bytes:
    """An answer with a result code, an empty matched name and an empty text."""
    result = bytes((0x0A, 1, code, 0x04, 0, 0x04, 0))
    operation = bytes((kind, len(result))) + result
    return bytes((0x30, 3 + len(operation), 0x02, 1, number)) + operation


def _bind(request: bytes) -> tuple[str, str]:
    """The name and the password of a bind: short ones, whose lengths are one octet."""
    name_end = 5 + request[4]
    return request[5:name_end].decode(), request[name_end + 2 :].decode()


def _served(directory: Directory) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), self.talking():
                while part := self.request.recv(65536):
                    self.answer(part[4], part[5], part[7:])

        @contextmanager
        def talking(self) -> Iterator[None]:
            try:
                yield
            finally:
                self.request.close()

        def answer(self, number: int, kind: int, request: bytes) -> None:
            if kind == 0x77:
                self.request.sendall(_answer(number, 0x78, 0))
                assert directory.tls is not None
                self.request = directory.tls.wrap_socket(self.request, server_side=True)
            elif kind == 0x60:
                name, password = _bind(request)
                directory.asked.append(name)
                directory.encrypted.append(isinstance(self.request, ssl.SSLSocket))
                code = 0 if directory.passwords.get(name) == password else 49
                told = _answer(number, 0x61, code if directory.code is None else directory.code)
                self.request.sendall(told if directory.raw is None else directory.raw)
                if directory.raw is not None:
                    self.request.shutdown(socket.SHUT_WR)  # whoever waits for the rest need not wait long

    return Handler


@contextmanager
def directory(known: Directory, *, secure: bool = False) -> Iterator[Directory]:
    """It answers until the block ends; ``secure`` with TLS from the first byte."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _served(known)) as server:
        server.daemon_threads = True
        known.address = f"localhost:{server.server_address[1]}"
        if secure:
            assert known.tls is not None
            server.socket = known.tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()
