"""Forms: every operation has one, and what it is filled with is what is called."""

import json
from collections.abc import Iterator

import pytest

from admit.explorer.fields import Field, fields_of
from admit.explorer.values import flattened, given, nested
from admit.main import SERVICES
from admit.rpc import request
from admit.rpc.operation import Operation

OPERATIONS = [each for service in SERVICES for each in service.operations.values()]
BY_ACTION = {(each.service.product, each.action): each for each in OPERATIONS}


def filled(field: Field) -> object:
    """A value of the kind the field is for."""
    if field.sort == "struct":
        return {part.name: filled(part) for part in field.parts}
    if field.sort == "list":
        return [filled(field.parts[0])] * max(field.least or 1, 1)
    if field.sort == "number":
        return int(field.example or field.least or 1)
    if field.sort == "flag":
        return True
    if field.values:
        return field.values[0]
    return field.example or "x"


def every_field(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from every_field(field.parts)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.service.product}-{each.action}")
def test_a_form_asks_for_each_parameter_once_and_reads_back_what_it_was_filled_with(
    operation: Operation,
) -> None:
    fields = fields_of(operation)
    values = {field.name: filled(field) for field in fields}

    assert {field.name for field in fields} == set(operation.by_name)
    assert nested(fields, flattened(values)) == values
    assert all(field.meaning for field in fields)


def test_the_example_of_a_field_of_json_is_a_whole_structure() -> None:
    (hosts,) = [
        field
        for field in fields_of(BY_ACTION["yundun-bastionhost", "AttachHostAccountsToUserGroup"])
        if field.name == "Hosts"
    ]

    assert hosts.sort == "json"
    (host,) = json.loads(hosts.example)
    assert set(host) == {"HostId", "HostAccountIds"}


def test_what_must_be_given_comes_first() -> None:
    fields = fields_of(BY_ACTION["eiam", "UpdateAuthorizationRuleGroupAttachment"])

    assert [field.required for field in fields] == sorted((field.required for field in fields), reverse=True)


def test_secrets_are_not_shown_while_they_are_typed() -> None:
    hidden = {
        field.name for operation in OPERATIONS for field in every_field(fields_of(operation)) if field.hidden
    }

    assert {"Password", "PrivateKey", "PassPhrase"} <= hidden


def test_only_fields_of_the_operation_are_taken_and_empty_ones_are_not_given() -> None:
    fields = fields_of(BY_ACTION["yundun-bastionhost", "DescribeInstances"])
    sent = [("csrf", "abc"), ("InstanceId.1", "b-1"), ("InstanceId.2", ""), ("Other", "x"), ("PageSize", "5")]

    flat = given(sent, fields)

    assert flat == {"InstanceId.1": "b-1", "PageSize": "5"}


def test_numbers_are_numbers_and_what_is_none_stays_text() -> None:
    fields = fields_of(BY_ACTION["yundun-bastionhost", "DescribeInstances"])

    assert nested(fields, {"PageSize": "5"}) == {"PageSize": 5}
    assert nested(fields, {"PageSize": "five"}) == {"PageSize": "five"}


def test_a_form_is_the_call_itself() -> None:
    operation = BY_ACTION["eds-user", "CreateUsers"]
    flat = {"Users.1.EndUserId": "alice", "Users.1.Email": "a@example.com", "Users.2.EndUserId": "bob"}

    shape = request.read(operation, flat)

    assert [user.end_user_id for user in shape.users] == ["alice", "bob"]  # type: ignore[attr-defined]
