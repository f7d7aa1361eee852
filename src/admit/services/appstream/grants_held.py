"""The grants on a delivery group, on what is in it, and of a user."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.services.appstream.group_details import GroupDetails, apps_of, sessions_of
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing, Where


def granted_things(call: Call, group: Thing) -> list[Thing]:
    """What of a delivery group is granted to users: its sessions, or itself and single applications."""
    details = group.read(GroupDetails)
    if details.by_session:
        return sessions_of(call, group)
    return [group, *apps_of(call, group)] if details.auth_mode == "App" else [group]


def granted_on(call: Call, targets: Iterable[Thing], whom: Where) -> list[Held]:
    """The grants of the principals that ``whom`` selects on any of the targets, the newest first."""
    found: list[Held] = []
    for target in targets:
        holders = None
        if whom != Where(whom.kind):
            asked = replace(whom, linked_to=target.key)
            holders = {holder.key for holder in things.find(call.sql, asked)}
        held = links.of(call.sql, target.key, inward=True, kind=whom.kind)
        found += [each for each, _ in held if holders is None or each.source in holders]
    return _newest_first(found)


def granted_to(call: Call, user: Thing) -> list[Held]:
    """The grants of delivery groups and persistent sessions to a user, the newest first."""
    kinds = (Kind.DELIVERY_GROUP, Kind.PERSISTENT_SESSION)
    return _newest_first(
        each for kind in kinds for each, _ in links.of(call.sql, user.key, inward=False, kind=kind)
    )


def once_each(found: Sequence[Held]) -> list[Held]:
    """Of each principal the first grant of these."""
    first: dict[int, Held] = {}
    for held in found:
        first.setdefault(held.source, held)
    return list(first.values())


def _newest_first(found: Iterable[Held]) -> list[Held]:
    return sorted(found, key=lambda held: (held.added_in, held.source, held.target), reverse=True)
