"""``make bench`` runs: what is measured once in a while breaks unseen."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench import jump, peers
from bench.rows import answers

PEERS = ("pycasbin, fast enforcer, 200 grants", "Cedar (cedarpy), 200 grants")
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(240)
def test_a_small_system_is_measured_in_every_row():
    line = [sys.executable, "-m", "bench", "--size", "200", "--rounds", "1", "--json"]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    figures = {each["name"]: each for each in msgspec.json.decode(ran.stdout)["figures"]}
    expected = {row.name for row in answers("200 grants")}
    assert set(figures) >= (expected if peers.installed() else expected - set(PEERS))
    assert all(each["value"] > 0 for each in figures.values())


def ran(*line: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *line], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ended(told: str) -> set[tuple[str, str]]:
    """The door and the number in each line of a table of ends."""
    lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in told.splitlines()]
    assert lines[0][2:6] == ["ended by", "p50 ms", "p99 ms", "max ms"]
    assert all(float(cell) >= 0 for line in lines[2:] for cell in line[3:7])
    return {(line[0], line[1]) for line in lines[2:]}


def test_a_few_sessions_are_ended_by_every_change():
    told = ran("bench.cuts", "--sessions", "3", "--people", "2", "--settled", "0.2")
    assert ended(told) == {("SSH", "3")}
    assert len(told.splitlines()) == 2 + 6


def test_a_few_sign_ins_are_ended_by_every_change():
    told = ran("bench.sign_in_cuts", "--people", "2")
    assert ended(told) == {("sign-in", "2")}
    assert len(told.splitlines()) == 2 + 4


def test_activity_is_measured_as_it_is_written_and_as_it_is_found():
    told = ran("bench.activity", "--rows", "5000", "--rounds", "1")
    assert [line.split()[1] for line in told.splitlines()[2:]] == ["a"] * 6 + ["found,"] * 4


def test_the_gate_is_measured_next_to_a_jump_in_every_row():
    told = ran("bench.jump", "--rounds", "1", "--opens", "1", "--megabytes", "1", "--sessions", "2")
    assert [line.split(" | ")[0].strip("| ") for line in told.splitlines()[2:]] == [
        row.name for row in jump.rows(2)
    ]
