"""Lists to be looked through now and then: what ends, what nobody uses, who comes through something."""

from typing import Any

import click

from admit.cli import wording
from admit.cli.ask import AT, Duration, all_of, list_access, now_here, then
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, print_json, print_table
from admit.core.validity import DAY, HOUR, Millis

COLUMNS = ("who", "what", "until", "left", "granted", "granted by")
LONGEST = 200
"""The most entries of a page."""


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
        print_table(COLUMNS, [_row(each) for each in found])


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
