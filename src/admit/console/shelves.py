"""The sorts of things the console has pages for: where they are, how they are called, how they look."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Shelf:
    """One sort of things, and the page that lists them."""

    slug: str
    kind: str
    """As the API calls it."""
    title: str
    one: str
    """One of them, in a sentence."""
    icon: str
    text: str
    """What they are, for who does not know."""

    @property
    def place(self) -> str:
        """Where they are listed."""
        return f"/console/{self.slug}"


SHELVES = (
    Shelf("people", "person", "People", "person", "user", "One human each, with a user in every directory."),
    Shelf(
        "users",
        "user",
        "Users",
        "user",
        "id-badge-2",
        "Who signs in where: bastion host, EIAM, App Streaming.",
    ),
    Shelf(
        "groups",
        "group",
        "User groups",
        "group",
        "users",
        "What is granted a group, all its members may use.",
    ),
    Shelf("units", "unit", "Units", "unit", "hierarchy-2", "The organization, nested, as EIAM has it."),
    Shelf("hosts", "host", "Hosts", "host", "server-2", "Servers that people reach through the SSH door."),
    Shelf(
        "accounts",
        "host account",
        "Host accounts",
        "host account",
        "terminal-2",
        "Who people are on a host; the credential stays here.",
    ),
    Shelf(
        "delivery-groups",
        "delivery group",
        "Delivery groups",
        "delivery group",
        "apps",
        "Streamed applications, granted together.",
    ),
    Shelf(
        "apps",
        "app",
        "Streamed applications",
        "streamed application",
        "app-window",
        "Programs that run here and show in a browser.",
    ),
    Shelf(
        "applications",
        "application",
        "Applications",
        "application",
        "world",
        "Web applications that people sign in to.",
    ),
    Shelf("rules", "rule", "Authorization rules", "rule", "gavel", "Who may take on which cloud roles."),
    Shelf(
        "cloud-roles",
        "cloud role",
        "Cloud roles",
        "cloud role",
        "cloud-lock",
        "Roles in cloud accounts, taken on for a time.",
    ),
    Shelf(
        "control-policies",
        "control policy",
        "Control policies",
        "control policy",
        "shield-lock",
        "From where, when and how hosts may be used.",
    ),
    Shelf(
        "share-keys",
        "host share key",
        "Shared keys",
        "shared key",
        "key",
        "SSH keys that several host accounts use.",
    ),
    Shelf(
        "bastions",
        "bastion",
        "Bastion hosts",
        "bastion host",
        "shield",
        "What hosts and their users live in.",
    ),
    Shelf(
        "directories",
        "idaas",
        "EIAM instances",
        "EIAM instance",
        "building-community",
        "What applications and their users live in.",
    ),
    Shelf(
        "cloud-accounts",
        "cloud account",
        "Cloud accounts",
        "cloud account",
        "cloud",
        "What cloud roles live in.",
    ),
)
"""Every shelf, in the order of the menu."""

BY_KIND = {shelf.kind: shelf for shelf in SHELVES}
BY_SLUG = {shelf.slug: shelf for shelf in SHELVES}
OTHER = Shelf("", "", "", "", "box", "")


def shelf_of(kind: str) -> Shelf:
    """The shelf of a kind; one without a page for what has none, with its kind for a name."""
    return BY_KIND.get(kind) or replace(OTHER, kind=kind, one=kind.replace("ram ", "RAM ", 1))


_CALLERS = {
    "ram user": "/console/ram/users",
    "ram group": "/console/ram/groups",
    "ram role": "/console/ram/roles",
    "ram policy": "/console/ram/policies",
}
"""Pages of what RAM keeps: by name, and to an ID they lead on to it."""


def place_of(thing: Any) -> str | None:
    """The page of a thing (its brief), if there is one."""
    shelf = BY_KIND.get(thing["Kind"])
    place = _CALLERS.get(thing["Kind"]) if shelf is None else shelf.place
    return None if place is None else f"{place}/{quote(thing['Id'], safe='')}"


_PREFIXES = {
    "host": "host",
    "delivery group": "delivery-group",
    "application": "app",
    "cloud role": "cloud-role",
}


def resource_name(thing: Any) -> str | None:
    """A resource as GrantAccess takes it, by its id; None for what it does not grant."""
    if thing["Kind"] == "host account":
        return f"{thing['Id']}@{thing['InsideId']}"
    prefix = _PREFIXES.get(thing["Kind"])
    return None if prefix is None else f"{prefix}:{thing['Id']}"


def subject_name(thing: Any) -> str | None:
    """A subject as GrantAccess takes it; None for what it does not grant anything to."""
    if thing["Kind"] == "group":
        return f"group:{thing['Id']}"
    return thing["Name"] if thing["Kind"] in ("person", "user") else None
