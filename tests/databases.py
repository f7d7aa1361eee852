"""The databases a test may run on: a fresh SQLite file, or a fresh PostgreSQL database."""

import getpass
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString

import psycopg

_NUMBERS = itertools.count()
_SETTINGS = (
    "listen_addresses=''",
    "max_connections=200",
    # No test is about a machine that loses its power: what a killed server had written is there.
    "fsync=off",
    "full_page_writes=off",
    # A database lives for a moment, and is copied as it is.
    "autovacuum=off",
    "shared_buffers=32MB",
)


def _program(name: str) -> str:
    """A PostgreSQL server program: distributions keep them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed; tools/system-packages installs it")
    return path


class Cluster:
    """A PostgreSQL server of our own, on a unix socket, gone with the test run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # PostgreSQL refuses to run as root: the distribution's own user does then.
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        self._prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def start(self) -> None:
        if self._prefix:
            shutil.chown(self.directory, "postgres", "postgres")
        files = str(self.directory / "data")
        self._run(_program("initdb"), "-D", files, "-A", "trust", "-U", self.user, "-E", "UTF8", "--no-sync")
        self.restart()

    def restart(self) -> None:
        """Start it on what is left."""
        files = str(self.directory / "data")
        options = " ".join((f"-k {self.directory}", *(f"-c {setting}" for setting in _SETTINGS)))
        log = str(self.directory / "log")
        self._run(_program("pg_ctl"), "-D", files, "-l", log, "-o", options, "-w", "start")

    def stop(self) -> None:
        self._run(_program("pg_ctl"), "-D", str(self.directory / "data"), "-m", "immediate", "stop")

    def crash(self) -> None:
        """Kill the server and all its processes, and start it again on what is left."""
        postmaster = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            pass
        self.restart()

    @contextmanager
    def copied(self) -> Iterator["Cluster"]:
        """A standby that follows this server, until the block ends."""
        directory = Path(tempfile.mkdtemp(prefix="admit-pg-"))
        directory.chmod(0o755)
        if self._prefix:
            shutil.chown(directory, "postgres", "postgres")
        standby, source = Cluster(directory), f"host={self.directory} user={self.user}"
        files = str(directory / "data")
        self._run(
            *(_program("pg_basebackup"), "-d", source, "-D", files),
            *("-R", "-X", "stream", "-c", "fast", "--no-sync"),
        )
        standby.restart()
        try:
            yield standby
        finally:
            # A test may have stopped it.
            with suppress(subprocess.CalledProcessError):
                standby.stop()
            shutil.rmtree(directory, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """The name of a fresh database, made like another one."""
        name = f"admit_{next(_NUMBERS)}"
        self._say(f"create database {name} template {template} strategy file_copy")
        return name

    def drop(self, name: str) -> None:
        """Forget a database."""
        self._say(f"drop database {name} with (force)")

    def disconnect(self, name: str) -> None:
        """End every connection to a database, as a restart of the server does."""
        self._say(
            f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'"  # type: ignore[arg-type]  # noqa: S608 - a name of ours
        )

    def connection(self, name: str) -> psycopg.Connection:
        """A connection to a database, each statement a transaction of its own."""
        return psycopg.connect(f"host={self.directory} user={self.user} dbname={name}", autocommit=True)

    def url(self, name: str) -> str:
        """How a database is reached."""
        return f"postgresql+psycopg://{self.user}@/{name}?host={self.directory}"

    def _say(self, text: LiteralString) -> None:
        with self.connection("postgres") as server:
            server.execute(text)

    def _run(self, *command: str) -> None:
        subprocess.run([*self._prefix, *command], check=True, capture_output=True, cwd="/")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server."""
    # Not pytest's own directory: a socket's path is limited to 107 bytes, and postgres must enter it.
    directory = Path(tempfile.mkdtemp(prefix="admit-pg-"))
    directory.chmod(0o755)
    server = Cluster(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
