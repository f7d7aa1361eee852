"""What RAM puts into a new system: the policies of type System."""

from admit.control import things as verbs
from admit.control.callers import PolicyDetails
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.system_policies import SYSTEM_POLICIES
from admit.services.ram.entities import handle_of
from admit.services.ram.policy_versions import add_version
from admit.store.engine import Tx


def found(tx: Tx, world: World) -> None:
    """Make the system policies, each with its one version."""
    for each in SYSTEM_POLICIES:
        details = PolicyDetails("System", each.description, "v1", each.document)
        new = New(Kind.RAM_POLICY, world.account_key, each.name, details, handle=handle_of(each.name))
        add_version(tx, verbs.add(tx, new), "v1", each.document)
