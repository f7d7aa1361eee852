"""Connections that an SSH server of a test accepted: closed before its loop is."""

import asyncio
from collections.abc import Callable

import asyncssh


class Accepted:
    """What a server accepted. Closing the server itself only lets no more in."""

    def __init__(self) -> None:
        self._connections: list[asyncssh.SSHServerConnection] = []

    def by(self, factory: Callable[[], asyncssh.SSHServer]) -> Callable[[], asyncssh.SSHServer]:
        """The factory, with each connection remembered."""

        def make() -> asyncssh.SSHServer:
            server = factory()
            made = server.connection_made

            def connection_made(connection: asyncssh.SSHServerConnection) -> None:
                self._connections.append(connection)
                made(connection)

            server.connection_made = connection_made  # type: ignore[method-assign]
            return server

        return make

    async def close(self) -> None:
        """Close them all, and wait until they are."""
        for connection in self._connections:
            connection.abort()
        await asyncio.gather(*(each.wait_closed() for each in self._connections))
