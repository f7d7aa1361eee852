"""What is done for a directory, in one view or one transaction of the store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Sql

from admit.control.eiam import provisioning
from admit.control.eiam.provisioning import Connection, UnknownMember
from admit.control.world import World
from admit.core.links import Kind
from admit.scim import bodies, filters, patch, resources
from admit.scim.faults import Fault, invalid_value, not_found, taken
from admit.scim.schemas import GROUPS, LIST, MOST, USERS, Type
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import HandleTaken, Thing, Where

KINDS = {USERS.name: Kind.USER, GROUPS.name: Kind.GROUP}
NAME = re.compile(r"[A-Za-z0-9_.@-]{1,256}")
"""What accounts of an instance may be called."""
LONGEST_GROUP = 64
BY_NAME = re.compile(r'\s*(userName|externalId)\s+eq\s+"([^"\\]*)"\s*', re.IGNORECASE)
"""The filters that directories ask with all the time: an index answers them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which resources a list is about, and which page of it."""

    filter: str = ""
    start: int = 1
    count: int = MOST


@dataclass(frozen=True, slots=True)
class Service:
    """Accounts and groups for one connection."""

    world: World
    connection: Connection
    base: str

    def read(self, sql: Sql, kind: Type, resource_id: str) -> dict[str, Any]:
        """One resource.

        Raises:
            Fault: there is none.
        """
        return self._told(sql, kind, self._found(sql, kind, resource_id))

    def page(self, sql: Sql, kinds: Sequence[Type], asked: Asked) -> dict[str, Any]:
        """A page of resources, the oldest of a kind first.

        Raises:
            Fault: the filter is none.
        """
        test = filters.parse(asked.filter) if asked.filter else None
        candidates = [(kind, each) for kind in kinds for each in self._candidates(sql, kind, asked.filter)]
        if test is None:
            total, some = len(candidates), candidates[asked.start - 1 : asked.start - 1 + asked.count]
            shown = [self._told(sql, kind, thing) for kind, thing in some]
        else:
            told = (self._told(sql, kind, thing) for kind, thing in candidates)
            meant = [each for each in told if test(each)]
            total, shown = len(meant), meant[asked.start - 1 : asked.start - 1 + asked.count]
        return {
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": asked.start,
            "itemsPerPage": len(shown),
            "Resources": shown,
        }

    def add(self, tx: Tx, kind: Type, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new resource.

        Raises:
            Fault: it is there already, or a value cannot be taken.
        """
        said = bodies.shaped(kind, body)
        if kind is GROUPS:
            try:
                made = provisioning.add_group(
                    tx, self.world, self.connection, _group_name(said), said.get("externalId")
                )
            except HandleTaken:
                raise taken("externalId") from None
            self._set_members(tx, made, said)
        else:
            said = {"active": True, **said}
            account, active = resources.account(said), bool(said["active"])
            _require_name(account.name)
            self._require_free(tx, account.external_id, None)
            try:
                made = provisioning.add_user(tx, self.world, self.connection, account, active=active)
            except HandleTaken:
                raise taken("userName") from None
        return self.read(tx.sql, kind, made.id)

    def patch(self, tx: Tx, kind: Type, resource_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A resource after some operations.

        Raises:
            Fault: there is none, or an operation cannot be done.
        """
        found = self._found(tx.sql, kind, resource_id)
        after = patch.patched(kind, self._told(tx.sql, kind, found), body)
        return self._write(tx, kind, found, bodies.shaped(kind, after))

    def replace(self, tx: Tx, kind: Type, resource_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A resource that is said anew.

        Raises:
            Fault: there is none, or a value cannot be taken.
        """
        found = self._found(tx.sql, kind, resource_id)
        return self._write(tx, kind, found, bodies.shaped(kind, body))

    def remove(self, tx: Tx, kind: Type, resource_id: str) -> None:
        """End a resource.

        Raises:
            Fault: there is none.
        """
        found = self._found(tx.sql, kind, resource_id)
        if kind is USERS:
            provisioning.remove_user(tx, self.connection, found)
        else:
            provisioning.remove_group(tx, found)

    # -- the pieces --------------------------------------------------------------------------------

    def _write(self, tx: Tx, kind: Type, found: Thing, said: dict[str, Any]) -> dict[str, Any]:
        if kind is GROUPS:
            try:
                provisioning.change_group(tx, found, _group_name(said), said.get("externalId"))
            except HandleTaken:
                raise taken("externalId") from None
            self._set_members(tx, found, said)
            return self.read(tx.sql, kind, found.id)
        account = resources.account(said)
        if account.name != found.name:
            _require_name(account.name)
        self._require_free(tx, account.external_id, found)
        try:
            changed = provisioning.change_user(tx, self.connection, found, account)
        except HandleTaken:
            raise taken("userName") from None
        # Where it is not said, it stays: nobody is let in again by what a directory leaves out.
        wanted = said.get("active")
        if wanted is not None and wanted is not provisioning.is_active(tx.sql, found):
            provisioning.switch(tx, self.connection, changed, on=wanted)
        return self.read(tx.sql, kind, found.id)

    def _set_members(self, tx: Tx, group: Thing, said: Mapping[str, Any]) -> None:
        try:
            provisioning.set_members(tx, self.connection, group, resources.member_ids(said))
        except UnknownMember as unknown:
            raise invalid_value(f"There is no user {unknown}.") from None

    def _require_free(self, tx: Tx, external_id: str | None, mine: Thing | None) -> None:
        """Return if nobody else has an external ID."""
        if not external_id:
            return
        where = Where(Kind.USER, parent=self.connection.idaas.key, details={"external_id": external_id})
        if any(mine is None or each.key != mine.key for each in things.find(tx.sql, where, limit=2)):
            raise taken("externalId")

    def _found(self, sql: Sql, kind: Type, resource_id: str) -> Thing:
        found = things.by_id(sql, KINDS[kind.name], self.connection.idaas.key, resource_id)
        if found is None:
            raise not_found(resource_id)
        return found

    def _candidates(self, sql: Sql, kind: Type, text: str) -> list[Thing]:
        """The things that a filter may mean: one, where an index finds it, else all."""
        idaas, by_name = self.connection.idaas.key, BY_NAME.fullmatch(text)
        if by_name is not None and kind is USERS:
            if by_name[1].lower() == "username":
                found = things.by_handle(sql, Kind.USER, idaas, by_name[2].casefold())
                return [] if found is None else [found]
            where = Where(Kind.USER, parent=idaas, details={"external_id": by_name[2]})
            return list(things.find(sql, where))
        return list(things.find(sql, Where(KINDS[kind.name], parent=idaas)))

    def _told(self, sql: Sql, kind: Type, found: Thing) -> dict[str, Any]:
        return (
            resources.user(sql, self.base, found) if kind is USERS else resources.group(sql, self.base, found)
        )


def _require_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        raise invalid_value("userName has up to 256 letters, digits and _ . @ -")


def _group_name(said: Mapping[str, Any]) -> str:
    name = said.get("displayName")
    if not name or len(name) > LONGEST_GROUP:
        raise invalid_value(f"displayName has 1 to {LONGEST_GROUP} letters.")
    return str(name)


def page_asked(said: Mapping[str, Any]) -> Asked:
    """The page that is asked for, by a query or by a search request.

    Raises:
        Fault: a number is none.
    """
    try:
        start, count = int(said.get("startIndex", 1)), int(said.get("count", MOST))
    except (TypeError, ValueError):
        raise invalid_value("startIndex and count are numbers.") from None
    if said.get("sortBy"):
        raise Fault(400, "Nothing is sorted here.", "invalidValue")
    return Asked(str(said.get("filter") or ""), max(start, 1), min(max(count, 0), MOST))
