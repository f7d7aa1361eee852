"""Images: what is kept of them, with the applications that are in them."""

from typing import Literal

import msgspec

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.services.appstream.errors import ImageNotFound
from admit.services.appstream.vocabulary import ProductName
from admit.store import things
from admit.store.things import Thing


class ImageApp(msgspec.Struct, omit_defaults=True):
    """An application in an image. A delivery group made from the image has it under the same id."""

    id: str
    name: str
    version: str
    version_name: str
    icon: str | None = None
    """URL of a picture."""
    program: str | None = None
    """The key of the program in the catalogue; without one it is the program of its name."""


class ImageDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an image besides the name."""

    product_type: ProductName
    os_type: Literal["Linux", "Windows", "Android"]
    status: Literal["AVAILABLE", "INIT", "CREATING", "CREATE_FAILED"]
    image_type: Literal["User", "Shared", "System", "Community"]
    apps: tuple[ImageApp, ...] = ()
    description: str | None = None


def image(call: Call, image_id: str, product: str) -> Thing:
    """The image of this id, fit for a delivery group of a product type.

    Raises:
        ImageNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.IMAGE, call.world.account_key, image_id)
    details = None if found is None else found.read(ImageDetails)
    if found is None or details is None or (details.product_type, details.status) != (product, "AVAILABLE"):
        raise ImageNotFound(image_id)
    return found
