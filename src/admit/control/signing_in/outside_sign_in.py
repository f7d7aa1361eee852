"""Whom a provider outside proves: users of the directories it is set for that its claim means, no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from admit.base.id_tokens import ClaimRefused
from admit.base.logout_tokens import named
from admit.base.openid import OpenIdClient
from admit.control.bastionhost import bastion_users
from admit.control.signing_in.outside_logout import ByOutside
from admit.control.signing_in.web_sessions import Proven, caller_behind
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import things
from admit.store.things import Thing, Where

RAM = "ram"
EDS_USER = "eds-user"
LONGEST = 128
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class OutsideSignIn:
    """A provider that is set, and what it is set for."""

    client: OpenIdClient
    name: str
    """What it is called on pages."""
    claim: str
    matches: Literal["name", "external-id"]
    directories: tuple[str, ...]

    def named(self, claims: Mapping[str, Any]) -> str:
        """Whom the provider names.

        Raises:
            ClaimRefused: nobody, or by an address that it has not verified.
        """
        value = claims.get(self.claim)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not value.isprintable():
            raise ClaimRefused(f"the token does not say {self.claim}")
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise ClaimRefused("the provider has not verified the e-mail address")
        return value

    def by(self, claims: Mapping[str, Any], now: Millis) -> ByOutside:
        """How the provider knows whom it names, so that it can say that they left."""
        issuer = self.client.provider.issuer
        return ByOutside(issuer, named(claims, "sub"), named(claims, "sid"), now)

    def proven(self, sql: Connection, world: World, value: str, now: Millis) -> Proven:
        """Who of the directories is meant: users and a RAM user, each by what they are called themselves.

        A user elsewhere of the same name, or of the same person, is not proven; nor is the administrator.
        """
        users: list[Thing] = []
        for directory in self.directories:
            place = _place(sql, world, directory)
            if place is not None:
                users += things.find(sql, self._meant(place, value))
        caller = self._caller(sql, world, value) if RAM in self.directories else None
        return Proven(tuple(bastion_users.usable(sql, users, now)), caller)

    def _meant(self, place: Thing, value: str) -> Where:
        if self.matches == "name":
            return Where(Kind.USER, parent=place.key, name=value)
        return Where(Kind.USER, parent=place.key, details={"external_id": value})

    def _caller(self, sql: Connection, world: World, value: str) -> Thing | None:
        if self.matches != "name":
            return None
        found = things.by_name(sql, Kind.RAM_USER, world.account_key, value)
        return found if found is not None and caller_behind(sql, world, found.key) is not None else None


def _place(sql: Connection, world: World, directory: str) -> Thing | None:
    """The directory of an ID, as the setting names it."""
    if directory == EDS_USER:
        return things.by_key(sql, world.account_key)
    for kind in (Kind.BASTION, Kind.IDAAS):
        found = things.by_id(sql, kind, world.account_key, directory)
        if found is not None:
            return found
    return None
