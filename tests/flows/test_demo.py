"""The example that `make demo` runs does all it says, with the vendor's own SDK."""

import subprocess
import sys

import pytest


@pytest.mark.timeout(180)
def test_the_example_walks_through_and_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "admit.cli", "demo", "--once"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("alice@example.com", "group:dba", "access has not begun yet", "The ledger is whole"):
        assert told in done.stdout
