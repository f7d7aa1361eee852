"""Importing people and hosts from files."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.text import Text

from admit.base.chance import Chance
from admit.cli.client import Client
from admit.cli.commands import loaded
from admit.cli.connection import Connect, connectable
from admit.cli.importing import bastion, idaas
from admit.cli.importing.apps import Apps
from admit.cli.importing.bastion import Bastion
from admit.cli.importing.directory import Directory
from admit.cli.importing.hosts import Assets
from admit.cli.importing.idaas import Idaas
from admit.cli.importing.keys import KeyFiles
from admit.cli.importing.listing import by_number
from admit.cli.importing.people import bring_people
from admit.cli.importing.tally import WORDS, Tally
from admit.cli.output import DONE, JSON, NO, REFUSED, fail, print_json, print_table
from admit.imports.read import HOST_FORMATS, PEOPLE_FORMATS, HostFormat, PeopleFormat, read_hosts, read_people
from admit.imports.records import LineFault, Reading

DIRECTORIES = ("bastion", "apps", "idaas")

FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
DRY_RUN = click.option("--dry-run", "dry", is_flag=True, help="Only tell what would become of each line.")
BASTION_ID = click.option("--bastion", "bastion_id", help="The bastion host, if there are several.")


class _Into(click.ParamType[tuple[str, ...]]):
    name = "directories"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip()))
        for name in names:
            if name not in DIRECTORIES:
                self.fail(f"{name!r} is not a directory. There are {', '.join(DIRECTORIES)}.", param, ctx)
        return names or self.fail("name at least one directory.", param, ctx)


@click.group()
def imports() -> None:
    """Import people or hosts from a file; what is there already is changed where it differs."""


@imports.command()
@FILE
@click.option(
    "--format", "fmt", type=click.Choice(PEOPLE_FORMATS), help="What the file is, if it does not say."
)
@click.option(
    "--into",
    type=_Into(),
    default=",".join(DIRECTORIES),
    show_default=True,
    help="Where the people become users.",
)
@BASTION_ID
@click.option("--idaas", "idaas_id", help="The IDaaS instance, if there are several.")
@DRY_RUN
@JSON
@connectable
def people(  # noqa: PLR0913 - a command has the options people need
    connect: Connect,
    file: Path,
    *,
    fmt: PeopleFormat | None,
    into: tuple[str, ...],
    bastion_id: str | None,
    idaas_id: str | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Import the people of FILE, CSV or SCIM JSON, as users with their groups.

    A line that cannot be taken is told on standard error and left out; exit 1 if there is one. Nobody is
    removed, from the system or from a group.
    """
    reading = read_people(file.read_bytes(), file.name, fmt)
    with connect() as client:
        directories = [_directory(client, name, bastion_id, idaas_id) for name in into]

        def bring(tally: Tally) -> None:
            for directory in directories:
                bring_people(reading.records, directory, tally, dry=dry)
            if tally.rows.get(("bastion", "people"), Counter())["made"] and not dry:
                tally.note(LineFault(0, "bastion", PASSWORDS))

        _import(reading, bring, len(directories), dry=dry, as_json=as_json)


PASSWORDS = "nobody knows the passwords of the users made there: they sign in by key, or after a reset"


@imports.command()
@FILE
@click.option(
    "--format", "fmt", type=click.Choice(HOST_FORMATS), help="What the file is, if it does not say."
)
@BASTION_ID
@click.option(
    "--fetch-keys",
    is_flag=True,
    help="Fetch the host key each host shows to this machine, tell it, and pin it unless one is pinned.",
)
@DRY_RUN
@JSON
@connectable
def hosts(  # noqa: PLR0913 - a command has the options people need
    connect: Connect,
    file: Path,
    *,
    fmt: HostFormat | None,
    bastion_id: str | None,
    fetch_keys: bool,
    dry: bool,
    as_json: bool,
) -> None:
    """Import the hosts of FILE, CSV, ssh_config or an Ansible inventory, with their accounts.

    Private keys that the file names are read, sealed and never shown. A line that cannot be taken is told
    on standard error and left out; exit 1 if there is one. No host and no account is removed.
    """
    reading = read_hosts(file.read_bytes(), file.name, _included(file.parent), fmt)
    with connect() as client:
        instance_id = _bastion_id(client, bastion_id)

        def bring(tally: Tally) -> None:
            groups = {group for host in reading.records for group in host.groups}
            if groups:
                tally.note(LineFault(0, "groups", f"{len(groups)} host groups are left out: {NO_GROUPS}"))
            brought = Assets(client, instance_id, KeyFiles(file.parent), tally, dry).bring(reading.records)
            if fetch_keys:
                loaded("admit.cli.importing.host_keys:pin_host_keys")(
                    client, instance_id, brought, tally, dry=dry
                )

        _import(reading, bring, 1, dry=dry, as_json=as_json)


NO_GROUPS = "this version has no operations for them"


# -- where to --------------------------------------------------------------------------------------


def _directory(client: Client, name: str, bastion_id: str | None, idaas_id: str | None) -> Directory:
    if name == "bastion":
        return Bastion(client, _bastion_id(client, bastion_id), Chance())
    if name == "apps":
        return Apps(client)
    listed = by_number(client, idaas.PRODUCT, "ListInstances", "Instances")
    instance_id = idaas_id or _only([each["InstanceId"] for each in listed], "IDaaS instance", "--idaas")
    root = client.call(idaas.PRODUCT, "GetRootOrganizationalUnit", InstanceId=instance_id)
    return Idaas(client, instance_id, root["OrganizationalUnit"]["OrganizationalUnitId"])


def _bastion_id(client: Client, given: str | None) -> str:
    listed = by_number(client, bastion.PRODUCT, "DescribeInstances", "Instances")
    return given or _only([each["InstanceId"] for each in listed], "bastion host", "--bastion")


def _only(ids: list[str], what: str, option: str) -> str:
    if not ids:
        fail(f"There is no {what}.", REFUSED)
    if len(ids) > 1:
        raise click.UsageError(
            f"There are {len(ids)} of these: {', '.join(ids)}. Name the {what}: {option} ID."
        )
    return ids[0]


def _included(directory: Path) -> Callable[[str], list[tuple[str, bytes]]]:
    """Reads what an ssh configuration includes; relative paths are relative to the file's directory."""

    def read(argument: str) -> list[tuple[str, bytes]]:
        pattern = directory.absolute() / Path(argument).expanduser()
        found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
        return [(str(path), path.read_bytes()) for path in sorted(found) if path.is_file()]

    return read


# -- doing and telling -----------------------------------------------------------------------------


def _import(
    reading: Reading[Any],
    bring: Callable[[Tally], None],
    times: int,
    *,
    dry: bool,
    as_json: bool,
) -> None:
    """Tell what could not be read, bring the rest, tell what became of it, and exit."""
    interrupted = False
    with _tallying(len(reading.records) * times) as tally:
        try:
            _tell_reading(reading, tally)
            bring(tally)
        except KeyboardInterrupt:
            interrupted = True
    if as_json:
        print_json(_summary(tally, dry=dry, interrupted=interrupted))
    else:
        _say_summary(tally, dry=dry)
    if interrupted:
        click.echo("admit: interrupted: what is counted is done. Run it again for the rest.", err=True)
    raise SystemExit(NO if tally.faults or interrupted else DONE)


def _tell_reading(reading: Reading[Any], tally: Tally) -> None:
    for note in reading.notes:
        tally.note(note)
    for fault in reading.faults:
        tally.fault(fault)
    # Several faults may stand in one line; without lines each has a path of its own.
    unread = {(fault.file, fault.line or fault.column_or_key) for fault in reading.faults}
    if unread:
        tally.count(("file", "lines"), "left out", len(unread))


@contextmanager
def _tallying(steps: int) -> Iterator[Tally]:
    """A tally that tells lines on standard error; on a terminal, above a bar that grows."""
    if not sys.stderr.isatty():
        yield Tally(lambda line: click.echo(line, err=True), lambda: None)
        return
    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=steps)
        yield Tally(lambda line: console.print(Text(line)), lambda: progress.advance(task))


def _summary(tally: Tally, *, dry: bool, interrupted: bool) -> dict[str, Any]:
    return {
        "dry_run": dry,
        "interrupted": interrupted,
        "results": [
            {"where": where, "what": what, **{word.replace(" ", "_"): counted[word] for word in WORDS}}
            for (where, what), counted in tally.rows.items()
        ],
        "faults": tally.faults,
        "notes": tally.notes,
    }


def _say_summary(tally: Tally, *, dry: bool) -> None:
    if tally.rows:
        rows = [
            (where, what, *(counted[word] for word in WORDS)) for (where, what), counted in tally.rows.items()
        ]
        print_table(("where", "what", *WORDS), rows)
    else:
        click.echo("There is nothing to import.", err=True)
    if dry:
        click.echo("This was a dry run: nothing is changed.", err=True)
