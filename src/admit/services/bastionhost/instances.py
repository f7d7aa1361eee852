"""Bastion hosts themselves."""

from typing import Literal

import msgspec

from admit.base.chance import ID_LETTERS
from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.store.engine import Tx
from admit.store.things import Thing


class BastionDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a bastion host."""

    description: str
    region_id: str
    status: Literal["PENDING", "CREATING", "RUNNING", "UPGRADING", "EXPIRED"]
    license_code: str = "bhah_ent_500_asset"
    plan_code: str = "cloudbastion_ha"


def found(tx: Tx, world: World) -> Thing:
    """The bastion host a new system begins with, running."""
    return verbs.add(
        tx,
        New(
            Kind.BASTION,
            world.account_key,
            "admit",
            BastionDetails("admit", world.region, "RUNNING"),
            f"bastionhost-{world.region.split('-')[0]}-{world.chance.text(11, ID_LETTERS)}",
        ),
    )
