"""All operations as an OpenAPI document."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect as shapes

from admit.rpc import describe
from admit.rpc.operation import Operation, Parameter, Registry, plain
from admit.rpc.request import is_composite


def openapi(registry: Registry, version: str) -> dict[str, Any]:
    """All operations as one OpenAPI 3.1 document.

    All have the one path ``/``; the fragment only keeps them apart.
    """
    operations = list(registry)
    responses = [operation.response for operation in operations]
    described = msgspec.json.schema_components(responses, ref_template="#/components/schemas/{name}")
    # As JSON has it: a default is a tuple where it stands.
    schemas, components = msgspec.json.decode(msgspec.json.encode(described))
    return {
        "openapi": "3.1.0",
        "info": {"title": "admit", "version": version},
        "paths": {
            f"/#{operation.service.product}/{operation.action}": {"post": _path(operation, schema)}
            for operation, schema in zip(operations, schemas, strict=True)
        },
        "components": {"schemas": components, "responses": {"Error": _ERROR}},
    }


def _of_texts(*names: str, **rest: dict[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {name: {"type": "string"} for name in names}
    return {"type": "object", "properties": texts | rest, "required": list(names)}


_ANSWER = _of_texts("RequestId")
"""What every answer holds besides what is the operation's own."""

_JSON = "application/json"

_ERROR: dict[str, Any] = {
    "description": "Refused, or failed.",
    "content": {
        _JSON: {
            "schema": _of_texts(
                "RequestId", "HostId", "Code", "Message", "Recommend", AccessDeniedDetail={"type": "object"}
            )
        }
    },
}


def _path(operation: Operation, response: dict[str, Any]) -> dict[str, Any]:
    said = describe.text_of(operation)
    body = [each for each in operation.parameters if each.position == "body"]
    query = [each for each in operation.parameters if each.position == "query"]
    texts = describe.fields_of(operation.shape)
    found: dict[str, Any] = {
        "operationId": f"{operation.service.product}.{operation.action}",
        "summary": said.splitlines()[0],
        "description": said,
        "tags": [operation.service.title],
        "x-acs-action": operation.action,
        "x-acs-version": operation.service.version,
        "parameters": [
            {
                "name": each.name,
                "in": "query",
                "required": each.required,
                "description": texts[each.attribute],
                **_written(each),
            }
            for each in query
        ],
        "responses": {
            "200": {"description": "Done.", "content": {_JSON: {"schema": {"allOf": [_ANSWER, response]}}}},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }
    if body:
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": _form(body, texts)}}
    return found


def _form(parameters: list[Parameter], texts: dict[str, str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            each.name: {**schema_of(each.type), "description": texts[each.attribute]} for each in parameters
        },
        "required": [each.name for each in parameters if each.required],
    }
    return {
        "schema": schema,
        "encoding": {each.name: {"contentType": _JSON} for each in parameters if is_composite(each)},
    }


def _written(parameter: Parameter) -> dict[str, Any]:
    """How a parameter of the query is written: of its three encodings the only one OpenAPI has words for."""
    schema = schema_of(parameter.type)
    return {"content": {_JSON: {"schema": schema}}} if is_composite(parameter) else {"schema": schema}


def schema_of(kind: shapes.Type) -> dict[str, Any]:
    """The JSON schema of a declared type."""
    kind, _ = plain(kind)
    return next(write(kind) for each, write in _WRITERS if isinstance(kind, each))


def _struct(kind: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {each.encode_name: schema_of(each.type) for each in kind.fields}}


def _array(kind: Any) -> dict[str, Any]:
    limits = _set({"minItems": kind.min_length, "maxItems": kind.max_length})
    return {"type": "array", "items": schema_of(kind.item_type)} | limits


def _text(kind: Any) -> dict[str, Any]:
    limits = {"minLength": kind.min_length, "maxLength": kind.max_length, "pattern": kind.pattern}
    return {"type": "string"} | _set(limits)


_WRITERS: tuple[tuple[Any, Callable[[Any], dict[str, Any]]], ...] = (
    (shapes.StructType, _struct),
    (shapes.VarTupleType | shapes.ListType, _array),
    (shapes.DictType, lambda kind: {"type": "object", "additionalProperties": schema_of(kind.value_type)}),
    (shapes.LiteralType, lambda kind: {"enum": list(kind.values)}),
    (shapes.StrType, _text),
    (shapes.IntType, lambda kind: {"type": "integer"} | _set({"minimum": kind.ge, "maximum": kind.le})),
    (shapes.BoolType, lambda _kind: {"type": "boolean"}),
    (shapes.FloatType, lambda _kind: {"type": "number"}),
    (shapes.Type, lambda _kind: {}),
)


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
