"""Signatures by which somebody signs in over SSH, judged by one who was not there.

What is signed (RFC 4252 §7) begins with the hash of the connection's key exchange (RFC 4253 §8). Whoever
shows all that went into the hash shows with it which host key the client was shown, and which cookie.
"""

import base64
import binascii
import hashlib
from typing import Final

import asyncssh
import msgspec
from asyncssh import SSHKey

COOKIE_BYTES: Final = 16
HASHES: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Those of the key exchanges there are. With SHA-1 some old hosts are reached; nobody signs in by it."""
SIGNATURES: Final = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""What people may sign with. ``ssh-rsa``, which signs with SHA-1, is not among them."""

_KEXINIT, _USERAUTH_REQUEST = 20, 50


class SignatureRefused(Exception):
    """What is shown proves nothing. The text says why, for a log."""


class Exchange(msgspec.Struct, frozen=True, array_like=True):
    """All that went into the hash of a connection's first key exchange."""

    content: bytes
    algorithm: str
    """The hash: one of :data:`HASHES`."""

    @property
    def hash(self) -> bytes:
        """The hash, which SSH calls the session's ID.

        Raises:
            SignatureRefused: by no algorithm there is.
        """
        if self.algorithm not in HASHES:
            raise SignatureRefused(f"no key exchange hashes with {self.algorithm!r}")
        return hashlib.new(self.algorithm, self.content).digest()

    def server(self) -> "Server":
        """What the server showed in it.

        Raises:
            SignatureRefused: it is not a key exchange.
        """
        content = _Content(self.content)
        _client_version, _version, _client_init, init = (content.string() for _ in range(4))
        if len(init) <= COOKIE_BYTES or init[0] != _KEXINIT:
            raise SignatureRefused("no server said so")
        return Server(init[1 : 1 + COOKIE_BYTES], content.string())


class Server(msgspec.Struct, frozen=True):
    """What a server showed in a key exchange."""

    cookie: bytes
    host_key: bytes
    """In wire form."""


class Request(msgspec.Struct, frozen=True):
    """A request to be let in by a key: what is signed, behind the hash."""

    name: str
    """Who somebody says to be."""
    algorithm: str
    """Of the signature."""
    key: bytes
    """The public key in wire form; a certificate where it has one."""

    @classmethod
    def read(cls, octets: bytes) -> "Request":
        """The request in a packet, up to the signature.

        Raises:
            SignatureRefused: it is another packet.
        """
        content = _Content(octets)
        if content.byte() != _USERAUTH_REQUEST:
            raise SignatureRefused("not a request to be let in")
        name, service, method = (content.string() for _ in range(3))
        has_signature = content.byte()
        algorithm, key = content.string(), content.string()
        if (service, method, has_signature) != (b"ssh-connection", b"publickey", 1) or content.rest():
            raise SignatureRefused("not a request to be let in by a key")
        try:
            return cls(name.decode(), algorithm.decode("ascii"), key)
        except UnicodeDecodeError:
            raise SignatureRefused("a name that is no text") from None


class Signed(msgspec.Struct, frozen=True, array_like=True):
    """A signature with all that it is about."""

    exchange: Exchange
    request: bytes
    """The packet of the request, up to the signature."""
    signature: bytes


def proven(signed: Signed, cookie: bytes, host_key: bytes) -> Request:
    """The request that its key's owner has signed, on a connection to this server and with this cookie.

    Raises:
        SignatureRefused: nobody did.
    """
    session = signed.exchange.hash
    server = signed.exchange.server()
    if server.cookie != cookie:
        raise SignatureRefused("it was made on another connection")
    if server.host_key != host_key:
        raise SignatureRefused("it was made for another server")
    request = Request.read(signed.request)
    if _Content(signed.signature).string() not in {each.encode() for each in SIGNATURES}:
        raise SignatureRefused("nobody signs in with such a signature")
    key = public_key(request.key)
    # Hardware keys say whether they were touched: without it anybody at the machine could have signed.
    key.set_touch_required(True)
    if not key.verify(to_be_signed(session, signed.request), signed.signature):
        raise SignatureRefused("the signature is wrong")
    return request


def to_be_signed(session: bytes, request: bytes) -> bytes:
    """What is signed: the hash of the key exchange, and the request."""
    return len(session).to_bytes(4, "big") + session + request


def public_key(octets: bytes) -> SSHKey:
    """A public key from its wire form.

    Raises:
        SignatureRefused: it is none.
    """
    kind = _Content(octets).string()
    try:
        return asyncssh.import_public_key(kind + b" " + base64.b64encode(octets))
    except (asyncssh.KeyImportError, binascii.Error):
        raise SignatureRefused("not a public key") from None


class _Content:
    """SSH's fields (RFC 4251 §5), one after another."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def byte(self) -> int:
        return self._take(1)[0]

    def string(self) -> bytes:
        return self._take(int.from_bytes(self._take(4), "big"))

    def rest(self) -> bytes:
        return self._octets[self._at :]

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._octets):
            raise SignatureRefused("it ends too early")
        taken, self._at = self._octets[self._at : end], end
        return taken
