"""Servers and their database die under load: nothing acknowledged is lost, nothing is done twice."""

from collections.abc import Iterator

import pytest

from admit.control.nodes import LOST
from admit.core.events import SessionEnded
from admit.main import Admit, open_admit
from admit.store import changes
from admit.store.verification import verify
from tests.nodes.firm import PEOPLE
from tests.nodes.linear import is_linearizable
from tests.nodes.load import assert_told_once, changes_of
from tests.nodes.story import Story

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def left(story: Story) -> Iterator[Admit]:
    """What is in the database after all that."""
    admit = open_admit(story.firm.settings)
    yield admit
    admit.close()


def recorded(left: Admit, session: str) -> SessionEnded:
    """What the ledger says of a session's end, once it does: after a failure it takes a few seconds."""
    while True:
        with left.store.read() as sql:
            events = [each.event for each in changes.after(sql, 0, 10**9)]
        for event in events:
            if isinstance(event, SessionEnded) and event.session == session:
                return event


@pytest.mark.parametrize("person", PEOPLE)
def test_what_clients_saw_can_have_happened_one_after_another(story: Story, person: str) -> None:
    assert is_linearizable(story.seen.histories[person]), story.seen.histories[person]


def test_every_change_that_was_acknowledged_is_in_the_ledger_once(story: Story, left: Admit) -> None:
    with left.store.read() as sql:
        ledger = changes_of([each.event for each in changes.after(sql, 0, 10**9)])
    for person in PEOPLE:
        assert_told_once(story.seen.histories[person], ledger[person])


def test_the_ledger_is_whole(story: Story, left: Admit) -> None:
    assert story.seen.answered
    with left.store.read() as sql:
        assert verify(sql, left.world.sealer.subkey("ledger")).fault is None


def test_the_session_at_the_server_that_died_is_closed_by_another_with_the_truth(
    story: Story, left: Admit
) -> None:
    session = story.left_open
    assert (session["Outcome"], session["Reason"], session["Node"]) == ("stopped", LOST, "node-0")
    # The timers ran at the server that died: another has them now, and with them what the ledger says.
    ended = recorded(left, session["SessionId"])
    assert (ended.outcome, ended.reason) == ("stopped", LOST)


def test_a_session_ends_at_its_own_server_when_another_acknowledges_the_revoke(story: Story) -> None:
    told = (story.taken_away["Outcome"], story.taken_away["Reason"])
    assert told == ("revoked", "the grant was revoked")
