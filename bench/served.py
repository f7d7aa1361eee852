"""Real serving processes, and calls that are signed beforehand."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import urlsplit
from urllib.request import urlopen

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.main import SERVICES
from admit.rpc.signing import Call, SigningKey, sign_acs3
from bench import emulation

VERSIONS = {service.product: service.version for service in SERVICES}


@dataclass(frozen=True, slots=True)
class Served:
    """A serving process that has said it is ready."""

    process: subprocess.Popen[str]
    address: str
    started_s: float
    """From its start to its saying so."""
    ports: Mapping[str, int]
    """Where it serves, by scheme."""

    def wait_for_index(self) -> None:
        """Until it answers questions from memory: it loads the index when it has begun to serve."""
        while not self._indexed():
            sleep(0.1)

    def _indexed(self) -> bool:
        with urlopen(f"http://{self.address}/metrics") as told:
            lines = told.read().decode().splitlines()
        return any(line.startswith("admit_index_revision ") and not line.endswith(" 0.0") for line in lines)

    def memory_mb(self) -> float:
        """What it keeps in memory, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def cpu_s(self) -> float:
        """How long it has kept a processor busy so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def proportional_kb(self) -> float:
        """What it keeps in memory, in KB; of what it shares with others its part."""
        told = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in told if line.startswith("Pss:"))


@contextmanager
def serving(line: Sequence[str], log: Path) -> Iterator[Served]:
    """A program that says where it serves, until the block ends; what it logs goes to a file."""
    # As it is installed: what was compiled once is not compiled at every start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = perf_counter()
    with (
        log.open("ab") as file,
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=file, text=True, env=environment) as process,
    ):
        try:
            ready = "" if process.stdout is None else process.stdout.readline()
            started_s = perf_counter() - began
            if "ready" not in ready:
                raise RuntimeError(f"{' '.join(line)} did not start: {log.read_text()[-2000:]}")
            urls = [urlsplit(word) for word in ready.split() if "://" in word]
            ports = {url.scheme: url.port or 0 for url in urls}
            yield Served(process, urls[0].netloc, started_s, ports)
        finally:
            process.terminate()


def admit_serve(data: Path) -> list[str]:
    """How admit is started: on a free port, otherwise as it comes."""
    flags = ["--data", str(data), "--http", "127.0.0.1:0", "--https", "", "--ssh", ""]
    return [sys.executable, "-m", "admit.cli", "serve", *flags]


def floor_serve(key: SigningKey) -> list[str]:
    """How the floors of the server are started."""
    return [sys.executable, "-m", "bench.floor_server", key.access_key_id, key.secret]


def moto_serve() -> list[str]:
    """How the emulation peer is started."""
    return [str(emulation.PYTHON), "-m", "bench.peer_moto"]


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes requests that are signed and ready to be sent."""

    address: str
    key: SigningKey
    chance: Chance

    def request(self, product: str, action: str, *, path: str = "/", **parameters: str) -> bytes:
        """One request, with a nonce of its own."""
        now, nonce = SystemClock().now(), self.chance.text(32)
        call = Call("POST", self.address, action, VERSIONS[product], {}, parameters, now, nonce)
        signed = sign_acs3(call, self.key)
        headers = {**signed.headers, "content-length": str(len(signed.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + signed.body
