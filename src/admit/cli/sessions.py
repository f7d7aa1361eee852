"""Sessions at the doors: listing them, and ending one."""

from typing import Any

import click
from tzlocal import get_localzone

from admit.base.clock import SystemClock
from admit.cli.ask import When
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.lists import PAGE
from admit.cli.output import JSON, NO, print_json, print_table
from admit.cli.wording import Now
from admit.core.validity import Millis


@click.command()
@click.argument("verb", metavar="[end", type=click.Choice(["end"]), required=False)
@click.argument("session", metavar="ID]", required=False)
@click.option("--reason", help="Why it is ended; its person is told.")
@click.option("--person", help="Only sessions of this person.")
@click.option("--resource", help="Only sessions at this resource; a host stands for its accounts too.")
@click.option("--since", type=When(), help="Also past sessions that had not ended before.")
@click.option("--past", is_flag=True, help="Also sessions that have ended.")
@JSON
@connected
def sessions(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    verb: str | None,
    session: str | None,
    *,
    reason: str | None,
    person: str | None,
    resource: str | None,
    since: Millis | None,
    past: bool,
    as_json: bool,
) -> None:
    """List live sessions, or end one: exit 1 if it was over already."""
    if verb is not None and session is None:
        raise click.UsageError("Say which session to end: `admit sessions` lists their IDs.")
    if session is not None:
        _end(client, session, reason, as_json=as_json)
    else:
        state = None if past or since is not None else "live"
        _list(client, as_json=as_json, State=state, Person=person, Resource=resource, StartTime=since)


def _list(client: Client, *, as_json: bool, **asked: Any) -> None:
    """Print the sessions that are asked for, the newest first."""
    found: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        answer = client.call("admit", "ListSessions", MaxResults=PAGE, NextToken=token, **asked)
        found += answer["Sessions"]
        token = answer.get("NextToken")
        if not token:
            break
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Nobody is connected." if asked["State"] else "There are no sessions.", err=True)
    else:
        now = Now(SystemClock().now(), get_localzone())
        print_table(COLUMNS, [_row(each, now) for each in found])


COLUMNS = ("session", "person", "resource", "what", "from", "opened", "until")


def _row(session: dict[str, Any], now: Now) -> tuple[str, ...]:
    return (
        session["SessionId"],
        session["Person"],
        session["Resource"],
        session["What"],
        session["Peer"],
        now.clock(session["OpenedAt"]),
        _until(session, now),
    )


def _until(session: dict[str, Any], now: Now) -> str:
    if "EndedAt" in session:
        return f"{now.clock(session['EndedAt'])}, {session['Reason']}"
    if session["State"] == "ending":
        return "ending"
    until = session.get("ValidUntil")
    return "no end" if until is None else now.tell(until)


def _end(client: Client, session: str, reason: str | None, *, as_json: bool) -> None:
    answer = client.call("admit", "EndSession", SessionId=session, Reason=reason)
    told = answer["Session"]
    if as_json:
        print_json(answer)
    elif answer["Changed"]:
        click.echo(f"ended  {told['Person']} at {told['Resource']}")
    else:
        click.echo(f"nothing to do  {session} is {told['State']} already")
    raise SystemExit(NO if told["State"] == "ended" else 0)
