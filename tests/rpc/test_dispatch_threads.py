"""Slow work: done where it holds nobody up, and for nobody who may not have it done."""

import asyncio
import inspect
import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from admit.core.validity import MINUTE
from admit.main import SERVICES
from admit.rpc.nonces import Nonces
from admit.rpc.operation import Operation
from admit.rpc.signing import SigningKey
from admit.rpc.threads import MOST_PREPARING, preparing_threads
from tests.callers import Callers, refused, statement
from tests.rpc.raw import Raw, code, served, signed
from tests.rpc.sample import SAMPLE
from tests.system import System


def count(system: System, name: str, action: str = "CountGroups") -> int:
    return int(system.call("sample", action, Name=name)["Count"])


@pytest.fixture
def bob(sampled: System) -> SigningKey:
    """A user who may have groups ground, and count slowly."""
    return Callers(sampled).user("bob", statement("Allow", ["smp:Grind", "smp:CountSlowly"]))


# -- where it is done --------------------------------------------------------------------------------


def test_what_is_prepared_on_a_thread_of_its_own_reaches_the_transaction(sampled: System):
    answer = sampled.call("sample", "Grind", Name="fine")

    assert answer["PreparedBy"].startswith("admit-prepare")
    assert answer["MadeBy"].startswith("admit-write")
    assert count(sampled, "fine") == 1


def test_what_may_read_for_long_does_so_on_a_thread_of_its_own(sampled: System):
    assert sampled.call("sample", "CountSlowly", Name="x")["CountedBy"].startswith("admit-read")


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (64, MOST_PREPARING)])
def test_one_core_is_left_for_others(cores: int, threads: int):
    assert preparing_threads(cores) == threads


@contextmanager
def busy(pool: ThreadPoolExecutor) -> Iterator[Callable[[], None]]:
    """Every thread of a pool is busy, until what this gives is called."""
    done = threading.Event()
    for _ in range(pool._max_workers):
        pool.submit(done.wait, 30)
    try:
        yield done.set
    finally:
        done.set()


async def sent(system: System, raw: Raw) -> dict[str, Any]:
    _, body, _ = await system._http(raw.method, raw.target, raw.headers, raw.body, system.peer)
    return dict(json.loads(body))


def test_writes_do_not_wait_for_what_is_being_prepared(sampled: System):
    async def both() -> None:
        with busy(sampled.admit.dispatcher._threads._preparing) as release:
            slow = asyncio.create_task(sent(sampled, signed(sampled, "Grind", {"Name": "slow"}, nonce="1")))
            quick = await sent(sampled, signed(sampled, "AddGroup", {"Name": "quick"}, nonce="2"))
            assert ("GroupId" in quick, slow.done()) == (True, False)
            release()
            assert "GroupId" in await slow

    asyncio.run(both())


# -- for whom it is done -----------------------------------------------------------------------------


def test_nothing_is_prepared_for_who_may_not_have_it(sampled: System):
    nobody = Callers(sampled).user("nobody")

    assert refused(sampled.call, "sample", "Grind", Name="x", End="broken") == (500, "InternalError")
    assert refused(sampled.call, "sample", "Grind", nobody, Name="x", End="broken") == (403, "Forbidden.RAM")
    assert refused(sampled.call, "sample", "Grind", End="broken") == (400, "MissingParameter.Name")


@pytest.mark.parametrize(
    ("action", "pool", "parameters"),
    [("Grind", "_preparing", {"Name": "x", "End": "broken"}), ("CountSlowly", "_reading", {"Name": "x"})],
)
def test_who_may_no_longer_when_a_thread_is_free_is_refused(
    sampled: System, bob: SigningKey, action: str, pool: str, parameters: dict[str, str]
):
    other = served(sampled)
    detach = {"PolicyType": "Custom", "PolicyName": "of-bob", "UserName": "bob"}
    detaching = signed(sampled, "DetachPolicyFromUser", detach, nonce="1", version="2015-05-01")
    asking = signed(sampled, action, parameters, nonce="2", key=bob)

    async def waited() -> dict[str, Any]:
        with busy(getattr(sampled.admit.dispatcher._threads, pool)) as release:
            waiting = asyncio.create_task(sent(sampled, asking))
            assert "Code" not in await sent(other, detaching)
            release()
            return await waiting

    assert asyncio.run(waited())["Code"] == "Forbidden.RAM"


# -- how it fails ------------------------------------------------------------------------------------


def test_a_fault_of_what_is_prepared_is_answered_and_its_nonce_stays_used(sampled: System):
    sampled.call("sample", "AddGroup", Name="there")
    raw = signed(sampled, "Grind", {"Name": "there"}, nonce="once")

    assert code(sampled, raw) == "Taken.there"
    assert code(served(sampled), raw) == "SignatureNonceUsed"


def test_a_repeated_token_is_answered_as_before_although_it_could_not_be_prepared_again(sampled: System):
    first = sampled.call("sample", "Grind", Name="one", ClientToken="t")
    again = sampled.call("sample", "Grind", Name="one", ClientToken="t")

    assert again["GroupId"] == first["GroupId"]
    assert refused(sampled.call, "sample", "Grind", Name="one", ClientToken="u") == (409, "Taken.one")
    assert refused(sampled.call, "sample", "Grind", Name="two", ClientToken="t") == (
        400,
        "IdempotentParameterMismatch",
    )


# -- how it is declared ------------------------------------------------------------------------------

OPERATIONS = [operation for service in (*SERVICES, SAMPLE) for operation in service.operations.values()]


def parts_do_not_fit(operation: Operation) -> str:
    """Why an operation's ``prepare`` and ``handle`` do not fit together; empty if they do."""
    _, _, *more = inspect.signature(operation.shape.handle).parameters.values()
    if not operation.prepares:
        return "" if not more else "it takes what nobody prepared"
    if not operation.writes:
        return "it prepares what only reads"
    made = inspect.signature(operation.shape.prepare).return_annotation
    return "" if [each.annotation for each in more] == [made] else "it prepares one thing and takes another"


def test_what_is_prepared_is_what_is_taken():
    found = {operation.action: parts_do_not_fit(operation) for operation in OPERATIONS}

    assert {action: why for action, why in found.items() if why} == {}


# -- many threads at once ----------------------------------------------------------------------------


def test_a_nonce_used_while_old_ones_are_swept_stays_used():
    nonces, together = Nonces(), threading.Barrier(4)
    nonces.load({f"old:{number}": 0 for number in range(50_000)})

    def use(thread: int) -> list[bool]:
        together.wait(30)
        return [nonces.use(f"{thread}:{number}", 2 * MINUTE) for number in range(1_000)]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            used = [each for some in threads.map(use, range(4)) for each in some]
    finally:
        sys.setswitchinterval(before)
    again = [nonces.use(f"{thread}:{number}", 2 * MINUTE) for thread in range(4) for number in range(1_000)]

    assert (all(used), any(again)) == (True, False)
