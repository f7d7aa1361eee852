"""A signed request is good for one call: after a restart, in the other scheme, and however long its nonce."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from admit.rpc.signature import MAX_NONCE, Claim, Scheme, Wire, sign, string_to_sign
from admit.rpc.signing import SigningKey, format_timestamp
from tests.callers import Callers, statement, trust
from tests.rpc.raw import answer, code, served, signed
from tests.system import System

STS = "2015-04-01"


def old(system: System, action: str, version: str, nonce: str, **parameters: str) -> str:
    """The query of a call signed with HMAC-SHA1."""
    query = {
        **parameters,
        "AccessKeyId": system.key.access_key_id,
        "Action": action,
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": format_timestamp(system.clock.now()),
        "Version": version,
    }
    wire = Wire("GET", "/", query, {}, {}, b"")
    (text,) = string_to_sign(wire, Claim(Scheme.V1))
    return urlencode({**query, "Signature": sign(Scheme.V1, system.key.secret, text)})


def told(system: System, query: str) -> str:
    """The code a query is answered with; OK if it was done."""
    _, body, _ = system.http("GET", f"/?{query}", {"host": "admit.test"})
    return str(json.loads(body).get("Code", "OK"))


@pytest.fixture
def assumer(system: System) -> tuple[SigningKey, Mapping[str, str]]:
    """The key of a user who may assume a role, and the parameters with which they do."""
    callers = Callers(system)
    key = callers.user("alice", statement("Allow", "sts:AssumeRole"))
    role = callers.role("reader", trust(callers.arn("user/alice")))
    return key, {"RoleArn": role, "RoleSessionName": "alice"}


def test_a_call_that_handed_out_a_key_hands_out_none_after_a_restart(
    system: System, assumer: tuple[SigningKey, Mapping[str, str]]
) -> None:
    key, parameters = assumer
    raw = signed(system, "AssumeRole", parameters, nonce="n", key=key, version=STS)
    assert code(system, raw) == "OK"

    status, body = answer(served(system), raw)
    assert (status, body["Code"]) == (400, "SignatureNonceUsed")
    assert "Credentials" not in body


def test_handing_out_a_key_changes_no_policy(
    system: System, assumer: tuple[SigningKey, Mapping[str, str]]
) -> None:
    key, parameters = assumer
    before = system.revision()
    assert code(system, signed(system, "AssumeRole", parameters, nonce="n", key=key, version=STS)) == "OK"
    assert system.revision() == before


def test_a_nonce_is_used_up_in_both_schemes_at_once(system: System) -> None:
    assert told(system, old(system, "GetCallerIdentity", STS, "n")) == "OK"
    raw = signed(system, "GetCallerIdentity", {}, nonce="n", version=STS)
    assert code(system, raw) == "SignatureNonceUsed"


def test_a_nonce_too_long_to_be_kept_is_refused(system: System) -> None:
    for length, expected in ((MAX_NONCE, "OK"), (MAX_NONCE + 1, "InvalidSignatureNonce.Length")):
        raw = signed(system, "GetCallerIdentity", {}, nonce="x" * length, version=STS)
        assert code(system, raw) == expected
        assert told(system, old(system, "GetCallerIdentity", STS, "y" * length)) == expected
