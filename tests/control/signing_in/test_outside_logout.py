"""Who left the provider that proved them is signed out, and whoever is proven later is not."""

import asyncio
from dataclasses import replace

import pytest

from admit.base.logout_tokens import Left
from admit.control.signing_in.outside_logout import ByOutside
from admit.control.signing_in.web_sessions import Lasting, Proven, WebSessions
from admit.core.errors import SignedOut
from admit.core.validity import SECOND
from admit.store import web_sessions
from tests.services.bastionhost.people import Bastion
from tests.system import System

ISSUER = "https://login.example.com"
BROWSER = ("192.0.2.7", "a browser")


@pytest.fixture
def sessions(system: System) -> WebSessions:
    return WebSessions(system.admit.store, system.admit.world, Lasting())


def opened(system: System, sessions: WebSessions, name: str, *by: ByOutside) -> None:
    """Sign a browser in as somebody whom a provider proved, or nobody but us."""
    proven = Proven((), by=by[0] if by else None)
    asyncio.run(sessions.open(proven, "oidc", name, BROWSER))


def left(sessions: WebSessions, subject: str, session: str, token: str = "t-1") -> int | None:
    return asyncio.run(sessions.leave(ISSUER, Left(subject, session, token)))


def signed_in(system: System) -> set[str]:
    with system.admit.store.read() as sql:
        return {each.name for each in web_sessions.every(sql)}


@pytest.fixture
def there(system: System, sessions: WebSessions) -> ByOutside:
    """Six browsers: of one subject by two sessions and by one that is not known, and three others."""
    alice = ByOutside(ISSUER, "7", "s-1", system.clock.now())
    Bastion(system)
    opened(system, sessions, "first", alice)
    opened(system, sessions, "second", replace(alice, session="s-2"))
    opened(system, sessions, "unknown", replace(alice, session=""))
    opened(system, sessions, "other", replace(alice, subject="8", session="s-3"))
    opened(system, sessions, "elsewhere", replace(alice, issuer="https://other.example.com"))
    opened(system, sessions, "password")
    system.clock.advance(SECOND)
    return alice


@pytest.mark.parametrize(
    ("said", "out"),
    [
        (("7", ""), {"first", "second", "unknown"}),
        (("7", "s-1"), {"first", "unknown"}),
        (("", "s-1"), {"first"}),
        (("8", "s-1"), set()),
        (("9", ""), set()),
        (("", "s-9"), set()),
    ],
)
def test_exactly_the_browsers_that_came_by_what_ended_are_signed_out(
    system: System, sessions: WebSessions, there: ByOutside, said: tuple[str, str], out: set[str]
) -> None:
    before = signed_in(system)

    assert left(sessions, *said) == len(out)

    assert before - signed_in(system) == out


def test_what_was_heard_is_not_heard_again(system: System, sessions: WebSessions, there: ByOutside) -> None:
    assert left(sessions, "8", "") == 1
    assert left(sessions, "7", "") is None
    assert "first" in signed_in(system)


@pytest.mark.parametrize(
    ("said", "late"),
    [(("7", ""), "s-1"), (("7", "s-1"), "s-1"), (("", "s-1"), "s-1"), (("7", "s-1"), ""), (("7", ""), "")],
)
def test_who_was_proven_before_they_left_comes_in_no_more_and_who_was_since_does(
    system: System, sessions: WebSessions, there: ByOutside, said: tuple[str, str], late: str
) -> None:
    left(sessions, *said)
    before = replace(there, session=late)

    with pytest.raises(SignedOut):
        opened(system, sessions, "late", before)
    system.clock.advance(SECOND)
    opened(system, sessions, "later", replace(before, at=system.clock.now()))

    assert {"late", "later"} & signed_in(system) == {"later"}


def test_the_end_of_one_session_keeps_nobody_out_of_another(
    system: System, sessions: WebSessions, there: ByOutside
) -> None:
    left(sessions, "7", "s-1")

    opened(system, sessions, "late", replace(there, session="s-2"))

    assert "late" in signed_in(system)
