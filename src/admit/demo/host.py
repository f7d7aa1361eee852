"""A host to log on to: the example's db-1, an SSH server of its own on this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

NAME = "db-1"
TICK_S = 0.5


class _Server(asyncssh.SSHServer):
    """Lets in whoever knows the password of the host's accounts."""

    def __init__(self, password: str) -> None:
        self._password = password

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's
        """Ask everybody."""
        return True

    def password_auth_supported(self) -> bool:
        """By password alone."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether it is the password of one of the accounts."""
        return username in ("root", "app") and password == self._password


async def _shell(process: asyncssh.SSHServerProcess[str]) -> None:
    """A shell of sorts: it greets, and says once in a while that it is there, until somebody leaves."""
    login = process.get_extra_info("username")
    process.stdout.write(f"{login}@{NAME}:~# uptime\r\n")
    minutes = 0
    while not process.is_closing():
        minutes += 1
        process.stdout.write(f" up {minutes} min, 1 user\r\n")
        try:
            async with asyncio.timeout(TICK_S):
                line = await process.stdin.readline()
        except TimeoutError:
            continue
        if line.strip() in ("", "exit", "logout"):
            break
    process.exit(0)


@contextmanager
def host(password: str) -> Iterator[int]:
    """Run the host on a thread of its own until the block ends; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=NAME, daemon=True)
    thread.start()

    async def begin() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Server(password),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            process_factory=_shell,
        )

    acceptor = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    try:
        yield acceptor.get_port()
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
