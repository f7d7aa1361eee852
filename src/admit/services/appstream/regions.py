"""Regions: where delivery groups say they are."""

from typing import Annotated

import msgspec

from admit.control.world import World
from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.appstream.vocabulary import ProductType, appstream

ALWAYS = ("cn-hangzhou", "cn-shanghai")
"""The regions the vendor names for a new delivery group."""


def regions(world: World) -> tuple[str, ...]:
    """All regions of this system."""
    return tuple(dict.fromkeys((*ALWAYS, world.region)))


def known_region(world: World, region: str) -> str:
    """``region``, if it is one.

    Raises:
        InvalidParameter: it is not.
    """
    if region not in regions(world):
        raise InvalidParameter("BizRegionId", f"it must be one of {', '.join(regions(world))}.")
    return region


class Region(Shape):
    """A region."""

    region_id: str = msgspec.field(name="regionId")
    """Its ID; the only name of this service in small letters."""


@appstream.operation("get", form=())
class ListRegions(Shape):
    """Lists the regions a delivery group can be in.

    Ours: two the vendor names, and the one this system says it is in.
    """

    product_type: ProductType | None = None
    biz_source: Annotated[str, like("1", "Not for public use: accepted and not used.")] | None = None

    class Response(Shape):
        """The regions."""

        region_models: tuple[Region, ...]

    def handle(self, call: Call) -> Response:
        """All of them; they are the same for every product type."""
        return self.Response(region_models=tuple(Region(region_id=region) for region in regions(call.world)))
