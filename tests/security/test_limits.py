"""What is sent is limited in every direction; what is beyond a limit is refused, and costs little."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from admit.main import SERVICES
from admit.rpc.describe import example_of
from admit.rpc.operation import Operation, Parameter, plain
from admit.rpc.request import TEXT, is_composite
from tests.callers import refused
from tests.system import Refused, System

OPERATIONS = [operation for service in SERVICES for operation in service.operations.values()]
BEYOND = (str(2**64), str(-(2**64)), "9" * 5000)
"""Numbers greater than any database can hold."""


def kinds(kind: Any) -> Iterator[inspect.Type]:
    """A type and all that it is made of."""
    kind, _ = plain(kind)
    yield kind
    if isinstance(kind, inspect.StructType):
        for each in kind.fields:
            yield from kinds(each.type)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield from kinds(kind.item_type)


def sent(operation: Operation, parameter: Parameter, value: str) -> dict[str, str]:
    """A call in which one parameter has a value, and the other mandatory ones their examples."""
    found = {
        each.name: example if isinstance(example, str) else json.dumps(example)
        for each in operation.parameters
        if each.required and (example := example_of(each)) is not None
    }
    return {**found, parameter.name: value}


def test_every_list_of_every_operation_has_a_greatest_length() -> None:
    unlimited = [
        (operation.action, parameter.name)
        for operation in OPERATIONS
        for parameter in operation.parameters
        for kind in kinds(parameter.type)
        if isinstance(kind, inspect.ListType | inspect.VarTupleType) and kind.max_length is None
    ]
    assert unlimited == []


def status_of(system: System, operation: Operation, parameters: dict[str, str]) -> int:
    """The status a call is answered with."""
    try:
        system.send(operation.service.version, operation.action, parameters)
    except Refused as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_no_database_can_hold_is_never_an_error_of_ours(system: System, number: str) -> None:
    failed = [
        (operation.action, parameter.name)
        for operation in OPERATIONS
        for parameter in operation.parameters
        if isinstance(parameter.type, inspect.IntType | inspect.StrType)
        and status_of(system, operation, sent(operation, parameter, number)) >= 500
    ]
    assert failed == []


def test_a_text_without_a_limit_of_its_own_has_one_all_the_same(system: System) -> None:
    before = system.revision()
    asked = 0
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            if isinstance(parameter.type, inspect.StrType) and parameter.type.max_length is None:
                parameters = sent(operation, parameter, "7" * (TEXT + 1))
                status, code = refused(system.send, operation.service.version, operation.action, parameters)
                assert 400 <= status < 500, (operation.action, parameter.name, code)
                asked += 1
    assert asked
    assert system.revision() == before


def test_a_text_inside_a_structure_is_limited_too(system: System) -> None:
    long = [{"Key": "x" * (TEXT + 1)}]
    refusal = refused(system.call, "yundun-bastionhost", "DescribeInstances", Tag=json.dumps(long))
    assert refusal == (400, "InvalidParameter")
    assert system.call("yundun-bastionhost", "DescribeInstances", Tag=json.dumps([{"Key": "x" * TEXT}]))


def test_a_list_in_one_text_is_not_taken_apart_without_end(system: System) -> None:
    instance = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    refusal = refused(
        system.call, "eiam", "ListApplications", InstanceId=instance, SsoType=",".join(map(str, range(5000)))
    )
    assert refusal == (400, "InvalidParameter.SsoType")


@pytest.mark.parametrize(("begun", "ended"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(
    ("depth", "operations"), [(33, OPERATIONS), (900, OPERATIONS), (100_000, OPERATIONS[::20])]
)
def test_a_deep_structure_is_never_an_error_of_ours(
    system: System, begun: str, ended: str, depth: int, operations: list[Operation]
) -> None:
    deep = begun * depth + "1" + ended * depth
    failed = [
        (operation.action, parameter.name)
        for operation in operations
        for parameter in operation.parameters
        if is_composite(parameter) and status_of(system, operation, sent(operation, parameter, deep)) >= 500
    ]
    assert failed == []


def test_a_list_that_is_too_long_is_refused_before_its_items_are_looked_at(system: System) -> None:
    bastion = system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    # What is wrong with the last item is not what is told.
    asked = json.dumps(["1"] * 100_000 + [{}])
    with pytest.raises(Refused, match="length <= 100") as refusal:
        system.call("yundun-bastionhost", "LockUsers", InstanceId=bastion, UserIds=asked)
    assert refusal.value.status == 400
