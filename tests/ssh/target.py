"""A real OpenSSH server as the host that people go to."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLACES = os.pathsep.join((os.environ["PATH"], "/usr/local/sbin", "/usr/sbin", "/sbin"))


@dataclass(frozen=True)
class Target:
    """A running sshd, and what logs on to it."""

    port: int
    account: str
    """Whoever runs the tests: an sshd that is not root lets nobody else in."""
    key: Path
    """Lets the account in."""
    host_key: Path
    log: Path

    @property
    def fingerprint(self) -> str:
        told = subprocess.run(
            ["ssh-keygen", "-lf", f"{self.host_key}.pub"], capture_output=True, text=True, check=True
        )
        return told.stdout.split()[1]


def new_key(path: Path, *words: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, *words], check=True)
    return path


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def target(directory: Path) -> Iterator[Target]:
    """An sshd on a free port until the block ends."""
    directory.mkdir(parents=True, exist_ok=True)
    host_key, key = new_key(directory / "host_key"), new_key(directory / "account_key")
    (directory / "authorized_keys").write_text((directory / "account_key.pub").read_text())
    (directory / "trusted").touch()
    if os.geteuid() == 0:
        # Where it confines what talks to strangers; an installed sshd's start makes it.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = directory / "sshd.log"
    process, port = started(directory, log)
    try:
        yield Target(port, getpass.getuser(), key, host_key, log)
    finally:
        process.terminate()
        process.wait()


def started(directory: Path, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """An sshd that listens; a port that is free may be somebody else's a moment later.

    Its shells take ``directory`` for their home: what the machine's own start-up files do, they do not.
    """
    program = shutil.which("sshd", path=PLACES)
    assert program is not None
    config, host_key = directory / "sshd_config", directory / "host_key"
    while True:
        port = free_port()
        config.write_text(f"""\
ListenAddress 127.0.0.1:{port}
HostKey {host_key}
AuthorizedKeysFile {directory}/authorized_keys
TrustedUserCAKeys {directory}/trusted
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv LANG LC_*
MaxSessions 200
MaxStartups 500
LogLevel ERROR
Subsystem sftp internal-sftp
SetEnv HOME={directory}
""")
        process = subprocess.Popen([program, "-D", "-f", config, "-E", log])
        while process.poll() is None and not listens(port):
            pass
        if process.poll() is None:
            return process, port
        assert "Address already in use" in log.read_text()
