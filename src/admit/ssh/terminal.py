"""The terminal of a person who is asked something before a session begins."""

import asyncio

from admit.pages.words import translated
from admit.porter.asks import Refused
from admit.ssh.session import ClientEnd

LONGEST = 1024
"""Bytes of an answer."""
_BACKSPACE = (0x7F, 0x08)
_END = (0x03, 0x04)
"""Ctrl-C and Ctrl-D."""


class ClientTerminal:
    """A client's terminal for who asks: raw, so that every key arrives as it is typed."""

    def __init__(self, client: ClientEnd) -> None:
        self._client = client
        self._typed: asyncio.Queue[bytes | None] = asyncio.Queue()
        client.read = self._typed.put_nowait
        client.resized = lambda _columns, _rows: self._typed.put_nowait(None)
        client.release_early()

    @property
    def kind(self) -> str:
        """``TERM``."""
        return self._client.terminal.kind if self._client.terminal else ""

    @property
    def language(self) -> str:
        """What the person is told in."""
        return self._client.language

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._client.terminal.size[:2] if self._client.terminal else (0, 0)

    @property
    def echoes(self) -> bool:
        """A terminal is raw while ``ssh`` has it."""
        return self._client.terminal is None

    async def read(self) -> bytes | None:
        """What was typed; empty if nothing more comes; None if the size changed."""
        return await self._typed.get()

    def write(self, text: str) -> None:
        """Show text."""
        self._client.write(text.encode())

    def close(self) -> None:
        """Ask no more: what is typed from now on is for the host."""
        self._client.read = None
        self._client.resized = lambda _columns, _rows: None
        while not self._typed.empty():
            part = self._typed.get_nowait()
            if part:
                self._client.data_received(part, None)


class Prompter:
    """Asks for a line."""

    def __init__(self, client: ClientEnd) -> None:
        self._terminal = ClientTerminal(client)
        self._rest = b""

    async def ask(self, prompt: str, *, echo: bool, **values: object) -> str:
        """What is typed up to the end of the line; asked for in the person's language.

        Raises:
            Refused: the person left.
        """
        self._terminal.write(translated(self._terminal.language, prompt, **values))
        answer = bytearray()
        while True:
            part, self._rest = self._rest or await self._terminal.read(), b""
            if part == b"":
                raise Refused("nothing was typed")
            for at, byte in enumerate(part or b""):
                if byte in (0x0D, 0x0A):
                    self._rest = (part or b"")[at + 1 :]
                    self._terminal.write("\r\n")
                    return answer.decode("utf-8", "replace")
                if byte in _END:
                    self._terminal.write("\r\n")
                    raise Refused("left")
                self._take(answer, byte, echo=echo)

    def close(self) -> None:
        """Ask no more."""
        self._terminal.close()

    def _take(self, answer: bytearray, byte: int, *, echo: bool) -> None:
        if byte in _BACKSPACE:
            if answer:
                del answer[-1:]
                self._terminal.write("\b \b" if echo else "")
        elif byte >= 0x20 and len(answer) < LONGEST:
            answer.append(byte)
            if echo and byte < 0x7F:
                self._terminal.write(chr(byte))
