"""Showing what has happened: who called, asked, signed in, and what came of it."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import click
import msgspec
from rich.table import Column, Table
from rich.text import Text
from tzlocal import get_localzone

from admit.base.clock import SystemClock
from admit.cli import wording
from admit.cli.ask import When
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.lists import PAGE
from admit.cli.output import JSON, console, print_json, print_table
from admit.core.activity import ActivityKind, Outcome
from admit.core.texts import printable
from admit.core.validity import SECOND, Millis

EVERY: Millis = 2 * SECOND
"""How often a server that is followed is asked."""
LATE: Millis = 10 * SECOND
"""How much later than it happened something may be written down, and still is shown."""
OWN = "admit:ListActivity"
"""What following itself does, again and again: it is not shown while following."""

COLUMNS = ("when", "outcome", "kind", "who", "resource", "reason", "action", "from")
STYLES = {Outcome.OK: "green", Outcome.REFUSED: "red", Outcome.FAILED: "yellow"}


@click.command()
@click.option("--person", help="Only what is about this person.")
@click.option("--resource", help="Only what is about this resource, such as root@db-1.")
@click.option("--kind", type=click.Choice([each.value for each in ActivityKind]), help="Only of this kind.")
@click.option(
    "--outcome", type=click.Choice([each.value for each in Outcome]), help="Only what came out like this."
)
@click.option("--caller", help="Only what this caller did: an ARN, or the name given at a door.")
@click.option("--session", help="Only what was done in this session, by its ID.")
@click.option("--since", type=When(), help='Only from this moment on: ISO 8601, or "an hour ago".')
@click.option("--until", type=When(), help="Only until this moment.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@click.option("--follow", is_flag=True, help="Go on showing what happens, but for the asking itself.")
@JSON
@connected
def activity(client: Client, limit: int, *, follow: bool, as_json: bool, **asked: Any) -> None:
    """List what has happened, the newest first: calls, decisions, sign-ins, sessions, commands.

    With --follow the newest comes last, and what happens from then on.
    """
    filters = {_PARAMETERS[name]: value for name, value in asked.items()}
    if follow:
        if asked["until"] is not None:
            raise click.UsageError("Give --until or --follow, not both.")
        try:
            for each in followed(client, filters, limit, _wait):
                _say(each, as_json=as_json)
        except KeyboardInterrupt:
            return
    found = [] if follow else list(islice(_entries(client, filters), limit))
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Nothing of that is known.", err=True)
    elif sys.stdout.isatty():
        console().print(_table(found))
    else:
        print_table(COLUMNS, map(_row, found))


_PARAMETERS = {
    "person": "Person",
    "resource": "Resource",
    "kind": "Kind",
    "outcome": "Outcome",
    "caller": "Caller",
    "session": "SessionId",
    "since": "StartTime",
    "until": "EndTime",
}
"""What each option is on the wire."""


def _entries(client: Client, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is asked for, newest first, page after page as they are wanted."""
    token: str | None = None
    while True:
        answer = client.call("admit", "ListActivity", MaxResults=PAGE, NextToken=token, **filters)
        yield from answer["Activities"]
        token = answer.get("NextToken")
        if not token:
            return


def followed(
    client: Client, filters: dict[str, Any], limit: int, wait: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """The newest, oldest first, and after each ``wait`` what has come since; without end."""
    shown = _Shown(client, filters)
    yield from shown.newest(limit)
    while True:
        wait()
        yield from shown.come()


@dataclass(slots=True)
class _Shown:
    """What was shown of what happens."""

    client: Client
    filters: dict[str, Any]
    last: Millis = 0
    """The moment of the newest of it."""
    ids: frozenset[int] = frozenset()
    """What is known already of what is asked for again."""

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """The newest, oldest first."""
        found: list[dict[str, Any]] = []
        self.last = SystemClock().now()
        for each in _others(_entries(self.client, self.filters)):
            if not found:
                self.last = each["At"]
            if len(found) >= limit and each["At"] < self.last - LATE:
                break
            found.append(each)
        self.ids = frozenset(each["ActivityId"] for each in found)
        return found[:limit][::-1]

    def come(self) -> list[dict[str, Any]]:
        """What has come since, oldest first: also what was written down late."""
        since = max(self.last - LATE, self.filters["StartTime"] or 0)
        again = list(_entries(self.client, {**self.filters, "StartTime": since}))
        found = [each for each in _others(again) if each["ActivityId"] not in self.ids]
        self.last = max([self.last, *(each["At"] for each in found)])
        self.ids = frozenset(each["ActivityId"] for each in again)
        return found[::-1]


def _others(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (each for each in entries if each.get("Action") != OWN)


def _wait() -> None:
    clock = SystemClock()
    asyncio.run(clock.sleep_until(clock.now() + EVERY))


# -- saying ----------------------------------------------------------------------------------------


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    """All columns of it. Strangers have a say in what stands in it: nothing of theirs may move a terminal."""
    cells = (
        datetime.fromtimestamp(each["At"] / SECOND, get_localzone()).strftime("%Y-%m-%d %H:%M:%S"),
        each["Outcome"],
        each["Kind"],
        each.get("Person") or wording.author(each["Caller"]),
        each.get("Resource", ""),
        each.get("Reason", "") + _through(each),
        each.get("Action", ""),
        each.get("Peer", ""),
    )
    return tuple(printable(cell) for cell in cells)


def _through(each: dict[str, Any]) -> str:
    """What a path leads through, between the person and the resource."""
    path = each.get("Details", {}).get("path", ())
    between = [label for label in path[1:-1] if label != f"user:{each.get('Person')}"]
    return f" through {wording.ARROW.join(between)}" if between else ""


def _told(row: tuple[str, ...]) -> str:
    """What happened, for people: who, with what, why, by what, from where."""
    _, _, _, who, resource, reason, action, peer = row
    whom = f"{who}{wording.ARROW}{resource}" if resource else who
    return ", ".join(cell for cell in (whom, reason, action, peer) if cell not in ("", "OK"))


def _say(each: dict[str, Any], *, as_json: bool) -> None:
    """One line at once, for whoever follows."""
    if as_json:
        click.echo(msgspec.json.encode(each))
        return
    row = _row(each)
    if not sys.stdout.isatty():
        click.echo("\t".join(row))
        return
    when, outcome, kind = row[:3]
    styled = (f"{outcome:<7}", STYLES[Outcome(outcome)])
    console().print(Text.assemble(f"{when}  ", styled, f"  {kind:<14}  {_told(row)}"))


def _table(found: list[dict[str, Any]]) -> Table:
    """A table of four columns, which fits on a terminal; the last one folds."""
    columns = (Column("when", no_wrap=True), Column("outcome", no_wrap=True), Column("kind", no_wrap=True))
    table = Table(*columns, Column("what", overflow="fold"), box=None, pad_edge=False, header_style="bold")
    for row in map(_row, found):
        table.add_row(row[0], Text(row[1], style=STYLES[Outcome(row[1])]), row[2], Text(_told(row)))
    return table
