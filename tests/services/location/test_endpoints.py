"""Where clients are told to call."""

import json

import pytest

from admit.rpc.signing import Call, sign_acs3
from tests.system import Refused, System


def endpoints(system: System, **parameters: str) -> list[dict]:
    asked = {"Id": "cn-hangzhou", "ServiceCode": "bastionhost", **parameters}
    answer = system.call("location", "DescribeEndpoints", **asked)
    assert answer["Success"] is True
    return answer["Endpoints"]["Endpoint"]


def test_a_client_is_told_the_address_it_found_us_under(system: System):
    expected = {
        "Endpoint": "admit.test",
        "Id": "cn-hangzhou",
        "ServiceCode": "bastionhost",
        "Type": "openAPI",
        "Protocols": {"Protocols": ["HTTP", "HTTPS"]},
    }

    assert endpoints(system) == [expected]
    assert endpoints(system, Type="openAPI") == [expected]


def test_no_client_is_sent_elsewhere_whatever_it_asks_about(system: System):
    [told] = endpoints(system, Id="eu-central-1", ServiceCode="ecs")

    assert (told["Endpoint"], told["Id"], told["ServiceCode"]) == ("admit.test", "eu-central-1", "ecs")


def test_there_are_no_endpoints_of_another_kind(system: System):
    assert endpoints(system, Type="innerAPI") == []


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("localhost:8080", "localhost:8080"),
        ("[::1]:8443", "[::1]:8443"),
        ("http://localhost:8080", "ours"),
        ("localhost:8080/admit", "ours"),
        ('"><script>', "ours"),
        ("", "ours"),
    ],
)
def test_what_is_no_address_is_not_handed_on(system: System, host: str, told: str):
    asked = {"Id": "cn-hangzhou", "ServiceCode": "eiam"}
    call = Call("POST", host, "DescribeEndpoints", "2015-06-12", asked, {}, system.clock.now(), "nonce")
    signed = sign_acs3(call, system.key)
    _, body, _ = system.http("POST", signed.target, signed.headers)
    [endpoint] = json.loads(body)["Endpoints"]["Endpoint"]

    assert endpoint["Endpoint"] == (system.admit.world.endpoint if told == "ours" else told)


def test_it_says_what_it_must_know(system: System):
    with pytest.raises(Refused) as refused:
        system.call("location", "DescribeEndpoints", Id="cn-hangzhou")

    assert refused.value.code == "MissingParameter.ServiceCode"
