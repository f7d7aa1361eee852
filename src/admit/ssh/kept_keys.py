"""Keys of host accounts that are kept elsewhere, and sign there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncssh
from asyncssh import SSHKeyPair

from admit.base.ssh_exchange import Exchange
from admit.porter.asks import Refused


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What is known here of a key that is kept elsewhere."""

    public: str
    """A line of OpenSSH's."""
    certificate: str | None
    sign: Callable[[Exchange, bytes, str], Awaitable[bytes]]
    """Signs a request to be let in, on a connection with that key exchange, by an algorithm."""


class KeptKeyPair(SSHKeyPair):
    """A kept key, as a connection to a host uses it."""

    def __init__(self, kept: KeptKey, exchange: Callable[[], Exchange | None]) -> None:
        key = asyncssh.import_public_key(kept.public)
        certificate = None if kept.certificate is None else asyncssh.import_certificate(kept.certificate)
        super().__init__(
            key.algorithm,
            key.algorithm,
            key.sig_algorithms,
            key.sig_algorithms,
            key.public_data,
            None,
            certificate,
        )
        self._kept = kept
        self._exchange = exchange

    async def sign_async(self, packet: bytes) -> bytes:
        """The signature of a request to be let in.

        Raises:
            Refused: it is not given.
        """
        exchange = self._exchange()
        if exchange is None:
            raise Refused("the host speaks no key exchange that a kept key can be used with")
        # The request follows the hash of the key exchange, which is computed anew where it is signed.
        request = packet[4 + len(exchange.hash) :]
        return await self._kept.sign(exchange, request, self.sig_algorithm.decode("ascii"))
