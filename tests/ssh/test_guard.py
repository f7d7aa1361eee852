"""The guard-rail on a shell: what the shell is given, and what the person is told."""

import json
from collections.abc import Iterator

import pytest

from admit.core.command_line import CLEAR, LONGEST
from admit.core.commands import Acl, Commands
from admit.ssh.guard import REFUSALS, Guard, guard_for
from tests.ssh.office import Office

COMMANDS = Commands(Acl.BLACK, ("rm",), ("reboot",))


class Shell:
    """What a shell was given, and the person told."""

    def __init__(self, *, edited: bool) -> None:
        self.given = b""
        self.told: list[str] = []
        self.guard: Guard = guard_for(COMMANDS.judge_typed, self._give, self.told.append, edited=edited)

    def _give(self, data: bytes) -> None:
        self.given += data


def test_a_terminal_s_line_that_may_not_run_is_taken_back() -> None:
    shell = Shell(edited=True)
    for keys in (b"l", b"s\r", b"rm x", b"\r", b"id\r", b"reboot\rid\r"):
        shell.guard.typed(keys)
    shell.guard.ended()
    assert shell.given == b"ls\r" + b"rm x" + CLEAR + b"id\r" + CLEAR + b"id\r"
    assert shell.told == [f"\r\n{text}" for text in REFUSALS.values()]


def test_without_a_terminal_only_whole_lines_are_given_and_none_that_may_not_run() -> None:
    shell = Shell(edited=False)
    for data in (b"ls\nr", b"m x\nid\n", b"echo \x15rm\n", b"rm \x15ls\n", b"uptime"):
        shell.guard.typed(data)
    assert shell.given == b"ls\nid\necho \x15rm\n"
    shell.guard.ended()
    assert shell.given.endswith(b"uptime")
    assert len(shell.told) == 2


def test_the_last_line_is_judged_too_and_one_without_an_end_is_not_kept() -> None:
    shell = Shell(edited=False)
    shell.guard.typed(b"x" * (LONGEST + 1))
    shell.guard.typed(b"rm x")
    shell.guard.ended()
    assert shell.given == b""
    assert len(shell.told) == 2


@pytest.fixture
def guarded(served_office: Office) -> Iterator[Office]:
    """The office while a control policy denies rm to everybody."""
    made = served_office.call("CreatePolicy", PolicyName="guard")["PolicyId"]
    served_office.call("SetPolicyUserScope", PolicyId=made, ScopeType="All")
    served_office.call("SetPolicyAssetScope", PolicyId=made, ScopeType="All")
    denied = json.dumps({"Deny": {"AclType": "black", "Commands": ["rm"]}})
    served_office.call("SetPolicyCommandConfig", PolicyId=made, CommandConfig=denied)
    yield served_office
    served_office.call("DeletePolicy", PolicyId=made)


@pytest.mark.parametrize("terminal", ["-T", "-tt"])
def test_a_denied_command_is_not_run_by_a_real_shell(guarded: Office, terminal: str) -> None:
    kept = guarded.directory / f"kept{terminal}"
    kept.write_text("x")
    typed = f"echo before-$((20+1))\nrm {kept}\necho after-$((20+2))\nexit 7\n"
    ended = guarded.ssh(guarded.on_db_1, terminal, input=typed.encode())
    assert kept.exists()
    assert b"before-21" in ended.stdout
    assert b"after-22" in ended.stdout
    assert b"a control policy does not allow this command" in ended.stdout + ended.stderr
    assert ended.returncode == 7
