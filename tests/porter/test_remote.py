"""A gate of its own and the control plane: what holds between them, and what becomes of it when it breaks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from admit.core.commands import Acl, Commands, Verdict
from admit.core.recordings import Opening, RecordingRefused
from admit.core.restrictions import Channel
from admit.core.transfers import Transfer
from admit.core.validity import FOREVER
from admit.porter.asks import Away, Refused, What
from admit.porter.line import LOST, STOPPED
from admit.porter.names import Wanted
from admit.porter.remote import RemotePorter
from tests.control.live.watched import until
from tests.porter.counter import Counter, counter
from tests.porter.lobby import HOME, PASSWORD, Lobby, Screen
from tests.system import System

Story = Callable[[Counter, RemotePorter], Awaitable[None]]


def play(lobby: Lobby, story: Story) -> None:
    async def played() -> None:
        async with counter(lobby) as there, there.remote() as porter:
            await story(there, porter)

    asyncio.run(played())


def ended(lobby: Lobby) -> list[tuple[str, str]]:
    listed = lobby.system.call("admit", "ListSessions")["Sessions"]
    return [(each["Outcome"], each["Reason"]) for each in listed]


def test_whoever_signs_in_opens_what_they_may(lobby):
    async def story(there, porter):
        visitor = porter.visitor(HOME)
        assert (await visitor.by_password("alice", "wrong")).state == "refused"
        assert (await visitor.by_password("alice", PASSWORD)).state == "proven"
        await visitor.enter("SSH-2.0-client")
        assert {each.label for each in await visitor.reachable()} == {"root@db-1", "app@db-1"}
        (admission,) = await visitor.admissions(Wanted("alice", "app", "db-1"))
        assert await admission.until() == FOREVER
        session = await admission.open(What.SHELL, None, Screen())
        assert (await session.credentials()).password == "the app's own"
        assert await session.record(Opening()) is None
        session.closed("the program ended")
        await until(lambda: not len(there.house.sessions))

    play(lobby, story)
    assert ended(lobby) == [("closed", "the program ended")]


def test_what_cannot_be_had_is_refused_in_the_same_words(lobby):
    async def story(_, porter):
        visitor = await lobby.come(porter)
        with pytest.raises(Refused) as refused:
            await visitor.admissions(Wanted("alice", "root", "db-9"))
        assert (
            refused.value.text == "admit: you have no access to root@db-9: ask an administrator for a grant"
        )

    play(lobby, story)


def test_commands_are_judged_at_the_gate_by_the_rules_of_the_policy(lobby):
    policy = lobby.bastion.call("CreatePolicy", PolicyName="careful")["PolicyId"]
    for scope in ("User", "Asset"):
        lobby.bastion.call(f"SetPolicy{scope}Scope", PolicyId=policy, ScopeType="All")
    config = '{"Deny":{"AclType":"black","Commands":["reboot"]},"Approval":{"Commands":[]}}'
    lobby.bastion.call("SetPolicyCommandConfig", PolicyId=policy, CommandConfig=config)

    async def story(_, porter):
        session = await lobby.opened(porter, Screen())
        assert session.leave.commands == Commands(Acl.BLACK, ("reboot",))
        assert session.leave.commands.judge("reboot now") is Verdict.DENY
        # What a policy leaves may change while the session lives, and is told then.
        shut = '{"SSH":{"SSHChannel":"Enable","SFTPChannel":"Enable","SFTPUploadFile":"Enable"}}'
        await asyncio.to_thread(
            lobby.bastion.call, "SetPolicyProtocolConfig", PolicyId=policy, ProtocolConfig=shut
        )
        await until(lambda: Channel.REMOVE in dict(session.leave.shut))
        assert Channel.UPLOAD not in dict(session.leave.shut)

    play(lobby, story)


def test_what_is_done_with_files_is_told_by_the_gate_and_noted(lobby):
    async def story(there, porter):
        session = await lobby.opened(porter, Screen())
        session.transferred(Transfer("put", "/etc/motd", size=7))
        session.transferred(Transfer("remove", "/etc/motd", "refused", "not allowed"))
        session.closed("the client left")

        def noted():
            there.house.world.activities.write(there.house.store, there.house.world.metrics)
            return lobby.system.call("admit", "ListActivity", Kind="transfer")["Activities"]

        found = []
        while len(found) < 2:
            found = await asyncio.to_thread(noted)
        assert [(each["Outcome"], each["Action"]) for each in reversed(found)] == [
            ("ok", "put /etc/motd"),
            ("refused", "remove /etc/motd"),
        ]

    play(lobby, story)


def test_a_session_is_told_its_end_the_moment_its_grant_is_gone(lobby):
    async def story(_, porter):
        screen = Screen()
        await lobby.opened(porter, screen)
        lobby.take_away()
        await until(lambda: screen.ended)
        assert screen.ended == ["your access to root@db-1 ended: the grant was revoked"]

    play(lobby, story)


def test_what_is_shown_is_recorded_at_the_control_plane_and_waits_for_its_disk(system: System):
    lobby = Lobby(system, recorded=True)

    async def story(there, porter):
        session = await lobby.opened(porter, Screen())
        recording = await session.record(Opening(100, 30, "xterm"))
        for _ in range(20):
            recording.output(b"y" * 1_000_000)
            await recording.keep_up()
        recording.input(b"never sent")
        session.closed("the program ended")
        recording.finish()
        await until(lambda: not len(there.house.sessions))

    play(lobby, story)
    (kept,) = system.call("admit", "ListRecordings")["Recordings"]
    assert (kept["State"], kept["Person"]) == ("complete", "alice")


def test_a_recording_that_cannot_be_is_refused_as_beside_the_disk(system: System):
    lobby = Lobby(system, recorded=True)
    system.admit.world.recordings.write_text("a file stands in its place")

    async def story(_, porter):
        session = await lobby.opened(porter, Screen())
        with pytest.raises(RecordingRefused, match="cannot be written"):
            await session.record(Opening())

    play(lobby, story)
    assert ended(lobby) == [("closed", "it could not be recorded")]


def test_a_session_that_is_given_up_while_it_opens_is_not_left_open(lobby):
    async def story(there, porter):
        admission = await lobby.admission(porter)
        for turns in range(12):
            opening = asyncio.create_task(admission.open(What.SHELL, None, Screen()))
            for _ in range(turns):
                await asyncio.to_thread(int)
            opening.cancel()
            (given,) = await asyncio.gather(opening, return_exceptions=True)
            if not isinstance(given, asyncio.CancelledError):
                given.closed("it was faster")
        await until(lambda: not len(there.house.sessions))
        await lobby.opened(porter, Screen())
        assert len(there.house.sessions) == 1

    play(lobby, story)


def test_when_the_control_plane_is_gone_sessions_end_and_nobody_is_let_in_until_it_is_back(lobby):
    async def story():
        async with counter(lobby) as there, there.remote() as porter:
            screen, visitor = Screen(), await lobby.come(porter)
            session = await lobby.opened(porter, screen)
            await there.restart()
            await until(lambda: screen.ended)
            assert screen.ended == [LOST]
            session.closed("the client left")
            for asked in (visitor.admissions(Wanted("alice", "root", "db-1")), session.credentials()):
                with pytest.raises(Away):
                    await asked
            await until(lambda: porter.is_reached)
            assert (await (await lobby.opened(porter, Screen())).credentials()).key is not None

    asyncio.run(story())
    assert ("stopped", "the server stopped") in ended(lobby)


def test_who_comes_while_the_control_plane_is_gone_is_told_to_try_again(lobby):
    async def story():
        async with counter(lobby) as there, there.remote() as porter:
            await there.gates.close()
            await until(lambda: not porter.is_reached)
            with pytest.raises(Away) as away:
                await porter.visitor(HOME).by_password("alice", PASSWORD)
            assert away.value.text == "admit: the control plane cannot be reached: try again in a moment"

    asyncio.run(story())


def test_a_gate_that_stops_says_so_to_those_who_are_in_and_to_the_ledger(lobby):
    async def story(there, porter):
        screen = Screen()
        await lobby.opened(porter, screen)
        porter.stop()
        assert screen.ended == [STOPPED]
        await until(lambda: not len(there.house.sessions))

    play(lobby, story)
    assert ended(lobby) == [("stopped", "the gate stopped")]
