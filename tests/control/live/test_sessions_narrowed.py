"""Control policies end live sessions too: when they change, when others apply, and when their hours close."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from admit.control import grants, things
from admit.control.bastionhost.restrictions import AddressList, CommandList, ControlPolicyDetails, Period
from admit.control.live.sessions import Live, Sessions
from admit.control.things import New
from admit.core.commands import Acl
from admit.core.links import Kind
from admit.core.validity import HOUR, MINUTE, SECOND
from admit.store.things import Thing
from tests.control.live.watched import ABOUT, Place, Terminal, until, watched
from tests.system import System

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@pytest.fixture
def place(system: System) -> Place:
    place = Place(system)
    place.grant("dba", "root")
    return place


def policy(place: Place, **parts: object) -> Thing:
    """A new control policy, for everybody unless it is said for whom."""
    details = ControlPolicyDetails(**{"priority": 1, "all_users": True, "all_assets": True} | parts)
    bastion = place.things["bastion"].key
    return place.write(lambda tx: things.add(tx, New(Kind.CONTROL_POLICY, bastion, "night", details)))


def hours(place: Place, *, open_for: int) -> tuple[Period, ...]:
    """So many hours of each day, from the one that it is now."""
    hour = datetime.fromtimestamp(place.system.clock.now() / SECOND, UTC).hour
    return (Period(EVERY_DAY, tuple((hour + each) % 24 for each in range(open_for))),)


def played(
    place: Place, story: Callable[[Sessions, Live, Terminal], Awaitable[None]], what: str = "shell"
) -> None:
    async def body() -> None:
        screen = Terminal()
        async with watched(place) as sessions:
            permit = place.decision().permit()
            about = replace(ABOUT, what=what)
            live = await sessions.open(permit, place.things["alice"], about, screen)
            await sessions.look()
            await story(sessions, live, screen)

    asyncio.run(body())


def test_a_policy_that_refuses_the_address_ends_the_session_at_once(place: Place) -> None:
    async def story(_sessions: Sessions, live: Live, screen: Terminal) -> None:
        policy(place, sources=AddressList(Acl.BLACK, (ABOUT.peer,)))
        await until(lambda: screen.ended)
        said = f"the control policy night does not allow sessions from {ABOUT.peer}"
        assert screen.ended == [f"your access to root@db-1 ended: {said}"]
        await until(lambda: place.row(live).outcome == "restricted")

    played(place, story)


def test_hours_that_close_end_a_session_after_its_warnings(place: Place) -> None:
    policy(place, periods=hours(place, open_for=1))
    left = HOUR - place.system.clock.now() % HOUR

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        assert live.standing.until == place.system.clock.now() + left
        place.system.advance(left - MINUTE)
        await sessions.look()
        assert screen.warned[-1] == "your access to root@db-1 ends in 1 minute"
        place.system.advance(MINUTE)
        await until(lambda: screen.ended)
        assert "does not allow sessions at this hour" in screen.ended[0]

    played(place, story)


def test_whoever_joins_a_group_comes_under_its_policies_within_the_session(place: Place) -> None:
    ops = place.things["ops"]
    policy(place, all_users=False, user_group_ids=(ops.id,), sources=AddressList(Acl.WHITE, ("10.0.0.1",)))

    async def story(_sessions: Sessions, _live: Live, screen: Terminal) -> None:
        assert not screen.ended
        place.write(lambda tx: grants.grant(tx, place.things["alice"], ops))
        await until(lambda: screen.ended)
        assert "does not allow sessions from" in screen.ended[0]

    played(place, story)


@pytest.mark.parametrize(("what", "ends"), [("sftp", 1), ("shell", 0)])
def test_what_a_policy_switches_off_ends_and_the_rest_goes_on(place: Place, what: str, ends: int) -> None:
    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        policy(place, ssh={"SSHChannel": True, "ExecCommand": True, "SFTPChannel": False})
        await sessions.look()
        assert len(screen.ended) == ends

    played(place, story, what)


@pytest.mark.parametrize(("what", "ends"), [("tunnel", 1), ("sftp", 0), ("shell", 0), ("exec", 0)])
def test_a_session_ends_that_could_not_begin_any_more_by_a_part_of_its_switches(
    place: Place, what: str, ends: int
) -> None:
    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        # Transfers in SFTP are off, and with them what nobody looks into.
        policy(place, ssh={"SSHChannel": True, "ExecCommand": True, "SFTPChannel": True})
        await sessions.look()
        assert len(screen.ended) == ends

    played(place, story, what)


@pytest.mark.parametrize(("what", "ends"), [("tunnel", 1), ("shell", 0)])
def test_a_tunnel_ends_when_commands_begin_to_be_looked_at(place: Place, what: str, ends: int) -> None:
    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        policy(place, commands=CommandList(Acl.BLACK, ("reboot",)))
        await sessions.look()
        assert len(screen.ended) == ends
        assert all("those in a tunnel cannot be seen" in each for each in screen.ended)

    played(place, story, what)


def test_a_policy_that_is_removed_gives_a_session_its_time_back(place: Place) -> None:
    night = policy(place, periods=hours(place, open_for=1))

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        place.write(lambda tx: things.remove(tx, night))
        await sessions.look()
        place.system.advance(3 * HOUR)
        await sessions.look()
        assert (screen.ended, live.standing.until) == ([], place.decision().valid_until)

    played(place, story)
