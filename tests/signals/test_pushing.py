"""Security events are pushed in order, until they are taken, and none is lost."""

import json
from collections.abc import Iterator

import pytest

from admit.control.outward import signals
from admit.control.outward.pushing import Pusher
from admit.control.outward.signals import (
    GRANT_ADDED,
    GRANT_REMOVED,
    SESSION_REVOKED,
    SUPPORTED,
    StreamDetails,
)
from admit.core.events import Named, SessionEnded
from admit.core.links import Kind
from admit.core.validity import MINUTE, SECOND
from admit.store import changes
from admit.store import things as stored
from admit.store.engine import Author
from admit.store.things import Thing
from tests.signals.receiver import MOST_SAID, Receiver
from tests.system import System

AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def receiver(system: System) -> Receiver:
    return Receiver(lambda: json.loads(system.http("GET", "/ssf/jwks.json", {})[1]))


@pytest.fixture
def stream(system: System, receiver: Receiver) -> Iterator[Thing]:
    """A stream of everything, to a receiver that listens."""
    with receiver.running():
        details = StreamDetails("someone", receiver.url, receiver.url, SUPPORTED)
        world = system.admit.world
        yield system.admit.store.write_now(AUTHOR, lambda tx: signals.create(tx, world, details, "Bearer s3"))


def pusher(system: System) -> Pusher:
    return Pusher(system.admit.store, system.admit.world)


def push_all(system: System) -> None:
    """Push as the server does, as long as something is due."""
    while due := pusher(system).due():
        if not [each for each in due if pusher(system).push_next(each)]:
            return


def grants(system: System, *names: str) -> None:
    system.call("admit", "RegisterType", Name="person-of-ours")
    system.call("admit", "RegisterType", Name="record")
    entities = json.dumps([{"Id": name} for name in names])
    system.call("admit", "PutEntities", Type="person-of-ours", Role="subject", Entities=entities)
    for name in names:
        system.call("admit", "GrantActions", Subject=f"person-of-ours:{name}", Resource="record:*")


def told(receiver: Receiver, kind: str) -> list[str]:
    """Whom events of a kind are about, each event once."""
    return [each["events"][kind]["subject"]["name"] for each in receiver.fresh if kind in each["events"]]


def test_grants_are_told_in_order_and_signed(system: System, stream: Thing, receiver: Receiver) -> None:
    grants(system, "a", "b", "c")
    system.call("admit", "RevokeActions", Subject="person-of-ours:b", Resource="record:*")

    push_all(system)

    assert told(receiver, GRANT_ADDED) == ["a", "b", "c"]
    assert told(receiver, GRANT_REMOVED) == ["b"]
    assert receiver.authorizations == {"Bearer s3"}
    one = receiver.taken[0]
    assert (one["iss"], one["aud"]) == (system.admit.world.url, receiver.url)
    assert one["events"][GRANT_ADDED]["action"] == "admit:GrantActions"
    assert len(receiver.taken) == 4


def test_a_receiver_that_dies_and_comes_back_has_lost_nothing(system: System, receiver: Receiver) -> None:
    world, store = system.admit.world, system.admit.store
    with receiver.running():
        details = StreamDetails("someone", receiver.url, receiver.url, SUPPORTED)
        store.write_now(AUTHOR, lambda tx: signals.create(tx, world, details, None))
        grants(system, "a", "b")
        push_all(system)
    system.call("admit", "RevokeActions", Subject="person-of-ours:a", Resource="record:*")
    push_all(system)
    grants(system, "c")
    push_all(system)
    assert told(receiver, GRANT_REMOVED) == []

    with receiver.running():
        push_all(system)
        assert told(receiver, GRANT_REMOVED) == []
        system.advance(MINUTE)
        push_all(system)

    assert (told(receiver, GRANT_ADDED), told(receiver, GRANT_REMOVED)) == (["a", "b", "c"], ["a"])
    kinds = [next(iter(each["events"])) for each in receiver.taken]
    assert kinds == [GRANT_ADDED, GRANT_ADDED, GRANT_REMOVED, GRANT_ADDED]


def test_what_was_not_answered_well_is_tried_again_before_what_follows(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    grants(system, "a", "b", "c")
    receiver.answers = [202, 500]

    push_all(system)
    system.advance(10 * SECOND)
    push_all(system)

    assert told(receiver, GRANT_ADDED) == ["a", "b", "c"]
    assert len(receiver.taken) == 3


def test_what_was_taken_and_not_written_down_comes_again_with_the_same_id(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    grants(system, "a")
    push_all(system)
    # As if the server had died before it wrote down that the event was taken.
    place = int(receiver.taken[0]["jti"].split(".")[1]) - 1
    system.admit.store.write_now(
        AUTHOR, lambda tx: changes.set_cursor(tx.sql, signals.follower_of(stream), place)
    )

    push_all(system)

    first, again = receiver.taken
    assert first == again


def test_an_event_that_a_receiver_refuses_for_good_does_not_stop_the_others(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    grants(system, "a", "b")
    receiver.answers = [400]

    push_all(system)

    assert told(receiver, GRANT_ADDED) == ["b"]


def test_nobody_listens_to_a_receiver_that_does_not_come_to_an_end(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    grants(system, "a", "b")
    receiver.wordy, receiver.answers = True, [400]

    push_all(system)

    assert told(receiver, GRANT_ADDED) == ["b"]
    assert receiver.said < MOST_SAID // 2


def test_a_session_that_was_ended_is_told_with_a_reason(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    person, host = Named(Kind.PERSON, 1, "1", "alice"), Named(Kind.HOST, 2, "2", "db-1")
    times = {"opened_at": 1_000, "ended_at": 5_000}

    def body(tx: object) -> None:
        for session, outcome in (("s-1", "revoked"), ("s-2", "closed"), ("s-3", "ended")):
            ended = SessionEnded(session, "ssh", person, host, outcome=outcome, reason="why", **times)
            tx.record(ended)  # type: ignore[attr-defined]

    system.admit.store.write_now(AUTHOR, body)
    push_all(system)

    events = [each for each in receiver.taken if SESSION_REVOKED in each["events"]]
    assert [each["sub_id"]["session"]["id"] for each in events] == ["s-1", "s-3"]
    first, last = (each["events"][SESSION_REVOKED] for each in events)
    assert first["reason_admin"] == {"en": "revoked: why"}
    assert (first["event_timestamp"], first["initiating_entity"], last["initiating_entity"]) == (
        5,
        "policy",
        "admin",
    )
    assert events[0]["sub_id"]["user"]["sub"] == "alice"


def test_what_is_paused_waits_and_what_is_disabled_is_not_told(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    def status(word: str) -> None:
        def body(tx: object) -> None:
            (found,) = signals.streams(tx.sql, system.admit.world)  # type: ignore[attr-defined]
            details = found.read(StreamDetails)
            details.status = word  # type: ignore[assignment]
            signals.change(tx, found, details)  # type: ignore[arg-type]

        system.admit.store.write_now(AUTHOR, body)

    status("paused")
    grants(system, "a")
    push_all(system)
    assert receiver.taken == []
    status("enabled")
    push_all(system)
    assert told(receiver, GRANT_ADDED) == ["a"]

    status("disabled")
    grants(system, "b")
    status("enabled")
    grants(system, "c")
    push_all(system)
    assert told(receiver, GRANT_ADDED) == ["a", "c"]


def test_permissions_of_callers_are_nobody_elses_business(
    system: System, stream: Thing, receiver: Receiver
) -> None:
    system.call("ram", "CreateUser", UserName="x")
    attach = {"PolicyType": "System", "PolicyName": "AdministratorAccess", "UserName": "x"}
    system.call("ram", "AttachPolicyToUser", **attach)

    push_all(system)

    assert receiver.taken == []


def test_the_account_of_the_store_is_where_the_keys_are(system: System) -> None:
    with system.admit.store.read() as sql:
        before = stored.find(sql, stored.Where(Kind.SIGNING_KEY, system.admit.world.account_key))
    keys = json.loads(system.http("GET", "/ssf/jwks.json", {})[1])["keys"]
    assert (before, len(keys), keys[0]["alg"]) == ([], 1, "RS256")
    assert "d" not in keys[0]
