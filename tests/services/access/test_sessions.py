"""Listing sessions and ending one."""

import pytest
from sqlalchemy import text

from admit.control.live import session_ledger
from admit.core.sessions import Outcome
from admit.core.validity import DAY, HOUR, MINUTE
from admit.store import sessions as stored
from admit.store.verification import verify
from tests.control.live.watched import Place
from tests.system import Refused, System


@pytest.fixture
def place(system: System) -> Place:
    place = Place(system)
    place.grant("dba", "root")
    place.grant("dba", "app", place.lasting(HOUR))
    return place


def opened(place: Place, session: str, resource: str = "root") -> None:
    """A session that another process has."""
    decision = place.decision(resource=resource)
    new = stored.NewSession(
        id=session,
        node="gate",
        process="other",
        door="ssh",
        person=decision.question.subject.key,
        user=place.things["alice"].key,
        resource=place.things[resource].key,
        login=resource,
        peer="192.0.2.7",
        client="SSH-2.0-test",
        what="shell",
        revision=decision.revision,
        until=decision.valid_until,
    )
    place.write(lambda tx: stored.add(tx.sql, new, tx.now))


def ended(place: Place, session: str) -> None:
    how = stored.End(place.system.clock.now(), Outcome.CLOSED, "the shell ended")
    place.write(lambda tx: stored.end(tx.sql, {session: how}))


def ids(place: Place, **asked: object) -> list[str]:
    answer = place.system.call("admit", "ListSessions", **asked)
    return [each["SessionId"] for each in answer["Sessions"]]


def test_a_live_session_is_told_with_who_what_from_where_and_until_when(place: Place) -> None:
    opened(place, "s-1", "app")
    (told,) = place.system.call("admit", "ListSessions", State="live")["Sessions"]

    assert (told["State"], told["Person"], told["Resource"], told["Peer"], told["What"]) == (
        "live",
        "alice",
        "app@db-1",
        "192.0.2.7",
        "shell",
    )
    assert told["ValidUntil"] == place.system.clock.now() + HOUR
    assert place.system.call("admit", "GetSession", SessionId="s-1")["Session"] == told


def test_sessions_are_found_by_state_person_resource_and_time(place: Place) -> None:
    opened(place, "s-1")
    place.system.advance(MINUTE)
    ended(place, "s-1")
    place.system.advance(MINUTE)
    opened(place, "s-2", "app")

    now = place.system.clock.now()
    assert ids(place) == ["s-2", "s-1"]
    assert ids(place, State="live") == ["s-2"]
    assert ids(place, State="ended") == ["s-1"]
    assert ids(place, Person="alice", Resource="root@db-1") == ["s-1"]
    assert ids(place, Resource="host:db-1") == ["s-2", "s-1"]
    assert ids(place, StartTime=now) == ["s-2"]
    assert ids(place, EndTime=now) == ["s-1"]
    with pytest.raises(Refused, match="There is no person mallory"):
        ids(place, Person="mallory")


def test_sessions_of_a_moment_are_told_as_they_were_known_then(place: Place) -> None:
    clock, lasted = place.system.clock, place.lasting(HOUR)
    opened(place, "s-1", "app")
    place.system.advance(MINUTE)
    before = clock.now()
    place.system.advance(MINUTE)
    # What comes later: more time, another name, an order, the end, and another session.
    place.grant("dba", "app", place.lasting(DAY))
    place.write(lambda tx: stored.set_until(tx.sql, {"s-1": tx.now + DAY}))
    place.system.call("admit", "EndSession", SessionId="s-1", Reason="enough")
    ordered = clock.now()
    place.system.advance(MINUTE)
    ended(place, "s-1")
    at_its_end = clock.now()
    place.system.advance(MINUTE)
    opened(place, "s-2", "app")
    place.system.advance(MINUTE)

    assert ids(place, At=before - DAY) == []
    assert ids(place, At=before) == ids(place, At=before, State="live") == ["s-1"]
    assert ids(place, At=before, State="ended") == []
    assert (ids(place, At=at_its_end, State="live"), ids(place, At=at_its_end, State="ended")) == (
        [],
        ["s-1"],
    )

    def told(at: int) -> dict[str, object]:
        (one,) = place.system.call("admit", "ListSessions", At=at)["Sessions"]
        assert place.system.call("admit", "GetSession", SessionId="s-1", At=at)["Session"] == one
        return {name: one.get(name) for name in ("State", "ValidUntil", "EndedAt", "Outcome", "EndedBy")}

    by = place.system.call("admit", "GetSession", SessionId="s-1")["Session"]["EndedBy"]
    unknown = {"EndedAt": None, "Outcome": None}
    assert told(before) == {"State": "live", "ValidUntil": lasted.end, "EndedBy": None, **unknown}
    assert told(ordered) == {"State": "ending", "ValidUntil": ordered + DAY, "EndedBy": by, **unknown}
    assert (told(at_its_end)["State"], told(at_its_end)["EndedAt"]) == ("ended", at_its_end)
    with pytest.raises(Refused, match="s-2"):
        place.system.call("admit", "GetSession", SessionId="s-2", At=before)


def test_pages_of_sessions_join_without_gap_while_new_ones_are_opened(place: Place) -> None:
    for number in range(5):
        opened(place, f"s-{number}")
    first = place.system.call("admit", "ListSessions", MaxResults=2)
    opened(place, "s-5")

    assert [each["SessionId"] for each in first["Sessions"]] == ["s-4", "s-3"]
    assert ids(place, MaxResults=3, NextToken=first["NextToken"]) == ["s-2", "s-1", "s-0"]


def test_ending_a_session_is_told_to_its_door_through_the_ledger_and_done_once(place: Place) -> None:
    opened(place, "s-1")
    before = place.system.revision()
    first = place.system.call("admit", "EndSession", SessionId="s-1", Reason="mainte\x1bnance")
    again = place.system.call("admit", "EndSession", SessionId="s-1")

    assert (first["Changed"], again["Changed"]) == (True, False)
    assert (first["Session"]["State"], first["Session"]["EndedBy"][:9]) == ("ending", "acs:ram::")
    assert place.system.revision() == before + 1


def test_ending_what_is_over_changes_nothing_and_what_never_was_is_refused(place: Place) -> None:
    opened(place, "s-1")
    ended(place, "s-1")
    before = place.system.revision()

    assert place.system.call("admit", "EndSession", SessionId="s-1")["Changed"] is False
    with pytest.raises(Refused, match="There is no session s-2") as refused:
        place.system.call("admit", "EndSession", SessionId="s-2")
    assert refused.value.code == "EntityNotExist.Session"
    assert place.system.revision() == before


def test_a_grace_is_of_the_grant_and_gone_when_it_is_granted_without(place: Place) -> None:
    asked = {"Subject": "group:dba", "Resource": "app@db-1", "EndTime": place.system.clock.now() + MINUTE}
    once = place.system.call("admit", "GrantAccess", **asked, Drain=True)
    again = place.system.call("admit", "GrantAccess", **asked, Drain=True)
    without = place.system.call("admit", "GrantAccess", **asked)

    assert [each["Result"]["Changed"] for each in (once, again, without)] == [True, False, True]
    with pytest.raises(Refused, match="Grace"):
        place.system.call("admit", "GrantAccess", **asked, Drain=True, Grace=MINUTE)


@pytest.mark.parametrize(
    ("altered", "told"),
    [
        (
            "update sessions set reason = 'nothing' where id = 's-1'",
            "Session s-1 was not, or ended not, as the",
        ),
        ("update sessions set person = resource", "Session s-1 was not, or ended not, as the ledger has it"),
        ("update sessions set resource = person", "Session s-1 was not, or ended not, as the ledger has it"),
        ("update sessions set opened_at = 1", "Session s-1 was not, or ended not, as the ledger has it"),
        ("update sessions set door = 'oidc'", "Session s-1 was not, or ended not, as the ledger has it"),
        ("update sessions set id = 's-2'", "Session s-2 was not, or ended not, as the ledger has it"),
        ("delete from sessions", "Session s-1 is in the ledger, and missing in the database"),
        ("update links set grace = 9 where grace is not null", "is not as the ledger has it"),
        ("update links set grace = null where grace is not null", "is not as the ledger has it"),
    ],
)
def test_what_was_done_to_sessions_and_graces_behind_the_ledgers_back_is_found(
    place: Place, altered: str, told: str
) -> None:
    opened(place, "s-1")
    ended(place, "s-1")
    session_ledger.record_ends(place.system.admit.store)
    end = place.system.clock.now() + MINUTE
    asked = {"Subject": "group:dba", "Resource": "app@db-1", "EndTime": end}
    place.system.call("admit", "GrantAccess", **asked, Grace=MINUTE)
    # A new period keeps the grace.
    place.grant("dba", "app", place.lasting(HOUR))
    assert fault(place) is None

    with place.system.admit.store.engine.begin() as sql:
        assert sql.execute(text(altered)).rowcount > 0
    assert told in (fault(place) or "")


def fault(place: Place) -> str | None:
    admit = place.system.admit
    with admit.store.read() as sql:
        return verify(sql, admit.world.sealer.subkey("ledger")).fault


def test_a_session_is_forgotten_that_ended_long_ago_and_of_which_the_ledger_knows(place: Place) -> None:
    for session in ("s-over", "s-live", "s-untold", "s-late"):
        opened(place, session)
    ended(place, "s-over")
    while session_ledger.record_ends(place.system.admit.store):
        pass
    ended(place, "s-untold")
    place.system.clock.advance(DAY)
    before = place.system.clock.now()
    ended(place, "s-late")

    assert place.write(lambda tx: stored.forget(tx.sql, before, 100)) == 1
    assert sorted(ids(place)) == ["s-late", "s-live", "s-untold"]
