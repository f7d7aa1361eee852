"""Keeping a system well: backups, verification, migration, the doctor."""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.text import Text

from admit.backup import Restored, back_up
from admit.backup import restore as restore_from
from admit.base.authority import AuthorityFiles
from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.base.directory import held
from admit.base.sealing import Sealer
from admit.base.statements import StatementBroken, check
from admit.cli.faults import guarded
from admit.cli.output import DATA, JSON, NO, NOT_REACHABLE, REFUSED, USAGE, fail, print_json, print_table
from admit.control.findings import Finding, State
from admit.control.live import recording_upkeep
from admit.control.live.recording_upkeep import Audit
from admit.core.validity import SECOND, Millis
from admit.doctor import examine
from admit.main import open_admit, open_store
from admit.server.certificate import renew_authority as make_new_authority
from admit.settings import FILE as SETTINGS
from admit.settings import Settings, load
from admit.store.backup import BackupRefused
from admit.store.engine import Store
from admit.store.migrations import migrate as migrate_to_newest
from admit.store.schema import NEWEST, require_known
from admit.store.verification import verify as verify_ledger

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@DATA
@JSON
@guarded
def migrate(data: Path | None, *, as_json: bool) -> None:
    """Bring the database to the schema of this version. Stop `admit serve` and make a backup first."""
    settings = load({"data": data})
    ledger_key = _sealer(settings).subkey("ledger")
    with held(settings.data):
        store = Store(settings.store_url, SystemClock(), ledger_key)
        try:
            with store.read() as sql:
                before = require_known(sql)
            migrate_to_newest(store.engine)
        finally:
            store.close()
    if as_json:
        print_json({"before": before, "now": NEWEST})
    elif before == NEWEST:
        click.echo(f"The database has the newest schema, {NEWEST}, already.")
    else:
        click.echo(f"The database has schema {NEWEST} now; it had {before}.")


@click.command()
@FILE
@click.option(
    "--with-keys", is_flag=True, help="Put the keys into the backup too: who has it has everything."
)
@DATA
@JSON
@guarded
def backup(file: Path, data: Path | None, *, with_keys: bool, as_json: bool) -> None:
    """Write a backup to FILE, while the system is served or not.

    It holds the database, the settings and the authority's public certificate. The keys that open the secrets
    in the database are not in it, nor the passwords in the settings, so that a stolen backup gives no secret
    away, unless --with-keys is said.
    """
    settings = load({"data": data})
    try:
        manifest = back_up(settings, file, SystemClock().now(), with_keys=with_keys)
    except BackupRefused as refusal:
        fail(str(refusal), REFUSED)
    if as_json:
        print_json({"file": str(file.absolute()), "with_keys": with_keys, **msgspec.to_builtins(manifest)})
        return
    click.echo(f"{file} holds revision {manifest.revision}, and the ledger up to {manifest.head}.")
    if with_keys:
        click.echo("The keys are in it: keep it as you would keep them.")
    else:
        click.echo(
            f"The keys are not in it: keep a copy of {settings.key_file} and {settings.tls / 'ca.key'}."
        )


@click.command()
@FILE
@click.option(
    "--keys", type=click.Path(path_type=Path, file_okay=False), help="Where seal.key and ca.key are."
)
@DATA
@JSON
@guarded
def restore(file: Path, keys: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Make a new data directory from the backup FILE; its ledger is verified before anything is there.

    A backup without keys needs --keys: a directory with the seal.key of its time, and the ca.key if clients
    are to trust the same authority as before.
    """
    settings = load({"data": data})
    try:
        restored = restore_from(settings, file, keys, SystemClock(), Chance())
    except BackupRefused as refusal:
        fail(str(refusal), REFUSED)
    manifest = restored.manifest
    if as_json:
        print_json({"data_dir": str(settings.data.absolute()), **msgspec.to_builtins(restored)})
        return
    click.echo(f"{settings.data} stands as of {_moment(manifest.made_at)}, revision {manifest.revision}.")
    click.echo(f"Its ledger is whole: {restored.entries} entries, up to {manifest.head}.")
    if restored.new_authority:
        click.echo(f"Its authority is a new one: have clients trust {settings.tls / 'ca.crt'}.")
    _say_settings(settings.data, restored)
    click.echo("What was granted or revoked after that moment is not in it. Nobody is signed in.")


def _say_settings(data: Path, restored: Restored) -> None:
    if restored.settings == "restored":
        click.echo(f"{data / SETTINGS} is as it was, without passwords if the backup holds no keys.")
    if restored.settings == "yours kept":
        click.echo(f"{data / SETTINGS} stood there already and was kept.")
    for name, path in restored.paths.items():
        click.echo(f"It names {path} as {name}: see that this is right here.")


@click.command()
@DATA
@JSON
@guarded
def renew_authority(data: Path | None, *, as_json: bool) -> None:
    """Make a new certificate authority and a server certificate by it. Stop `admit serve` first.

    Every client that trusts the old one must be given the new tls/ca.crt. The old files are kept aside.
    """
    settings = load({"data": data})
    if not settings.data.is_dir():
        fail(f"There is no data directory {settings.data}: `admit init` makes one.", NOT_REACHABLE)
    with held(settings.data):
        kept = make_new_authority(settings, SystemClock().now())
    trusted = AuthorityFiles(settings.tls.absolute()).authority_certificate
    if as_json:
        print_json({"ca_certificate": str(trusted), "kept": None if kept is None else str(kept.absolute())})
        return
    click.echo(f"There is a new authority: have every client trust {trusted}.")
    if kept is not None:
        click.echo(f"The old files are in {kept}: remove them when nobody needs them, the keys above all.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=False)
@click.option(
    "--key", metavar="KEY", help="With FILE: the public key it is to be signed with, or its fingerprint."
)
@click.option("--head", metavar="HASH", help="A head noted earlier, which the ledger must still contain.")
@DATA
@JSON
@guarded
def verify(file: Path | None, key: str | None, head: str | None, data: Path | None, *, as_json: bool) -> None:
    """Walk the whole ledger and compare database and recordings with it; exit 1 if anything does not fit.

    Note the head it prints somewhere else: --head then also shows whether the database was put back.

    With a FILE that `admit export` wrote: say whether it is as it was signed, with no need of anything else.
    """
    if file is not None:
        if key is None:
            raise click.UsageError(
                "With FILE, give --key: what `admit export --key` prints where it is from."
            )
        _verify_export(file, key, as_json=as_json)
        return
    try:
        noted = None if head is None else bytes.fromhex(head)
    except ValueError:
        fail("--head takes the hexadecimal hash that an earlier `admit verify` printed.", USAGE)
    settings = load({"data": data})
    sealer = _sealer(settings)
    store = open_store(settings, sealer, SystemClock())
    try:
        with store.read() as sql:
            verdict = verify_ledger(sql, sealer.subkey("ledger"), noted)
    finally:
        store.close()
    # By a ledger that is broken nothing can be told of recordings.
    audit = Audit(0, 0, {}) if verdict.fault else _audit(settings)
    whole = verdict.fault is None and not audit.faults
    if as_json:
        print_json({"whole": whole, **msgspec.to_builtins(verdict), "recordings": msgspec.to_builtins(audit)})
    elif verdict.fault is None:
        click.echo(f"The ledger is whole: {verdict.entries} entries, {verdict.revision} revisions.")
        click.echo(f"head {verdict.head}")
        _say_recordings(audit)
    else:
        click.echo(f"The ledger is broken after {verdict.entries} good entries. {verdict.fault}")
    if not whole:
        raise SystemExit(NO)


def _verify_export(file: Path, key: str, *, as_json: bool) -> None:
    try:
        with file.open("rb") as opened:
            checked = check(opened, key.strip())
    except StatementBroken as broken:
        if as_json:
            print_json({"whole": False, "fault": str(broken)})
        else:
            click.echo(f"{file} cannot be relied on. {broken}")
        raise SystemExit(NO) from None
    if as_json:
        print_json({"whole": True, **msgspec.to_builtins(checked)})
        return
    click.echo(f"{file} is as it was signed: {checked.lines} lines, by the key {checked.fingerprint}.")
    for name, value in checked.head.items():
        click.echo(f"  {name:<12} {value}")


def _audit(settings: Settings) -> Audit:
    admit = open_admit(settings)
    try:
        return recording_upkeep.audit(admit.store, admit.world)
    finally:
        admit.close()


def _say_recordings(audit: Audit) -> None:
    if audit.checked:
        click.echo(
            f"{audit.checked - len(audit.faults)} of {audit.checked} recordings are as they were finished."
        )
    if audit.elsewhere:
        click.echo(f"{audit.elsewhere} recordings are at other servers, and were not looked at.")
    for recording, why in audit.faults.items():
        click.echo(f"The recording {recording} is not: {why}.")


@click.command()
@DATA
@JSON
@guarded
def doctor(data: Path | None, *, as_json: bool) -> None:
    """Look at keys, clock, disk, database, certificates, ports and mail, and say what to do about them.

    Exit 1 if one of them fails.
    """
    settings = load({"data": data})
    found = list(examine(settings, SystemClock()))
    if as_json:
        print_json(found)
    else:
        rows = [(_state(each), each.check, _with_advice(each)) for each in found]
        print_table(("state", "check", "what was found"), rows)
    if any(each.state is State.FAIL for each in found):
        raise SystemExit(NO)


_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def _state(finding: Finding) -> Text:
    return Text(finding.state.value, style=_STYLES[finding.state])


def _with_advice(finding: Finding) -> str:
    return f"{finding.seen} → {finding.advice}" if finding.advice else finding.seen


def _sealer(settings: Settings) -> Sealer:
    return Sealer.from_file(settings.key_file, Chance().fill)


def _moment(moment: Millis) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(" ", "seconds")
