"""Listing images."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from admit.core.links import Kind
from admit.core.validity import SECOND, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most
from admit.services.appstream.errors import BusinessTypeInvalid
from admit.services.appstream.images import ImageDetails
from admit.services.appstream.regions import regions
from admit.services.appstream.vocabulary import (
    AppId,
    AppName,
    FuzzyText,
    ImageId,
    PageSize,
    RegionId,
    appstream,
)
from admit.store import things
from admit.store.things import Thing, Where

BUSINESS_TYPE = 1
"""The only one."""


class AppInImage(Shape):
    """An application of an image."""

    app_id: AppId
    app_name: AppName


class Distribution(Shape):
    """How an image came to a region; here it is everywhere from the start."""

    image_id: ImageId | None = None
    progress: str | None = None
    region_id: RegionId | None = None
    status: str | None = None
    version_id: str | None = None


class Snapshot(Shape):
    """A snapshot an image was made from; there are none here."""

    bind_type: str | None = None
    disk_category: str | None = None
    disk_sub_type: str | None = None
    disk_type: str | None = None
    size: int | None = None
    snapshot_id: str | None = None
    version_id: str | None = None


class ImageTag(Shape):
    """A tag of an image; there are none here."""

    key: str | None = None
    value: str | None = None


class Image(Shape):
    """An image."""

    image_id: ImageId
    image_name: str
    image_type: str
    status: str
    product_type: str
    os_type: str
    app_list: tuple[AppInImage, ...]
    image_region_list: tuple[RegionId, ...]
    ali_uid: int
    biz_type: int
    gmt_create: str
    gmt_modified: str
    feature_list: tuple[str, ...]
    driver_list: tuple[str, ...]
    supported_language_list: tuple[str, ...]
    tag_list: tuple[ImageTag, ...]
    image_region_distribute_list: tuple[Distribution, ...]
    snapshot_list: tuple[Snapshot, ...]
    description: str | None = None
    base_image_id: str | None = None
    base_image_version: str | None = None
    compatible_mode: bool | None = None
    data_disk_size: int | None = None
    distro: str | None = None
    environment_id: str | None = None
    fota_channel: str | None = None
    fota_version: str | None = None
    image_create_mode: str | None = None
    image_icon_url: str | None = None
    language: str | None = None
    latest_version_id: str | None = None
    online_version: bool | None = None
    online_version_id: str | None = None
    package_type: str | None = None
    parent_image_id: str | None = None
    parent_image_version: str | None = None
    platform: int | None = None
    platform_name: str | None = None
    protocol_type: str | None = None
    rating: int | None = None
    resource_instance_category: str | None = None
    scene: str | None = None
    session_type: str | None = None
    system_disk_size: int | None = None
    version_id: str | None = None
    version_name: str | None = None
    volume_encryption_enabled: bool | None = None
    volume_encryption_key: str | None = None


class TagFilter(Shape):
    """A tag that images must have."""

    key: str | None = None
    value: str | None = None


_Words = Annotated[tuple[str, ...], at_most(100)]


@appstream.operation(
    "list",
    errors=(BusinessTypeInvalid,),
    form=(
        "biz_region_id_list",
        "biz_type",
        "biz_type_list",
        "feature_list",
        "fota_version",
        "image_id",
        "image_name",
        "image_type",
        "language_type",
        "os_type",
        "package_type",
        "page_number",
        "page_size",
        "platform_name",
        "platform_name_list",
        "product_type",
        "product_type_list",
        "protocol_type",
        "resource_instance_type",
        "status",
    ),
)
class ListImage(Shape):
    """Lists images that delivery groups can be made from, the oldest first.

    Ours: images here have no features, tags, languages, distributions, package or protocol types, no
    specifications and no platform names, so that asking for one of these finds none.
    """

    image_id: ImageId | None = None
    image_name: FuzzyText | None = None
    """Part of the name."""
    image_type: Literal["User", "Shared", "System", "Community"] | None = None
    """Where the image comes from."""
    os_type: Literal["Linux", "Unknown", "Windows", "Android"] | None = None
    """The operating system."""
    status: Literal["AVAILABLE", "INIT", "CREATE_FAILED", "CREATING"] | None = None
    """The state; without it, images in any state."""
    product_type: Literal["CloudDesktop", "CloudApp", "WuyingServer"] | None = None
    """The product type the image is for."""
    product_type_list: Annotated[tuple[str, ...], at_most(100)] | None = None
    """Product types, of which the image must be for one."""
    biz_region_id_list: Annotated[tuple[RegionId, ...], at_most(100)] | None = None
    """Regions, in one of which the image must be."""
    biz_type: int | None = None
    """Not for public use. The only one is 1."""
    biz_type_list: Annotated[tuple[int, ...], at_most(100)] | None = None
    """The same."""
    feature_list: _Words | None = None
    """Only images with these features."""
    fota_version: str | None = None
    """Only images of this version."""
    language_type: Literal["en-US", "zh-HK", "zh-CN", "ja-JP"] | None = None
    """Only images in this language."""
    package_type: Literal["Ecs_Container", "Ecs"] | None = None
    """Only images packed so."""
    platform_name: str | None = None
    """Only images of this platform."""
    platform_name_list: _Words | None = None
    """Only images of one of these platforms."""
    protocol_type: Literal["HDX", "ASP"] | None = None
    """Only images with this protocol."""
    resource_instance_type: str | None = None
    """Only images for these specifications."""
    distro: str | None = None
    """Only images of this distribution."""
    tag_list: Annotated[tuple[TagFilter, ...], at_most(100)] | None = None
    """Only images with these tags."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 10 unless told."""

    class Response(Shape):
        """The page."""

        success: bool
        code: str
        """200."""
        message: str
        """success."""
        count: int
        """How many there are in all."""
        data: tuple[Image, ...]
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the images that match."""
        for asked in (*((self.biz_type,) if self.biz_type is not None else ()), *(self.biz_type_list or ())):
            if asked != BUSINESS_TYPE:
                raise BusinessTypeInvalid(asked)
        offset, limit = page(self.page_number, self.page_size, 10)
        total, found = 0, []
        if self._can_match(call):
            where = self._where(call)
            total = things.count(call.sql, where)
            found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(
            success=True,
            code="200",
            message="success",
            count=total,
            data=tuple(_told(call, each) for each in found),
            page_number=self.page_number or 1,
            page_size=limit,
        )

    def _can_match(self, call: Call) -> bool:
        """Whether only what images here can have is asked for."""
        absent = (
            self.feature_list,
            self.fota_version,
            self.language_type,
            self.package_type,
            self.platform_name,
            self.platform_name_list,
            self.protocol_type,
            self.resource_instance_type,
            self.distro,
            self.tag_list,
        )
        asked = self.biz_region_id_list
        return not any(absent) and (not asked or not set(asked).isdisjoint(regions(call.world)))

    def _where(self, call: Call) -> Where:
        return Where(
            Kind.IMAGE,
            parent=call.world.account_key,
            ids=None if self.image_id is None else [self.image_id],
            name_contains=self.image_name,
            details={
                "image_type": self.image_type,
                "os_type": self.os_type,
                "status": self.status,
                "product_type": self.product_type,
            },
            details_in={"product_type": self.product_type_list} if self.product_type_list else {},
        )


def _told(call: Call, found: Thing) -> Image:
    details = found.read(ImageDetails)
    return Image(
        image_id=found.id,
        image_name=found.name,
        image_type=details.image_type,
        status=details.status,
        product_type=details.product_type,
        os_type=details.os_type,
        app_list=tuple(AppInImage(app_id=app.id, app_name=app.name) for app in details.apps),
        image_region_list=regions(call.world),
        ali_uid=int(call.world.account_id),
        biz_type=BUSINESS_TYPE,
        gmt_create=_date(found.created_at),
        gmt_modified=_date(found.changed_at),
        feature_list=(),
        driver_list=(),
        supported_language_list=(),
        tag_list=(),
        image_region_distribute_list=(),
        snapshot_list=(),
        description=details.description,
    )


def _date(moment: Millis) -> str:
    """A moment as this operation, unlike the others, writes it."""
    return datetime.fromtimestamp(moment // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
