"""Accounts and groups of an instance as a directory sees them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection as Sql

from admit.control.eiam import provisioning
from admit.control.eiam.idaas import GroupDetails, UserDetails
from admit.control.eiam.provisioning import Account
from admit.core.links import Kind
from admit.core.validity import iso
from admit.scim.faults import invalid_value
from admit.scim.schemas import GROUPS, USERS, Type
from admit.store import links as stored_links
from admit.store import things
from admit.store.things import Thing


def user(sql: Sql, base: str, found: Thing) -> dict[str, Any]:
    """An account as a resource."""
    details = found.read(UserDetails)
    keys = [ref.key for _, ref in stored_links.of(sql, found.key, inward=False, kind=Kind.GROUP)]
    groups = sorted(things.by_keys(sql, keys).values(), key=lambda each: each.id)
    told: dict[str, Any] = {
        "schemas": [USERS.schema],
        "id": found.id,
        "userName": found.name,
        **(details.directory or {}),
    }
    if "active" in told or details.directory is None:
        # Told as it stands: somebody else may have switched them off.
        told["active"] = provisioning.is_active(sql, found)
    if details.external_id != found.id:
        told["externalId"] = details.external_id
    if details.display_name and "displayName" not in told:
        told["displayName"] = details.display_name
    if details.email and "emails" not in told:
        told["emails"] = [{"value": details.email, "type": "work", "primary": True}]
    if groups:
        told["groups"] = [
            {"value": each.id, "$ref": f"{base}/Groups/{each.id}", "display": each.name} for each in groups
        ]
    return {**told, "meta": _meta(base, USERS, found)}


def group(sql: Sql, base: str, found: Thing) -> dict[str, Any]:
    """A group as a resource."""
    told: dict[str, Any] = {"schemas": [GROUPS.schema], "id": found.id, "displayName": found.name}
    external_id = found.read(GroupDetails).external_id
    if external_id != found.id:
        told["externalId"] = external_id
    members = provisioning.members(sql, found)
    if members:
        told["members"] = [
            {"value": each.id, "$ref": f"{base}/Users/{each.id}", "type": "User"} for each in members
        ]
    return {**told, "meta": _meta(base, GROUPS, found)}


def _meta(base: str, kind: Type, found: Thing) -> dict[str, str]:
    return {
        "resourceType": kind.name,
        "created": iso(found.created_at),
        "lastModified": iso(found.changed_at),
        "location": f"{base}/{kind.plural}/{found.id}",
    }


def account(body: Mapping[str, Any]) -> Account:
    """What a directory says of somebody, in our spelling, as the verbs take it.

    Raises:
        Fault: the name is missing.
    """
    name = body.get("userName")
    if not name:
        raise invalid_value("userName is missing.")
    parts = body.get("name") or {}
    whole = " ".join(parts[each] for each in ("givenName", "familyName") if parts.get(each))
    words = {key: value for key, value in body.items() if key not in ("userName", "externalId")}
    return Account(
        name=name,
        words=words,
        display_name=body.get("displayName") or parts.get("formatted") or whole or None,
        email=_mail(body.get("emails") or []),
        external_id=body.get("externalId"),
    )


def _mail(emails: list[Mapping[str, Any]]) -> str | None:
    """The address to use: the primary one, else the first."""
    ordered = sorted(emails, key=lambda each: not each.get("primary"))
    return next((str(each["value"]) for each in ordered if each.get("value")), None)


def member_ids(body: Mapping[str, Any]) -> list[str]:
    """The IDs of the members that a group is said to have."""
    listed = body.get("members") or []
    return [str(each.get("value") or str(each.get("$ref", "")).rpartition("/")[2]) for each in listed]
