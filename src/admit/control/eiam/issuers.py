"""Under which addresses an IDaaS instance lets people sign in to its applications."""

from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control.world import World
from admit.core.links import Kind
from admit.store import things
from admit.store.things import Thing, Where

FIRST = "default"
"""Stands in a path for the oldest instance, whose issuer is the server itself."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who says to applications who somebody is: an instance, at an address."""

    idaas: Thing
    url: str
    """What the issuer is called in tokens."""
    base: str
    """What its endpoints' addresses begin with."""

    def at(self, endpoint: str) -> str:
        """The address of an endpoint."""
        return f"{self.base}/{endpoint}"


def issuer(sql: Connection, world: World, place: str) -> Issuer | None:
    """The issuer at a place in the path: an instance's ID, or ``default`` for the oldest instance."""
    base = f"{world.url}/oidc/{place}"
    if place == FIRST:
        oldest = things.find(sql, Where(Kind.IDAAS, parent=world.account_key), limit=1)
        return Issuer(oldest[0], world.url, base) if oldest else None
    idaas = things.by_id(sql, Kind.IDAAS, world.account_key, place)
    return None if idaas is None else Issuer(idaas, base, base)


def of_instance(world: World, idaas: Thing) -> Issuer:
    """The issuer that every instance has under its ID."""
    base = f"{world.url}/oidc/{idaas.id}"
    return Issuer(idaas, base, base)
