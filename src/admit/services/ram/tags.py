"""Tags of policies and roles."""

from collections.abc import Mapping
from typing import Annotated

from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.ram.errors import InvalidParameter


class Tag(Shape):
    """A tag to be set, or one that what is listed must have."""

    key: Annotated[
        str, like("team", "The key of the tag: 1 to 128 characters.", min_length=1, max_length=128)
    ]
    value: (
        Annotated[str, like("dba", "The value of the tag: at most 256 characters.", max_length=256)] | None
    ) = None


Tags = Annotated[Json[Annotated[tuple[Tag, ...], at_most(20)]], like('[{"Key":"team"}]', "At most 20 tags.")]


class TagShown(Shape):
    """A tag."""

    tag_key: str
    tag_value: str


class TagsShown(Shape):
    """The tags of something."""

    tag: tuple[TagShown, ...]


def tags_given(tags: tuple[Tag, ...] | None) -> dict[str, str]:
    """Tags to be set, by key.

    Raises:
        InvalidParameter: a key occurs twice.
    """
    found = {each.key: each.value or "" for each in tags or ()}
    if len(found) != len(tags or ()):
        raise InvalidParameter("Tag", "a key occurs twice.")
    return found


def tags_shown(tags: Mapping[str, str]) -> TagsShown:
    """Tags as a list shows them."""
    return TagsShown(tag=tuple(TagShown(tag_key=key, tag_value=value) for key, value in tags.items()))


def tagged(tags: Mapping[str, str], wanted: tuple[Tag, ...]) -> bool:
    """Whether every tag asked for is there; one without a value asks for its key alone."""
    return all(each.key in tags and (each.value is None or tags[each.key] == each.value) for each in wanted)
