"""Delivery groups, listed and one by one."""

from collections.abc import Sequence
from typing import Annotated, Literal

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most, like
from admit.services.appstream.errors import DeliveryGroupNotFound
from admit.services.appstream.group_details import PUBLISHED, GroupDetails
from admit.services.appstream.group_told import DeliveryGroup, Tag, fields_of
from admit.services.appstream.vocabulary import (
    DeliveryGroupId,
    FuzzyText,
    ImageId,
    PageSize,
    ProductType,
    RegionId,
    TotalCount,
    UserGroupId,
    appstream,
    delivery_group,
)
from admit.store import things
from admit.store.things import Where

State = Literal[
    "PUBLISHED",
    "FAILED",
    "MAINTAIN_FAILED",
    "EXPIRED",
    "MAINTAINING",
    "CEASED",
    "EXPIRED_RECYCLING",
    "DEPLOYING",
]


class OneDeliveryGroup(DeliveryGroup, kw_only=True):
    """A delivery group by itself."""

    app_center_image_name: str | None = None
    app_instance_type_name: str | None = None
    session_type: str | None = None


@appstream.operation("get", errors=(DeliveryGroupNotFound,), form=())
class GetAppInstanceGroup(Shape):
    """Tells about one delivery group, with its applications."""

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType

    class Response(Shape):
        """The delivery group."""

        app_instance_group_models: OneDeliveryGroup
        """One, in spite of the name."""

    def handle(self, call: Call) -> Response:
        """Find the group and tell."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        details = group.read(GroupDetails)
        image = things.by_id(call.sql, Kind.IMAGE, call.world.account_key, details.image_id)
        told = OneDeliveryGroup(
            **fields_of(call, group),
            app_center_image_name=None if image is None else image.name,
            session_type=details.policies.get("RuntimePolicy", {}).get("SessionType"),
        )
        return self.Response(app_instance_group_models=told)


class ListedDeliveryGroup(DeliveryGroup, kw_only=True):
    """A delivery group in a list."""

    resource_tags: tuple[Tag, ...]
    app_policy_image_check: bool | None = None
    app_policy_version: str | None = None


class TagFilter(Shape):
    """A tag that delivery groups must have."""

    key: str | None = None
    value: str | None = None


UserGroupIds = Annotated[tuple[UserGroupId, ...], at_most(10)]


@appstream.operation("get", form=("excluded_user_group_ids", "status", "user_group_ids"))
class ListAppInstanceGroup(Shape):
    """Lists delivery groups of a product type, the oldest first. A group must match all that is asked for.

    Ours: delivery groups have no tags here, so that asking for one finds none.
    """

    product_type: ProductType
    app_instance_group_id: DeliveryGroupId | None = None
    app_instance_group_name: FuzzyText | None = None
    """Part of the name."""
    app_center_image_id: ImageId | None = None
    biz_region_id: RegionId | None = None
    region_id: Annotated[str, like("cn-hangzhou", "Deprecated; the same as BizRegionId.")] | None = None
    node_instance_type: Annotated[str, like("appstreaming.general.4c8g", "The type of the nodes.")] | None = (
        None
    )
    office_site_id: Annotated[str, like("cn-hangzhou+os-1", "The office network.")] | None = None
    status: Annotated[tuple[State, ...], at_most(1000)] | None = None
    """States, of which the group must be in one."""
    tag: Annotated[tuple[TagFilter, ...], at_most(20)] | None = None
    """Tags the group must have."""
    user_group_ids: UserGroupIds | None = None
    """User groups, of which one must be authorized."""
    excluded_user_group_ids: UserGroupIds | None = None
    """User groups, of which none may be authorized."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 20 unless told."""

    class Response(Shape):
        """The page."""

        app_instance_group_models: tuple[ListedDeliveryGroup, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the groups that match."""
        offset, limit = page(self.page_number, self.page_size, 20)
        total, found = 0, []
        if not self.tag and (not self.status or PUBLISHED in self.status):
            where = self._where(call)
            total = things.count(call.sql, where)
            found = things.find(call.sql, where, offset=offset, limit=limit)
        models = tuple(ListedDeliveryGroup(**fields_of(call, each), resource_tags=()) for each in found)
        return self.Response(
            app_instance_group_models=models,
            total_count=total,
            page_number=self.page_number or 1,
            page_size=limit,
        )

    def _where(self, call: Call) -> Where:
        keys: set[int] | None = None
        if self.user_group_ids:
            keys = _authorized_to(call, self.user_group_ids)
        if self.excluded_user_group_ids:
            if keys is None:
                every = Where(Kind.DELIVERY_GROUP, parent=call.world.account_key)
                keys = {group.key for group in things.find(call.sql, every)}
            keys -= _authorized_to(call, self.excluded_user_group_ids)
        return Where(
            Kind.DELIVERY_GROUP,
            parent=call.world.account_key,
            ids=None if self.app_instance_group_id is None else [self.app_instance_group_id],
            keys=None if keys is None else sorted(keys),
            name_contains=self.app_instance_group_name,
            details={
                "product_type": self.product_type,
                "image_id": self.app_center_image_id,
                "region_id": self.biz_region_id or self.region_id,
                "node_instance_type": self.node_instance_type,
                "office_site_id": self.office_site_id,
            },
        )


def _authorized_to(call: Call, user_group_ids: Sequence[str]) -> set[int]:
    """The keys of the delivery groups that one of the user groups is authorized to, or to a session of."""
    found: set[int] = set()
    where = Where(Kind.GROUP, parent=call.world.account_key, ids=user_group_ids)
    for each in things.find(call.sql, where):
        groups = things.find(call.sql, Where(Kind.DELIVERY_GROUP, linked_from=each.key))
        sessions = things.find(call.sql, Where(Kind.PERSISTENT_SESSION, linked_from=each.key))
        found |= {group.key for group in groups} | {session.parent for session in sessions}
    return found
