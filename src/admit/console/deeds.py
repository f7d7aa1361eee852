"""What can be done to things from their pages, and what can be made: calls with what their forms ask."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

BASTION = "yundun-bastionhost"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    type: str = "text"
    required: bool = False
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Values to choose from, each with how it is called."""
    listed: str = ""
    """The kind of things to choose from instead."""
    most: int = 256


@dataclass(frozen=True, slots=True)
class Deed:
    """A call that a page offers, about the thing it is of or to make another."""

    slug: str
    kind: str
    label: str
    call: str
    """``service:Operation``."""
    parameters: Mapping[str, Any]
    fields: tuple[Field, ...] = ()
    inside: str = ""
    """What the thing must live in."""
    icon: str = "plus"
    text: str = ""
    """What it does, before one does it."""
    danger: bool = False
    blocked: bool | None = None
    """Offered only for what is (or is not) switched off."""

    def offered(self, thing: Any) -> bool:
        """Whether a thing's page offers it."""
        fits = thing["Kind"] == self.kind and thing["InsideKind"] == self.inside
        return fits and (self.blocked is None or self.blocked == bool(thing["Blocked"]))

    def filled(self, values: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
        """The call with its values: service, operation, parameters."""
        service, _, action = self.call.partition(":")
        return service, action, _filled(self.parameters, values)


@dataclass(frozen=True, slots=True)
class Deeds:
    """Everything that pages offer."""

    done: tuple[Deed, ...]
    """To a thing there is."""
    made: tuple[Deed, ...]
    """To have another."""


@cache
def deeds() -> Deeds:
    """All of them, in the order of their buttons; they stand in ``deeds.toml``."""
    told = tomllib.loads((resources.files("admit.console") / "deeds.toml").read_text("utf-8"))
    fields = {name: _field(name, **rest) for name, rest in told["fields"].items()}

    def deed(each: Mapping[str, Any]) -> Deed:
        more = {
            "fields": tuple(fields[name] for name in each.get("fields", ())),
            "text": told["texts"][each["text"]] if "text" in each else "",
        }
        return Deed(**{**each, **more})

    return Deeds(tuple(map(deed, told["deeds"])), tuple(map(deed, told["makings"])))


def _field(name: str, options: tuple[str, ...] = (), **rest: Any) -> Field:
    return Field(name, options=tuple((each, each) for each in options), **rest)


_PLACE = re.compile(r"{(\w+)}")


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """A template with its values; in a structure, what was filled with nothing is left out."""
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        if set(value) == {"json"}:
            return json.dumps(_filled(value["json"], values))
        return {name: found for name, each in value.items() if (found := _filled(each, values)) != ""}
    place = _PLACE.fullmatch(value)
    return values.get(place[1], "") if place else value
