"""What App Streaming puts into a new system: an image with the applications of the catalogue."""

from admit.control import programs
from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.services.appstream.images import ImageApp, ImageDetails
from admit.services.appstream.vocabulary import new_id
from admit.store.engine import Tx
from admit.store.things import Thing


def found(tx: Tx, world: World) -> Thing:
    """The image that first delivery groups are made from."""
    details = ImageDetails(
        product_type="CloudApp",
        os_type="Linux",
        status="AVAILABLE",
        image_type="System",
        apps=tuple(
            ImageApp(new_id(world, "ca-"), program.name, "1", "1.0", program=key)
            for key, program in programs.read(programs.DEFAULT).items()
        ),
        description="A few applications to begin with.",
    )
    image_id = new_id(world, "img-")
    return verbs.add(tx, New(Kind.IMAGE, world.account_key, "First applications", details, image_id))
