"""Which addresses sessions may come from."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from admit.core.commands import Acl

Address: TypeAlias = IPv4Address | IPv6Address
Range: TypeAlias = tuple[Address, Address]
"""The first and the last address of a range."""


@lru_cache(maxsize=4096)
def address_range(text: str) -> Range:
    """An address, a network (``10.0.0.0/8``) or a range (``10.0.0.1-10.0.0.9``).

    Raises:
        ValueError: it is none of these, or ends before it begins.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        low, high = ip_address(first), ip_address(last)
        # Of two families neither comes first: comparing them is a TypeError.
        if low.version != high.version or (low.packed > high.packed):
            raise ValueError(text)
        return low, high
    network = ip_network(first, strict=False)
    return network[0], network[-1]


@dataclass(frozen=True, slots=True)
class Sources:
    """Which addresses sessions may come from."""

    acl: Acl
    addresses: tuple[str, ...] = ()
    """Each as ``address_range`` reads it."""

    def admit(self, peer: str) -> bool:
        """Whether a session may come from an address; one that cannot be read is on no white list."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return self.acl is Acl.BLACK and not self.addresses
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        address = mapped or address
        listed = any(
            low.version == address.version and low.packed <= address.packed <= high.packed
            for low, high in map(address_range, self.addresses)
        )
        return listed is (self.acl is Acl.WHITE)
