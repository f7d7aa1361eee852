"""Measures everything in interleaved rounds and prints the table."""

import argparse
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec

from admit.base.chance import Chance
from admit.cli.client import Client
from admit.cli.local import local
from admit.main import create, open_admit
from admit.rpc.signing import SigningKey
from admit.settings import load
from bench import calls, commits, decisions, emulation
from bench.bulk import BULK, fill_in_bulk
from bench.calls import Caller
from bench.figures import Figure, Measured, figures, table
from bench.filling import AT_ONCE, Filled, Size, fill
from bench.rows import PROCESS, RATES, answers
from bench.served import Served, Signer, admit_serve, floor_serve, moto_serve, serving

PLACE = Path("var")
"""Beside the sources: a temporary directory may be in memory, where nothing is durable."""
QUESTIONS = 1_000
LARGE = 10_000
"""The smallest system with this many grants also tells rates: it has room for as many more."""


def main() -> None:
    """Measure."""
    asked = _arguments()
    measured = Measured()
    sizes = [Size(each) for each in sorted(set(asked.size or [1_000, 100_000]))]
    sizes += [Size(1_000_000)] * bool(asked.full) + [Size(10_000_000)] * bool(asked.large)
    PLACE.mkdir(exist_ok=True)
    began = perf_counter()
    with TemporaryDirectory(dir=PLACE, prefix="bench-") as place:
        for size in sizes:
            rates = size == next((each for each in sizes if LARGE <= each.grants < BULK), None)
            filled = _filled(Path(place) / str(size.grants), size, asked.rounds, measured)
            if not asked.decisions:
                _served(Path(place) / str(size.grants), filled, asked.rounds, measured, rates=rates)
    rows = [*RATES, *PROCESS, *(row for size in sizes for row in answers(_called(size)))]
    found = list(figures(rows, measured))
    machine = _machine() | {"seconds": round(perf_counter() - began), "rounds": asked.rounds}
    if asked.json:
        report = {"machine": machine, "figures": [asdict(each) for each in found]}
        print(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        _show(found, machine)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure admit on this machine.")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each is measured (3); medians are told"
    )
    parser.add_argument("--size", type=int, action="append", help="grants in the system; may be repeated")
    parser.add_argument("--full", action="store_true", help="also a million grants: some minutes more")
    parser.add_argument("--large", action="store_true", help="also ten million, filled past the ledger")
    parser.add_argument("--decisions", action="store_true", help="decisions in process alone")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _called(size: Size) -> str:
    return f"{size.grants:,} grants"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class _Full:
    """A system that was filled, and the key to it."""

    name: str
    filled: Filled
    key: SigningKey
    token: str
    """Of a program that may ask over AuthZEN."""


def _filled(place: Path, size: Size, rounds: int, measured: Measured) -> _Full:
    """Fill one system, and measure decisions in it."""
    name = _called(size)
    began = perf_counter()
    settings = load({"data": place})
    founded = create(settings)
    admit = open_admit(settings)
    try:
        in_bulk = size.grants >= BULK
        filled = fill_in_bulk(admit, size) if in_bulk else fill(admit, size)
        took_s = perf_counter() - began
        measured.add(f"filled, {name}", took_s)
        _say(f"{name} and {size.people:,} people written in {took_s:.1f} s")
        questions = filled.questions(QUESTIONS)
        for _ in range(rounds):
            decisions.measure(admit, questions, name, measured)
    finally:
        admit.close()
    measured.add(f"a link on disk, {name}", commits.bytes_of(settings.database_file, "links"))
    if not in_bulk:
        measured.add(f"grants with history and ledger, {name}", filled.granted_s)
        insert_s = commits.sorted_insert(place / "sorted.db", size.grants)
        measured.add(f"bare sorted insert, {name}", insert_s)
        alone_s = commits.rows_alone(place / "alone.db", settings.database_file, size.grants, AT_ONCE)
        measured.add(f"those grants' rows alone, {name}", alone_s)
        of_an_entry = commits.bytes_of(settings.database_file, "changes")
        measured.add(f"an entry of the ledger on disk, {name}", of_an_entry)
    with local(settings) as client:
        token = asking_program(client)
    return _Full(name, filled, SigningKey(founded.access_key_id, founded.access_key_secret), token)


def asking_program(client: Client) -> str:
    """The bearer token of a program that may ask for decisions."""
    may = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "admit:Evaluate", "Resource": "*"}]}
    client.call("ram", "CreateUser", UserName="program")
    client.call("ram", "CreatePolicy", PolicyName="ask", PolicyDocument=msgspec.json.encode(may).decode())
    client.call("ram", "AttachPolicyToUser", PolicyType="Custom", PolicyName="ask", UserName="program")
    return str(client.call("admit", "CreateBearerToken", UserName="program", Name="bench")["Token"])


def _served(place: Path, full: _Full, rounds: int, measured: Measured, *, rates: bool) -> None:
    """Serve it, and measure calls."""
    if rates:
        _starts(place, rounds, measured)
    with _callers(place, full, peers=rates) as (caller, served):
        served.wait_for_index()
        grants = caller.grants()
        for number in range(rounds):
            _say(f"{full.name}: round {number + 1} of {rounds}")
            if rates:
                _commits(place, measured)
                calls.measure_rates(caller, grants, measured)
            calls.measure_answers(caller, full.name, measured)
        measured.add(f"memory of the server, {full.name}", served.memory_mb())
        if rates:
            measured.add("memory, after the load", served.memory_mb())


@contextmanager
def _callers(place: Path, full: _Full, *, peers: bool) -> Iterator[tuple[Caller, Served]]:
    log, key, chance = place / "log", full.key, Chance()
    with ExitStack() as started:
        floor = started.enter_context(serving(floor_serve(key), log))
        served = started.enter_context(serving(admit_serve(place), log))
        moto = None
        if peers and emulation.installed():
            moto = started.enter_context(serving(moto_serve(), log)).address
        signers = (Signer(each.address, key, chance) for each in (served, floor))
        yield Caller(full.filled, *signers, full.token, moto), served


def _starts(place: Path, rounds: int, measured: Measured) -> None:
    for _ in range(rounds):
        with serving(admit_serve(place), place / "log") as served:
            measured.add("start to ready", served.started_s)
            measured.add("memory, idle", served.memory_mb())


def _commits(place: Path, measured: Measured) -> None:
    floors = place / "floors.db"
    measured.add("device, 4 KB and fdatasync", commits.device_writes(place / "device", 2_000))
    measured.add("commit", commits.plain_commits(floors, 2_000))
    measured.add("group commit, 64 callers", commits.group_commits(floors, 10_000, 64))


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "processor": next(
            (
                line.partition(": ")[2]
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if "model name" in line
            ),
            platform.processor(),
        ),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load before and after": [round(each, 1) for each in os.getloadavg()],
    }


def _show(found: list[Figure], machine: dict[str, object]) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print()
    print(table(found))


if __name__ == "__main__":
    main()
