"""Signed exports for auditors."""

from pathlib import Path

import click

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.base.sealing import Sealer
from admit.base.statements import StatementKey, write
from admit.cli.ask import When
from admit.cli.faults import guarded
from admit.cli.output import DATA, JSON, REFUSED, fail, print_json
from admit.control.outward import export as exported
from admit.control.outward.export import Period
from admit.core.validity import Millis
from admit.main import account_of, open_store
from admit.settings import load


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--at", type=When(), help="Everybody who could use anything at this moment; without it, now.")
@click.option("--from", "since", type=When(), help="Every change after this moment instead.")
@click.option("--to", "until", type=When(), help="With --from: up to this moment; without it, now.")
@click.option("--key", "only_key", is_flag=True, help="Print the public key instead, and its fingerprint.")
@DATA
@JSON
@guarded
def export(  # noqa: PLR0913 - a command has the options people need
    file: Path | None,
    data: Path | None,
    *,
    at: Millis | None,
    since: Millis | None,
    until: Millis | None,
    only_key: bool,
    as_json: bool,
) -> None:
    """Write a signed file about a moment, or about all changes of a time, that needs nothing else to check.

    Give the public key, or its fingerprint, to the auditor in another way than the file:
    `admit verify FILE --key KEY` then says whether it is as it was signed, on any machine.
    """
    if only_key is (file is not None):
        raise click.UsageError("Give a FILE, or --key.")
    if at is not None and (since is not None or until is not None):
        raise click.UsageError("Give --at, or --from and --to.")
    if until is not None and since is None:
        raise click.UsageError("Give --from with --to.")
    settings = load({"data": data})
    sealer = Sealer.from_file(settings.key_file, Chance().fill)
    key = StatementKey.of(sealer)
    if file is None:
        _say_key(key, as_json=as_json)
        return
    clock = SystemClock()
    now = clock.now()
    store = open_store(settings, sealer, clock)
    what = (now if at is None else at) if since is None else Period(since, now if until is None else until)
    try:
        with store.read() as sql, file.open("xb") as opened:
            head = exported.head(sql, account_of(sql).id, now, what)
            lines = (
                exported.access_at(sql, what, now)
                if isinstance(what, int)
                else exported.changes_in(sql, what)
            )
            count = write(opened, key, head, lines)
    except FileExistsError:
        fail(f"{file} is there already.", REFUSED)
    finally:
        store.close()
    if as_json:
        print_json({"file": str(file.absolute()), "lines": count, "fingerprint": key.fingerprint, **head})
    else:
        click.echo(f"{file} has {count} lines, signed with the key {key.fingerprint}.")


def _say_key(key: StatementKey, *, as_json: bool) -> None:
    if as_json:
        print_json({"public_key": key.public, "fingerprint": key.fingerprint})
    else:
        click.echo(f"{key.public}\n{key.fingerprint}")
