"""A real OpenSSH server: the host that sessions go to, and the machine that ``ssh -J`` goes through."""

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
CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxSessions 1000
MaxStartups 1000
LogLevel ERROR
SetEnv HOME={place}
"""


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running one."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def login(self) -> str:
        """Whoever runs this: one that is not root lets nobody else in."""
        return getpass.getuser()

    def cpu_s(self) -> float:
        """How long it and the processes of its connections, which are over, kept a processor busy."""
        while _children(self.process.pid):
            pass
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def proportional_kb(self) -> float:
        """What it and the processes of its connections keep in memory; of what is shared their part."""
        return sum(map(_proportional_kb, _family(self.process.pid)))


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _family(process: int) -> list[int]:
    return [process, *(each for child in _children(process) for each in _family(child))]


def _proportional_kb(process: int) -> float:
    told = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("Pss:"))


@contextmanager
def sshd(place: Path, name: str) -> Iterator[Sshd]:
    """One on a free port until the block ends; the keys lie in ``place``."""
    program = shutil.which("sshd", path=PLACES)
    if program is None:
        raise RuntimeError("there is no sshd: tools/system-packages installs it")
    if os.geteuid() == 0:
        # Where it confines what talks to strangers; an installed sshd's start makes it.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    config, log = place / f"{name}.conf", place / f"{name}.log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    config.write_text(CONFIG.format(port=port, place=place.absolute()))
    with subprocess.Popen([program, "-D", "-f", config.absolute(), "-E", log.absolute()]) as process:
        try:
            while not _listens(port):
                if process.poll() is not None:
                    raise RuntimeError(f"sshd did not start: {log.read_text()}")
            yield Sshd(process, port)
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
