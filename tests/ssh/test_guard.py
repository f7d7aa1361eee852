"""The guard-rail on a shell: what the shell is given, and what the person is told."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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
        self.guard: Guard = guard_for(COMMANDS.judge_typed, self._give, self.told.append, None, edited=edited)

    def end(self) -> None:
        self.given += b"<end>"

    def _give(self, data: bytes) -> None:
        self.given += data


def test_a_terminal_s_line_that_may_not_run_is_taken_back() -> None:
    shell = Shell(edited=True)
    for keys in (b"l", b"s\r", b"rm x", b"\r", b"id\r", b"reboot\rid\r"):
        shell.guard.typed(keys)
    shell.guard.ended(shell.end)
    assert shell.given == b"ls\r" + b"rm x" + CLEAR + b"id\r" + CLEAR + b"id\r<end>"
    assert shell.told == [f"\r\n{text}" for text in REFUSALS.values()]


def test_without_a_terminal_only_whole_lines_are_given_and_none_that_may_not_run() -> None:
    shell = Shell(edited=False)
    for data in (b"ls\nr", b"m x\nid\n", b"echo \x15rm\n", b"rm \x15ls\n", b"uptime"):
        shell.guard.typed(data)
    assert shell.given == b"ls\nid\necho \x15rm\n"
    shell.guard.ended(shell.end)
    assert shell.given.endswith(b"uptime<end>")
    assert len(shell.told) == 2


def test_the_last_line_is_judged_too_and_one_without_an_end_is_not_kept() -> None:
    shell = Shell(edited=False)
    shell.guard.typed(b"x" * (LONGEST + 1))
    shell.guard.typed(b"rm x")
    shell.guard.ended(shell.end)
    assert shell.given == b"<end>"
    assert len(shell.told) == 2


class Asked(Shell):
    """The same with somebody to ask."""

    def __init__(self) -> None:
        super().__init__(edited=True)
        self.asked: list[str] = []
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.guard = guard_for(COMMANDS.judge_typed, self._give, self.told.append, self._ask, edited=True)

    async def _ask(self, command: str) -> bool:
        self.asked.append(command)
        return await self.answer

    async def asking(self) -> None:
        """Until somebody is asked."""
        async with asyncio.timeout(10):
            while not self.asked:
                await asyncio.to_thread(lambda: None)

    async def decide(self, *, accept: bool) -> None:
        """Answer, and let it be heard."""
        if not self.answer.done():
            self.answer.set_result(accept)
        await asyncio.to_thread(lambda: None)
        await asyncio.to_thread(lambda: None)


@pytest.mark.parametrize("accept", [True, False])
def test_a_line_that_needs_an_approval_waits_for_it_and_so_does_what_comes_after(*, accept: bool) -> None:
    async def story() -> Asked:
        shell = Asked()
        shell.guard.typed(b"reboot now\rid\r")
        await shell.asking()
        shell.guard.typed(b"ls\r")
        shell.guard.ended(shell.end)
        assert shell.given == b""
        await shell.decide(accept=accept)
        return shell

    shell = asyncio.run(story())
    assert shell.asked == ["reboot now"]
    assert shell.given == (b"reboot now\r" if accept else CLEAR) + b"id\rls\r<end>"
    assert len(shell.told) == (1 if accept else 2)


def test_ctrl_c_gives_up_what_waits_and_so_does_the_end_of_the_session() -> None:
    async def story() -> Asked:
        shell = Asked()
        shell.guard.typed(b"reboot\r")
        await shell.asking()
        shell.guard.typed(b"x\x03")
        await shell.decide(accept=True)
        return shell

    async def ending() -> Asked:
        shell = Asked()
        shell.guard.typed(b"reboot\r")
        await shell.asking()
        shell.guard.close()
        await shell.decide(accept=True)
        shell.guard.typed(b"")
        return shell

    assert asyncio.run(story()).given == CLEAR
    assert asyncio.run(ending()).given == b""


@pytest.fixture
def guarded(either_office: Office) -> Iterator[Office]:
    """The office while a control policy denies rm to everybody."""
    made = either_office.call("CreatePolicy", PolicyName="guard")["PolicyId"]
    either_office.call("SetPolicyUserScope", PolicyId=made, ScopeType="All")
    either_office.call("SetPolicyAssetScope", PolicyId=made, ScopeType="All")
    denied = json.dumps(
        {"Deny": {"AclType": "black", "Commands": ["rm"]}, "Approval": {"Commands": ["touch"]}}
    )
    either_office.call("SetPolicyCommandConfig", PolicyId=made, CommandConfig=denied)
    yield either_office
    either_office.call("DeletePolicy", PolicyId=made)


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


def test_a_held_command_is_run_by_a_real_shell_once_somebody_accepts_it(guarded: Office) -> None:
    made = guarded.directory / "made"
    typed = f"touch {made}\nexit 7\n"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(guarded.ssh, guarded.on_db_1, "-tt", input=typed.encode())
        waiting: list[dict[str, str]] = []
        while not waiting and not running.done():
            waiting = guarded.call("ListApproveCommands", PageNumber="1", PageSize="10")["ApproveCommands"]
        assert [each["Command"] for each in waiting] == [f"touch {made}"]
        assert not made.exists()
        guarded.call("AcceptApproveCommand", CommandId=waiting[0]["ApproveCommandId"])
        ended = running.result()
    assert made.exists()
    assert ended.returncode == 7
