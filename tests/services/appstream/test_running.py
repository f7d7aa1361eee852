"""Sessions that run: listed and ended by the operations, as the streaming door opened them."""

import asyncio

import pytest

from admit.control.expected import Wanted
from admit.control.live.live_session import About, Live
from admit.control.live.sessions import Sessions
from admit.control.streaming.streamed_apps import asked
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.store import things
from tests.control.live.watched import watched
from tests.services.appstream.streaming import Streaming


class Screen:
    """What the person saw last."""

    def __init__(self) -> None:
        self.ended = ""

    def warn(self, text: str) -> None:
        """Nothing is near its end here."""

    def end(self, text: str) -> None:
        """It is over."""
        self.ended = text


async def opened(
    streaming: Streaming, sessions: Sessions, user: str, group: str, app: str = "Terminal"
) -> tuple[Live, Screen]:
    """Open an application as the door does."""
    system = streaming.system
    with system.admit.store.read() as sql:
        who = things.by_handle(sql, Kind.USER, system.admit.world.account_key, user)
        assert who is not None
        wanted = Wanted(group, await asyncio.to_thread(streaming.app, app))
        ((streamed, decision),) = asked(sql, (who,), wanted, system.clock.now())
    screen = Screen()
    about = About("streaming", app, streamed.app.id, "192.0.2.7", "a browser", "stream")
    return await sessions.open(decision.permit(), who, about, screen), screen


async def called(streaming: Streaming, action: str, **parameters: object) -> dict:
    """Make a call while a loop runs."""
    return await asyncio.to_thread(lambda: streaming.call(action, **parameters))


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup", "Session"])
def test_running_sessions_are_told_as_instances_and_as_bindings(streaming: Streaming, mode: str):
    group, other = streaming.create(AuthMode=mode), streaming.create("Other")
    given = {"AppInstancePersistentId": streaming.session(group)} if mode == "Session" else {}
    streaming.authorize(group, "alice", "bob", **given)

    async def body() -> None:
        async with watched(streaming) as sessions:
            live, _ = await opened(streaming, sessions, "alice", group)
            await opened(streaming, sessions, "bob", group, "Calculator")
            streaming.system.advance(MINUTE)
            (bob, alice) = (await called(streaming, "ListAppInstances", AppInstanceGroupId=group))[
                "AppInstanceModels"
            ]
            assert alice["AppInstanceId"] == f"ai-{live.id.removeprefix('s-')}"
            assert alice["BindInfo"] == {"EndUserId": "alice", "UsageDuration": 60}
            assert (alice["Status"], bob["BindInfo"]["EndUserId"]) == ("BOUND", "bob")
            for narrowed, count in (
                ({"UserIdList": ["alice"]}, 1),
                ({"AppInstanceId": alice["AppInstanceId"]}, 1),
                ({"AppInstanceIdList": ["ai-none"]}, 0),
                ({"Status": ["IDLE"]}, 0),
                ({"PageSize": 1}, 2),
            ):
                told = await called(streaming, "ListAppInstances", AppInstanceGroupId=group, **narrowed)
                assert told["TotalCount"] == count
            empty = await called(streaming, "ListAppInstances", AppInstanceGroupId=other)
            assert empty["AppInstanceModels"] == []

            bound = await called(streaming, "ListBindInfo", UserIdList=["alice"])
            ((one,), terminal) = (bound["BindInfoModels"], await asyncio.to_thread(streaming.app, "Terminal"))
            assert (one["AppId"], one["AppInstanceGroupId"], one["UserId"]) == (terminal, group, "alice")
            assert (await called(streaming, "ListBindInfo", AppIdList=["ca-none"]))["TotalCount"] == 0
            assert (await called(streaming, "ListBindInfo", AppInstanceGroupIdList=[group]))[
                "TotalCount"
            ] == 2

    asyncio.run(body())


def test_unbinding_ends_the_one_session(streaming: Streaming):
    group = streaming.create()
    streaming.authorize(group, "alice", "bob")

    async def body() -> None:
        async with watched(streaming) as sessions:
            live, screen = await opened(streaming, sessions, "alice", group)
            _, others = await opened(streaming, sessions, "bob", group)
            instance = f"ai-{live.id.removeprefix('s-')}"
            asked = {"AppInstanceGroupId": group, "AppInstanceId": instance}
            refused = await asyncio.to_thread(lambda: streaming.refusal("Unbind", EndUserId="bob", **asked))
            assert refused == (400, "RegionUnBind.Fail")
            await called(streaming, "Unbind", EndUserId="alice", **asked)
            await sessions.look()

            assert screen.ended.endswith("ended it: it was unbound")
            assert others.ended == ""

    asyncio.run(body())
    missing = streaming.refusal("Unbind", AppInstanceGroupId=group, EndUserId="alice")
    assert missing == (400, "MissingParameter.AppInstanceId")


def test_a_persistent_session_is_unbound_from_its_user(streaming: Streaming):
    group = streaming.create(AuthMode="Session")
    session = streaming.session(group)
    streaming.authorize(group, "alice", AppInstancePersistentId=session)

    async def body() -> None:
        async with watched(streaming) as sessions:
            _, screen = await opened(streaming, sessions, "alice", group)
            asked = {"AppInstanceGroupId": group, "AppInstancePersistentId": session}
            await called(streaming, "Unbind", EndUserId="alice", **asked)
            await sessions.look()
            assert screen.ended

    asyncio.run(body())


def test_all_sessions_of_a_delivery_group_are_logged_off(streaming: Streaming):
    group, other = streaming.create(), streaming.create("Other")
    for each in (group, other):
        streaming.authorize(each, "alice", "bob")

    async def body() -> None:
        async with watched(streaming) as sessions:
            screens = [(await opened(streaming, sessions, user, group))[1] for user in ("alice", "bob")]
            _, elsewhere = await opened(streaming, sessions, "alice", other)
            await called(streaming, "LogOffAllSessionsInAppInstanceGroup", AppInstanceGroupId=group)
            await sessions.look()

            assert all(each.ended.endswith("all were logged off") for each in screens)
            assert elsewhere.ended == ""
            # Access was not taken away.
            await opened(streaming, sessions, "alice", group)

    asyncio.run(body())


def test_a_ticket_is_refused_where_all_places_are_taken_by_others(streaming: Streaming):
    group = streaming.create(NodePool={"NodeAmount": 1, "NodeCapacity": 1})
    streaming.authorize(group, "alice", "bob")

    async def body() -> None:
        async with watched(streaming) as sessions:
            live, _ = await opened(streaming, sessions, "alice", group)
            terminal = await asyncio.to_thread(streaming.app, "Terminal")
            asked = {"AppId": terminal, "AppInstanceGroupIdList": [group]}
            instance = f"ai-{live.id.removeprefix('s-')}"

            def refusal(**more: object) -> tuple[int, str]:
                return streaming.refusal("GetConnectionTicket", **asked | more)

            full = await asyncio.to_thread(lambda: refusal(EndUserId="bob"))
            assert full == (400, "TryRegionBind.NoIdleAppInstance")
            none = await asyncio.to_thread(lambda: refusal(EndUserId="bob", AppInstanceId=instance))
            assert none == (400, "TryRegionBind.NoCandidateAppInstance")
            mine = {"EndUserId": "alice", "AppInstanceId": instance}
            assert (await called(streaming, "GetConnectionTicket", **asked, **mine))["Ticket"]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("custom", "refused"),
    [
        ('{"Clipboard": "sideways"}', True),
        ('{"FileTransfer": 1}', True),
        ('{"MaxMinutes": -1}', True),
        ('{"Clipboard": "off", "Theirs": {"a": 1}}', False),
        ("not JSON", False),
        ("[1]", False),
    ],
)
def test_rules_of_sessions_that_would_be_misunderstood_are_refused(
    streaming: Streaming,
    custom: str,
    refused: bool,  # noqa: FBT001 - a case of the table
):
    policy = {"UserDefinePolicy": {"CustomConfig": custom}}

    if refused:
        found = streaming.refusal("CreateAppInstanceGroup", **streaming.wanted(**policy))
        assert found == (400, "InvalidParameter.UserDefinePolicy")
    else:
        assert streaming.create(**policy)
