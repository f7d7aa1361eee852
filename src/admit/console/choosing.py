"""Choosing a thing in a form: from a list as long as one can look it through, by its name or ID otherwise."""

from dataclasses import replace
from typing import Any

from admit.console.deeds import Field
from admit.console.desk import Visit

MOST_OPTIONS = 100
"""How many things a list to choose from has; more of them are typed, with suggestions."""


class Unknown(Exception):
    """Something is named that there is none of, or more than one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


async def with_options(
    visit: Visit, fields: tuple[Field, ...], inside: tuple[str, str] | None
) -> tuple[Field, ...]:
    """Fields with the things there are to choose from, of those that live in ``inside`` if it is given."""
    found: list[Field] = []
    for each in fields:
        if not each.listed:
            found.append(each)
            continue
        listed = await visit.call(
            "ListThings", Kinds=[each.listed], MaxResults=MOST_OPTIONS, **_within(each, inside)
        )
        if listed["NextToken"] is not None:
            found.append(replace(each, suggests=each.listed, hint=each.hint or "A name, or an ID"))
            continue
        options = tuple(
            (thing["Id"], _said(thing)) for thing in listed["Things"] if _fits(thing, each, inside)
        )
        found.append(replace(each, options=options or (("", "-"),)))
    return tuple(found)


def _said(thing: Any) -> str:
    return str(thing["Label"] if thing["Kind"] == "host account" else thing["Name"])


def _within(each: Field, inside: tuple[str, str] | None) -> dict[str, str]:
    """What restricts a list to what can be joined."""
    # What lives in the account itself cannot be asked for by that: it is picked out here.
    if inside is None or inside[0] == "account" or _is_free(each):
        return {}
    return {"InsideKind": inside[0], "InsideId": inside[1]}


def _is_free(each: Field) -> bool:
    """Whether what is chosen need not live where the thing does."""
    return each.anywhere or each.listed in ("host account", "cloud role")


def _fits(thing: Any, each: Field, inside: tuple[str, str] | None) -> bool:
    return inside is None or _is_free(each) or (thing["InsideKind"], thing["InsideId"]) == inside


async def chosen(visit: Visit, each: Field, text: str, inside: tuple[str, str] | None) -> Any:
    """The one thing that somebody means by an ID, or by a name.

    Raises:
        Unknown: there is none, or more than one.
    """
    # An account is called ACCOUNT@HOST, and listed by its own name.
    name = text.rpartition("@")[0] if each.listed == "host account" and "@" in text else text
    listed = await visit.call("ListThings", Kinds=[each.listed], Text=name, MaxResults=200)
    found = [thing for thing in listed["Things"] if _fits(thing, each, inside)]
    by_id = [thing for thing in found if thing["Id"] == text]
    named = by_id or [thing for thing in found if text in (thing["Name"], thing["Label"])]
    if len(named) != 1:
        said = (
            "There is nothing called {name}." if not named else "More than one is called {name}: give its ID."
        )
        raise Unknown(visit.reader.text(said, name=text))
    return named[0]
