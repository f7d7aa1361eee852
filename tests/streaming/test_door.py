"""Who gets in, where there is room, and what ends a session besides access."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from admit.control.expected import Wanted
from admit.control.programs import Program
from admit.control.streaming.streamed_apps import Streamed, streamed_apps
from admit.core.links import Kind
from admit.core.validity import DAY, FOREVER, MINUTE
from admit.store import things
from admit.streaming.door import Door, Visitor
from admit.streaming.refusals import Close, Refused
from admit.streaming.stream import Stream
from tests.services.appstream.streaming import Streaming
from tests.system import Refused as RefusedCall
from tests.system import System


@pytest.fixture
def streaming(system: System) -> Streaming:
    """App Streaming with alice, bob and carol."""
    found = Streaming(system)
    found.directory.add("alice", "bob", "carol")
    return found


def visitor(streaming: Streaming, name: str) -> Visitor:
    """Somebody who has signed in."""
    return Visitor(name, (streaming.directory.thing(name),), "192.0.2.7", "a browser")


def reachable(streaming: Streaming, name: str) -> list[Streamed]:
    """What somebody finds on their page."""
    users = (streaming.directory.thing(name),)
    with streaming.system.admit.store.read() as sql:
        return streamed_apps(sql, users, streaming.system.clock.now())


@asynccontextmanager
async def opened(streaming: Streaming) -> AsyncIterator[Door]:
    """The door, until the block ends."""
    found = streaming.system.admit.streaming
    assert found is not None
    assert found.launcher is not None
    running = [asyncio.create_task(each) for each in (found.door.run(), found.launcher.run())]
    try:
        yield found.door
    finally:
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def opens(streaming: Streaming, door: Door, name: str, group: str, app: str = "Terminal") -> Stream:
    """Open an application."""
    wanted = Wanted(group, await asyncio.to_thread(streaming.app, app) if app else "")
    return await door.open(visitor(streaming, name), wanted)


NO_PLACE = "TryRegionBind.NoIdleAppInstance"


def connects(streaming: Streaming, name: str, group: str) -> str:
    """Ask for a ticket; the code of the error, if there is none to be had."""
    asked = {"EndUserId": name, "AppId": streaming.app("Terminal"), "AppInstanceGroupIdList": [group]}
    try:
        streaming.call("GetConnectionTicket", **asked)
    except RefusedCall as refused:
        return refused.code
    return ""


def rules(**said: object) -> dict[str, object]:
    """A policy of a delivery group."""
    return {"UserDefinePolicy": {"CustomConfig": json.dumps(said)}}


def test_a_screen_that_is_connected_to_and_does_not_greet_is_gone(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    group = streaming.create()
    streaming.authorize(group, "alice")

    async def ending(_session: str) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            assert not await door.broke_off(stream)
            assert stream.over is None
            monkeypatch.setattr(door.launcher, "connect", ending)
            assert await door.broke_off(stream)
            assert stream.over is not None
            monkeypatch.undo()

    asyncio.run(body())


@pytest.mark.parametrize(
    ("policy", "minutes", "why"),
    [
        ({"SessionTimeout": 15}, 15, "nobody was connected for 15 minutes"),
        (rules(MaxMinutes=30) | {"SessionTimeout": -1}, 30, "it had lasted 30 minutes"),
        (rules(NoOperationMinutes=5), 5, "it was not used for 5 minutes"),
    ],
)
def test_a_session_that_is_not_used_ends_though_access_holds(
    streaming: Streaming, policy: dict, minutes: int, why: str
):
    group = streaming.create(**policy)
    streaming.authorize(group, "alice")

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            streaming.system.advance(minutes * MINUTE - 1)
            await door.look()
            assert stream.over is None
            streaming.system.advance(1)
            await door.look()
            assert stream.over is not None
            assert stream.over.code is Close.OVER
            assert why in stream.over.text

    asyncio.run(body())


def test_a_session_without_a_timeout_waits_for_its_person(streaming: Streaming):
    group = streaming.create(SessionTimeout=-1)
    streaming.authorize(group, "alice")

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            streaming.system.advance(3 * DAY)
            await door.look()
            assert stream.over is None
            assert await opens(streaming, door, "alice", group) is stream

    asyncio.run(body())


def test_where_all_places_are_taken_nobody_is_put_out(streaming: Streaming):
    group = streaming.create(NodePool={"NodeAmount": 1, "NodeCapacity": 1})
    other = streaming.create("Other")
    for each in (group, other):
        streaming.authorize(each, "alice", "bob")

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            with pytest.raises(Refused, match="All places are taken") as refused:
                await opens(streaming, door, "bob", group)
            assert refused.value.status == 503
            assert stream.over is None
            assert await opens(streaming, door, "alice", group) is stream
            assert await opens(streaming, door, "bob", other) is not stream

    asyncio.run(body())


@pytest.mark.parametrize("each_alone", ["", "yes"])
def test_what_a_user_has_open_takes_one_place_unless_each_application_is_to_have_its_own(
    streaming: Streaming, each_alone: str
):
    group = streaming.create(NodePool={"NodeAmount": 1, "NodeCapacity": 2})
    if each_alone:
        changed = {"AppInstanceGroupId": group, "PerSessionPerApp": True}
        streaming.call("ModifyAppInstanceGroupAttribute", **changed)
    streaming.authorize(group, "alice", "bob", "carol")

    async def body() -> None:
        async with opened(streaming) as door:
            await opens(streaming, door, "alice", group, "Terminal")
            await opens(streaming, door, "alice", group, "Text Editor")
            if each_alone:
                with pytest.raises(Refused, match="All places are taken"):
                    await opens(streaming, door, "bob", group)
                assert await asyncio.to_thread(connects, streaming, "bob", group) == NO_PLACE
                return
            assert await asyncio.to_thread(connects, streaming, "bob", group) == ""
            await opens(streaming, door, "bob", group)
            with pytest.raises(Refused, match="All places are taken"):
                await opens(streaming, door, "carol", group)
            assert await asyncio.to_thread(connects, streaming, "carol", group) == NO_PLACE
            assert await asyncio.to_thread(connects, streaming, "alice", group) == ""

    asyncio.run(body())


def test_two_who_come_for_the_last_place_at_once_do_not_both_get_it(streaming: Streaming):
    group = streaming.create(NodePool={"NodeAmount": 1, "NodeCapacity": 1})
    streaming.authorize(group, "alice", "bob")

    async def body() -> None:
        async with opened(streaming) as door:
            both = (opens(streaming, door, name, group) for name in ("alice", "bob"))
            found = await asyncio.gather(*both, return_exceptions=True)
            assert sorted(type(each).__name__ for each in found) == ["Refused", "Stream"]

    asyncio.run(body())


def test_the_application_that_a_group_opens_first_needs_no_name(streaming: Streaming):
    group, plain = streaming.create(PreOpenAppId=streaming.app("Terminal")), streaming.create("Plain")
    for each in (group, plain):
        streaming.authorize(each, "alice")

    async def body() -> None:
        async with opened(streaming) as door:
            assert (await opens(streaming, door, "alice", group, "")).label == "Terminal"
            with pytest.raises(Refused, match="no access"):
                await opens(streaming, door, "alice", plain, "")

    asyncio.run(body())


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup", "Session"])
def test_a_session_stands_on_what_is_granted_and_ends_with_it(streaming: Streaming, mode: str):
    group = streaming.create(AuthMode=mode)
    given = {"AppInstancePersistentId": streaming.session(group)} if mode == "Session" else {}
    streaming.authorize(group, "alice", **given)

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            with pytest.raises(Refused, match="no access"):
                await opens(streaming, door, "bob", group)
            taken = {"AppInstanceGroupId": group, "UnAuthorizeUserIds": ["alice"], **given}
            await asyncio.to_thread(lambda: streaming.call("AuthorizeInstanceGroup", **taken))
            await door.sessions.look()
            assert stream.over is not None
            assert stream.over.code is Close.REVOKED
            assert not door.streams

    asyncio.run(body())


def test_what_is_not_installed_is_refused_with_a_word_and_leaves_no_session(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    programs = streaming.system.admit.world.programs
    monkeypatch.setitem(programs, "image-editor", Program(name="Image Editor", command=("no-such-program",)))
    group = streaming.create()
    streaming.authorize(group, "alice")

    async def body() -> None:
        async with opened(streaming) as door:
            with pytest.raises(Refused, match="not installed on this server"):
                await opens(streaming, door, "alice", group, "Image Editor")
            assert not door.streams

    asyncio.run(body())


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup", "Session"])
def test_people_find_exactly_what_they_may_open(streaming: Streaming, mode: str):
    group = streaming.create(AuthMode=mode)
    session = streaming.session(group) if mode == "Session" else None
    streaming.authorize(group, "alice", **({"AppInstancePersistentId": session} if session else {}))

    found = reachable(streaming, "alice")

    assert sorted(each.app.name for each in found) == sorted(
        app["AppName"] for app in streaming.image()["AppList"]
    )
    assert {(each.group.id, each.until) for each in found} == {(group, FOREVER)}
    assert {None if each.session is None else each.session.id for each in found} == {session}
    assert {each.program for each in found} >= {"terminal", "text-editor"}
    assert reachable(streaming, "bob") == []


def test_a_single_application_is_found_alone_until_its_end(streaming: Streaming):
    group = streaming.create()
    app = streaming.app("Terminal")
    streaming.call("AuthorizeUsersForApp", AppInstanceGroupId=group, AppId=app, AuthorizeUserIds=["alice"])

    (found,) = reachable(streaming, "alice")

    assert (found.app.name, found.resource.kind) == ("Terminal", Kind.APP)
    with streaming.system.admit.store.read() as sql:
        assert things.by_key(sql, found.group.key).id == group


@pytest.mark.parametrize("left", [{"Grace": 10 * MINUTE}, {"Drain": True}], ids=["grace", "drain"])
def test_a_grant_may_let_a_session_go_on_after_its_end_while_none_begins(streaming: Streaming, left: dict):
    group, end = streaming.create(), streaming.system.clock.now() + MINUTE
    granted = {"Subject": "alice", "Resource": "delivery-group:Office", "EndTime": end, **left}
    streaming.system.call("admit", "GrantAccess", **granted)

    async def body() -> None:
        async with opened(streaming) as door:
            stream = await opens(streaming, door, "alice", group)
            streaming.system.advance(2 * MINUTE)
            await door.sessions.look()
            assert stream.over is None
            assert stream.warning is not None
            assert "has ended; this session" in stream.warning["text"]
            with pytest.raises(Refused, match="has ended"):
                await opens(streaming, door, "alice", group, "Text Editor")
            streaming.system.advance(9 * MINUTE)
            await door.sessions.look()
            if "Drain" in left:
                assert stream.over is None
                return
            assert stream.over is not None
            assert stream.over.code is Close.EXPIRED

    asyncio.run(body())
