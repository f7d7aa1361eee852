"""Two moments compared, and calls seen before they are made."""

from collections.abc import Mapping
from typing import Any

import click
from rich.text import Text

from admit.cli import wording
from admit.cli.ask import SHOWN, When, now_here
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, NO, REFUSED, console, fail, print_json
from admit.cli.wording import ARROW, Now
from admit.core.validity import Millis

_STYLES = {"gains": "green", "loses": "red", "keeps": "yellow", "ends": "red"}


@click.command()
@click.argument("earlier", type=When())
@click.argument("later", type=When(), required=False)
@JSON
@connected
def diff(client: Client, earlier: Millis, later: Millis | None, *, as_json: bool) -> None:
    """Tell who gained and who lost between EARLIER and LATER (or now), and by whose doing.

    Exit 0 if nothing is different, 1 if something is.
    """
    told = client.call("admit", "CompareAccess", StartTime=earlier, EndTime=later)
    if as_json:
        print_json(told)
    else:
        say_changes(told)
        console().print(Text(f"{told['ChangeCount']} changes in between."))
    raise SystemExit(NO if any(told[each] for each in ("Gained", "Lost", "Changed")) else 0)


def say_preview(client: Client, service: str, action: str, *calls: Mapping[str, Any], as_json: bool) -> None:
    """What calls of an operation would do, for people or for programs."""
    planned = [{"Service": service, "Action": action, "Parameters": values} for values in calls]
    told = client.call("admit", "PreviewCalls", Calls=planned)
    refused = [each for each in told["Results"] if each["Code"] != "OK"]
    if as_json:
        print_json(told)
    elif not refused:
        console().print(Text.assemble(("would be done", "bold"), f"  {action}"))
        say_changes(told)
    if refused:
        fail(f"{refused[0]['Message']}\n{refused[0]['Code']}, and nothing would be different", REFUSED)


def say_changes(told: dict[str, Any]) -> None:
    """Print who gains, loses or keeps for another time, and what was not looked at."""
    now = now_here()
    for word, name in (("gains", "Gained"), ("loses", "Lost"), ("keeps", "Changed")):
        changes = told[name]
        for each in changes[:SHOWN]:
            _line(word, f"{each['Person']}{ARROW}{each['Resource']}{_until(word, each, now)}")
            _line("", f"through {wording.through(each['Path'])}")
            for when, conditions in (("only if", "Conditions"), ("before only if", "WereConditions")):
                if each.get(conditions):
                    _line("", f"{when} {wording.conditions(each[conditions])}")
            for cause in each.get("Causes", ()):
                _line("", _cause(cause, now))
        if len(changes) > SHOWN:
            _line(word, f"{len(changes) - SHOWN} more; --json names all")
    for each in told.get("EndingSessions", ()):
        _line(
            "ends", f"session {each['SessionId']}, {each['Person']} at {each['Resource']}: {each['Reason']}"
        )
    if not any(told.get(each) for each in ("Gained", "Lost", "Changed", "EndingSessions")):
        console().print(Text("     nobody gains or loses access"))
    for text in told["Untold"]:
        _line("note", text)


def _until(word: str, each: dict[str, Any], now: Now) -> str:
    until = now.tell(each.get("ValidUntil"))
    if word == "keeps":
        return f", until {until}; before until {now.tell(each.get('WasUntil'))}"
    return f", until {until}" if word == "gains" and each.get("ValidUntil") else ""


def _cause(cause: dict[str, Any], now: Now) -> str:
    whose = f" by {wording.author(cause['By'])} ({cause['Action']})" if "By" in cause else ""
    return f"{now.clock(cause['At'])}  {cause['Text']}{whose}"


def _line(word: str, text: str) -> None:
    console().print(Text(f"     {word:<8}{text}", style=_STYLES.get(word, "")))
