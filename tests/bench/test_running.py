"""``make bench`` runs: what is measured once in a while breaks unseen."""

import subprocess
import sys
from pathlib import Path

import msgspec

from bench.rows import answers

ROOT = Path(__file__).parents[2]


def test_a_small_system_is_measured_in_every_row():
    line = [sys.executable, "-m", "bench", "--size", "200", "--rounds", "1", "--json"]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    figures = {each["name"]: each for each in msgspec.json.decode(ran.stdout)["figures"]}
    assert {row.name for row in answers("200 grants")} <= set(figures)
    assert all(each["value"] > 0 for each in figures.values())
