"""All operations as an OpenAPI document."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect as shapes

from admit.rpc import describe
from admit.rpc.operation import Operation, Parameter, Registry


def openapi(registry: Registry, version: str) -> dict[str, Any]:
    """All operations as one OpenAPI 3.1 document.

    All have the one path ``/``; the fragment only keeps them apart.
    """
    operations = list(registry)
    responses = [operation.response for operation in operations]
    schemas, components = msgspec.json.schema_components(
        responses, ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "admit", "version": version},
        "paths": {
            f"/#{operation.service.product}/{operation.action}": {"post": _path(operation, schema)}
            for operation, schema in zip(operations, schemas, strict=True)
        },
        "components": {"schemas": components},
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
                "schema": _schema(each),
            }
            for each in query
        ],
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": response}}}},
    }
    if body:
        found["requestBody"] = {
            "content": {"application/x-www-form-urlencoded": {"schema": _form(body, texts)}}
        }
    return found


def _form(parameters: list[Parameter], texts: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            each.name: {**_schema(each), "description": texts[each.attribute]} for each in parameters
        },
        "required": [each.name for each in parameters if each.required],
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    """A parameter's JSON schema, written out where it stands."""
    if parameter.mark.json_text:
        return {"type": "string", "contentMediaType": "application/json"}
    return schema_of(parameter.type)


def schema_of(kind: shapes.Type) -> dict[str, Any]:
    """The JSON schema of a declared type."""
    kind = bare(kind)
    return next(write(kind) for each, write in _WRITERS if isinstance(kind, each))


def bare(kind: shapes.Type) -> shapes.Type:
    """A type without "or None" and without what is said of it."""
    while isinstance(kind, shapes.Metadata | shapes.UnionType):
        if isinstance(kind, shapes.Metadata):
            kind = kind.type
        else:
            kind = next(each for each in kind.types if not isinstance(each, shapes.NoneType))
    return kind


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
