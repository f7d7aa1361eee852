"""Recordings on a terminal: listed, played, taken out as a file."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from tzlocal import get_localzone

from admit.base.clock import SystemClock
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, REFUSED, fail, print_json, print_table
from admit.cli.replaying.player import NotARecording, Pace, events, header, keyboard, play, shown
from admit.cli.wording import Now
from admit.core.validity import SECOND

LISTED = 100
"""How many recordings are listed."""
SCREEN = "ADMIT_SCREEN"
"""What the header of a recording that is no terminal's holds."""
SPEED = click.FloatRange(0.1, 100)


@click.command()
@click.argument("recording", metavar="[ID]", required=False)
@click.option("--speed", type=SPEED, default=1.0, help="How many times as fast: 0.1 to 100.")
@click.option("--idle-limit", type=click.FloatRange(0), metavar="SECONDS", help="Wait no longer than this.")
@click.option(
    "--cast", type=click.Path(path_type=Path, dir_okay=False), help="Write asciicast v2 to a new file."
)
@click.option("--host", metavar="ID", help="List only what was recorded on this host.")
@click.option("--person", help="List only sessions of this person.")
@JSON
@connected
def replay(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    recording: str | None,
    *,
    speed: float,
    idle_limit: float | None,
    cast: Path | None,
    host: str | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Play the recording ID as it was; without an ID, list the newest recordings.

    While it plays, space pauses and goes on, a dot shows the next thing while it pauses, q leaves. Only what
    draws reaches your terminal: a host may have sent sequences that do more. A file written with --cast is
    what the host sent, all of it: players show it at your terminal's own risk.
    """
    if recording is None:
        _list(client, host, person, as_json=as_json)
        return
    lines = Lines(client, recording)
    try:
        if as_json:
            print_json(lines.told)
        elif cast is not None:
            _write(lines, cast)
        else:
            idle = None if idle_limit is None else round(idle_limit * SECOND)
            _play(lines, Pace(speed, idle))
    except NotARecording:
        fail(f"{recording} is not a recording this version can read.", REFUSED)
    if not as_json and lines.told["State"] in ("cut off", "broken"):
        click.echo(f"admit: this recording is {lines.told['State']}: {lines.told['Reason']}", err=True)


class Lines:
    """The lines of a recording, fetched as they are needed."""

    def __init__(self, client: Client, recording: str) -> None:
        self._client = client
        self._recording = recording
        self._part = client.call("admit", "GetRecording", RecordingId=recording)
        self.told: dict[str, Any] = self._part["Recording"]

    def __iter__(self) -> Iterator[str]:
        while True:
            # By line feeds alone: JSON may hold other characters that end lines elsewhere.
            yield from filter(None, self._part["Content"].split("\n"))
            token = self._part.get("NextToken")
            if token is None:
                return
            self._part = self._client.call(
                "admit", "GetRecording", RecordingId=self._recording, NextToken=token
            )


def _play(lines: Lines, pace: Pace) -> None:
    rest = iter(lines)
    told = header(next(rest, ""))
    if SCREEN in told.get("env", {}):
        place = f"/stream/recordings/{lines.told['RecordingId']}"
        fail(f"this is the recording of a screen: your browser plays it at {place}", REFUSED)
    if not sys.stdout.isatty():
        for text in shown(events(rest)):
            _show(text)
        return
    size = shutil.get_terminal_size()
    if size.columns < told["width"] or size.lines < told["height"]:
        wanted = f"{told['width']}x{told['height']}"
        click.echo(f"admit: it was recorded at {wanted}: a larger terminal shows it as it was", err=True)
    with keyboard() as keys:
        played = play(events(rest), pace, keys, _show, SystemClock())
    click.echo(f"\n{'the end' if played else 'left'} of {told.get('title', 'the recording')}", err=True)


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _write(lines: Lines, file: Path) -> None:
    # What people saw is for its owner only, and no file is written over.
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.", REFUSED)
    with os.fdopen(opened, "w", encoding="utf-8") as written:
        written.writelines(f"{line}\n" for line in lines)


def _list(client: Client, host: str | None, person: str | None, *, as_json: bool) -> None:
    answer = client.call("admit", "ListRecordings", HostId=host, Person=person, MaxResults=LISTED)
    found = answer["Recordings"]
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo("There are no recordings.", err=True)
        return
    now = Now(SystemClock().now(), get_localzone())
    columns = ("recording", "person", "resource", "began", "lasted", "state")
    print_table(columns, (_row(each, now) for each in found))
    if answer["TotalCount"] > len(found):
        click.echo(f"{answer['TotalCount'] - len(found)} more; ListRecordings lists all.", err=True)


def _row(recording: dict[str, Any], now: Now) -> tuple[str, ...]:
    began, ended = recording["StartedAt"], recording.get("EndedAt")
    lasted = "" if ended is None else Now(ended, now.zone).left(began)
    return (
        recording["RecordingId"],
        recording["Person"],
        recording["Resource"],
        now.clock(began),
        lasted,
        recording["State"],
    )
