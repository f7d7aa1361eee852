"""What stands under Applications on the home page is what the door opens, by whatever users are granted."""

import re
from typing import Any

import msgspec
import pytest

from admit.control.streaming.streamed_apps import streamed_apps
from admit.portal.holdings import held
from admit.store.things import Thing
from tests.browsing import Pages
from tests.services.appstream.streaming import Streaming
from tests.system import System

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def streaming(system: System) -> Streaming:
    found = Streaming(system)
    found.directory.add("alice", "bob")
    return found


def shown(streaming: Streaming, name: str) -> list[tuple[str, str, str]]:
    """The tiles of somebody: delivery group, application, session."""
    users: tuple[Thing, ...] = (streaming.directory.thing(name),)
    now = streaming.system.clock.now()
    with streaming.system.admit.store.read() as sql:
        tiles = held(sql, users, now).streamed
        opened = streamed_apps(sql, users, now)
    ids = [(each.group.id, each.thing.id, each.session.id if each.session else "") for each in tiles]
    assert ids == [(each.group.id, each.app.id, each.session.id if each.session else "") for each in opened]
    assert len({each.key for each in tiles}) == len(tiles)
    return ids


@pytest.mark.parametrize("more", [{}, {"AuthMode": "App"}])
def test_the_tiles_are_what_the_door_opens(streaming: Streaming, more: dict[str, Any]) -> None:
    group = streaming.create(**more)
    assert shown(streaming, "alice") == []
    if more:
        app = streaming.app()
        streaming.call(
            "AuthorizeInstanceGroup",
            AppInstanceGroupId=group,
            AppId=app,
            AuthorizeUserIds=["alice"],
        )
    else:
        streaming.authorize(group, "alice")
    tiles = shown(streaming, "alice")
    assert {each[0] for each in tiles} == {group}
    assert shown(streaming, "bob") == []


def test_in_a_group_by_session_each_session_has_its_tile(streaming: Streaming) -> None:
    group = streaming.create(AuthMode="Session")
    session = streaming.session(group)
    streaming.call(
        "AuthorizeInstanceGroup",
        AppInstanceGroupId=group,
        AppInstancePersistentId=session,
        AuthorizeUserIds=["alice"],
    )
    assert {each[2] for each in shown(streaming, "alice")} == {session}


def test_where_nobody_is_checked_everybody_has_the_tiles(streaming: Streaming) -> None:
    group = streaming.create(SecurityPolicy={"SkipUserAuthCheck": True})
    assert {each[0] for each in shown(streaming, "bob")} == {group}


def test_each_tile_has_the_picture_of_its_program_and_what_has_none_the_usual_one(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = streaming.system.admit.world.programs
    monkeypatch.setitem(
        programs, "terminal", msgspec.structs.replace(programs["terminal"], icon="no such picture")
    )
    monkeypatch.delitem(programs, "calculator")
    user = {"EndUserId": "carol", "Email": "carol@example.com", "Password": PASSWORD}
    assert streaming.directory.call("CreateUsers", Users=[user])["AllSucceed"]
    streaming.authorize(streaming.create(), "carol")
    browser = Pages(streaming.system)
    assert browser.sign_in("carol", PASSWORD).status == 303

    text = browser.get("/home").text

    tiles = re.findall(r'programs/(\w+)\.[^"]*svg".*?class="h-name">([^<]+)<', text, re.DOTALL)
    found = {name: picture for picture, name in tiles}
    assert found["Image Editor"] == "photo"
    assert found["Text Editor"] == "edit"
    assert (found["Terminal"], found["Calculator"]) == ("app", "app")
