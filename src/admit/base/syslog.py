"""Syslog as it travels (RFC 5424): over UDP, TCP, TLS (RFC 5425, 6587) or a UNIX socket."""

import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TIMEOUT_S = 10.0
PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
AUDIT_NOTICE = 13 * 8 + 5
"""The facility for audits, and that something happened that matters."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What says that a text is UTF-8."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; what it is about is in ``text``."""

    at: str
    """RFC 3339."""
    host: str
    kind: str
    text: bytes

    def encoded(self) -> bytes:
        """As it travels, without what frames it."""
        head = f"<{AUDIT_NOTICE}>1 {self.at} {_word(self.host, 255)} admit - {_word(self.kind, 32)} - "
        return head.encode() + BYTE_ORDER_MARK + self.text


def _word(text: str, longest: int) -> str:
    """A text where only printable ASCII without spaces may stand; a hyphen for none."""
    return "".join(each if "!" <= each <= "~" else "_" for each in text[:longest]) or "-"


@dataclass(frozen=True, slots=True)
class SyslogServer:
    """Where messages go: ``udp://host:port``, ``tcp://``, ``tls://``, or ``unix:///path``."""

    url: str
    ca_file: str | None = None

    def connect(self) -> "Line":
        """A connection; over UDP and to a datagram socket nobody says whether anybody is there.

        Raises:
            OSError: there is none to be had.
        """
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return _local(parts.path)
        address = (parts.hostname or "", parts.port or PORTS[parts.scheme])
        if parts.scheme == "udp":
            return _datagrams(address)
        connection = socket.create_connection(address, TIMEOUT_S)
        if parts.scheme == "tls":
            context = ssl.create_default_context(cafile=self.ca_file)
            connection = context.wrap_socket(connection, server_hostname=address[0])
        return Line(connection, framed=True)


def _datagrams(address: tuple[str, int]) -> "Line":
    family, kind, _, _, found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    connection = socket.socket(family, kind)
    connection.connect(found)
    return Line(connection, framed=False)


def _local(path: str) -> "Line":
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    connection.settimeout(TIMEOUT_S)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return Line(connection, framed=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A connection to where messages go."""

    connection: socket.socket
    framed: bool
    """Whether each message says how long it is: on a stream nothing else parts them."""

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            OSError: it cannot be.
        """
        self.connection.sendall(b"%d %s" % (len(message), message) if self.framed else message)

    def finish(self) -> None:
        """Say that no more comes, and wait until the other end has read everything and says so.

        Syslog has no word for "taken". That the other end of a stream closes it without a fault after
        we have is as much as can be known. To datagrams nobody answers.

        Raises:
            OSError: it has not.
        """
        if not self.framed:
            return
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.unwrap()
            return
        self.connection.shutdown(socket.SHUT_WR)
        while self.connection.recv(4096):
            pass

    def __enter__(self) -> Self:
        """Close at the end of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.connection.close()
