"""JSON and XML, of successes and of errors."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from tests.sdk.server import Server
from tests.sdk.wire import Answer, Wire

XML = "text/xml;charset=utf-8"
MEMBERS = ["RequestId", "HostId", "Code", "Message", "Recommend"]


@pytest.fixture
def wire(server: Server):
    wire = Wire(server, server.key)
    yield wire
    wire.connection.close()


def read(answer: Answer) -> ET.Element:
    """The document of an answer."""
    assert answer.headers["content-type"] == XML
    return ET.fromstring(answer.body)  # noqa: S314 - of our own server


@pytest.mark.parametrize("asked", ["XML", "xml", "Xml"])
def test_xml_is_answered_where_it_is_asked_for(wire: Wire, asked: str):
    document = read(wire.get("ram", "ListPolicies", Format=asked, PolicyType="System", MaxItems="2"))

    assert document.tag == "ListPoliciesResponse"
    # The items of a list stand beside each other, without a wrapper of their own.
    assert [policy.tag for policy in document.findall("Policies/*")] == ["Policy", "Policy"]
    assert document.findtext("IsTruncated") == "true"
    assert document.findtext("Policies/Policy/PolicyType") == "System"
    assert len(document.findtext("RequestId", "")) == 36


def test_signs_of_xml_are_written_as_text(wire: Wire):
    told = """<b>&"'</b> é"""
    wire.post("ram", "CreateUser", UserName="marked", Comments=told)
    document = read(wire.get("ram", "GetUser", UserName="marked", Format="XML"))

    assert document.findtext("User/Comments") == told


def test_an_error_is_told_in_xml(wire: Wire):
    answer = wire.get("ram", "GetUser", UserName="no.one", Format="XML")
    document = read(answer)

    assert (answer.status, document.tag) == (404, "Error")
    assert [member.tag for member in document] == MEMBERS
    assert document.findtext("Code") == "EntityNotExist.User"
    assert document.findtext("RequestId") == answer.headers["x-acs-request-id"]


@pytest.mark.parametrize("unsigned", [{"Format": "XML"}, {"Format": "XML", "Action": "GetUser"}])
def test_what_goes_wrong_early_is_told_in_xml_too(wire: Wire, unsigned: Mapping[str, str]):
    query = "&".join(f"{name}={value}" for name, value in unsigned.items())

    assert read(wire.send("GET", f"/?{query}")).tag == "Error"


@pytest.mark.parametrize("accepted", ["application/xml", "text/xml", "application/xml; q=1"])
def test_who_accepts_xml_gets_xml(wire: Wire, accepted: str):
    headers = wire.acs3("sts", "GetCallerIdentity", accept=accepted)
    document = read(wire.send("POST", "/", b"", headers))

    assert (document.tag, document.findtext("IdentityType")) == ("GetCallerIdentityResponse", "Account")


@pytest.mark.parametrize("accepted", ["application/json", "*/*", "text/html,application/xml;q=0.9"])
def test_who_accepts_anything_else_gets_json(wire: Wire, accepted: str):
    headers = wire.acs3("sts", "GetCallerIdentity", accept=accepted)

    assert wire.send("POST", "/", b"", headers).json["IdentityType"] == "Account"


def test_json_is_answered_where_it_is_asked_for_whatever_is_accepted(wire: Wire):
    parameters = wire.v1("sts", "GetCallerIdentity", "GET", Format="JSON")
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if name != "Signature")
    signature = parameters["Signature"].replace("+", "%2B").replace("=", "%3D").replace("/", "%2F")
    answer = wire.send("GET", f"/?{query}&Signature={signature}", headers={"accept": "application/xml"})

    assert answer.json["IdentityType"] == "Account"


def test_an_unknown_format_is_refused_in_json(wire: Wire):
    assert wire.get("sts", "GetCallerIdentity", Format="YAML").refused == (400, "InvalidParameter.Format")


def test_an_error_has_five_texts(wire: Wire):
    for answer in (
        wire.get("ram", "GetUser", UserName="no.one"),
        wire.get("ram", "GetUser"),
        wire.send("GET"),
        wire.send("PUT"),
        wire.send("GET", "/?%zz"),
    ):
        assert list(answer.json) == MEMBERS
        assert all(isinstance(value, str) and value for value in answer.json.values())
        assert answer.json["HostId"] == wire.host
