"""Calls of those who have signed in: as signed calls are answered, and no more is allowed."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import Connection

from admit.control.callers import Caller, root_caller, user_caller
from admit.control.things import New, add
from admit.core.errors import AccessKeyNotFound
from admit.core.links import Kind
from admit.rpc.dispatch import Asked, Peer
from admit.store import things
from admit.store.engine import Author
from tests.callers import Callers, statement
from tests.rpc.sample import SAMPLE, Details
from tests.system import System

PEER = Peer("192.0.2.7", secure=True)


def asked(system: System, action: str, whom: Any, **parameters: str) -> tuple[int, dict[str, Any]]:
    answer = asyncio.run(
        system.admit.dispatcher.answer_for(Asked(SAMPLE.version, action, parameters, whom), PEER, "gate.test")
    )
    return answer.status, json.loads(answer.body)


def root(system: System) -> Any:
    return lambda _sql: root_caller(system.admit.world)


def named(system: System, name: str) -> Any:
    def whom(sql: Connection) -> Caller:
        (user,) = things.find(sql, things.Where(Kind.RAM_USER, names=(name,)))
        return user_caller(sql, system.admit.world, user)

    return whom


def test_the_account_may_write_and_the_ledger_names_it(sampled: System) -> None:
    before = sampled.revision()

    status, answer = asked(sampled, "AddGroup", root(sampled), Name="dba")

    assert status == 200
    assert answer["RequestId"]
    assert sampled.revision() == before + 1


def test_policies_hold_for_whoever_has_signed_in(sampled: System) -> None:
    Callers(sampled).user("bob", statement("Allow", "smp:Take"))

    assert asked(sampled, "Take", named(sampled, "bob"))[0] == 200
    status, answer = asked(sampled, "AddGroup", named(sampled, "bob"), Name="dba")
    assert (status, answer["Code"], answer["HostId"]) == (403, "Forbidden.RAM", "gate.test")


def test_who_is_nobody_by_the_time_of_the_transaction_writes_nothing(sampled: System) -> None:
    asked_before = []

    def whom(_sql: Connection) -> Caller:
        if asked_before:
            raise AccessKeyNotFound
        # Its change to who may call stands in the queue before what is written next.
        made = New(Kind.RAM_USER, sampled.admit.world.account_key, "eve", Details())
        sampled.admit.store.write(Author("test", "test", ""), lambda tx: add(tx, made))
        asked_before.append(True)
        return root_caller(sampled.admit.world)

    assert asked(sampled, "AddGroup", whom, Name="dba")[0] == 404
    assert asked(sampled, "CountGroups", root(sampled), Name="dba")[1]["Count"] == 0


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [("Nothing", {}, "InvalidAction.NotFound"), ("AddGroup", {}, "MissingParameter.Name")],
)
def test_faults_are_told_as_to_signers(
    sampled: System, action: str, parameters: dict[str, str], code: str
) -> None:
    assert asked(sampled, action, root(sampled), **parameters)[1]["Code"] == code
