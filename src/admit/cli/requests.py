"""Requests for access: listing those that wait, approving, declining."""

from typing import Any

import click
from tzlocal import get_localzone

from admit.base.clock import SystemClock
from admit.cli.ask import PREVIEW, Duration
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.diff import say_preview
from admit.cli.lists import PAGE
from admit.cli.output import JSON, print_json, print_table
from admit.cli.wording import Now
from admit.core.validity import Millis


@click.command()
@click.argument("verb", metavar="[approve|decline", type=click.Choice(["approve", "decline"]), required=False)
@click.argument("request", metavar="ID]", required=False)
@click.option(
    "--for", "lasting", type=Duration(), help="For how long, if not for as long as it was asked for."
)
@click.option("--comment", help="What the person is told.")
@PREVIEW
@click.option("--all", "decided", is_flag=True, help="Also requests that wait no more.")
@JSON
@connected
def requests(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    verb: str | None,
    request: str | None,
    *,
    lasting: Millis | None,
    comment: str | None,
    preview: bool,
    decided: bool,
    as_json: bool,
) -> None:
    """List requests for access that wait, or decide on one: an approval is a grant for a time."""
    if verb is not None and request is None:
        raise click.UsageError("Say which request: `admit requests` lists their IDs.")
    if verb == "decline" and lasting is not None:
        raise click.UsageError("--for belongs to approve.")
    if preview and verb != "approve":
        raise click.UsageError("--preview belongs to approve: declining changes no access.")
    if request is None:
        _list(client, decided=decided, as_json=as_json)
    elif verb == "approve":
        asked = {"RequestId": request, "Comment": comment, "Lasting": lasting}
        if preview:
            say_preview(client, "admit", "ApproveAccessRequest", asked, as_json=as_json)
            return
        _tell(client.call("admit", "ApproveAccessRequest", **asked), as_json=as_json)
    else:
        answer = client.call("admit", "DeclineAccessRequest", RequestId=request, Comment=comment)
        _tell(answer, as_json=as_json)


def _list(client: Client, *, decided: bool, as_json: bool) -> None:
    """Print the requests, the newest first."""
    found: list[dict[str, Any]] = []
    state, token = None if decided else "waiting", None
    while True:
        answer = client.call("admit", "ListAccessRequests", State=state, MaxResults=PAGE, NextToken=token)
        found += answer["AccessRequests"]
        token = answer.get("NextToken")
        if not token:
            break
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Nobody asks for anything." if state else "There are no requests.", err=True)
    else:
        now = Now(SystemClock().now(), get_localzone())
        print_table(COLUMNS, [_row(each, now) for each in found])


COLUMNS = ("request", "person", "resource", "asked", "for", "state", "reason")


def _row(request: dict[str, Any], now: Now) -> tuple[str, ...]:
    return (
        request["RequestId"],
        request["Person"],
        request["Resource"],
        now.clock(request["AskedAt"]),
        span(request["Lasting"]),
        "broke glass" if "AgreementId" in request else request["State"],
        request["Reason"],
    )


def span(milliseconds: int) -> str:
    """A span as the option ``--for`` takes it: 90m, 8h, 2d."""
    minutes = milliseconds // 60_000
    for unit, letter in ((1440, "d"), (60, "h")):
        if minutes >= unit and minutes % unit == 0:
            return f"{minutes // unit}{letter}"
    return f"{minutes}m"


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    told = answer["AccessRequest"]
    if as_json:
        print_json(told)
        return
    until = ""
    if "EndsAt" in told:
        until = f" until {Now(SystemClock().now(), get_localzone()).tell(told['EndsAt'])}"
    click.echo(f"{told['State']}  {told['Person']} for {told['Resource']}{until}")
