"""Where a request ends is never in doubt, and what stands outside its head is no header."""

import socket
from collections.abc import Iterator

import pytest

from admit.main import create
from admit.settings import Settings
from tests.served import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Where a system is served over plain HTTP."""
    data = tmp_path_factory.mktemp("framing") / "data"
    create(Settings(data=data))
    with serving(data) as served:
        host, port = served.urls["http"].split(":")
        yield host, int(port)


def answered(address: tuple[str, int], sent: bytes) -> bytes:
    """All that comes back until the server, or the request's own word, ends the connection."""
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""A request that must not be taken for one where it stands in another's body."""


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4",
        b"Content-Length: 4\r\nContent-Length: 0",
        b"Content-Length: +4",
        b"Content-Length: 0x4",
        b"Content-Length: -4",
        b"Content-Length: 4, 4",
        b"Content-Length: 99999999999999999999999",
        b"Content-Length : 4",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding\x0b: chunked",
        b"A: b\r\n Content-Length: 4",
        b"A: b\x00c",
        b"A: b\nContent-Length: 4",
    ],
)
def test_a_request_whose_end_is_in_doubt_is_refused_and_nothing_after_it_is_read(
    address: tuple[str, int], head: bytes
) -> None:
    body = b"0\r\n\r\n" if b"hunked" in head else b""
    told = answered(address, b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + body + HIDDEN)

    assert told.startswith(b"HTTP/1.1 400 ")
    assert told.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"GET /healthz HTTP/1.1\nHost: x\n",
        b"CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_of_http_1_is_refused(address: tuple[str, int], line: bytes) -> None:
    assert answered(address, line + b"\r\n").startswith(b"HTTP/1.1 400 ")


def test_http_1_0_is_answered_and_the_connection_ended(address: tuple[str, int]) -> None:
    assert answered(address, b"GET /healthz HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nok")


def test_what_follows_a_body_in_chunks_is_no_header(address: tuple[str, int]) -> None:
    told = answered(
        address,
        b"POST /?Version=2015-04-01 HTTP/1.1\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"1\r\nx\r\n0\r\nHost: evil\r\nx-acs-action: GetCallerIdentity\r\nAccept: text/xml\r\n\r\n",
    )
    assert b'"HostId":"x"' in told
    assert b'"Code":"MissingAction"' in told


@pytest.mark.parametrize("target", [b"//", b"/../", b"/%2e", b"/index.html", b"/?/../metrics%00"])
def test_no_path_leads_to_anything_else(address: tuple[str, int], target: bytes) -> None:
    head = b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert answered(address, head).split(b" ")[1] in (b"400", b"404")
