"""The OpenAPI document of all operations, read by a validator that others use."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from admit.main import SERVICES
from admit.rpc.openapi import openapi
from admit.rpc.operation import Registry


def test_the_document_is_valid_openapi_3_1() -> None:
    document = openapi(Registry(SERVICES), "1")

    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
