"""The ledger as it grows: for people to read, and line by line for whatever collects logs."""

import threading
from collections.abc import Iterator
from typing import Any

import click
import msgspec
from rich.text import Text

from admit.cli import wording
from admit.cli.ask import now_here
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import console

PAGE = 200
PAUSE_S = 1.0
"""How long to wait before looking for more."""


@click.command()
@click.option("--after", type=click.IntRange(0), default=0, help="Begin after this revision.")
@click.option("--follow", is_flag=True, help="Go on with what is written from now on, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an entry a line.")
@connected
def ledger(client: Client, *, after: int, follow: bool, as_json: bool) -> None:
    """Print the entries of the ledger, the oldest first: what was changed, by whom, by which call.

    With --json each line is one entry with the hash its revision leads to. Whoever collects them begins
    again with --after and the revision of the last line there is, and misses none.
    """
    for entry in _entries(client, after, follow=follow):
        if as_json:
            click.echo(msgspec.json.encode(entry).decode())
        else:
            console().print(Text(_line(entry)))


def _entries(client: Client, after: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    while True:
        answer = client.call("admit", "FollowLedger", AfterRevision=after, MaxResults=PAGE)
        yield from answer["Entries"]
        after = answer["LastRevision"]
        if not answer["Entries"]:
            if not follow:
                return
            threading.Event().wait(PAUSE_S)


def _line(entry: dict[str, Any]) -> str:
    things = wording.ARROW.join(f"{each['Kind']} {each['Name']}" for each in entry["Things"])
    place = f"{entry['Revision']}/{entry['Ordinal']}"
    when, whose = now_here().clock(entry["At"]), wording.author(entry["By"])
    return f"{place:<10}{when}  {whose} {entry['Action']}: {entry['Event']} {things}"
