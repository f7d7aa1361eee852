"""The host key a host shows, fetched without logging on."""

import asyncio
from dataclasses import dataclass
from typing import Final

import asyncssh

HOST_KEYS: Final = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
)
"""By family, best first. A host may have one of each, and any of them may be the one that is pinned."""

PATIENCE_S: Final = 5.0
"""For the connection and the key exchange together."""


class HostSilent(Exception):
    """A host showed no key. The text says why, in a few words."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host key, as people compare it."""

    kind: str
    """``ssh-ed25519``"""
    fingerprint: str
    """``SHA256:…``, as ``ssh-keygen -l`` tells it."""


async def fetch_host_key(address: str, port: int, patience_s: float = PATIENCE_S) -> HostKey:
    """The key that a host shows first. Whether it is the right one only its owner can say.

    Raises:
        HostSilent: there is no answer in time, or it is not SSH.
    """
    try:
        async with asyncio.timeout(patience_s):
            key = await asyncssh.get_server_host_key(
                address,
                port,
                config=None,
                server_host_key_algs=[name for family in HOST_KEYS for name in family],
            )
    except TimeoutError:
        raise HostSilent(f"no answer within {patience_s:g} seconds") from None
    except asyncssh.Error as error:
        raise HostSilent(f"it does not speak SSH as expected: {error.reason[:200]}") from None
    except OSError as error:
        raise HostSilent(f"it cannot be reached: {error.strerror or error}") from None
    if key is None:
        raise HostSilent("it shows no host key")
    return HostKey(key.get_algorithm(), key.get_fingerprint("sha256"))
