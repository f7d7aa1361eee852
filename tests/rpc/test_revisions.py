"""Answers at some revision or a later one."""

import asyncio
from collections.abc import Callable

import pytest

from admit.control import things
from admit.control.things import New
from admit.core.errors import RevisionNotReached
from admit.core.links import Kind
from admit.rpc.revisions import ASKED, LONGEST, PARAMETER, POLL, TOLD, reached
from admit.rpc.signing import SigningKey
from admit.store.engine import Author
from tests.rpc.raw import Raw, signed
from tests.rpc.sample import Details
from tests.system import Refused, System


def told(system: System, action: str, nonce: str, header: int | None = None, **parameters: str) -> str:
    raw = signed(system, action, parameters, nonce=nonce)
    asked = {} if header is None else {ASKED: str(header)}
    _, _, headers = system.http(raw.method, raw.target, {**raw.headers, **asked}, raw.body)
    return headers[TOLD]


def test_answers_carry_the_revision_they_were_made_at(sampled: System) -> None:
    before = sampled.revision()
    assert told(sampled, "CountGroups", "read", Name="a") == str(before)
    assert told(sampled, "AddGroup", "write", Name="a") == str(before + 1)
    assert told(sampled, "CountGroups", "again", Name="a") == str(before + 1)


def test_a_write_that_changes_nothing_carries_the_revision_there_was(sampled: System) -> None:
    first = told(sampled, "AddGroup", "first", Name="a", ClientToken="once")
    assert told(sampled, "AddGroup", "again", Name="a", ClientToken="once") == first


def test_what_has_been_reached_is_answered_at_once_by_header_or_parameter(sampled: System) -> None:
    now = sampled.revision()
    assert told(sampled, "CountGroups", "header", header=now, Name="a") == str(now)
    assert sampled.call("sample", "CountGroups", Name="a", **{PARAMETER: now})["Count"] == 0


@pytest.mark.parametrize("given", ["-1", "1.5", "now", "9" * 19, "\u0663"])
def test_what_is_no_revision_is_refused(sampled: System, given: str) -> None:
    with pytest.raises(Refused) as refused:
        sampled.call("sample", "CountGroups", Name="a", **{PARAMETER: given})
    assert (refused.value.status, refused.value.code) == (400, f"InvalidParameter.{PARAMETER}")


def somebody_waits(system: System) -> bool:
    """Whether time may pass: whoever is looking meanwhile, on a thread of a busy machine, is not hurried."""
    return bool(system.clock._sleepers)


def waited(system: System, wanted: int, *happens: Callable[[], object]) -> None:
    """Wait for a revision while some time passes, and some of what happens does."""

    async def body() -> None:
        store, events = system.admit.store, list(happens)
        waiting = asyncio.create_task(reached(store, system.clock, wanted))
        while not waiting.done():
            await asyncio.to_thread(lambda: None)
            if somebody_waits(system):
                if events:
                    events.pop(0)()
                system.advance(POLL)
        await waiting

    asyncio.run(body())


def test_a_revision_that_comes_is_waited_for(sampled: System) -> None:
    wanted = sampled.revision() + 1
    began = sampled.clock.now()

    def grow() -> None:
        group = New(Kind.GROUP, sampled.admit.world.account_key, "late", Details())
        sampled.admit.store.write_now(Author("root", "test", "r"), lambda tx: things.add(tx, group))

    waited(sampled, wanted, lambda: None, grow)
    assert sampled.clock.now() - began < LONGEST


def test_one_that_never_comes_is_a_clear_error(sampled: System) -> None:
    newest = sampled.revision()
    with pytest.raises(RevisionNotReached, match=f"Revision {newest + 1} .* newest is {newest}"):
        waited(sampled, newest + 1)


def answered_in_time(system: System, raw: Raw) -> tuple[int, str | None, str]:
    """Status, revision and text of the answer to a request while time passes."""

    async def body() -> tuple[int, bytes, dict[str, str]]:
        asked = asyncio.create_task(system._http(raw.method, raw.target, raw.headers, raw.body, system.peer))
        while not asked.done():
            await asyncio.to_thread(lambda: None)
            if somebody_waits(system):
                system.advance(POLL)
        return await asked

    status, text, headers = asyncio.run(body())
    return status, headers.get(TOLD), text.decode()


@pytest.mark.parametrize("action", ["CountGroups", "AddGroup"])
def test_whoever_may_call_is_told_that_a_revision_does_not_come(sampled: System, action: str) -> None:
    newest = sampled.revision()
    raw = signed(sampled, action, {"Name": "a", PARAMETER: str(newest + 1)}, nonce="n")
    status, _, text = answered_in_time(sampled, raw)

    assert (status, f"newest is {newest}" in text) == (503, True)
    assert sampled.revision() == newest


def test_a_stranger_waits_for_no_revision_and_is_told_of_none(sampled: System) -> None:
    began = sampled.clock.now()
    nobody = SigningKey("LTAInobody", "secret")
    with pytest.raises(Refused) as refused:
        sampled.call("sample", "CountGroups", key=nobody, Name="a", **{PARAMETER: sampled.revision() + 9})

    assert refused.value.code == "InvalidAccessKeyId.NotFound"
    assert sampled.clock.now() == began
