"""What can be done to things and what joins them, and what can be made: calls with what their forms ask."""

import json
import re
import tomllib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    anywhere: bool = False
    """Choose from all of that kind, not only from those beside the thing."""
    suggests: str = ""
    """What is suggested while one types: a kind of things."""
    secret: bool = False
    """Shown on no page once it was typed; every password is."""
    most: int = 256
    rows: int = 8
    """How high an area is."""

    @property
    def hidden(self) -> bool:
        """Whether a page must not show it."""
        return self.secret or self.type == "password"


@dataclass(frozen=True, slots=True)
class Deed:
    """A call that a page offers, about the thing it is of or to make another."""

    slug: str
    kind: str
    label: str
    call: str = ""
    """``service:Operation``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    each: str = ""
    """Instead of a call: do what has the same slug to each of these that belong to the thing."""
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
        fits = thing["Kind"] == self.kind and (thing["InsideKind"] or "") == self.inside
        return fits and (self.blocked is None or self.blocked == bool(thing["Blocked"]))

    def filled(self, values: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
        """The call with its values: service, operation, parameters."""
        return call_of(self.call, self.parameters, values)


@dataclass(frozen=True, slots=True)
class Join:
    """How two things that are joined are parted, or joined for another time."""

    source: str
    target: str
    inside: str
    """What the target lives in."""
    detach: Mapping[str, Any]
    change: Mapping[str, Any] | None = None
    """None where the joint has no validity that could be set."""

    def filled(self, deed: str, values: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
        """The call that does it: service, operation, parameters."""
        told = self.detach if deed == "detach" or self.change is None else self.change
        return call_of(told["call"], told["parameters"], values)


@cache
def joins() -> tuple[Join, ...]:
    """All of them; they stand in ``joins.toml``."""
    told = tomllib.loads((resources.files("admit.console") / "joins.toml").read_text("utf-8"))
    return tuple(Join(**each) for each in told["joins"])


def join_of(who: Any, what: Any) -> Join | None:
    """How what joins two things is parted; None where no operation here does."""
    ends = (who["Kind"], what["Kind"], what["InsideKind"])
    return next((each for each in joins() if (each.source, each.target, each.inside) == ends), None)


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
    fields = {name: field_of(name, **rest) for name, rest in told["fields"].items()}

    def deed(each: Mapping[str, Any]) -> Deed:
        more = {
            "fields": tuple(fields[name] for name in each.get("fields", ())),
            "text": told["texts"][each["text"]] if "text" in each else "",
        }
        return Deed(**{**each, **more})

    return Deeds(tuple(map(deed, told["deeds"])), tuple(map(deed, told["makings"])))


def field_of(name: str, options: tuple[str | list[str], ...] = (), **rest: Any) -> Field:
    """A field as a table has it; an option is a value, or a value and how it is called."""
    named = ((each, each) if isinstance(each, str) else (each[0], each[1]) for each in options)
    return Field(name, options=tuple(named), **rest)


def call_of(
    call: str, parameters: Mapping[str, Any], values: Mapping[str, str]
) -> tuple[str, str, dict[str, Any]]:
    """A call of a table with its values: service, operation, parameters."""
    service, _, action = call.partition(":")
    return service, action, _filled(parameters, values)


_PLACE = re.compile(r"{(\w+)}")


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """A template with its values; in a structure, what was filled with nothing is left out.

    A field that says something by being empty stands as ``{empty = "{field}"}``.
    """
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        if set(value) == {"json"}:
            return json.dumps(_filled(value["json"], values))
        if set(value) == {"base64"}:
            return b64encode(_filled(value["base64"], values).encode()).decode()
        if set(value) == {"empty"}:
            return _filled(value["empty"], values)
        found = {name: _filled(each, values) for name, each in value.items()}
        sent = {name for name, each in value.items() if isinstance(each, dict) and set(each) == {"empty"}}
        return {name: each for name, each in found.items() if name in sent or each not in ("", {})}
    place = _PLACE.fullmatch(value)
    return values.get(place[1], "") if place else value
