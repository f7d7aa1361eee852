"""Lists: who may use something, what somebody may use; what ends, what nobody uses, who comes through."""

import sys
from collections.abc import Iterable
from typing import Any

import click
from rich.table import Column, Table
from rich.text import Text

from admit.cli import wording
from admit.cli.ask import ACTION, AT, CONTEXT, Duration, by, now_here, then
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, console, print_json, print_table
from admit.core.validity import DAY, HOUR, Millis

GRANT_COLUMNS = ("who", "what", "until", "left", "granted", "granted by")
LONGEST = 200
"""The most entries of a page."""
PAGE = 1000
"""How many entries are asked for at a time where more may be."""


@click.command()
@click.argument("resource")
@AT
@ACTION
@CONTEXT
@JSON
@connected
def who(client: Client, resource: str, at: Millis | None, *, as_json: bool, **asked: Any) -> None:
    """List everybody who may use RESOURCE, now or at any moment."""
    found = all_of(client, "ListWho", "People", Resource=resource, At=at, **by(asked))
    list_access(found, "person", as_json=as_json, nobody=f"Nobody may use {resource}{then(at)}.")


@click.command()
@click.argument("person")
@AT
@ACTION
@CONTEXT
@JSON
@connected
def what(client: Client, person: str, at: Millis | None, *, as_json: bool, **asked: Any) -> None:
    """List everything PERSON may use, now or at any moment."""
    found = all_of(client, "ListWhat", "Resources", Person=person, At=at, **by(asked))
    list_access(found, "resource", as_json=as_json, nobody=f"{person} may use nothing{then(at)}.")


def all_of(
    client: Client, action: str, items: str, *, size: int | None = None, **parameters: Any
) -> list[dict[str, Any]]:
    """Every entry of a listing, page after page."""
    found: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        answer = client.call("admit", action, MaxResults=size or PAGE, NextToken=token, **parameters)
        found += answer[items]
        token = answer.get("NextToken")
        if not token:
            return found


def list_access(found: list[dict[str, Any]], head: str, *, as_json: bool, nobody: str) -> None:
    """Show who has access to what, each with its end and its way."""
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(nobody, err=True)
        return
    conditional = any(each.get("Conditions") for each in found)
    columns = (head, *COLUMNS, *(["only if"] if conditional else []))
    # Answers come by ID: of what was made at the same time, in no order that anybody looks for.
    rows = sorted((row[: len(columns)] for row in _rows(found)), key=lambda row: (row[0].casefold(), row))
    if sys.stdout.isatty():
        console().print(_table(columns, rows))
    else:
        print_table(columns, rows)


COLUMNS = ("until", "left", "through", "granted by")
"""Of every list; one with access that depends on a condition tells that in one more."""


def _table(names: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    """A table that folds what is too long for it, and cuts nothing off."""
    columns = (Column(name, overflow="fold", no_wrap=name in {"until", "left"}) for name in names)
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _rows(found: list[dict[str, Any]]) -> Iterable[tuple[str, ...]]:
    now = now_here()
    for each in found:
        until = each.get("ValidUntil")
        yield (
            each["Label"],
            "no end" if until is None else now.clock(until),
            "" if until is None else now.left(until),
            wording.through(each["Path"]),
            wording.author(each.get("GrantedBy", "")),
            wording.conditions(each.get("Conditions", ())),
        )


@click.command()
@click.option("--within", type=Duration(), default="24h", show_default=True, help="How soon: 8h, 30d.")
@JSON
@connected
def ending(client: Client, within: Millis, *, as_json: bool) -> None:
    """List every grant that ends soon, those that end first before others."""
    hours = max(1, -(-within // HOUR))
    found = all_of(client, "ListGrants", "Grants", size=LONGEST, Status="ending", Hours=hours)
    _show(found, f"Nothing ends within {hours} hours.", as_json=as_json)


@click.command()
@click.option(
    "--for", "lasting", type=Duration(), default="90d", show_default=True, help="For how long: 30d."
)
@JSON
@connected
def unused(client: Client, lasting: Millis, *, as_json: bool) -> None:
    """List every grant that nobody has used for a time: what could be taken back."""
    days = max(1, lasting // DAY)
    found = all_of(client, "ListUnused", "Grants", size=LONGEST, Days=days)
    _show(found, f"Every grant that is older was used within {days} days.", as_json=as_json)


@click.command()
@click.argument("thing")
@AT
@JSON
@connected
def through(client: Client, thing: str, at: Millis | None, *, as_json: bool) -> None:
    """List everybody with a way through THING: group:NAME, unit:NAME, rule:NAME, or what can be used."""
    found = all_of(client, "ListThrough", "People", Thing=thing, At=at)
    list_access(found, "person", as_json=as_json, nobody=f"Nobody has a way through {thing}{then(at)}.")


def _show(found: list[dict[str, Any]], nothing: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif not found:
        click.echo(nothing, err=True)
    else:
        print_table(GRANT_COLUMNS, [_row(each) for each in found])


def _row(grant: dict[str, Any]) -> tuple[str, ...]:
    now, until = now_here(), grant.get("EndTime")
    return (
        grant["Subject"]["Label"],
        grant["Resource"]["Label"],
        "no end" if until is None else now.clock(until),
        "" if until is None else now.left(until),
        now.clock(grant["GrantedAt"]),
        wording.author(grant.get("GrantedBy", "")),
    )
