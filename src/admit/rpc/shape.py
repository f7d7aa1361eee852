"""Shapes: the classes that operations, their parts and their answers are made of."""

from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class Shape(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """A structure on the wire: fields in snake case here, in Pascal case there.

    In an answer only ``None`` may be a default: a field that holds its default
    is left out, as the vendor leaves out what is not set.
    """


class Mark(msgspec.Struct, frozen=True):
    """How a parameter travels, where that is not the plain way."""

    json_text: bool = False
    """The parameter is a string that holds a JSON document."""
    json_style: bool = False
    """A structure that the SDKs send as one JSON document: the reference says so; either form is read."""
    client_token: bool = False
    """Makes the call idempotent."""
    ignore_case: bool = False
    """Listed values are matched in any case, and arrive as they are listed."""


Json: TypeAlias = Annotated[T, msgspec.Meta(extra={"mark": Mark(json_style=True)})]
"""A structure the SDKs send as JSON in one parameter; the dotted form is read as well."""

JsonText: TypeAlias = Annotated[T, msgspec.Meta(extra={"mark": Mark(json_text=True)})]
"""A parameter documented as a string of JSON; callers write the JSON themselves."""

AnyCase: TypeAlias = Annotated[T, msgspec.Meta(extra={"mark": Mark(ignore_case=True)})]
"""Listed values matched in any case."""

ClientToken = Annotated[
    str,
    msgspec.Meta(
        max_length=64,
        min_length=1,
        pattern=r"^[\x00-\x7f]*$",
        description="Makes a retry safe: at most 64 ASCII characters, new for each request.",
        examples=["client-token-example"],
        extra={"mark": Mark(client_token=True)},
    ),
]
"""The idempotency token. An operation with a field of this type is carried out once per token."""


def like(example: Any, description: str, **constraints: Any) -> msgspec.Meta:
    """A word of a service's vocabulary: an example, a sentence, and msgspec's constraints."""
    return msgspec.Meta(examples=[example], description=description, **constraints)


def at_most(most: int, least: int = 0) -> msgspec.Meta:
    """How many items a list, or letters a text, may have."""
    return msgspec.Meta(max_length=most, min_length=least)


def between(least: int, most: int) -> msgspec.Meta:
    """The range of a number, both ends inside."""
    return msgspec.Meta(ge=least, le=most)
