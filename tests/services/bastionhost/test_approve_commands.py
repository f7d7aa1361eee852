"""Commands that wait in a live session: who decides, and what the door is told."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from admit.control.live.held_commands import PATIENCE, HeldCommandDetails, HeldCommands
from admit.core.links import Kind
from admit.core.validity import SECOND
from admit.store import things as stored
from tests.services.bastionhost.gate import Gate
from tests.system import Refused, System

RAM_ID = "20000000000000001"


class Desk(Gate):
    """A bastion host with alice, who wants to run things on db-1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.alice = self.ram_user("alice", RAM_ID)
        self.asker, self.db = self.user("alice", ram_id=RAM_ID), self.host()
        admit = self.system.admit
        self.held = HeldCommands(admit.store, admit.world)

    def run(self, command: str) -> "asyncio.Task[bool]":
        """A command of alice's that a session holds."""
        details = HeldCommandDetails(self.asker, "alice", self.db, "root", "10.0.0.7", "s-1", command)
        return asyncio.create_task(self.held.accepted(self.thing(Kind.HOST, self.db), details))

    def waiting(self, **more: Any) -> list[dict[str, Any]]:
        """The commands that wait, as they are told."""
        page = {"PageNumber": "1", "PageSize": "20"} | more
        return list(self.call("ListApproveCommands", **page)["ApproveCommands"])

    async def waited(self, many: int = 1) -> list[dict[str, Any]]:
        """The same, once there are so many."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            while len(found) != many:
                found = await asyncio.to_thread(self.waiting)
        return found


@pytest.fixture
def desk(system: System) -> Desk:
    """A bastion host."""
    return Desk(system)


def test_a_command_runs_when_somebody_accepts_it_and_not_when_they_reject_it(desk: Desk) -> None:
    async def story() -> list[bool]:
        answers = []
        for action in ("AcceptApproveCommand", "RejectApproveCommand"):
            running = desk.run("reboot")
            (told,) = await desk.waited()
            await asyncio.to_thread(desk.call, action, CommandId=told["ApproveCommandId"])
            answers.append(await running)
            assert await desk.waited(0) == []
        return answers

    assert asyncio.run(story()) == [True, False]


def test_a_command_that_waits_is_told_with_who_and_where(desk: Desk) -> None:
    async def story() -> list[dict[str, Any]]:
        running = desk.run("reboot now")
        told = await desk.waited()
        running.cancel()
        return told

    (told,) = asyncio.run(story())
    assert told.pop("ApproveCommandId").isdecimal()
    assert told == {
        "State": "Wait",
        "Command": "reboot now",
        "ClientUser": "alice",
        "ClientIp": "10.0.0.7",
        "SessionId": "s-1",
        "AssetName": "db-1",
        "AssetIp": "10.0.0.5",
        "AssetAccountName": "root",
        "ProtocolName": "SSH",
        "CreateTime": str(desk.system.clock.now() // SECOND),
    }


def test_commands_are_listed_oldest_first_and_by_page(desk: Desk) -> None:
    async def story() -> None:
        one = desk.run("one")
        await desk.waited(1)
        two = desk.run("two")
        told = await desk.waited(2)
        assert [each["Command"] for each in told] == ["one", "two"]
        page = await asyncio.to_thread(lambda: desk.waiting(PageNumber="2", PageSize="1"))
        assert [each["Command"] for each in page] == ["two"]
        await asyncio.to_thread(desk.call, "DeleteHost", HostId=desk.db)
        assert await asyncio.to_thread(desk.waiting) == []
        one.cancel()
        two.cancel()

    asyncio.run(story())


def refusal(desk: Desk, action: str, command: str, **more: Any) -> str:
    """Why a decision is refused; nothing changes."""
    before = desk.system.revision()
    with pytest.raises(Refused) as refused:
        desk.call(action, CommandId=command, **more)
    assert desk.system.revision() == before
    assert refused.value.code == "InvalidParameter"
    return str(refused.value.message).rpartition("CommandId: ")[2]


ACTIONS = ("AcceptApproveCommand", "RejectApproveCommand")


def test_nobody_decides_on_a_command_of_their_own_nor_on_none(desk: Desk) -> None:
    async def story() -> list[str]:
        running = desk.run("reboot")
        (told,) = await desk.waited()
        command = told["ApproveCommandId"]

        def refusals() -> list[str]:
            own = [refusal(desk, action, command, key=desk.alice) for action in ACTIONS]
            return own + [refusal(desk, action, "404") for action in ACTIONS]

        found = await asyncio.to_thread(refusals)
        running.cancel()
        return found

    own, absent = "nobody decides on a command of their own.", "no such command waits."
    assert asyncio.run(story()) == [own, own, absent, absent]


def states(desk: Desk) -> list[str]:
    """What became of every command."""
    with desk.system.admit.store.read() as sql:
        found = stored.find(sql, stored.Where(Kind.HELD_COMMAND, parent=desk.bastion.key))
    return [each.read(HeldCommandDetails).state for each in found]


@pytest.mark.parametrize("end", ["waits too long", "session ends"])
def test_a_command_that_nobody_waits_for_any_more_cannot_be_decided(desk: Desk, end: str) -> None:
    async def story() -> str:
        running = desk.run("reboot")
        (told,) = await desk.waited()
        if end == "waits too long":
            desk.system.advance(PATIENCE)
            assert await asyncio.to_thread(desk.waiting) == []
            # Any change wakes whoever waits: they see what the time is.
            await asyncio.to_thread(desk.group)
            assert await running is False
        else:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        async with asyncio.timeout(10):
            while states(desk) != ["Withdrawn"]:
                await asyncio.to_thread(lambda: None)
        return str(told["ApproveCommandId"])

    command = asyncio.run(story())
    assert desk.waiting() == []
    assert {refusal(desk, action, command) for action in ACTIONS} == {"no such command waits."}
