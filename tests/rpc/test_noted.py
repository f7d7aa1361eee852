"""What is noted of calls: who made them, and never what they sent."""

import json
from dataclasses import replace

from admit.core.activity import Activity, ActivityKind, Outcome
from admit.store import activity
from admit.store.activity import Where
from tests.callers import Callers
from tests.rpc.raw import Raw, answer, signed
from tests.system import System


def noted(system: System, raw: Raw) -> Activity | None:
    """What is noted of a call, if anything."""
    world, store = system.admit.world, system.admit.store
    world.activities.write(store, world.metrics)
    with store.read() as sql:
        before = len(activity.find(sql, Where(), 1000))
    answer(system, raw)
    world.activities.write(store, world.metrics)
    with store.read() as sql:
        kept = activity.find(sql, Where(), 1000)
    assert len(kept) - before in (0, 1)
    return kept[0].activity if len(kept) > before else None


def test_a_call_is_noted_with_who_made_it_from_where_and_what_came_of_it(sampled: System) -> None:
    raw = signed(sampled, "AddGroup", {"Name": "dba"}, nonce="n")
    found = noted(sampled, raw)

    assert found is not None
    account = sampled.founded.account_id
    assert (found.kind, found.outcome, found.reason) == (ActivityKind.API_CALL, Outcome.OK, "OK")
    assert (found.actor, found.action) == (f"acs:ram::{account}:root", "sample:AddGroup")
    assert (found.at, found.peer) == (sampled.clock.now(), "127.0.0.1")
    assert found.request_id
    assert found.details["status"] == 200


def test_what_was_sent_is_not_noted(sampled: System) -> None:
    found = noted(sampled, signed(sampled, "AddGroup", {"Name": "hush", "End": "refused"}, nonce="n"))

    assert found is not None
    assert found.outcome is Outcome.REFUSED
    # The sample's error names the group in its code, as errors of the wire do.
    assert "hush" not in json.dumps([found.action, dict(found.details)])


def test_a_call_that_ram_refuses_is_noted_as_refused(sampled: System) -> None:
    bob = Callers(sampled).user("bob")
    found = noted(sampled, signed(sampled, "AddGroup", {"Name": "dba"}, nonce="n", key=bob))

    assert found is not None
    assert (found.outcome, found.reason) == (Outcome.REFUSED, "Forbidden.RAM")
    assert found.actor.endswith(":user/bob")


def test_a_stranger_cannot_fill_the_disk_with_what_is_noted(sampled: System) -> None:
    wrong = replace(sampled.key, secret="wrong")

    assert noted(sampled, signed(sampled, "AddGroup", {"Name": "dba"}, nonce="n", key=wrong)) is None
    assert noted(sampled, Raw("GET", "/?Action=AddGroup", {"host": "h"}, b"")) is None
