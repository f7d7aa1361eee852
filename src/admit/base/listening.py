"""Sockets that listen for others on the network."""

import socket


class ListenRefused(Exception):
    """An address cannot be listened at. The text says which and why."""


def listen(address: str) -> socket.socket:
    """A socket that listens at ``host:port``; port 0 takes a free one, an empty host stands for all.

    Raises:
        ListenRefused: the port is taken, the host is not of this machine, or the like.
    """
    host, _, port = address.rpartition(":")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenRefused(f"Cannot listen at {address}: {error.strerror}.") from None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(place)
        opened.listen()
    except OSError as error:
        opened.close()
        raise ListenRefused(f"Cannot listen at {address}: {error.strerror}.") from None
    return opened
