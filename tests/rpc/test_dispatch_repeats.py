"""What is sent twice: times and nonces of signed requests, and client tokens."""

from dataclasses import replace

import pytest

from admit.core.validity import MINUTE, SECOND, Millis
from admit.rpc.nonces import WINDOW
from admit.rpc.signing import SigningKey
from admit.server.background import NONCES_KEPT
from admit.store import tokens
from admit.store.engine import Author
from tests.callers import Callers, refused, statement
from tests.rpc.raw import code, served, signed
from tests.system import Refused, System


def groups(system: System, name: str) -> int:
    """How many groups of a name there are."""
    return int(system.call("sample", "CountGroups", Name=name)["Count"])


# -- time and nonces ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "told"),
    [
        (-WINDOW, "OK"),
        (-WINDOW - SECOND, "InvalidTimeStamp.Expired"),
        (WINDOW, "OK"),
        (WINDOW + SECOND, "InvalidTimeStamp.Expired"),
    ],
)
def test_a_request_may_be_15_minutes_old_or_early_and_no_second_more(
    sampled: System, away: Millis, told: str
):
    raw = signed(sampled, "CountGroups", {"Name": "x"}, nonce="n", at=sampled.clock.now() + away)

    assert WINDOW == 15 * MINUTE
    assert code(sampled, raw) == told


def test_a_request_is_too_old_a_millisecond_after_its_time(sampled: System):
    first = signed(sampled, "CountGroups", {"Name": "x"}, nonce="1")
    second = signed(sampled, "CountGroups", {"Name": "x"}, nonce="2")

    sampled.advance(WINDOW)
    assert code(sampled, first) == "OK"
    sampled.advance(1)
    assert code(sampled, second) == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize("action", ["CountGroups", "AddGroup"])
def test_a_nonce_is_used_up_for_as_long_as_its_request_could_be_accepted(sampled: System, action: str):
    raw = signed(sampled, action, {"Name": "x"}, nonce="n", at=sampled.clock.now() + WINDOW)

    assert code(sampled, raw) == "OK"
    for _ in range(30):
        assert code(sampled, raw) == "SignatureNonceUsed"
        sampled.advance(MINUTE)
    assert code(sampled, raw) == "SignatureNonceUsed"
    sampled.advance(1)
    assert code(sampled, raw) == "InvalidTimeStamp.Expired"


def test_a_nonce_that_is_too_old_to_matter_is_forgotten(sampled: System):
    def sent() -> str:
        return code(sampled, signed(sampled, "CountGroups", {"Name": "x"}, nonce="n"))

    assert sent() == "OK"
    sampled.advance(2 * WINDOW)
    assert sent() == "SignatureNonceUsed"
    sampled.advance(1)
    # What one process remembers is swept once a minute; what the database does, by a task of the server.
    sampled.advance(MINUTE)
    store, before = sampled.admit.store, sampled.clock.now() - NONCES_KEPT
    store.write_now(Author("admit", "test", ""), lambda tx: tokens.forget(tx.sql, before, before))
    assert sent() == "OK"


def test_a_wrong_signature_uses_up_no_nonce(sampled: System):
    wrong = replace(sampled.key, secret="wrong")

    assert (
        code(sampled, signed(sampled, "AddGroup", {"Name": "x"}, nonce="n", key=wrong))
        == "SignatureDoesNotMatch"
    )
    assert code(sampled, signed(sampled, "AddGroup", {"Name": "x"}, nonce="n")) == "OK"


def test_two_keys_may_use_the_same_nonce(sampled: System):
    other = Callers(sampled).user("bob", statement("Allow", "smp:*"))

    for key in (sampled.key, other):
        assert code(sampled, signed(sampled, "AddGroup", {"Name": "x"}, nonce="n", key=key)) == "OK"


def test_a_write_is_not_repeated_after_a_restart_for_as_long_as_it_could_be_accepted(sampled: System):
    raw = signed(sampled, "AddGroup", {"Name": "x"}, nonce="n", at=sampled.clock.now() + WINDOW)
    assert code(sampled, raw) == "OK"

    sampled.advance(2 * WINDOW)
    restarted = served(sampled)
    assert code(restarted, raw) == "SignatureNonceUsed"
    assert groups(restarted, "x") == 1


def test_a_write_is_not_repeated_by_another_server_of_the_same_database(sampled: System):
    other = served(sampled)
    raw = signed(sampled, "AddGroup", {"Name": "x"}, nonce="n")

    assert [code(sampled, raw), code(other, raw)] == ["OK", "SignatureNonceUsed"]
    assert groups(sampled, "x") == 1


def test_what_a_refused_write_did_is_undone_and_its_nonce_stays_used(sampled: System):
    raw = signed(sampled, "AddGroup", {"Name": "x", "End": "refused"}, nonce="n")
    before = sampled.revision()

    assert [code(sampled, raw), code(sampled, raw)] == ["Taken.x", "SignatureNonceUsed"]
    restarted = served(sampled)
    assert code(restarted, raw) == "SignatureNonceUsed"
    assert (groups(restarted, "x"), restarted.revision()) == (0, before)


# -- client tokens -----------------------------------------------------------------------------------


def added(system: System, key: SigningKey | None = None, action: str = "AddGroup", **parameters: str) -> str:
    return str(system.call("sample", action, key, ClientToken="token", **parameters)["GroupId"])


def test_the_same_token_and_parameters_get_the_first_answer_and_have_no_second_effect(sampled: System):
    first = added(sampled, Name="x")
    before = sampled.revision()

    assert added(sampled, Name="x") == first
    assert added(sampled, Name="x", End="well", RegionId="cn-hangzhou") == first
    assert added(served(served(sampled)), Name="x", AcceptLanguage="en") == first
    assert (groups(sampled, "x"), sampled.revision()) == (1, before)


def test_each_answer_has_its_own_request_id(sampled: System):
    answers = [sampled.call("sample", "AddGroup", Name="x", ClientToken="token") for _ in range(2)]
    assert answers[0]["RequestId"] != answers[1]["RequestId"]
    assert answers[0]["GroupId"] == answers[1]["GroupId"]


def test_the_same_token_with_other_parameters_is_a_mismatch_and_does_nothing(sampled: System):
    added(sampled, Name="x")

    assert refused(added, sampled, Name="y") == (400, "IdempotentParameterMismatch")
    assert refused(added, sampled, Name="x", Colour="red") == (400, "IdempotentParameterMismatch")
    assert groups(sampled, "y") == 0


def test_a_token_of_another_caller_or_of_another_operation_is_another_token(sampled: System):
    other = Callers(sampled).user("bob", statement("Allow", "smp:*"))
    made = {
        added(sampled, Name="x"),
        added(sampled, other, Name="x"),
        added(sampled, action="AddOther", Name="x"),
    }

    assert len(made) == 3
    assert groups(sampled, "x") == 3


def test_a_token_differs_by_its_case(sampled: System):
    sampled.call("sample", "AddGroup", Name="x", ClientToken="a")
    sampled.call("sample", "AddGroup", Name="x", ClientToken="A")
    assert groups(sampled, "x") == 2


@pytest.mark.parametrize("end", ["refused", "broken"])
def test_a_call_that_failed_leaves_its_token_free(sampled: System, end: str):
    with pytest.raises(Refused):
        added(sampled, Name="x", End=end)

    assert added(sampled, Name="y")
    assert (groups(sampled, "x"), groups(sampled, "y")) == (0, 1)


@pytest.mark.parametrize("token", ["", "é", "x" * 65])
def test_a_token_is_at_most_64_ascii_characters(sampled: System, token: str):
    assert refused(sampled.call, "sample", "AddGroup", Name="x", ClientToken=token) == (
        400,
        "InvalidParameter.ClientToken",
    )
    assert sampled.call("sample", "AddGroup", Name="x", ClientToken="x" * 64)
