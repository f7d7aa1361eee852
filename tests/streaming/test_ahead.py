"""Sessions that are made ready before somebody comes: for whom, how many, and what becomes of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from admit.control.expected import Coming, Wanted
from admit.control.live.live_session import Live
from admit.core.validity import DAY, MINUTE
from admit.streaming.door import Door
from admit.streaming.launcher import Order
from admit.streaming.refusals import Refused
from admit.streaming.stream import Stream
from tests.services.appstream.streaming import Streaming
from tests.streaming.launched import until
from tests.streaming.test_door import opened, opens, visitor
from tests.system import System


@pytest.fixture
def streaming(system: System) -> Streaming:
    """App Streaming with three people."""
    found = Streaming(system)
    found.directory.add("alice", "bob", "carol")
    return found


def authorized(streaming: Streaming, *names: str, **about: Any) -> str:
    """A delivery group that these people may use."""
    group = streaming.create(**about)
    streaming.authorize(group, *names)
    return group


def while_open(streaming: Streaming, body: Callable[[Door], Awaitable[None]]) -> None:
    """Do something while the door is open."""

    async def run() -> None:
        async with opened(streaming) as door:
            await body(door)

    asyncio.run(run())


async def called(streaming: Streaming, action: str, **asked: object) -> dict:
    """Make a call while the door is open."""
    return await asyncio.to_thread(lambda: streaming.call(action, **asked))


async def ticket(streaming: Streaming, name: str, group: str, app: str = "Terminal") -> dict:
    """Ask for a ticket."""
    app_id = await asyncio.to_thread(streaming.app, app)
    return await called(
        streaming, "GetConnectionTicket", EndUserId=name, AppId=app_id, AppInstanceGroupIdList=[group]
    )


async def comes(streaming: Streaming, door: Door, name: str, group: str) -> None:
    """Somebody comes to their page, where the terminal is."""
    app_id = await asyncio.to_thread(streaming.app, "Terminal")
    await door.open_ahead(Coming(visitor(streaming, name).users, Wanted(group, app_id)))


def ready(door: Door) -> list[Stream]:
    """What stands and was opened ahead."""
    return [each for each in door.streams.values() if each.ahead and each.standing.is_set()]


def told(streaming: Streaming) -> list[tuple[str, str]]:
    """Whose sessions live, and what is told of them."""
    found = streaming.system.call("admit", "ListSessions", State="live")["Sessions"]
    return sorted((each["Person"], each["What"]) for each in found)


def status(streaming: Streaming, group: str) -> list[str]:
    """The states of the instances of a delivery group."""
    found = streaming.call("ListAppInstances", AppInstanceGroupId=group)["AppInstanceModels"]
    return [each["Status"] for each in found]


def test_with_a_ticket_its_session_is_made_ready_and_is_the_one_that_is_opened(streaming: Streaming):
    group = authorized(streaming, "alice")

    async def body(door: Door) -> None:
        first = await ticket(streaming, "alice", group)
        await until(lambda: ready(door))
        (stream,) = ready(door)
        told_ahead = await asyncio.to_thread(told, streaming)
        idle = await asyncio.to_thread(status, streaming, group)
        bound = (await called(streaming, "ListBindInfo"))["TotalCount"]
        assert (told_ahead, idle, bound) == ([("alice", "ahead")], ["IDLE"], 0)
        assert first.get("AppInstanceId") is None

        again = await ticket(streaming, "alice", group)
        assert again["AppInstanceId"] == f"ai-{stream.id.removeprefix('s-')}"
        streaming.system.advance(MINUTE)
        assert await opens(streaming, door, "alice", group) is stream
        assert stream.began_at == streaming.system.clock.now()
        assert await asyncio.to_thread(told, streaming) == [("alice", "stream")]
        assert await asyncio.to_thread(status, streaming, group) == ["BOUND"]
        (one,) = (await called(streaming, "ListBindInfo"))["BindInfoModels"]
        assert one["AppInstanceId"] == again["AppInstanceId"]

    while_open(streaming, body)


def test_nothing_is_opened_ahead_where_the_delivery_group_says_no(streaming: Streaming):
    group = authorized(streaming, "alice", RuntimePolicy={"SessionPreOpen": "false"})

    async def body(door: Door) -> None:
        assert "AppInstanceId" not in await ticket(streaming, "alice", group)
        await comes(streaming, door, "alice", group)
        assert not door.streams

    while_open(streaming, body)


def test_nothing_is_opened_ahead_for_somebody_without_a_grant_or_after_its_end(streaming: Streaming):
    group = authorized(streaming, "alice")

    async def body(door: Door) -> None:
        with pytest.raises(Refused, match="no access"):
            await comes(streaming, door, "bob", group)
        assert not door.streams
        await comes(streaming, door, "alice", group)
        (stream,) = ready(door)
        taken = {"AppInstanceGroupId": group, "UnAuthorizeUserIds": ["alice"]}
        await called(streaming, "AuthorizeInstanceGroup", **taken)
        await door.sessions.look()
        assert stream.over is not None
        assert "revoked" in stream.over.text
        with pytest.raises(Refused, match="no access"):
            await comes(streaming, door, "alice", group)
        assert not door.streams

    while_open(streaming, body)


@pytest.mark.parametrize(("timeout", "minutes"), [(15, 5), (3, 3), (-1, 5)])
def test_what_nobody_comes_to_ends_and_says_so(streaming: Streaming, timeout: int, minutes: int):
    group = authorized(streaming, "alice", SessionTimeout=timeout)

    async def body(door: Door) -> None:
        await comes(streaming, door, "alice", group)
        (stream,) = ready(door)
        streaming.system.advance(minutes * MINUTE - 1)
        await door.look()
        assert stream.over is None
        streaming.system.advance(1)
        await door.look()
        assert stream.over is not None
        assert f"nobody came to it for {minutes} minutes" in stream.over.text

    while_open(streaming, body)


def test_it_takes_no_place_that_somebody_is_in_and_gives_its_own_to_whoever_comes(streaming: Streaming):
    group = authorized(streaming, "alice", "bob", "carol", NodePool={"NodeAmount": 1, "NodeCapacity": 1})

    async def body(door: Door) -> None:
        await comes(streaming, door, "alice", group)
        (stream,) = ready(door)
        with pytest.raises(Refused, match="All places are taken"):
            await comes(streaming, door, "bob", group)
        assert (await ticket(streaming, "bob", group))["Ticket"]
        assert (await opens(streaming, door, "bob", group)).over is None
        assert stream.over is not None
        assert stream.over.text == "Its place was needed by somebody else."
        for taken in (
            comes(streaming, door, "carol", group),
            opens(streaming, door, "carol", group),
        ):
            with pytest.raises(Refused, match="All places are taken"):
                await taken
        assert [each.ahead for each in door.streams.values()] == [False]

    while_open(streaming, body)


def test_what_is_opened_ahead_takes_a_quarter_of_the_server_and_three_of_a_user_at_most(streaming: Streaming):
    groups = [streaming.create(name) for name in ("One", "Two", "Three", "Four")]
    for group in groups:
        streaming.authorize(group, "alice", "bob")

    async def body(door: Door) -> None:
        for group in groups[:3]:
            await comes(streaming, door, "alice", group)
        with pytest.raises(Refused):
            await comes(streaming, door, "alice", groups[3])
        door.places.most = 12
        with pytest.raises(Refused):
            await comes(streaming, door, "bob", groups[0])
        door.places.most = 3
        kept = ready(door)[1:]
        await opens(streaming, door, "bob", groups[0])
        assert ready(door) == kept

    while_open(streaming, body)


@contextmanager
def held_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """The first session that is started waits for an event before it is."""
    start, go, first = door.launcher.start, asyncio.Event(), [True]

    async def later(order: Order) -> None:
        if first.pop() if first else False:
            await go.wait()
        await start(order)

    with monkeypatch.context() as patched:
        patched.setattr(door.launcher, "start", later)
        yield go


def test_who_comes_while_it_is_being_made_ready_gets_that_one(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    group = authorized(streaming, "alice")

    async def body(door: Door) -> None:
        with held_up(door, monkeypatch) as go:
            making = asyncio.create_task(comes(streaming, door, "alice", group))
            await until(lambda: door.streams)
            both = [asyncio.create_task(opens(streaming, door, "alice", group)) for _ in range(2)]
            await asyncio.wait(both, timeout=0.05)
            go.set()
            first, second = await asyncio.gather(*both)
            await making
        assert first is second
        assert first.standing.is_set()
        assert [*door.streams.values()] == [first]
        assert not first.ahead

    while_open(streaming, body)


def test_what_gives_way_while_it_is_being_made_ready_never_stands(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    group = authorized(streaming, "alice", "bob", NodePool={"NodeAmount": 1, "NodeCapacity": 1})

    async def body(door: Door) -> None:
        with held_up(door, monkeypatch) as go:
            making = asyncio.create_task(comes(streaming, door, "alice", group))
            await until(lambda: door.streams)
            stream = await opens(streaming, door, "bob", group)
            go.set()
            with pytest.raises(Refused, match="needed by somebody else"):
                await making
        assert [*door.streams.values()] == [stream]
        while await asyncio.to_thread(told, streaming) != [("bob", "stream")]:
            await asyncio.to_thread(lambda: None)
        await until(lambda: door.launcher.sessions() == [stream.id])  # type: ignore[attr-defined]

    while_open(streaming, body)


def test_what_gives_way_before_it_is_written_down_never_begins(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    group = authorized(streaming, "alice", "bob", NodePool={"NodeAmount": 1, "NodeCapacity": 1})

    async def body(door: Door) -> None:
        write, go, writing = door.sessions.open, asyncio.Event(), asyncio.Event()

        async def later(*given: Any) -> Live:
            writing.set()
            await go.wait()
            return await write(*given)

        with monkeypatch.context() as patched:
            patched.setattr(door.sessions, "open", later)
            making = asyncio.create_task(comes(streaming, door, "alice", group))
            await writing.wait()
        stream = await opens(streaming, door, "bob", group)
        go.set()
        with pytest.raises(Refused, match="needed by somebody else"):
            await making
        assert [*door.streams.values()] == [stream]
        while await asyncio.to_thread(told, streaming) != [("bob", "stream")]:
            await asyncio.to_thread(lambda: None)

    while_open(streaming, body)


def test_only_what_is_heard_waits_and_a_fault_ends_nothing(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
):
    group = authorized(streaming, "alice", "bob")
    expected = streaming.system.admit.world.expected
    streaming.connect("alice", streaming.app("Terminal"))
    assert expected.take() is None

    async def body(door: Door) -> None:
        stream = await opens(streaming, door, "bob", group)
        broken = asyncio.Event()

        async def fails(*_: object) -> None:
            broken.set()
            raise OSError("no disk")

        with monkeypatch.context() as patched:
            patched.setattr(door.launcher, "start", fails)
            await ticket(streaming, "alice", group)
            await broken.wait()
        await until(lambda: [*door.streams.values()] == [stream])
        await ticket(streaming, "alice", group)
        await until(lambda: ready(door))

    while_open(streaming, body)


def test_what_nobody_came_to_is_no_use_of_a_grant(streaming: Streaming):
    group = authorized(streaming, "alice")
    streaming.system.advance(30 * DAY)

    def unused() -> int:
        admit = streaming.system.admit
        admit.world.activities.write(admit.store, admit.world.metrics)
        return len(streaming.system.call("admit", "ListUnused", Days=30)["Grants"])

    async def body(door: Door) -> None:
        await comes(streaming, door, "alice", group)
        assert ready(door)
        assert await asyncio.to_thread(unused) == 1
        await opens(streaming, door, "alice", group)
        assert await asyncio.to_thread(unused) == 0

    while_open(streaming, body)
