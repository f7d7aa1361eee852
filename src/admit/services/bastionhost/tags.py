"""Tags of bastion hosts."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from admit.control import things as verbs
from admit.core.errors import InvalidNextToken
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import AnyCase, Shape, at_most, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.instances import BastionDetails, ResourceGroupId, Tag, carries
from admit.services.bastionhost.vocabulary import InstanceId, RegionId, bastionhost, instance
from admit.store import things
from admit.store.things import Thing, Where

MOST_TAGS = 20
"""The most tags of one bastion host."""
AT_ONCE = 50
"""How many bastion hosts a page of tags is about."""

ResourceType = Annotated[
    AnyCase[Literal["INSTANCE"]], like("INSTANCE", "What carries the tags: INSTANCE, a bastion host.")
]
ResourceIds = Annotated[
    tuple[InstanceId, ...], at_most(AT_ONCE, least=1), like(["bastionhost-cn-st220aw****"], "1 to 50 IDs.")
]
TagKey = Annotated[str, like("env", "The key of the tag: 1 to 128 characters.", min_length=1, max_length=128)]
TagValue = Annotated[str, like("prod", "The value of the tag: at most 128 characters.", max_length=128)]


class NewTag(Shape):
    """A tag to be set."""

    key: TagKey
    value: TagValue | None = None
    """The value of the tag; empty, if it is left out."""


def _named(call: Call, ids: Sequence[str]) -> list[Thing]:
    return [instance(call, each) for each in dict.fromkeys(ids)]


def _retagged(call: Call, bastion: Thing, tags: dict[str, str]) -> None:
    kept = bastion.read(BastionDetails)
    verbs.change(call.tx, bastion, details=msgspec.structs.replace(kept, tags=tags))


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class TagResources(Shape):
    """Sets tags of bastion hosts: of all that are named, or of none.

    Ours: a key that is set already gets the new value. A bastion host has at
    most 20 tags.
    """

    region_id: RegionId
    resource_type: ResourceType
    resource_id: ResourceIds
    tag: Annotated[tuple[NewTag, ...], at_most(MOST_TAGS)] | None = None
    """1 to 20 tags."""

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Set the tags."""
        given = {each.key: each.value or "" for each in self.tag or ()}
        if not given or len(given) != len(self.tag or ()):
            raise InvalidArgument("Tag", "Give 1 to 20 tags, each key once.")
        for bastion in _named(call, self.resource_id):
            tags = {**bastion.read(BastionDetails).tags, **given}
            if len(tags) > MOST_TAGS:
                raise InvalidArgument("Tag", f"{bastion.id} would have more than {MOST_TAGS} tags.")
            _retagged(call, bastion, tags)
        return self.Response()


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class UntagResources(Shape):
    """Takes tags away from bastion hosts: from all that are named, or from none."""

    region_id: RegionId
    resource_type: ResourceType
    resource_id: ResourceIds
    tag_key: Annotated[tuple[TagKey, ...], at_most(MOST_TAGS)] | None = None
    """The keys of the tags, up to 20."""
    all: bool | None = None
    """Whether to take all tags away, if no keys are given."""

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Take the tags away."""
        if not self.tag_key and not self.all:
            raise InvalidArgument("TagKey", "Give the keys, or All.")
        for bastion in _named(call, self.resource_id):
            tags = bastion.read(BastionDetails).tags if self.tag_key else {}
            left = {key: value for key, value in tags.items() if key not in (self.tag_key or ())}
            _retagged(call, bastion, left)
        return self.Response()


class TagResource(Shape):
    """A tag of a bastion host."""

    resource_id: InstanceId
    resource_type: ResourceType
    tag_key: TagKey
    tag_value: TagValue


@bastionhost.operation("get", errors=(InvalidArgument, InvalidNextToken))
class ListTagResources(Shape):
    """Lists the tags of bastion hosts.

    Ours: with tags, only of bastion hosts that carry them all. An ID that is
    none selects nothing. A page is about 50 bastion hosts.
    """

    region_id: RegionId
    resource_type: ResourceType
    resource_id: Annotated[tuple[InstanceId, ...], at_most(AT_ONCE)] | None = None
    """Up to 50 IDs of bastion hosts; without any, all of them."""
    tag: Annotated[tuple[Tag, ...], at_most(MOST_TAGS)] | None = None
    """Up to 20 tags a bastion host must carry."""
    resource_group_id: ResourceGroupId | None = None
    next_token: Annotated[str, like("MKMQ", "What an earlier answer gave as NextToken.")] | None = None

    class Response(Shape):
        """A page of tags."""

        tag_resources: tuple[TagResource, ...]
        next_token: str | None = None
        """What asks for the next page; absent on the last, as Terraform asks until it is."""

    def handle(self, call: Call) -> Response:
        """Read one page."""
        place = place_of(self.next_token)
        where = Where(
            Kind.BASTION,
            parent=call.world.account_key,
            ids=self.resource_id or None,
            details={"resource_group_id": self.resource_group_id or None},
            after=None if place is None else place[0],
        )
        found = things.find(call.sql, where, limit=AT_ONCE + 1)
        page = found[:AT_ONCE]
        return self.Response(
            tag_resources=tuple(
                TagResource(resource_id=bastion.id, resource_type="INSTANCE", tag_key=key, tag_value=value)
                for bastion in page
                if carries(tags := bastion.read(BastionDetails).tags, self.tag or ())
                for key, value in tags.items()
            ),
            next_token=marker(page[-1].key) if len(found) > AT_ONCE else None,
        )
