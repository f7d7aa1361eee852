"""What is kept from one question to the next: it is never older than the policy that is asked."""

import asyncio
import json
from typing import Any

import pytest

from admit.control import things
from admit.core.links import Kind
from admit.core.validity import MINUTE, SECOND
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.authzen.asking import Program, question
from tests.callers import Callers, statement
from tests.system import System

ASKED = question("person:alice", "connect", "host-account:root@db-1")


def test_what_ram_takes_from_a_caller_is_missing_at_the_next_question(
    office: System, program: Program
) -> None:
    assert program.post("evaluation", ASKED)[0] == 200

    Callers(office).policy("no-more", statement("Deny", "admit:Evaluate"))
    attached = {"PolicyType": "Custom", "PolicyName": "no-more", "UserName": program.name}
    office.call("ram", "AttachPolicyToUser", **attached)
    assert program.post("evaluation", ASKED)[0] == 403

    office.call("ram", "DetachPolicyFromUser", **attached)
    assert program.post("evaluation", ASKED)[0] == 200


def test_a_token_ends_within_a_second_in_which_it_was_good(office: System, program: Program) -> None:
    office.advance(-office.clock.now() % SECOND)
    end = office.clock.now() + MINUTE + 500
    made = office.call("admit", "CreateBearerToken", UserName=program.name, Name="short", EndTime=end)
    shown = f"Bearer {made['Token']}"

    office.advance(MINUTE + 499)
    assert program.post("evaluation", ASKED, authorization=shown)[0] == 200
    office.advance(1)
    assert program.post("evaluation", ASKED, authorization=shown)[0] == 401


def test_a_condition_on_the_time_is_asked_again_each_second(office: System, program: Program) -> None:
    office.advance(-office.clock.now() % MINUTE)
    until = {"DateLessThan": {"acs:CurrentTime": "2100-01-01T00:00:00Z"}}
    Callers(office).user("clock", statement("Allow", "admit:Evaluate", **until))
    token = office.call("admit", "CreateBearerToken", UserName="clock", Name="t")["Token"]
    shown = f"Bearer {token}"
    assert program.post("evaluation", ASKED, authorization=shown)[0] == 200

    far = 4_102_444_800_000 - office.clock.now()
    office.advance(far - 1)
    assert program.post("evaluation", ASKED, authorization=shown)[0] == 200
    office.advance(1)
    assert program.post("evaluation", ASKED, authorization=shown)[0] == 403


def test_who_was_let_in_here_is_not_let_in_from_elsewhere(office: System, program: Program) -> None:
    here = {"IpAddress": {"acs:SourceIp": "127.0.0.1"}}
    Callers(office).user("near", statement("Allow", "admit:Evaluate", **here))
    token = office.call("admit", "CreateBearerToken", UserName="near", Name="t")["Token"]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def status(peer: str) -> int:
        body = json.dumps(ASKED).encode()
        return office.http("POST", "/access/v1/evaluation", headers, body, peer=peer)[0]

    assert [status("127.0.0.1"), status("10.0.0.9"), status("127.0.0.1")] == [200, 403, 200]


def test_a_type_of_ones_own_hides_the_one_of_that_name_from_when_it_is_registered(office: System) -> None:
    shop = Program(office, "shop", base="/spaces/shop")
    office.call("admit", "GrantAccess", Subject="alice", Resource="host:db-1")
    host = question("person:alice", "connect", "host:db-1")
    assert shop.asks("evaluation", host)["decision"] is True

    office.call("admit", "RegisterType", Name="host", Space="shop")
    context = shop.asks("evaluation", host)["context"]
    assert context == {"reason": "unknown", "text": "There is no resource host:db-1."}


def test_what_has_another_name_is_known_by_that_one_at_once(office: System, program: Program) -> None:
    def rename(tx: Tx) -> None:
        (host,) = stored.named(tx.sql, Kind.HOST, "db-1")
        things.change(tx, host, name="db-9")

    assert program.asks("evaluation", ASKED)["context"]["reason"] == "not granted"
    office.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), rename)

    assert program.asks("evaluation", ASKED)["context"]["text"] == "There is no root@db-1."
    now = program.asks("evaluation", question("person:alice", "connect", "host-account:root@db-9"))
    assert now["context"]["text"] == "alice may not use root@db-9: no link leads there."


@pytest.mark.parametrize("nothing", [{"context": None}, {"action": {"name": "connect", "properties": None}}])
def test_null_is_as_good_as_nothing(program: Program, nothing: dict[str, Any]) -> None:
    assert program.asks("evaluation", ASKED | nothing) == program.asks("evaluation", ASKED)


def test_a_body_may_hold_many_objects_side_by_side(program: Program) -> None:
    wide = ASKED | {"context": {"many": [{} for _ in range(100)]}}
    deep = b'{"context":' + b"[" * 40 + b"]" * 40 + b"}"

    assert program.asks("evaluation", wide) == program.asks("evaluation", ASKED)
    assert program.post("evaluation", deep)[1] == "The body is nested deeper than 32 levels."


def test_who_hangs_up_in_the_middle_of_a_body_is_answered_nothing_that_was_asked(
    office: System, program: Program
) -> None:
    sent: list[Any] = []
    arriving = [
        {"type": "http.request", "body": b'{"subject":', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return arriving.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/access/v1/evaluation",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(office.admit.web(scope, receive, send))

    assert sent[0]["status"] == 400
