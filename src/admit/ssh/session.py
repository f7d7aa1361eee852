"""A client's session: a shell, a command or SFTP on a host, as OpenSSH has them."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from asyncssh import SSHClientSession, SSHServerSession

from admit.pages.sentences import said
from admit.pages.words import language_of_locale
from admit.porter.asks import SAID_BY, What
from admit.ssh.algorithms import PACKET, WINDOW
from admit.ssh.connections import TargetConnection
from admit.ssh.guard import Guard
from admit.ssh.relay import End

REFUSED_STATUS = 255
"""What ``ssh`` itself ends with when it cannot do what it was asked for."""
STDERR = 1
"""The type of extended data that is standard error (RFC 4254 §5.2)."""
RESTORED = (
    # Whatever runs was not asked: its full screen, hidden cursor, colours, mouse and keypad modes would stay.
    b"\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\r\n"
)
"""Gives a terminal back as a shell needs it, on a line of its own."""
PLAIN = ("", "dumb")
"""Kinds of terminals that would show what should restore them."""
LATIN_ONLY = "linux"
"""A kind of terminal that has no other letters: the console of Linux."""
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What says the language of messages, as POSIX has it: the first that is set."""
LINGER_S = 1.0
"""How long a client has to take the last line before its channel is closed without it."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal a client has."""

    kind: str
    size: tuple[int, int, int, int]
    """Columns, rows, and both in pixels."""
    modes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks a session for."""

    what: What
    command: str | None
    terminal: Terminal | None
    environment: Mapping[str | bytes, str | bytes]


class ClientEnd(End, SSHServerSession[bytes]):
    """The end of a session that a person's client holds."""

    def __init__(self, begin: Callable[["ClientEnd"], Coroutine[None, None, None]]) -> None:
        End.__init__(self)
        self._begin = begin
        self._what: What | None = None
        self._command: str | None = None
        self.terminal: Terminal | None = None
        self.resized: Callable[[int, int], None] = lambda _columns, _rows: None
        self.over: Callable[[str], None] = lambda _reason: None
        """Is told when it is over for another reason than access."""
        self._is_over = False
        self.needed_guard: Callable[[], Guard | None] = lambda: None
        """The guard that policies ask for by now, as long as there is none."""
        self.typed: Callable[[bytes], bool] | None = None
        """Is given what the person types, and says whether the host may have it."""

    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._is_over

    @property
    def request(self) -> Request:
        """What was asked for."""
        allowed = {
            name: value
            for name, value in self.channel.get_environment().items()
            if name == "LANG" or name.startswith("LC_")
        }
        return Request(self._what or What.SHELL, self._command, self.terminal, allowed)

    @property
    def language(self) -> str:
        """What to tell the person in: as their terminal's locale says, where it can show it."""
        if self.terminal is None or self.terminal.kind == LATIN_ONLY:
            return "en"
        environment = self.channel.get_environment()
        chosen = next(filter(None, (environment.get(name) for name in LOCALE)), "")
        return language_of_locale(chosen) if isinstance(chosen, str) else "en"

    def pty_requested(self, term_type: str, term_size: Any, term_modes: Any) -> bool:
        """The client has a terminal."""
        self.terminal = Terminal(term_type, term_size, term_modes)
        return True

    def shell_requested(self) -> bool:
        """A shell."""
        self._what = What.SHELL
        return True

    def exec_requested(self, command: str) -> bool:
        """A command."""
        self._what, self._command = What.EXEC, command
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        """SFTP; there is no other subsystem that hosts have."""
        self._what = What.SFTP
        return subsystem == "sftp"

    def session_started(self) -> None:
        """It was told that it may begin; whatever is refused is told on its channel."""
        self.channel.get_connection().create_task(self._begin(self))

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The window is another size."""
        if self.terminal is not None:
            size = (width, height, pixwidth, pixheight)
            self.terminal = Terminal(self.terminal.kind, size, self.terminal.modes)
        self.resized(width, height)
        if self.other is not None:
            self.other.channel.change_terminal_size(width, height, pixwidth, pixheight)

    def signal_received(self, signal: str) -> None:
        """A signal for the program."""
        if self.other is not None:
            self.other.channel.send_signal(signal)

    def break_received(self, msec: int) -> bool:
        """A break for the program."""
        if self.other is not None:
            self.other.channel.send_break(msec)
        return self.other is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's
        """The client is gone, and so is what it ran."""
        self._is_over = True
        if self.read is not None:
            self.read(b"")
        other = self.other
        if other is not None:
            self.part()
            other.channel.close()
        self.over("the client left")

    def warn(self, text: str) -> None:
        """A sentence of what is to come, where there is somebody to read it."""
        if self.terminal is not None:
            self.say(f"\r\n{SAID_BY}{text}")

    def end(self, text: str) -> None:
        """Access has ended, and so does this."""
        self.cut(SAID_BY + text)

    def passing(self, data: bytes) -> bool:
        """Something is on its way to the host."""
        if self.guard is None:
            self.guard = self.needed_guard()
        return self.typed is None or self.typed(data)

    def say(self, line: str, after: bytes = b"") -> None:
        """A line of the gate's, beside what the host says, in the person's language."""
        before, mark, told = line.partition(SAID_BY)
        if mark:
            line = before + mark + said(self.language, told)
        end = "\r\n" if self.terminal is not None else "\n"
        self.write(after + f"{line}{end}".encode(), STDERR)

    def refuse(self, line: str) -> None:
        """The last line, and the end, as ``ssh`` ends when it cannot do what it was asked for."""
        self.say(line)
        self.channel.exit(REFUSED_STATUS)

    def cut(self, line: str) -> None:
        """End at once; the host hears of it whatever the client does."""
        self._is_over = True
        other = self.other
        if other is not None:
            self.part()
            other.part()
            other.channel.abort()
        restored = b""
        if self.terminal is not None:
            restored = b"\r\n" if self.terminal.kind in PLAIN else RESTORED
        self.say(line, after=restored)
        self.channel.exit(REFUSED_STATUS)
        # A client that does not read takes no last line, and must not be kept for it.
        asyncio.get_running_loop().call_later(LINGER_S, self.channel.abort)


class TargetEnd(End, SSHClientSession[bytes]):
    """The end of a session that the host holds."""

    def __init__(self, lost: str) -> None:
        End.__init__(self)
        self._lost = lost
        self.shows: Callable[[bytes, TargetEnd], bool] | None = None
        """Is given what the host shows, and says whether the client may see it."""
        self._status: int | None = None
        self._signal: tuple[str, bool, str, str] | None = None

    def passing(self, data: bytes) -> bool:
        """Something is on its way to the client: standard error too, as a terminal shows both alike."""
        return self.shows is None or self.shows(data, self)

    def exit_status_received(self, status: int) -> None:
        """The program ended; its last output may still be on its way."""
        self._status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: FBT001
        """A signal ended the program."""
        self._signal = (signal, core_dumped, msg, lang)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's
        """All that the program wrote was passed on."""
        client = self.other
        if not isinstance(client, ClientEnd):
            return
        self.part()
        client.part()
        client.over("the program ended")
        if self._status is not None:
            client.channel.exit(self._status)
        elif self._signal is not None:
            client.channel.exit_with_signal(*self._signal)
        else:
            client.refuse(self._lost)


async def run_on(
    connection: TargetConnection, request: Request, end: Callable[[], TargetEnd]
) -> tuple[Any, TargetEnd]:
    """Ask a host for what a client asks for.

    Raises:
        asyncssh.ChannelOpenError: the host does not do it.
    """
    terminal = request.terminal
    made: tuple[Any, Any] = await connection.create_session(
        end,
        request.command,
        subsystem="sftp" if request.what is What.SFTP else None,
        env=request.environment,
        send_env=None,
        # Also of a kind that has no name: asyncssh would leave it out.
        request_pty="force" if terminal is not None else False,
        term_type=terminal.kind if terminal else None,
        term_size=terminal.size if terminal else None,
        term_modes=dict(terminal.modes) if terminal else None,
        x11_forwarding=False,
        encoding=None,
        window=WINDOW,
        max_pktsize=PACKET,
    )
    return made
