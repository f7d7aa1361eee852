"""What both ends of the socket between a gate and the control plane agree on: version, limits, form."""

from typing import Annotated, TypeAlias

import msgspec

VERSION = 1
"""Both ends must speak the same: they are installed together."""
LARGEST_ASKED = 1024 * 1024
"""Bytes of what a gate says at once: an SSH packet, which may hold two passwords, and what is around it."""
LARGEST_TOLD = 16 * 1024 * 1024
"""Bytes of an answer: somebody may be granted a hundred thousand accounts."""
BEAT_S = 2.0
"""How often each end says that it is there."""
LEASE_S = 10.0
"""After so long a silence the other end is gone, and with it whatever it was needed for."""

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=1024)]
Long: TypeAlias = Annotated[str, msgspec.Meta(max_length=LARGEST_ASKED)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Octets: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=LARGEST_ASKED)]


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """Anything that is said. Its text names no more than its kind: there may be a password in it."""

    def __repr__(self) -> str:
        return type(self).__name__
