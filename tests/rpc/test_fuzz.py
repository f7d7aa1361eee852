"""Whatever is sent, the answer is one of ours, never a server error, and a refusal changes nothing."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admit.main import SERVICES
from admit.rpc.operation import Operation
from tests.system import Refused, System

OPERATIONS = {
    f"{service.product}.{operation.action}": operation
    for service in SERVICES
    for operation in service.operations.values()
}
FUZZED = settings(
    max_examples=150,
    deadline=None,
    # The system lives through all examples of a test: that is the point.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "-1", "1", "100", "101", "true", "null", "[]", "{}", "[[]]", "9" * 40, "1e309"]
    ),
    documents.map(json.dumps),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """The name of an operation, and parameters that may or may not be its own."""
    operation = draw(st.sampled_from(list(OPERATIONS)))
    names = [parameter.name for parameter in OPERATIONS[operation].parameters]
    nested = st.builds(
        lambda name, tail: f"{name}.{tail}",
        st.sampled_from(names or ["X"]),
        st.sampled_from(["1", "2", "0", "-1", "1.HostId", "HostId", "99999999999", "1.1.1", "", "."]),
    )
    keys = st.one_of(st.sampled_from(names or ["X"]), nested, st.text(min_size=1, max_size=12))
    return operation, draw(st.dictionaries(keys, texts, max_size=8))


def _encodable(parameters: dict[str, str]) -> bool:
    text = "".join((*parameters, *parameters.values()))
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refusal(system: System, operation: Operation, parameters: dict[str, str]) -> Refused | None:
    try:
        system.send(operation.service.version, operation.action, parameters)
    except Refused as refused:
        return refused
    return None


@given(call=calls())
@FUZZED
def test_signed_nonsense_is_refused_and_changes_nothing(
    system: System, call: tuple[str, dict[str, str]]
) -> None:
    name, parameters = call
    operation = OPERATIONS[name]
    if not _encodable(parameters):
        return
    before = system.revision()
    refused = _refusal(system, operation, parameters)
    if refused is not None:
        assert 400 <= refused.status < 500, (name, parameters, refused.body)
        assert refused.code
        assert system.revision() == before


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "DELETE"]),
    query=st.binary(max_size=200),
    body=st.binary(max_size=400),
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-acs-action", "x-acs-version", "x-acs-date", "content-type", "accept", "host"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
        max_size=5,
    ),
)
@FUZZED
def test_raw_noise_is_answered_with_an_error_of_ours(
    system: System, method: str, query: bytes, body: bytes, headers: dict[str, str]
) -> None:
    before = system.revision()
    status, answer, _ = system.http(method, "/?" + query.decode("latin-1"), headers, body)
    assert 400 <= status < 500
    if answer and not answer.startswith(b"<"):
        told: dict[str, Any] = json.loads(answer)
        assert told["Code"]
        assert told["RequestId"]
    assert system.revision() == before


@pytest.mark.parametrize("depth", [40, 5_000, 200_000])
def test_deep_json_is_refused(system: System, depth: int) -> None:
    with pytest.raises(Refused) as refused:
        system.call(
            "yundun-bastionhost",
            "AttachHostAccountsToUserGroup",
            InstanceId="x",
            UserGroupId="1",
            Hosts="[" * depth + "]" * depth,
        )
    assert refused.value.code == "InvalidParameter"
    assert "Hosts" in refused.value.message
