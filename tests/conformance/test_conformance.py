"""Every operation admit declares is the vendor's: names, positions, encodings, types, answers."""

import pytest
from msgspec import inspect

from admit.main import SERVICES
from admit.rpc.operation import Operation
from tests.conformance import vendor
from tests.conformance.declared import differences, request_fields, response_fields

VENDOR_SERVICES = tuple(service for service in SERVICES if service.product in vendor.PACKAGES)
OPERATIONS = [operation for service in VENDOR_SERVICES for operation in service.operations.values()]
NAMES = [f"{operation.service.product}:{operation.action}" for operation in OPERATIONS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_an_operation_asks_for_what_the_sdk_sends(operation: Operation) -> None:
    theirs = vendor.operations(operation.service.product)[operation.action]
    assert operation.service.version == theirs.version
    assert differences(request_fields(operation), theirs.request) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_an_operation_answers_what_the_sdk_reads(operation: Operation) -> None:
    theirs = vendor.operations(operation.service.product)[operation.action]
    assert differences(response_fields(operation), theirs.response) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_only_none_is_a_default_in_an_answer(operation: Operation) -> None:
    assert _defaults(inspect.type_info(operation.response)) == []


def _defaults(kind: inspect.Type) -> list[str]:
    """Fields whose default would make them vanish from an answer that holds it."""
    found: list[str] = []
    for part in _structs(kind):
        found += [
            f"{part.cls.__name__}.{each.name}"
            for each in part.fields
            if not each.required and each.default is not None
        ]
    return found


def _structs(kind: inspect.Type) -> list[inspect.StructType]:
    if isinstance(kind, inspect.Metadata):
        return _structs(kind.type)
    if isinstance(kind, inspect.UnionType):
        return [part for each in kind.types for part in _structs(each)]
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return _structs(kind.item_type)
    if isinstance(kind, inspect.StructType):
        return [kind, *(part for each in kind.fields for part in _structs(each.type))]
    return []


def test_a_difference_is_found() -> None:
    (first, *rest) = vendor.operations("eiam")["CreateUser"].request
    assert differences((first, *rest), (first, *rest)) == []
    assert differences(tuple(rest), (first, *rest)) == [f"{first.name}: not declared"]
