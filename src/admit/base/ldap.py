"""A directory outside that knows people's passwords: asked by a simple bind (RFC 4511 §4.2, RFC 4513 §5.1.3).

Of LDAP this is all that is spoken: one question with a name and a password, over TLS, and its answer.
"""

import socket
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

ANSWER_S: Final = 5
"""How long it may take to connect, and to answer."""
LONGEST: Final = 64 * 1024
"""Bytes of an answer; those that are sent are much shorter."""

OK: Final = 0
WRONG: Final = 49
"""invalidCredentials (RFC 4511 §4.1.9): the name or the password is wrong."""
STARTTLS: Final = b"1.3.6.1.4.1.1466.20037"

# The tags of RFC 4511, appendix B.
_SEQUENCE, _INTEGER, _OCTETS, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_BIND, _BOUND, _UNBIND, _EXTENDED, _EXTENDED_ANSWER, _SIMPLE = 0x60, 0x61, 0x42, 0x77, 0x78, 0x80


class DirectoryAway(Exception):
    """The directory cannot be asked now. The text has no password in it."""


@dataclass(frozen=True, slots=True)
class LdapServer:
    """Where it is, and how one talks to it."""

    url: str
    """``ldaps://host``, or ``ldap://host`` for STARTTLS."""
    ca_file: str | None = None
    """Trust only certificates of this PEM file; by default those the system trusts."""
    encrypted: bool = True
    """False for a directory on this machine, of which nobody can listen in."""

    def lets_in(self, name: str, password: str) -> bool:
        """Whether somebody of this distinguished name has this password.

        Raises:
            DirectoryAway: it could not be asked.
        """
        if not name or not password:
            # To a bind without a password a directory says yes: it is one of nobody (RFC 4513 §5.1.2).
            return False
        secret = password.encode("utf-8", "surrogatepass")
        bind = _tlv(_INTEGER, b"\x03") + _tlv(_OCTETS, name.encode("utf-8", "surrogatepass"))
        try:
            with self._connected() as talking:
                code = _asked(talking, 2, _tlv(_BIND, bind + _tlv(_SIMPLE, secret)), _BOUND)
                talking.sendall(_message(3, _tlv(_UNBIND, b"")))
        except (OSError, ValueError) as error:
            raise DirectoryAway(str(error) or type(error).__name__) from None
        if code not in (OK, WRONG):
            raise DirectoryAway(f"it answers with the result code {code}")
        return code == OK

    def _connected(self) -> socket.socket:
        place = urlsplit(self.url)
        host, is_tls = place.hostname or "", place.scheme == "ldaps"
        plain = socket.create_connection((host, place.port or (636 if is_tls else 389)), ANSWER_S)
        try:
            if not is_tls and self.encrypted:
                code = _asked(plain, 1, _tlv(_EXTENDED, _tlv(_SIMPLE, STARTTLS)), _EXTENDED_ANSWER)
                if code != OK:
                    raise ValueError("it does not begin TLS")
            if not is_tls and not self.encrypted:
                return plain
            return ssl.create_default_context(cafile=self.ca_file).wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _tlv(tag: int, content: bytes) -> bytes:
    """A tag, a length and a content (X.690 §8.1)."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _message(number: int, operation: bytes) -> bytes:
    return _tlv(_SEQUENCE, _tlv(_INTEGER, bytes((number,))) + operation)


def _asked(talking: socket.socket, number: int, operation: bytes, expected: int) -> int:
    """The result code of the answer to an operation.

    Raises:
        ValueError: it is no such answer.
        OSError: there is none.
    """
    talking.sendall(_message(number, operation))
    tag, message = _element(talking)
    (_, answered), rest = _split(message)
    (kind, result), _ = _split(rest)
    (code_tag, code), _ = _split(result)
    if (tag, kind, code_tag) != (_SEQUENCE, expected, _ENUMERATED) or int.from_bytes(answered) != number:
        raise ValueError("it answers what was not asked")
    return int.from_bytes(code)


def _element(talking: socket.socket) -> tuple[int, bytes]:
    """The next whole element that is received."""
    tag, first = _exactly(talking, 2)
    size = first if first < 0x80 else int.from_bytes(_exactly(talking, min(first & 0x7F, 4)))
    if size > LONGEST:
        raise ValueError("its answer is too long")
    return tag, _exactly(talking, size)


def _exactly(talking: socket.socket, many: int) -> bytes:
    found = b""
    while len(found) < many:
        part = talking.recv(many - len(found))
        if not part:
            raise ValueError("it broke off")
        found += part
    return found


def _split(octets: bytes) -> tuple[tuple[int, bytes], bytes]:
    """The first element of some octets, and what comes after it."""
    if len(octets) < 2:
        raise ValueError("its answer breaks off")
    tag, size, at = octets[0], octets[1], 2
    if size >= 0x80:
        at += size & 0x7F
        size = int.from_bytes(octets[2:at])
    if len(octets) < at + size:
        raise ValueError("its answer breaks off")
    return (tag, octets[at : at + size]), octets[at + size :]
