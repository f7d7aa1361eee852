"""What is refused before anything is done, and what is said about it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec import structs

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.base.sealing import Sealer
from admit.control.callers import make_token, read_token
from admit.control.world import World
from admit.rpc.signing import SigningKey
from admit.settings import Settings
from tests.sdk.server import Server, made, running
from tests.sdk.wire import FORM, Wire, moment, target, v1_string

WHO = ("sts", "GetCallerIdentity")


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    wire = Wire(server, server.key)
    yield wire
    wire.connection.close()


def acs3(wire: Wire, **headers: str) -> tuple[int, str]:
    """How a call signed with HMAC-SHA256 is refused."""
    return wire.send("POST", "/", b"", wire.acs3(*WHO, **headers)).refused


# -- who signed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_a_signature_is_refused(wire: Wire, method: str):
    unsigned = {"Action": "GetCallerIdentity", "Version": "2015-04-01"}
    by_header = {"x-acs-action": "GetCallerIdentity", "x-acs-version": "2015-04-01"}

    assert wire.send(method, target(unsigned)).refused == (400, "MissingAccessKeyId")
    assert wire.send(method, "/", headers=by_header).refused == (400, "MissingAccessKeyId")
    assert wire.send(method).refused == (400, "MissingAction")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Signature": ""}, "IncompleteSignature"),
        ({"SignatureMethod": "HMAC-SHA256"}, "InvalidSignatureMethod"),
        ({"SignatureVersion": "2.0"}, "InvalidSignatureMethod"),
        ({"SignatureNonce": None}, "MissingSignatureNonce"),
        ({"Timestamp": None}, "MissingTimestamp"),
        ({"Timestamp": "now"}, "InvalidTimeStamp.Format"),
        ({"AccessKeyId": None}, "MissingAccessKeyId"),
    ],
)
def test_half_a_signature_is_refused(wire: Wire, changed: dict[str, str | None], code: str):
    assert wire.get(*WHO, **changed).refused == (400, code)


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SM3", "ACS3-RSA-SHA256", "Basic", "Bearer"])
def test_another_algorithm_is_refused(wire: Wire, algorithm: str):
    headers = wire.acs3(*WHO)
    other = headers["authorization"].replace("ACS3-HMAC-SHA256", algorithm)

    assert wire.send("POST", "/", b"", headers | {"authorization": other}).refused == (
        400,
        "InvalidSignatureMethod",
    )


def test_a_header_that_matters_must_be_signed(wire: Wire):
    headers = wire.acs3(*WHO)

    for name in ("x-acs-date", "x-acs-signature-nonce", "x-acs-action", "host"):
        unsigned = headers["authorization"].replace(f"{name};", "")
        answer = wire.send("POST", "/", b"", headers | {"authorization": unsigned})
        assert answer.refused == (400, "IncompleteSignature")


def test_a_key_nobody_has_is_refused(wire: Wire):
    wire.key = SigningKey("LTAInobody", "secret")

    assert wire.get(*WHO).refused == (404, "InvalidAccessKeyId.NotFound")
    assert acs3(wire) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_signature_is_told_with_the_string_that_was_to_be_signed(wire: Wire, method: str):
    right = wire.v1(*WHO, method, Extra="*~ é/+", Empty="")
    unsigned = {name: value for name, value in right.items() if name != "Signature"}
    answer = wire.send(method, target(unsigned | {"Signature": "d3Jvbmc="}))

    assert answer.refused == (400, "SignatureDoesNotMatch")
    _, _, told = answer.json["Message"].partition("server string to sign is:")
    assert told == v1_string(method, unsigned)
    # Signed with the account's secret it is the right one.
    assert wire.signature(told) == right["Signature"]


def test_a_wrong_acs3_signature_is_told_with_the_string_that_was_to_be_signed(wire: Wire):
    headers = wire.acs3(*WHO)
    answer = wire.send("POST", "/", b"", headers | {"authorization": headers["authorization"][:-2] + "zz"})

    assert answer.refused == (400, "SignatureDoesNotMatch")
    _, _, told = answer.json["Message"].partition("server string to sign is:")
    assert told.startswith("ACS3-HMAC-SHA256\n")
    wire.key = replace(wire.key, secret="another")
    assert acs3(wire) == (400, "SignatureDoesNotMatch")


def test_a_body_that_is_not_the_signed_one_is_refused(wire: Wire):
    headers = wire.acs3("ram", "ListUsers", body=b"MaxItems=1")

    assert wire.send("POST", "/", b"MaxItems=2", headers).refused == (400, "SignatureDoesNotMatch")


# -- when ----------------------------------------------------------------------------------------------


EXPIRED = "InvalidTimeStamp.Expired"


@pytest.mark.parametrize(("minutes", "code"), [(-16, EXPIRED), (-14, None), (14, None), (16, EXPIRED)])
def test_clocks_may_differ_by_a_quarter_of_an_hour(wire: Wire, minutes: int, code: str | None):
    answers = [
        wire.get(*WHO, Timestamp=moment(minutes)),
        wire.post(*WHO, Timestamp=moment(minutes)),
        wire.send("POST", "/", b"", wire.acs3(*WHO, x_acs_date=moment(minutes))),
    ]

    assert [answer.json.get("Code") for answer in answers] == [code] * 3


def test_a_request_is_good_once(wire: Wire):
    by_query, headers = target(wire.v1(*WHO, "GET")), wire.acs3(*WHO)
    first = [wire.send("GET", by_query).status, wire.send("POST", "/", b"", headers).status]
    again = [wire.send("GET", by_query).refused, wire.send("POST", "/", b"", headers).refused]

    assert first == [200, 200]
    assert again == [(400, "SignatureNonceUsed")] * 2


def test_a_nonce_is_not_used_up_by_a_wrong_signature(wire: Wire):
    nonce = "of one try and another"
    wrong = wire.get(*WHO, SignatureNonce=nonce, Signature="d3Jvbmc=")

    assert wrong.refused == (400, "SignatureDoesNotMatch")
    assert wire.get(*WHO, SignatureNonce=nonce).status == 200


def test_a_write_is_good_once_although_the_server_was_started_anew(tmp_path: Path):
    told = made(tmp_path / "data")
    # The next life of the server listens elsewhere; HMAC-SHA1 signs no address.
    with running(told) as server:
        wire = Wire(server, server.key)
        body = urlencode(wire.v1("ram", "CreateUser", UserName="once")).encode()
        refused = urlencode(wire.v1("ram", "CreateUser", UserName="once")).encode()
        assert wire.send("POST", "/", body, FORM).status == 200
        assert wire.send("POST", "/", refused, FORM).refused == (409, "EntityAlreadyExists.User")
        wire.connection.close()
    with running(told) as server:
        wire = Wire(server, server.key)
        assert wire.post("ram", "DeleteUser", UserName="once").status == 200
        for sent in (body, refused):
            assert wire.send("POST", "/", sent, FORM).refused == (400, "SignatureNonceUsed")
        assert wire.get("ram", "ListUsers").json["Users"]["User"] == []
        wire.connection.close()


# -- temporary keys ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sessions(server: Server) -> list[SigningKey]:
    """Two sessions of a role."""
    wire = Wire(server, server.key)
    principal = {"RAM": f"acs:ram::{server.account_id}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    document = json.dumps({"Version": "1", "Statement": [trust]})
    role = wire.post("ram", "CreateRole", RoleName="held", AssumeRolePolicyDocument=document).json["Role"]
    wire.post("ram", "CreateUser", UserName="holder")
    policy = {"PolicyType": "System", "PolicyName": "AdministratorAccess"}
    wire.post("ram", "AttachPolicyToUser", UserName="holder", **policy)
    key = wire.post("ram", "CreateAccessKey", UserName="holder").json["AccessKey"]
    wire.key = SigningKey(key["AccessKeyId"], key["AccessKeySecret"])
    found = []
    for name in ("one", "other"):
        held = wire.post("sts", "AssumeRole", RoleArn=role["Arn"], RoleSessionName=name).json["Credentials"]
        found.append(SigningKey(held["AccessKeyId"], held["AccessKeySecret"], held["SecurityToken"]))
    wire.connection.close()
    return found


def both(wire: Wire, key: SigningKey) -> set[tuple[int, str]]:
    """How a key's calls are refused, signed either way."""
    wire.key = key
    return {wire.get(*WHO).refused, acs3(wire)}


def test_a_temporary_key_needs_its_own_token(wire: Wire, sessions: list[SigningKey]):
    one, other = sessions
    code = "InvalidSecurityToken"

    assert both(wire, replace(one, security_token=None)) == {(400, "MissingSecurityToken")}
    assert both(wire, replace(one, security_token="of nobody")) == {(400, f"{code}.Malformed")}
    mismatch = {(400, f"{code}.MismatchWithAccessKey")}
    assert both(wire, replace(one, security_token=other.security_token)) == mismatch
    assert both(wire, replace(wire.server.key, security_token=one.security_token)) == mismatch
    wire.key = one
    assert wire.get(*WHO).json["IdentityType"] == "AssumedRoleUser"


def test_a_token_whose_time_is_over_is_refused(wire: Wire, sessions: list[SigningKey]):
    one, chance, clock = sessions[0], Chance(), SystemClock()
    # Fifteen minutes is the shortest session: an older token is sealed with the data directory's own key.
    sealer = Sealer.from_file(Settings(data=wire.server.directory).key_file, chance.fill)
    world = World(wire.server.account_id, 0, "cn-hangzhou", clock, chance, sealer)
    said = read_token(world, str(one.security_token))
    over = make_token(world, structs.replace(said, ends_at=clock.now() - 1))

    assert both(wire, replace(one, security_token=over)) == {(400, "InvalidSecurityToken.Expired")}


# -- what is asked ---------------------------------------------------------------------------------------


def test_what_is_not_known_is_named(wire: Wire):
    unknown = [
        wire.get("ram", "TakeOver"),
        wire.get("2015-05-02", "ListUsers"),
        wire.get("ram", "listUsers"),
        wire.send("POST", "/", b"", wire.acs3("ram", "TakeOver")),
        wire.send("POST", "/", b"", wire.acs3("2015-05-02", "ListUsers")),
    ]

    not_found, invalid = (404, "InvalidAction.NotFound"), (400, "InvalidVersion")
    assert [each.refused for each in unknown] == [not_found, invalid, not_found, not_found, invalid]
    assert "TakeOver" in unknown[0].json["Message"]
    assert "2015-05-02" in unknown[1].json["Message"]
    assert wire.get("ram", "ListUsers", Action="").refused == (400, "MissingAction")
    assert wire.get("ram", "ListUsers", Version="").refused == (400, "MissingVersion")


def test_a_refusal_by_ram_says_what_would_have_to_be_allowed(wire: Wire):
    wire.get("ram", "CreateUser", UserName="powerless")
    key = wire.get("ram", "CreateAccessKey", UserName="powerless").json["AccessKey"]
    wire.key = SigningKey(key["AccessKeyId"], key["AccessKeySecret"])
    answer = wire.get("ram", "ListUsers")

    assert answer.refused == (403, "NoPermission")
    detail = answer.json["AccessDeniedDetail"]
    assert (detail["AuthAction"], detail["AuthPrincipalDisplayName"]) == ("ram:ListUsers", "powerless")
    assert detail["NoPermissionType"] == "ImplicitDeny"
    assert all(isinstance(value, str) for value in detail.values())
