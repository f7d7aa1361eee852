"""The words of App Streaming, and finding what they name."""

from typing import Annotated, Literal, TypeAlias

import msgspec

from admit.base.chance import ID_LETTERS
from admit.control.world import World
from admit.core.errors import AdmitError, InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call, Service
from admit.rpc.shape import AnyCase, Shape, between, like
from admit.services.appstream.errors import DeliveryGroupNotFound, DeliveryGroupSetNotFound
from admit.store import things
from admit.store.things import Thing

appstream = Service(
    product="appstream-center",
    version="2021-09-01",
    title="App Streaming",
    ram_prefix="appstreaming",
    denied="Forbidden.NoPermission",
    form="*",
)

ONE_LINE = r"^[^\x00-\x1f\x7f]*(?!\n)$"
"""The pattern of a text without control characters; `$` alone would let a line feed pass at the end."""

ProductName: TypeAlias = Literal[
    "CloudApp",
    "CloudBrowser",
    "WuyingServer",
    "WuyingWorkstation",
    "WuyingWorkstationTeam",
    "WuyingWorkstationBusiness",
    "AndroidCloud",
    "AIAgent",
]
ProductType = Annotated[
    AnyCase[ProductName],
    like("CloudApp", "The product type, in any case. A delivery group of another one is not found."),
]
ProductText = Annotated[str, like("CloudApp", "The product type, in any case, as text.", max_length=64)]
AuthMode = Annotated[
    Literal["App", "Session", "AppInstanceGroup"],
    like(
        "App",
        "What users are authorized to. App: applications. Session: persistent sessions, with every "
        "application in them. AppInstanceGroup: the delivery group, with every application in it.",
    ),
]
DeliveryGroupId = Annotated[
    str, like("aig-9ciijz60n4xsv****", "The ID of the delivery group. ListAppInstanceGroup lists them.")
]
DeliveryGroupSetId = Annotated[
    str,
    like("aigs-1", "The ID of a set of delivery groups. There are none here, so that none is found."),
]
DeliveryGroupName = Annotated[
    str,
    like("Office", "The name of the delivery group.", min_length=1, max_length=128, pattern=ONE_LINE),
]
SessionId = Annotated[
    str,
    like("p-0cc7s3mw2fg4j****", "The ID of the persistent session. ListPersistentAppInstances lists them."),
]
AppId = Annotated[
    str, like("ca-b2ronxxd****", "The ID of the application. GetAppInstanceGroup lists those of a group.")
]
AppName = Annotated[str, like("Calculator", "The name of the application.")]
ImageId = Annotated[str, like("img-8z4nztpaqvay4****", "The ID of the image. ListImage lists them.")]
UserName = Annotated[
    str,
    like(
        "alice",
        "The name of the user. DescribeUsers of eds-user lists them.",
        min_length=1,
        max_length=256,
        pattern=ONE_LINE,
    ),
]
UserGroupId = Annotated[
    str, like("ug-00001", "The ID of the user group. DescribeGroups of eds-user lists them.")
]
RegionId = Annotated[str, like("cn-hangzhou", "The ID of the region. ListRegions lists them.")]
PageSize = Annotated[int, between(1, 100), like(20, "How many entries a page has.")]
TotalCount = Annotated[int, like(10, "How many there are in all.")]
DateText = Annotated[str, like("2026-06-17T10:00:00.000+00:00", "A moment: ISO 8601.")]
FuzzyText = Annotated[str, like("Off", "Part of the text.", max_length=256)]


class Done(Shape):
    """The answer that says no more than that it was done."""


class _OfProduct(msgspec.Struct):
    """What is known of a delivery group before it is known to be the one asked for."""

    product_type: str


def new_id(world: World, prefix: str) -> str:
    """An id of something to be made."""
    return prefix + world.chance.text(17, ID_LETTERS)


def delivery_group(
    call: Call, group_id: str, product: str, missing: type[AdmitError] = DeliveryGroupNotFound
) -> Thing:
    """The delivery group of this id and product type.

    Raises:
        AdmitError: ``missing``: there is none.
    """
    found = things.by_id(call.sql, Kind.DELIVERY_GROUP, call.world.account_key, group_id)
    if found is None or found.read(_OfProduct).product_type != product:
        raise missing(group_id)
    return found


def refuse_set(set_id: str | None) -> None:
    """Refuse a set of delivery groups, for there are none.

    Raises:
        DeliveryGroupSetNotFound: one is named.
    """
    if set_id:
        raise DeliveryGroupSetNotFound(set_id)


def one_of(group_id: str | None, set_id: str | None) -> str:
    """The id of the delivery group, where a group or a set must be named and not both.

    Raises:
        MissingParameter: neither is named.
        InvalidParameter: both are named.
        DeliveryGroupSetNotFound: a set is named.
    """
    if group_id and set_id:
        raise InvalidParameter("AppInstanceGroupSetId", "it does not go with AppInstanceGroupId.")
    refuse_set(set_id)
    if not group_id:
        raise MissingParameter("AppInstanceGroupId")
    return group_id
