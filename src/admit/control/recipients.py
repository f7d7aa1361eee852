"""Who is given a grant: of a person's users the one in the resource's own directory."""

from collections.abc import Iterable

from sqlalchemy import Connection

from admit.control.world import World
from admit.core.links import Kind
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where


def directory_of(sql: Connection, resource: Thing) -> int:
    """The key of the directory whose users may be granted a resource."""
    if resource.kind is Kind.HOST_ACCOUNT or resource.kind is Kind.CLOUD_ROLE:
        return things.by_key(sql, resource.parent).parent
    return resource.parent


def directories_of(sql: Connection, resources: Iterable[Thing]) -> dict[int, int]:
    """The same of several resources, by their keys."""
    inside = {each.key: each.parent for each in resources}
    parents = things.by_keys(sql, sorted(set(inside.values())))
    nested = (Kind.HOST, Kind.CLOUD_ACCOUNT)
    return {
        key: parents[parent].parent if parent in parents and parents[parent].kind in nested else parent
        for key, parent in inside.items()
    }


def users_of(sql: Connection, person: Thing, directory: int) -> list[Thing]:
    """The person's users in a directory: seldom more than one, but somebody may have put more to a person."""
    return things.find(sql, Where(Kind.USER, parent=directory, linked_from=person.key))


def new_user(tx: Tx, world: World, person: Thing, directory: int) -> Thing:
    """A user for a person who has none in a directory.

    Raises:
        HandleTaken: the name is taken there by another person's.
    """
    place = things.by_key(tx.sql, directory)
    return world.user_makers[place.kind](tx, world, place, person.name)


def granted_together(sql: Connection, resource: Thing) -> list[Thing]:
    """What is granted with a resource: a host account comes with its host, as the vendor has it."""
    if resource.kind is Kind.HOST_ACCOUNT:
        return [things.by_key(sql, resource.parent), resource]
    return [resource]


def revoked_together(sql: Connection, resource: Thing) -> list[Thing]:
    """What is taken back with a resource: a host takes its accounts along."""
    if resource.kind is Kind.HOST:
        return [resource, *things.find(sql, Where(Kind.HOST_ACCOUNT, parent=resource.key))]
    return [resource]
