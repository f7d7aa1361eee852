"""A class becomes an operation: all that follows from its name, its fields and its declaration."""

import re

import pytest
from msgspec import inspect

from admit.main import SERVICES
from admit.rpc.operation import ALL, READS, Operation, Registry, Service
from admit.rpc.shape import Mark, Shape
from admit.rpc.signature import COMMON_PARAMETERS
from tests.rpc.sample import SAMPLE

EVERY = list(Registry(SERVICES))
every_operation = pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.action)


class Asking(Shape):
    """Asks."""

    one_word: str
    another: str | None = None

    class Response(Shape):
        pass


def declared(service: Service, access="get", **rest) -> Operation:
    assert service.operation(access, **rest)(Asking) is Asking
    return service.operations["Asking"]


def service(**rest) -> Service:
    return Service("asked", "2021-01-01", "Asked", "ask", **rest)


def test_a_class_is_an_operation_of_its_name_with_its_fields_for_parameters():
    asking = declared(service())

    assert (asking.action, asking.response, asking.permission) == ("Asking", Asking.Response, "ask:Asking")
    assert [(each.name, each.attribute, each.required) for each in asking.parameters] == [
        ("OneWord", "one_word", True),
        ("Another", "another", False),
    ]
    assert asking.by_name["Another"] is asking.parameters[1]
    assert asking.client_token is None
    assert asking.authorized


def test_a_permission_may_have_another_name_than_its_operation():
    assert declared(service(), permission="ask:Other").permission == "ask:Other"


@pytest.mark.parametrize("access", ["create", "update", "delete", "get", "list"])
def test_only_getting_and_listing_leave_everything_as_it_is(access):
    assert declared(service(), access).writes == (access not in READS)
    assert {"get", "list"} == READS


@pytest.mark.parametrize(
    ("of_service", "own", "positions"),
    [
        (frozenset(), None, ["query", "query"]),
        (frozenset({"another"}), None, ["query", "body"]),
        (ALL, None, ["body", "body"]),
        (ALL, ("one_word",), ["body", "query"]),
        (frozenset({"another"}), (), ["query", "query"]),
        (frozenset(), ALL, ["body", "body"]),
    ],
)
def test_where_parameters_travel_is_said_by_the_operation_or_else_by_its_service(of_service, own, positions):
    asking = declared(service(form=of_service), form=own)
    assert [each.position for each in asking.parameters] == positions


def test_what_is_said_of_a_type_is_found_under_its_being_optional():
    parameters = SAMPLE.operations["Take"].by_name

    assert isinstance(parameters["Shade"].type, inspect.LiteralType)
    assert parameters["Shade"].mark == Mark(ignore_case=True)
    assert isinstance(parameters["TextParts"].type, inspect.VarTupleType)
    assert parameters["TextParts"].mark == Mark(json_text=True)
    assert parameters["Parts"].mark == Mark(json_style=True)
    assert parameters["Colour"].mark == Mark()
    assert SAMPLE.operations["AddGroup"].client_token is SAMPLE.operations["AddGroup"].by_name["ClientToken"]


def test_a_registry_finds_services_by_version_and_lists_every_operation():
    registry = Registry((SAMPLE, service()))

    assert registry.versions == {"2020-02-02": SAMPLE, "2021-01-01": registry.services[1]}
    assert [each.action for each in registry] == list(SAMPLE.operations)


def test_every_service_has_a_version_of_its_own():
    assert len({each.version for each in SERVICES}) == len(SERVICES)


@every_operation
def test_no_parameter_is_called_like_one_of_the_protocol(operation):
    assert not operation.by_name.keys() & COMMON_PARAMETERS


@every_operation
def test_a_resource_name_is_filled_from_plain_texts_so_that_ram_and_the_operation_read_the_same(operation):
    placed = {name for tail in operation.resources for name in re.findall(r"\{(\w+)\}", tail)}
    known = {"region", "account"}
    sent = {name: operation.by_name[name] for name in placed & operation.by_name.keys()}

    # A listed word is read as it was sent, too, unless it may be written in any case.
    assert all(isinstance(each.type, inspect.StrType | inspect.LiteralType) for each in sent.values())
    assert not any(each.mark.ignore_case for each in sent.values())
    assert operation.service.words is not None or placed <= sent.keys() | known


@every_operation
def test_only_what_writes_takes_a_client_token(operation):
    assert operation.client_token is None or operation.writes
