"""Who may call operations: the sorts of callers there are pages of, and what can be done to each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from admit.console.deeds import Field, call_of, field_of

RAM = "ram"
NAMED = ("policy", "user", "group", "role", "key", "version")
"""What an address may name besides the caller: what is detached, who is removed, which key."""


@dataclass(frozen=True, slots=True)
class Sort:
    """Users, groups, roles or policies of RAM."""

    slug: str
    kind: str
    """As DescribeCaller calls it."""
    many: str
    """As RAM calls them: ``ListUsers`` tells ``Users``."""
    title: str
    one: str
    icon: str
    text: str
    """What they are, for who does not know."""


SORTS = (
    Sort(
        "users",
        "user",
        "Users",
        "RAM users",
        "RAM user",
        "user",
        "Who calls operations, with keys or signed in here.",
    ),
    Sort(
        "groups",
        "group",
        "Groups",
        "RAM groups",
        "RAM group",
        "users",
        "Users whose policies are attached to all at once.",
    ),
    Sort(
        "roles",
        "role",
        "Roles",
        "RAM roles",
        "RAM role",
        "cloud-lock",
        "What callers whom it trusts may become for a time.",
    ),
    Sort(
        "policies",
        "policy",
        "Policies",
        "Policies",
        "Policy",
        "file-certificate",
        "Documents that say what may be called, and what not.",
    ),
)
"""Each is a tab of the page of callers."""
BY_SLUG = {sort.slug: sort for sort in SORTS}


@dataclass(frozen=True, slots=True)
class CallerDeed:
    """A call of RAM that a page offers."""

    sort: str
    slug: str
    label: str
    call: str
    """``service:Operation``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    given: tuple[str, ...] = ()
    """What the address names; without it the deed is about nothing."""
    section: str = ""
    """Where on the page its button stands; the head has what is of no section."""
    when: str = ""
    """Offered only then: ``own`` (no policy of the system), ``profile``, ``no profile``."""
    icon: str = "plus"
    text: str = ""
    shows: str = ""
    """What is to be seen before: a policy's document, how a document changes, the policies of a group."""
    danger: bool = False
    fresh: bool = False
    """Whether it is for those who have shown lately who they are."""

    @property
    def writes(self) -> bool:
        """Whether one writes a document in it: who they are is asked before, not when it is written."""
        return self.fresh and any(each.type == "area" for each in self.fields)

    def offered(self, told: Any) -> bool:
        """Whether the page of a caller offers it; what the address must name more of stands elsewhere."""
        cases: dict[str, bool] = {
            "": True,
            "own": told["Caller"]["Type"] != "System",
            "profile": bool(told["Profile"]),
            "no profile": told["Profile"] is not None and not told["Profile"],
        }
        return cases[self.when]

    def filled(self, values: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
        """The call with its values: service, operation, parameters."""
        return call_of(self.call, self.parameters, values)


@dataclass(frozen=True, slots=True)
class CallerDeeds:
    """Everything that the pages of callers offer."""

    done: tuple[CallerDeed, ...]
    made: tuple[CallerDeed, ...]


@cache
def caller_deeds() -> CallerDeeds:
    """All of it, in the order of the buttons; it stands in ``callers.toml``."""
    told = tomllib.loads((resources.files("admit.console") / "callers.toml").read_text("utf-8"))
    fields = {name: field_of(name, **rest) for name, rest in told["fields"].items()}

    def deed(each: Mapping[str, Any]) -> CallerDeed:
        more = {
            "fields": tuple(fields[name] for name in each.get("fields", ())),
            "given": tuple(each.get("given", ())),
            "text": told["texts"][each["text"]] if "text" in each else "",
        }
        return CallerDeed(**{**each, **more})

    return CallerDeeds(tuple(map(deed, told["deeds"])), tuple(map(deed, told["makings"])))
