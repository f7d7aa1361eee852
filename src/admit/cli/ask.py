"""Asking, granting and revoking by name."""

from collections.abc import Mapping
from typing import Any

import click
import msgspec
from rich.text import Text
from tzlocal import get_localzone

from admit.base.clock import SystemClock
from admit.cli import wording
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, NO, console, print_json
from admit.cli.wording import ARROW, Now
from admit.core.validity import Millis
from admit.when import WhenFault, parse_duration, parse_when

SHOWN = 20
"""How many people a change tells by name."""


class When(click.ParamType[Millis]):
    """A moment: ISO 8601, or words such as "last tuesday 14:00"."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Millis:
        """The moment in UNIX milliseconds."""
        try:
            return parse_when(str(value), SystemClock().now(), get_localzone())
        except WhenFault as fault:
            self.fail(f"{fault}.", param, ctx)


class Duration(click.ParamType[Millis]):
    """A span of time: 30m, 8h, 2d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Millis:
        """The span in milliseconds."""
        try:
            return parse_duration(str(value))
        except WhenFault as fault:
            self.fail(f"{fault}.", param, ctx)


AT = click.option("--at", type=When(), help='Ask about another moment: ISO 8601, or "last tuesday 14:00".')


class JsonObject(click.ParamType[str]):
    """A JSON object, handed on as it was given."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is one."""
        try:
            found = msgspec.json.decode(str(value))
        except msgspec.DecodeError:
            found = None
        if not isinstance(found, dict):
            self.fail("it must be a JSON object", param, ctx)
        return str(value)


ACTION = click.option("--action", help="What is to be done, with a resource of a type of your own.")
CONTEXT = click.option("--context", type=JsonObject(), help='What conditions may ask: \'{"ticket": "T-1"}\'.')
PREVIEW = click.option("--preview", is_flag=True, help="Only tell who would gain and who would lose.")


# -- one person and one resource -------------------------------------------------------------------


@click.command()
@click.argument("person")
@click.argument("resource")
@AT
@ACTION
@CONTEXT
@JSON
@connected
def can(
    client: Client, person: str, resource: str, at: Millis | None, *, as_json: bool, **asked: Any
) -> None:
    """Tell whether PERSON may use RESOURCE; exit 0 for yes, 1 for no."""
    answer = client.call("admit", "CheckAccess", Person=person, Resource=resource, At=at, **by(asked))
    decision = answer["Decision"]
    if as_json:
        print_json(decision)
    else:
        _say_decision(decision, at)
        if decision["Allowed"]:
            _line("through", wording.through(decision["Path"]))
            _line("until", now_here().tell(decision.get("ValidUntil")))
        else:
            _say_nearest(decision)
    raise SystemExit(0 if decision["Allowed"] else NO)


@click.command()
@click.argument("person")
@click.argument("resource")
@AT
@ACTION
@CONTEXT
@JSON
@connected
def explain(
    client: Client, person: str, resource: str, at: Millis | None, *, as_json: bool, **asked: Any
) -> None:
    """Show every open path from PERSON to RESOURCE, or what is missing; exit 0 for yes, 1 for no."""
    answer = client.call("admit", "ExplainAccess", Person=person, Resource=resource, At=at, **by(asked))
    decision = answer["Decision"]
    if as_json:
        print_json(answer)
    else:
        _say_decision(decision, at)
        for path in answer["Paths"]:
            _line("path", wording.path(path["Steps"]))
            _line("until", now_here().tell(wording.ends(path["Steps"])))
        for each in answer["Restrictions"]:
            _line("policy", f"{each['PolicyName']}: {each['Text']}")
        if not decision["Allowed"]:
            _say_nearest(decision)
            _say_holders(person, answer["Holders"])
    raise SystemExit(0 if decision["Allowed"] else NO)


def _say_decision(decision: dict[str, Any], at: Millis | None) -> None:
    yes = decision["Allowed"]
    line = Text.assemble(("yes", "bold green") if yes else ("no ", "bold red"), f"  {decision['Text']}")
    console().print(line)
    if at is not None:
        _line("asked for", now_here().tell(at))


def _say_nearest(decision: dict[str, Any]) -> None:
    """The path nearest to being open, and what about it is not."""
    if decision["Path"]:
        _line("nearest", wording.path(decision["Path"]))
    for link, what_ in wording.closed(decision["Path"], decision["At"], now_here()):
        _line("", f"{link}: {what_}")


def _say_holders(person: str, holders: list[dict[str, Any]]) -> None:
    for holder in holders:
        if holder["Kind"] != "user":
            _line("would help", f"join {person} to {holder['Label']}")
    if not holders:
        _line("others", "nobody may use it")


# -- changes ---------------------------------------------------------------------------------------


@click.command()
@click.argument("subject")
@click.argument("resource")
@click.option("--until", type=When(), help="When the grant ends.")
@click.option("--for", "lasting", type=Duration(), help="How long the grant holds: 30m, 8h, 2d.")
@click.option("--from", "start", type=When(), help="When the grant begins.")
@click.option("--grace", type=Duration(), help="How long live sessions may go on after the end: 10m.")
@click.option("--drain", is_flag=True, help="Live sessions may go on after the end until they are finished.")
@PREVIEW
@JSON
@connected
def grant(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    subject: str,
    resource: str,
    *,
    until: Millis | None,
    lasting: Millis | None,
    start: Millis | None,
    grace: Millis | None,
    drain: bool,
    preview: bool,
    as_json: bool,
) -> None:
    """Grant SUBJECT (a person, or group:NAME) the RESOURCE, for ever or for a time."""
    if until is not None and lasting is not None:
        raise click.UsageError("Give --until or --for, not both.")
    if drain and grace is not None:
        raise click.UsageError("Give --grace or --drain, not both.")
    now = now_here()
    if lasting is not None:
        until = (now.at if start is None else start) + lasting
    answer = client.call(
        "admit",
        "GrantAccess",
        Subject=subject,
        Resource=resource,
        StartTime=start,
        EndTime=until,
        Grace=grace,
        Drain=drain or None,
        Preview=preview or None,
    )
    period = f"from {now.tell(start)} until {now.tell(until)}" if start else f"until {now.tell(until)}"
    lasts = "with no end" if start is None and until is None else period
    if as_json:
        print_json(answer["Result"])
    else:
        _say_change(answer["Result"], f"{subject}{ARROW}{resource}, {lasts}", "granted", now)


@click.command()
@click.argument("subject")
@click.argument("resource")
@PREVIEW
@JSON
@connected
def revoke(client: Client, subject: str, resource: str, *, preview: bool, as_json: bool) -> None:
    """Take back what SUBJECT (a person, or group:NAME) was granted of RESOURCE.

    What a person holds through a group stays, and is told.
    """
    answer = client.call("admit", "RevokeAccess", Subject=subject, Resource=resource, Preview=preview or None)
    result = answer["Result"]
    if as_json:
        print_json(result)
        return
    _say_change(result, f"{subject}{ARROW}{resource}", "revoked", now_here())
    if ":" not in subject and not (preview and result["Changed"]):
        _say_what_stays(client, subject, resource)


def _say_change(result: dict[str, Any], subject: str, done: str, now: Now) -> None:
    if not result["Changed"]:
        console().print(Text(f"nothing to do  {subject}"))
        return
    head = f"would be {done}" if result["Preview"] else done
    console().print(Text.assemble((head, "bold"), f"  {subject}"))
    for word, style, people in (("gains", "green", result["Gained"]), ("loses", "red", result["Lost"])):
        for each in people[:SHOWN]:
            until = each.get("ValidUntil") if word == "gains" else None
            tail = "" if until is None else f", until {now.tell(until)}"
            console().print(Text(f"     {word}  {each['Person']}{tail}", style=style))
        if len(people) > SHOWN:
            console().print(Text(f"     {word}  {len(people) - SHOWN} more; --json names all", style=style))
    for each in result.get("EndingSessions", ()):
        text = f"session {each['SessionId']}, {each['Person']} at {each['Resource']}: {each['Reason']}"
        console().print(Text(f"     ends   {text}", style="red"))
    untold = result.get("Untold", ())
    if not (result["Gained"] or result["Lost"] or untold):
        console().print(Text("     nobody gains or loses access at this moment"))
    for text in untold:
        console().print(Text(f"     note   {text}", style="yellow"))


def _say_what_stays(client: Client, person: str, resource: str) -> None:
    decision = client.call("admit", "CheckAccess", Person=person, Resource=resource)["Decision"]
    if decision["Allowed"]:
        still = f"     {person} still may use {resource} through {wording.through(decision['Path'])}"
        console().print(Text(still, style="yellow"))


def by(options: Mapping[str, Any]) -> dict[str, Any]:
    """By which action and context a question is asked, as the API calls them."""
    return {"ActionName": options["action"], "Context": options["context"]}


# -- saying ----------------------------------------------------------------------------------------


def now_here() -> Now:
    """Now, and in which zone."""
    return Now(SystemClock().now(), get_localzone())


def _line(word: str, text: str) -> None:
    console().print(Text(f"     {word:<12}{text}"))


def then(at: Millis | None) -> str:
    """When, if another moment was asked about."""
    return "" if at is None else f" at {now_here().clock(at)}"
