"""The steps of every request: in which order they refuse, whom they let through, and what goes wrong."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pytest
import structlog

from admit.core.validity import SECOND, Millis
from admit.rpc.nonces import WINDOW
from admit.rpc.signing import SigningKey
from tests.callers import Callers, refused, statement, trust
from tests.rpc.raw import Raw, answer, code, signed
from tests.rpc.sample import SAMPLE
from tests.system import Refused, System

# -- the order of the steps --------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request about to be signed, and what is done to it afterwards."""

    key: SigningKey
    at: Millis
    action: str = "AddGroup"
    version: str = SAMPLE.version
    method: str = "POST"
    nonce: str = "fresh"
    query: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=lambda: {"Name": "dba"})
    headers: Mapping[str, str] = field(default_factory=dict)


NOBODY = "LTAI5tNobody"
STEPS: dict[str, Callable[[Asked], Asked]] = {
    "InvalidParameter.Format": lambda asked: replace(asked, query={"Format": "YAML"}),
    "UnsupportedHTTPMethod": lambda asked: replace(asked, method="PUT"),
    "IncompleteSignature": lambda asked: replace(
        asked, headers={"authorization": "ACS3-HMAC-SHA256 Credential=x"}
    ),
    "MissingAction": lambda asked: replace(asked, action=""),
    "MissingVersion": lambda asked: replace(asked, version=""),
    "InvalidVersion": lambda asked: replace(asked, version="1999-09-09"),
    "InvalidAction.NotFound": lambda asked: replace(asked, action="AddNothing"),
    "InvalidAccessKeyId.NotFound": lambda asked: replace(asked, key=replace(asked.key, access_key_id=NOBODY)),
    "InvalidSecurityToken.MismatchWithAccessKey": lambda asked: replace(
        asked, key=replace(asked.key, security_token="token")
    ),
    "InvalidTimeStamp.Expired": lambda asked: replace(asked, at=asked.at - WINDOW - SECOND),
    "SignatureDoesNotMatch": lambda asked: replace(asked, key=replace(asked.key, secret="wrong")),
    "SignatureNonceUsed": lambda asked: replace(asked, nonce="used"),
    "Forbidden.RAM": lambda asked: asked,
    "MissingParameter.Name": lambda asked: replace(asked, parameters={}),
    "Taken.dba": lambda asked: replace(asked, parameters={**asked.parameters, "End": "refused"}),
}
"""Each step by the code with which it refuses, in their order, and how to be refused there."""
SAME_PLACE = {
    # A request is without a version, or has an unknown one.
    ("MissingVersion", "InvalidVersion"),
    # A key that is not known here has no token either.
    ("InvalidAccessKeyId.NotFound", "InvalidSecurityToken.MismatchWithAccessKey"),
    # Without parameters there is no Name to be taken.
    ("MissingParameter.Name", "Taken.dba"),
}


@pytest.mark.parametrize("step", STEPS)
def test_of_two_faults_the_step_that_comes_first_is_told(sampled: System, step: str):
    forbidden = Callers(sampled).user("bob")
    for key in (sampled.key, forbidden):
        answer(sampled, signed(sampled, "CountGroups", {"Name": "x"}, nonce="used", key=key))

    order = list(STEPS)
    for number, later in enumerate(order[order.index(step) :]):
        if (step, later) in SAME_PLACE:
            continue
        key = forbidden if "Forbidden.RAM" in (step, later) else sampled.key
        asked = STEPS[step](STEPS[later](Asked(key, sampled.clock.now(), nonce=f"fresh-{number}")))
        raw = signed(
            sampled,
            asked.action,
            asked.parameters,
            nonce=asked.nonce,
            at=asked.at,
            key=asked.key,
            method=asked.method,
            version=asked.version,
            query=asked.query,
        ).with_headers(**asked.headers)
        assert code(sampled, raw) == step, later


def test_a_request_without_any_signature_is_told_so_once_its_operation_is_known(sampled: System):
    unsigned = Raw("GET", f"/?Action=CountGroups&Version={SAMPLE.version}&Name=x", {"host": "h"}, b"")
    unknown = replace(unsigned, target=f"/?Action=Nothing&Version={SAMPLE.version}")

    assert code(sampled, unsigned) == "MissingAccessKeyId"
    assert code(sampled, unknown) == "InvalidAction.NotFound"


# -- who calls, and may they -------------------------------------------------------------------------


def test_ram_is_asked_about_every_resource_the_operation_names(sampled: System):
    ram = Callers(sampled)
    ours = f"acs:smp:*:{ram.account}:"
    group, owner = f"{ours}group/a*", f"{ours}owner/both/red"
    both = ram.user("both", statement("Allow", "smp:AddGroup", [group, owner]))
    one = ram.user("one", statement("Allow", "smp:AddGroup", [group]))

    def told(key: SigningKey, **parameters: str) -> str:
        return code(sampled, signed(sampled, "AddGroup", parameters, nonce=str(parameters), key=key))

    assert told(both, Name="a1", Colour="red") == "OK"
    assert told(both, Name="b1", Colour="red") == "Forbidden.RAM"
    assert told(both, Name="a1", Colour="blue") == "Forbidden.RAM"
    assert told(one, Name="a1", Colour="red") == "Forbidden.RAM"


def test_a_parameter_that_was_not_sent_stands_for_any_in_a_resource_name(sampled: System):
    ram = Callers(sampled)
    ours = f"acs:smp:*:{ram.account}:"
    one = ram.user("one", statement("Allow", "smp:AddGroup", [f"{ours}group/*", f"{ours}owner/one/red"]))
    every = ram.user("every", statement("Allow", "smp:AddGroup", [f"{ours}group/*", f"{ours}owner/every/*"]))

    assert refused(sampled.call, "sample", "AddGroup", one, Name="a") == (403, "Forbidden.RAM")
    assert sampled.call("sample", "AddGroup", every, Name="a")["GroupId"]


def test_a_refusal_by_ram_says_what_was_asked_and_by_whom(sampled: System):
    key = Callers(sampled).user("bob")
    with pytest.raises(Refused) as refusal:
        sampled.call("sample", "AddGroup", key, Name="a")

    assert refusal.value.body["AccessDeniedDetail"] == {
        "AuthAction": "smp:AddGroup",
        "AuthPrincipalDisplayName": "bob",
        "AuthPrincipalOwnerId": sampled.founded.account_id,
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }


def test_an_operation_that_asks_nobody_is_open_to_every_key(sampled: System):
    key = Callers(sampled).user("bob")
    assert sampled.call("sample", "CountGroups", key, Name="a")["Count"] == 0


CONDITIONS = [
    ({"IpAddress": {"acs:SourceIp": "127.0.0.0/8"}}, True),
    ({"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}, False),
    ({"Bool": {"acs:SecureTransport": "false"}}, True),
    ({"Bool": {"acs:SecureTransport": "true"}}, False),
    ({"DateLessThan": {"acs:CurrentTime": "2026-05-28T20:26:41Z"}}, True),
    ({"DateLessThan": {"acs:CurrentTime": "2026-05-28T20:26:40Z"}}, False),
    ({"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/bob"}}, True),
    ({"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/eve"}}, False),
    ({"StringEquals": {"smp:Colour": "red"}}, True),
    ({"StringEquals": {"smp:Colour": "blue"}}, False),
    ({"StringEquals": {"acs:SourceIdentity": "x"}}, False),
]


@pytest.mark.parametrize(("condition", "allowed"), CONDITIONS)
def test_conditions_are_told_what_the_connection_says_and_not_what_the_caller_says(
    sampled: System,
    condition: dict[str, dict[str, str]],
    allowed: bool,  # noqa: FBT001
):
    key = Callers(sampled).user("bob", statement("Allow", "smp:*", **condition))
    claims = {"SourceIp": "10.0.0.1", "SecureTransport": "true", "Name": "a", "Colour": "red"}
    raw = signed(sampled, "AddGroup", claims, nonce="n", key=key)

    assert code(sampled, raw) == ("OK" if allowed else "Forbidden.RAM")


def test_conditions_are_told_who_began_a_chain_of_sessions(sampled: System):
    ram = Callers(sampled)
    only_eve = statement("Allow", "smp:*", StringEquals={"acs:SourceIdentity": "eve"})
    bob = ram.user("bob", statement("Allow", "sts:AssumeRole"))
    role = ram.role("painter", trust(ram.arn("user/bob")), only_eve)

    eve = ram.assume(bob, role, SourceIdentity="eve")
    nobody = ram.assume(bob, role)
    assert sampled.call("sample", "AddGroup", eve, Name="a")["GroupId"]
    assert refused(sampled.call, "sample", "AddGroup", nobody, Name="a") == (403, "Forbidden.RAM")


def test_a_call_knows_the_address_it_was_sent_to(sampled: System):
    assert sampled.call("sample", "Take")["Host"] == "admit.test"


# -- what goes wrong, and in which form it is told ---------------------------------------------------


@pytest.mark.parametrize(
    ("action", "parameters"),
    [("Break", {}), ("Break", {"Write": "True"}), ("AddGroup", {"Name": "x", "End": "broken"})],
)
def test_what_nobody_expected_is_told_without_details_and_logged_with_them(
    sampled: System, action: str, parameters: dict[str, str]
):
    before = sampled.revision()
    with structlog.testing.capture_logs() as logged:
        status, body = answer(sampled, signed(sampled, action, parameters, nonce="n"))

    assert (status, body["Code"]) == (500, "InternalError")
    assert body["RequestId"]
    assert "secret" not in json.dumps(body)
    (failure,) = (each for each in logged if each["log_level"] == "error")
    assert (failure["request_id"], failure["action"]) == (body["RequestId"], action)
    assert failure["exc_info"]
    assert sampled.revision() == before


@pytest.mark.parametrize("asked", ["XML", "xml", "Xml"])
def test_an_answer_is_xml_where_format_says_so(sampled: System, asked: str):
    raw = signed(sampled, "CountGroups", {"Name": "x"}, nonce="n", query={"Format": asked})
    status, body, headers = sampled.http(raw.method, raw.target, raw.headers, raw.body)

    assert (status, headers["content-type"]) == (200, "text/xml;charset=utf-8")
    assert body.decode().endswith("<Count>0</Count></CountGroupsResponse>")


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("application/xml", {}, "text/xml"),
        ("text/xml;q=0.9", {}, "text/xml"),
        ("application/xml", {"Format": "JSON"}, "application/json"),
        ("application/json", {"Format": "XML"}, "text/xml"),
        ("application/json", {}, "application/json"),
        ("*/*", {"Format": ""}, "application/json"),
    ],
)
def test_accept_asks_for_xml_where_format_says_nothing(
    sampled: System, accept: str, query: dict[str, str], kind: str
):
    raw = signed(sampled, "CountGroups", {"Name": "x"}, nonce="n", query=query).with_headers(accept=accept)
    _, _, headers = sampled.http(raw.method, raw.target, raw.headers, raw.body)
    assert headers["content-type"] == f"{kind};charset=utf-8"


@pytest.mark.parametrize(("action", "status"), [("Break", 500), ("Nothing", 404), ("AddGroup", 400)])
def test_an_error_is_xml_where_xml_is_asked_for(sampled: System, action: str, status: int):
    raw = signed(sampled, action, {}, nonce="n", query={"Format": "XML"})
    told, body, headers = sampled.http(raw.method, raw.target, raw.headers, raw.body)

    assert (told, headers["content-type"]) == (status, "text/xml;charset=utf-8")
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><Error><RequestId>')


@pytest.mark.parametrize(("accept", "kind"), [("text/xml", "text/xml"), ("*/*", "application/json")])
@pytest.mark.parametrize("query", ["Action=%zz", "Action=A&Action=A"])
def test_a_request_that_cannot_be_read_is_refused_in_the_form_its_headers_ask_for(
    sampled: System, query: str, accept: str, kind: str
):
    status, _, headers = sampled.http("POST", f"/?{query}", {"Host": "h", "Accept": accept})
    assert (status, headers["content-type"]) == (400, f"{kind};charset=utf-8")


def test_an_unknown_format_is_refused_in_json(sampled: System):
    raw = signed(sampled, "CountGroups", {"Name": "x"}, nonce="n", query={"Format": "YAML"})
    assert answer(sampled, raw)[0] == 400
    assert code(sampled, raw) == "InvalidParameter.Format"


def test_an_answer_has_its_request_id_in_a_header_too(sampled: System):
    raw = signed(sampled, "CountGroups", {"Name": "x"}, nonce="n")
    _, body, headers = sampled.http(raw.method, raw.target, raw.headers, raw.body)
    assert headers["x-acs-request-id"] == json.loads(body)["RequestId"]


def test_what_goes_wrong_is_counted_under_a_code_that_no_caller_can_make_up(sampled: System):
    code(sampled, signed(sampled, "AddGroup", {"Name": "made-up", "End": "refused"}, nonce="n"))

    counted = sampled.admit.world.metrics.text().decode()
    assert 'service="sample"' in counted
    assert "made-up" not in counted


# -- what is logged and counted ----------------------------------------------------------------------


Told: TypeAlias = Callable[[Raw], dict[str, Any]]


@pytest.fixture
def told(sampled: System, monkeypatch: pytest.MonkeyPatch) -> Told:
    """The log line of a request, from a log that is written in full."""
    lines = structlog.testing.CapturingLogger()
    log = structlog.wrap_logger(
        lines, [lambda _log, _method, line: ((), line)], structlog.make_filtering_bound_logger("info")
    )
    monkeypatch.setattr("admit.rpc.noted.log", log)

    def sent(raw: Raw) -> dict[str, Any]:
        answer(sampled, raw)
        return dict(lines.calls[-1].kwargs)

    return sent


def test_a_request_for_an_action_there_is_none_of_is_logged_with_what_was_asked(sampled: System, told: Told):
    assert told(signed(sampled, "AddNothing", {}, nonce="1"))["action"] == "AddNothing"
    assert told(signed(sampled, "AddGroup", {}, nonce="2", version="1999-09-09"))["action"] == ("AddGroup")


def test_what_was_asked_cannot_disturb_the_log(told: Told):
    unsigned = Raw("GET", f"/?Version={SAMPLE.version}&Action=", {"host": "h"}, b"")

    assert told(replace(unsigned, target=f"{unsigned.target}A%0Ad%20d%C3%A9"))["action"] == "A_d_d_"
    assert told(replace(unsigned, target=unsigned.target + "A" * 1000))["action"] == "A" * 64


def test_what_callers_make_up_is_counted_as_unknown(sampled: System):
    for number, action in enumerate(("MadeUp", "MadeUpAgain")):
        code(sampled, signed(sampled, action, {}, nonce=f"{number}"))

    counted = sampled.admit.world.metrics.text().decode()
    assert 'action="unknown"' in counted
    assert "MadeUp" not in counted


def test_a_refused_call_is_logged_and_counted_with_its_action_and_caller(sampled: System, told: Told):
    bob = Callers(sampled).user("bob")
    line = told(signed(sampled, "AddGroup", {"Name": "dba"}, nonce="n", key=bob))

    assert (line["action"], line["code"]) == ("AddGroup", "Forbidden.RAM")
    assert line["caller"].endswith(":user/bob")
    assert 'action="AddGroup",code="Forbidden",service="sample"' in (
        sampled.admit.world.metrics.text().decode()
    )


def test_a_caller_whose_signature_is_wrong_is_not_named_in_the_log(sampled: System, told: Told):
    wrong = replace(sampled.key, secret="wrong")
    line = told(signed(sampled, "AddGroup", {"Name": "dba"}, nonce="n", key=wrong))

    assert (line["action"], line["caller"]) == ("AddGroup", "")
