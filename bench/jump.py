"""The gate next to ``ssh -J`` through a real sshd: opening, throughput, processor, memory, in one run.

The client is OpenSSH's, the host a real sshd, and all are on this machine. ``ssh -J`` only forwards a
connection; the gate takes it in, decides, and records it where it is told to. Of a session without a
terminal the first megabyte is recorded.
"""

import argparse
import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Protocol

import asyncssh

from bench.figures import Measured, Row, Target, figures, table
from bench.office import Office, gate, keys
from bench.sshd import Sshd, sshd

MB = 1_000_000
CIPHERS = {"gcm": "aes128-gcm@openssh.com", "chacha": "chacha20-poly1305@openssh.com"}
JUMP, GATE, RECORDED = "ssh -J", "gate", "gate, recorded"
WAYS = (JUMP, GATE, RECORDED)
CONFIG = """\
Host *
  HostName 127.0.0.1
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  IdentitiesOnly yes
  IdentityAgent none
  BatchMode yes
"""


class Middle(Protocol):
    """What stands between client and host."""

    def cpu_s(self) -> float:
        """How long it has kept a processor busy."""
        ...

    def proportional_kb(self) -> float:
        """What it keeps in memory."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """All that is running."""

    place: Path
    host: Sshd
    middle: Sshd
    gates: dict[str, Office]

    def line(self, way: str, *words: str) -> list[str]:
        """The command that goes a way to the host."""
        ends = {JUMP: ["-J", "middle", "host"], GATE: ["gate"], RECORDED: ["recorded"], "direct": ["host"]}
        return ["ssh", "-F", str(self.place / "config"), *ends[way], *words]

    def between(self, way: str) -> Middle:
        """What a way leads through."""
        return self.middle if way == JUMP else self.gates[way].served

    def configure(self) -> None:
        """Write what ``ssh`` reads."""
        ends = [("host", self.host.login, self.host.port, "key")]
        ends.append(("middle", self.host.login, self.middle.port, "key"))
        for name, way in (("gate", GATE), ("recorded", RECORDED)):
            office = self.gates[way]
            ends.append((name, office.name(0), office.served.ports["ssh"], f"{name}/user-0"))
        told = "".join(
            f"Host {name}\n  User {user}\n  Port {port}\n  IdentityFile {self.place.absolute()}/{key}\n"
            for name, user, port, key in ends
        )
        (self.place / "config").write_text(told + CONFIG)


def rows(sessions: int) -> Iterator[Row]:
    """The lines of the table."""
    half, more, at_most = Target("times", 0.5), Target("share", 1.5), Target("times", 1.5)
    yield Row("open, direct", "ms")
    yield Row(f"open, {JUMP}", "ms", "open, direct")
    for way in (GATE, RECORDED):
        yield Row(f"open, {way}, first of all", "ms", f"open, {JUMP}")
        yield Row(f"open, {way}", "ms", f"open, {JUMP}", half)
    for cipher in CIPHERS:
        for direction in ("down", "up"):
            floor = f"{direction}, {cipher}, {JUMP}"
            yield Row(floor, "MB/s")
            for way in (GATE, RECORDED):
                yield Row(f"{direction}, {cipher}, {way}", "MB/s", floor, more)
            yield Row(f"{floor}, CPU", "s/GB")
            for way in (GATE, RECORDED):
                yield Row(f"{direction}, {cipher}, {way}, CPU", "s/GB", f"{floor}, CPU", at_most)
    yield Row(_memory(JUMP, sessions), "KB")
    for way in (GATE, RECORDED):
        yield Row(_memory(way, sessions), "KB", _memory(JUMP, sessions), Target("amount", 100))


def _memory(way: str, sessions: int) -> str:
    many = _jumps(sessions) if way == JUMP else sessions
    return f"memory of an idle session, {way}, {many} of them"


def _jumps(sessions: int) -> int:
    """How many sessions sshd is measured with: each has two processes of its own, and costs the same."""
    return min(sessions, 50)


def _opening(stage: Stage, way: str) -> float:
    began = perf_counter()
    subprocess.run(stage.line(way, "true"), check=True, stdin=subprocess.DEVNULL)
    return (perf_counter() - began) * 1000


def _bulk(stage: Stage, way: str, cipher: str, size_mb: int, measured: Measured) -> None:
    size, between = size_mb * MB, stage.between(way)
    for direction in ("down", "up"):
        words = ["-c", CIPHERS[cipher]]
        line = stage.line(way, f"head -c {size} /dev/zero" if direction == "down" else "cat >/dev/null")
        line[3:3] = words
        cpu_s, began = between.cpu_s(), perf_counter()
        with ExitStack() as feeding:
            source: Any = subprocess.DEVNULL
            if direction == "up":
                feed = ["head", "-c", str(size), "/dev/zero"]
                source = feeding.enter_context(subprocess.Popen(feed, stdout=subprocess.PIPE)).stdout
            subprocess.run(line, check=True, stdin=source, stdout=subprocess.DEVNULL)
        took_s = perf_counter() - began
        measured.add(f"{direction}, {cipher}, {way}", size_mb / took_s)
        measured.add(f"{direction}, {cipher}, {way}, CPU", (between.cpu_s() - cpu_s) / (size / 1e9))


async def _idle_at_gate(office: Office, sessions: int) -> float:
    before = office.served.proportional_kb()
    clients = await office.clients(sessions)
    for client in clients:
        await client.create_session(asyncssh.SSHClientSession, encoding=None)
    await office.until_live(sessions)
    held = (office.served.proportional_kb() - before) / sessions
    for client in clients:
        client.abort()
    await office.until_live(0)
    return held


async def _idle_at_jump(stage: Stage, sessions: int) -> float:
    before = stage.middle.proportional_kb()
    options: dict[str, Any] = {"config": None, "known_hosts": None, "agent_path": None}
    options |= {"username": stage.host.login, "client_keys": [str(stage.place / "key")]}
    clients = []
    for _ in range(sessions):
        middle = await asyncssh.connect("127.0.0.1", stage.middle.port, **options)
        clients.append(await asyncssh.connect("127.0.0.1", stage.host.port, tunnel=middle, **options))
        await clients[-1].create_session(asyncssh.SSHClientSession, encoding=None)
        clients.append(middle)
    held = (stage.middle.proportional_kb() - before) / sessions
    for client in clients:
        client.abort()
    return held


def _rounds(stage: Stage, asked: argparse.Namespace, measured: Measured) -> None:
    for way in (GATE, RECORDED):
        measured.add(f"open, {way}, first of all", _opening(stage, way))
    for _ in range(asked.rounds):
        for _ in range(asked.opens):
            for way in ("direct", *WAYS):
                measured.add(f"open, {way}", _opening(stage, way))
        for cipher in CIPHERS:
            for way in WAYS:
                _bulk(stage, way, cipher, asked.megabytes, measured)
    measured.add(_memory(JUMP, asked.sessions), asyncio.run(_idle_at_jump(stage, _jumps(asked.sessions))))
    for way in (GATE, RECORDED):
        held = asyncio.run(_idle_at_gate(stage.gates[way], asked.sessions))
        measured.add(_memory(way, asked.sessions), held)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.jump", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--opens", type=int, default=10, help="sessions opened each way in a round (10)")
    parser.add_argument("--megabytes", type=int, default=300, help="how much goes each way (300)")
    parser.add_argument("--sessions", type=int, default=500, help="idle sessions (500)")
    asked, measured = parser.parse_args(), Measured()
    Path("var").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="var", prefix="jump-") as directory, ExitStack() as stack:
        place = Path(directory)
        keys(place)
        host, middle = (stack.enter_context(sshd(place, name)) for name in ("host", "middle"))
        gates = {}
        for way, name, recording in ((GATE, "gate", "off"), (RECORDED, "recorded", "required")):
            (place / name).mkdir()
            (place / name / "key").write_bytes((place / "key").read_bytes())
            gates[way] = stack.enter_context(
                gate(place / name, f'ssh_recording = "{recording}"\n', login=host.login)
            )
            gates[way].furnish(host.port, 1)
            gates[way].give()
        stage = Stage(place, host, middle, gates)
        stage.configure()
        _rounds(stage, asked, measured)
    print(table(figures(rows(asked.sessions), measured)))


if __name__ == "__main__":
    main()
