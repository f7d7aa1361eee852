"""The clock of the machine is set while somebody is at a host: access ends at its end all the same."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from admit.base.clock import SystemClock
from admit.core.validity import MINUTE, SECOND, Millis
from admit.main import create
from admit.settings import Settings
from tests.served import Caller, serving
from tests.ssh.office import Office
from tests.ssh.target import target

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
STEP = 10 * MINUTE
"""Less than signed requests may be off."""


@dataclass
class Machine:
    """A server on a machine whose clock can be set."""

    office: Office
    file: Path

    def set(self, span: Millis) -> None:
        """Set the clock, by so much from what is right."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{span / SECOND:+.3f}")
        new.rename(self.file)

    def grant(self, lasting: Millis) -> None:
        """Let bob in until the end of a span that begins now."""
        end = SystemClock().now() + lasting
        self.office.caller.call(*("admit", "GrantAccess"), Subject="bob", Resource=self.resource, EndTime=end)

    @property
    def resource(self) -> str:
        return f"{self.office.target.account}@db-1"

    @contextmanager
    def shell(self) -> Iterator["subprocess.Popen[bytes]"]:
        """bob is at the host: what he types comes back."""
        line = [
            *("ssh", *self.office.options("bob"), "-p", str(self.office.port)),
            *(f"bob+{self.office.target.account}+db-1@127.0.0.1", "cat"),
        ]
        with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(b"hello\n")
                process.stdin.flush()
                assert process.stdout.readline() == b"hello\n"
                yield process
            finally:
                process.kill()

    def is_over(self, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
        """How the session ended, once nothing comes of it any more."""
        assert process.stdout is not None
        assert process.stdout.read() == b""
        found: list[dict[str, Any]] = []
        while not found:
            sessions = self.office.caller.call("admit", "ListSessions", Person="bob")["Sessions"]
            found = [each for each in sessions[:1] if each.get("EndedAt")]
        return found[0]

    def may(self) -> bool:
        """Whether bob may go there."""
        answer = self.office.caller.call("admit", "CheckAccess", Person="bob", Resource=self.resource)
        return bool(answer["Decision"]["Allowed"])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    file = tmp_path / "clock"
    file.write_text("+0")
    founded = create(Settings(data=tmp_path / "data"))
    faked = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "ADMIT_STREAMING": "false",
    }
    with (
        target(tmp_path / "target") as host,
        serving(tmp_path / "data", "--ssh", "127.0.0.1:0", **faked) as served,
    ):
        office = Office(served, Caller(served.urls["http"], founded), tmp_path, host)
        office.furnish()
        yield Machine(office, file)
        office.caller.connection.close()


def test_a_clock_that_is_set_back_lets_nobody_stay(machine: Machine) -> None:
    machine.grant(lasting=8 * SECOND)
    assert machine.may()
    with machine.shell() as shell:
        machine.set(-STEP)
        # By the clock there are ten minutes left. The test would run into its own limit.
        assert machine.is_over(shell)["Outcome"] == "expired"
    assert not machine.may()


def test_a_clock_that_is_set_forward_ends_what_has_ended_by_it(machine: Machine) -> None:
    machine.grant(lasting=STEP - MINUTE)
    with machine.shell() as shell:
        assert machine.may()
        machine.set(STEP)
        assert machine.is_over(shell)["Outcome"] == "expired"
    assert not machine.may()
