"""The two ciphers that nearly everybody chooses, made once for a connection instead of for each packet."""

from typing import TypeAlias

from asyncssh.encryption import ChachaEncryption, Encryption, GCMEncryption
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

Octets: TypeAlias = bytes | memoryview

LENGTH = 4
"""Bytes of the length that a packet begins with (RFC 4253 §6)."""
TAG = 16
"""Bytes of the tag that it ends with."""
_BLOCK = bytes(64)
"""ChaCha20 gives its stream in blocks of so many; the first one keys Poly1305."""
_KEY = 32


class Quick(Encryption):
    """One direction of a connection. Packets are sealed, and opened, in their order and each once."""

    opened: bytes | None = None
    """A packet that was opened already: the next to be opened is this one."""

    def seal(self, sequence: int, packet: bytes) -> bytes | bytearray:
        """A packet as it goes over the wire: its length, itself, its tag."""
        raise NotImplementedError

    def size(self, sequence: int, length: Octets) -> int:
        """How many bytes there are between the length, which is given, and the tag."""
        raise NotImplementedError

    def open(self, sequence: int, sealed: Octets) -> bytes | None:
        """What :meth:`seal` was given; None if somebody changed it."""
        raise NotImplementedError

    # -- as asyncssh calls them ----------------------------------------------------------------------

    def encrypt_packet(self, seq: int, header: bytes, packet: bytes) -> tuple[bytes, bytes]:  # noqa: ARG002 - it is computed
        """Seal; the tag is in it."""
        return bytes(self.seal(seq, packet)), b""

    def decrypt_header(self, seq: int, first_block: bytes, header_len: int) -> tuple[bytes, bytes]:
        """The first bytes as they are, and the length."""
        length = self.size(seq, first_block[:header_len])
        return first_block, length.to_bytes(LENGTH, "big")

    def decrypt_packet(
        self,
        seq: int,
        first: bytes,
        rest: bytes,
        header_len: int,  # noqa: ARG002 - it is 4
        mac: bytes,
    ) -> bytes | None:
        """Open, unless it is open."""
        opened, self.opened = self.opened, None
        return self.open(seq, first + rest + mac) if opened is None else opened


class Gcm(Quick):
    """aes128-gcm@openssh.com and aes256-gcm@openssh.com (RFC 5647)."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._cipher = AESGCM(key)
        self._fixed, self._count = nonce[:4], int.from_bytes(nonce[4:], "big")

    def _nonce(self) -> bytes:
        nonce = self._fixed + self._count.to_bytes(8, "big")
        self._count = (self._count + 1) % (1 << 64)
        return nonce

    def seal(self, sequence: int, packet: bytes) -> bytes | bytearray:  # noqa: ARG002 - it counts for itself
        """A packet as it goes over the wire."""
        length = len(packet).to_bytes(LENGTH, "big")
        sealed = bytearray(LENGTH + len(packet) + TAG)
        sealed[:LENGTH] = length
        self._cipher.encrypt_into(self._nonce(), packet, length, memoryview(sealed)[LENGTH:])
        return sealed

    def size(self, sequence: int, length: Octets) -> int:  # noqa: ARG002 - it is readable
        """The length is not hidden."""
        return int.from_bytes(length, "big")

    def open(self, sequence: int, sealed: Octets) -> bytes | None:  # noqa: ARG002 - it counts for itself
        """What was sealed."""
        try:
            return self._cipher.decrypt(self._nonce(), sealed[LENGTH:], sealed[:LENGTH])
        except InvalidTag:
            return None


class Chacha(Quick):
    """chacha20-poly1305@openssh.com: two keys, one for the lengths and one for all else."""

    def __init__(self, key: bytes, length_key: bytes) -> None:
        self._stream, self._lengths = _stream(key), _stream(length_key)

    def seal(self, sequence: int, packet: bytes) -> bytes | bytearray:
        """A packet as it goes over the wire."""
        poly_key = self._begun(sequence)
        self._lengths.reset_nonce(_nonce(sequence))
        sealed = self._lengths.update(len(packet).to_bytes(LENGTH, "big")) + self._stream.update(packet)
        return sealed + Poly1305.generate_tag(poly_key, sealed)

    def size(self, sequence: int, length: Octets) -> int:
        """The length is hidden, but for its place nobody vouches before the tag."""
        self._lengths.reset_nonce(_nonce(sequence))
        return int.from_bytes(self._lengths.update(length), "big")

    def open(self, sequence: int, sealed: Octets) -> bytes | None:
        """What was sealed."""
        poly_key = self._begun(sequence)
        try:
            Poly1305.verify_tag(poly_key, sealed[:-TAG], bytes(sealed[-TAG:]))
        except InvalidSignature:
            return None
        return self._stream.update(sealed[LENGTH:-TAG])

    def _begun(self, sequence: int) -> bytes:
        """The key of a packet's tag, from the first block; the stream stands at the second one."""
        self._stream.reset_nonce(_nonce(sequence))
        return self._stream.update(_BLOCK)[:_KEY]


def _stream(key: bytes) -> CipherContext:
    return Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()


def _nonce(sequence: int) -> bytes:
    """The block to begin at, counted from the other end, and the packet's number."""
    return bytes(8) + sequence.to_bytes(8, "big")


def quick(made: Encryption | None) -> Encryption | None:
    """The same as asyncssh made, before it has been used; others stay as they are."""
    if type(made) is GCMEncryption:
        gcm = made._cipher  # noqa: SLF001 - it tells its key to nobody otherwise
        return Gcm(gcm._key, gcm._iv)  # noqa: SLF001
    if type(made) is ChachaEncryption:
        chacha = made._cipher  # noqa: SLF001
        return Chacha(chacha._key, chacha._adkey)  # noqa: SLF001
    return made
