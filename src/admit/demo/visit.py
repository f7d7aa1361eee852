"""Alice at the SSH door, with a client like any other."""

import asyncio
import threading
from concurrent.futures import Future

import asyncssh

from admit.demo.stage import PATIENCE_S, Failed


class Visit:
    """A session through the door that stays open until somebody ends it."""

    def __init__(self, port: int, user: str, password: str) -> None:
        """``user`` as ssh is told it: ``alice+root+db-1``."""
        self._where = (port, user, password)
        self._seen: list[str] = []
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._stay()), name=user, daemon=True)
        self._thread.start()

    def wait_open(self) -> None:
        """Until the host has said something.

        Raises:
            Failed: it never did.
        """
        try:
            self._opened.result(PATIENCE_S)
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise Failed(f"alice could not log on: {error}") from None

    def wait_closed(self) -> str:
        """Until the session is over; the last line it showed.

        Raises:
            Failed: it stays open.
        """
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            raise Failed("the session stayed open")
        lines = [line.strip() for line in "".join(self._seen).splitlines() if line.strip()]
        return lines[-1] if lines else ""

    async def _stay(self) -> None:
        port, user, password = self._where
        try:
            # Its key was made a moment ago, for as long as the example lives.
            async with asyncssh.connect(
                "127.0.0.1", port, username=user, password=password, known_hosts=None, client_keys=None
            ) as connection:
                await self._read(await connection.create_process(term_type="xterm", stderr=asyncssh.STDOUT))
        except (asyncssh.Error, OSError) as error:
            if not self._opened.done():
                self._opened.set_exception(error)

    async def _read(self, process: asyncssh.SSHClientProcess[str]) -> None:
        while text := await process.stdout.read(4096):
            self._seen.append(text)
            if not self._opened.done():
                self._opened.set_result(None)
