"""What the example runs on: a server process in a throw-away directory, and a mailbox."""

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from queue import Empty, Queue

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from admit.demo.host import host

PATIENCE_S = 30.0
COLUMNS = 120
"""How wide the terminal is that commands are shown on."""
PASSWORD = "Correct-Horse-7"  # noqa: S105 - of people and accounts that live as long as the example


class Failed(Exception):
    """Something did not do what it said."""


class Mailbox(MessageHandler):
    """Takes every mail it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: Queue[str] = Queue()

    def handle_message(self, message: Message) -> None:
        """Keep a mail."""
        self.arrived.put(f"to {message['X-RcptTo']}: {message['Subject']}")

    def wait(self, many: int) -> list[str]:
        """The next mails, in the order of their lines.

        Raises:
            Failed: fewer came in time.
        """
        try:
            return sorted(self.arrived.get(timeout=PATIENCE_S) for _ in range(many))
        except Empty:
            raise Failed(f"fewer than {many} mails arrived within {PATIENCE_S:.0f} seconds") from None


@dataclass(frozen=True, slots=True)
class Stage:
    """A running example."""

    data: Path
    endpoint: str
    https: str
    account_id: str
    access_key_id: str
    access_key_secret: str
    admin: tuple[str, str]
    """The administrator's name and password."""
    mailbox: Mailbox
    ssh_port: int
    """Where the SSH door is."""
    host_port: int
    """Where the host db-1 is."""

    def admit(self, *words: str) -> tuple[int, str]:
        """Run an ``admit`` command on the example's data directory: exit code, and what a terminal shows."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, COLUMNS))
        command = [sys.executable, "-m", "admit.cli", *words, "--data", str(self.data)]
        with subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            shown = _all_of(ours)
        return process.returncode, shown.replace("\r\n", "\n").rstrip()


@contextmanager
def stage() -> Iterator[Stage]:
    """Set the example up, and take it down again whatever happens."""
    directory = Path(tempfile.mkdtemp(prefix="admit-demo-"))
    mailbox = Mailbox()
    mail = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    mail.start()
    try:
        with host(PASSWORD) as host_port:
            yield from _serving(directory, mailbox, mail.port, host_port)
    finally:
        mail.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _serving(directory: Path, mailbox: Mailbox, mail_port: int, host_port: int) -> Iterator[Stage]:
    """The example, once its server answers."""
    data = directory / "data"
    first = json.loads(_run("init", "--data", str(data), "--json"))
    http, https, ssh_port = f"127.0.0.1:{_free_port()}", f"127.0.0.1:{_free_port()}", _free_port()
    # The file says it, so that a command typed by hand finds the same settings.
    (data / "admit.toml").write_text(
        f'http = "{http}"\nhttps = "{https}"\nssh = "127.0.0.1:{ssh_port}"\nlog_level = "WARNING"\n'
        f'mail_host = "127.0.0.1"\nmail_port = {mail_port}\nmail_security = "none"\n'
        'mail_sender = "admit <admit@example.com>"\n'
    )
    with _server(data, http):
        yield Stage(
            data,
            http,
            https,
            first["account_id"],
            first["access_key_id"],
            first["access_key_secret"],
            (first["admin_user"], first["admin_password"]),
            mailbox,
            ssh_port,
            host_port,
        )


def _all_of(terminal: int) -> str:
    """Everything that is written to a terminal until nobody has it open any more."""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        written = b""
        while True:
            try:
                part = screen.read(65536)
            except OSError:  # how Linux says that the other side has closed it
                part = b""
            if not part:
                return written.decode()
            written += part


def _run(*words: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "admit.cli", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"admit {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _server(data: Path, http: str) -> Iterator[None]:
    server = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "admit.cli", "serve", "--data", str(data)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # It says one line when it is ready; before that, an end of its output is its end.
        if server.stdout is None or not server.stdout.readline():
            raise Failed("the server did not start")
        httpx.get(f"http://{http}/readyz").raise_for_status()
        yield
    finally:
        server.terminate()
        if server.wait(PATIENCE_S) != 0:
            raise Failed(f"the server ended with {server.returncode}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
