"""Making a system and serving it."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click
import msgspec

from admit.base import log
from admit.base.authority import AuthorityFiles
from admit.base.clock import SystemClock
from admit.base.directory import held
from admit.base.listening import ListenRefused, listen
from admit.base.local_socket import SocketRefused, listen_at, remove, users
from admit.cli.faults import guarded
from admit.cli.output import DATA, JSON, NOT_REACHABLE, USAGE, fail, print_json
from admit.control.founding import Founded
from admit.doctor import examine
from admit.main import Admit, create, open_admit
from admit.server import Listener, certificate, run
from admit.server.ssh import Doors
from admit.settings import Settings, load


@click.command()
@DATA
@JSON
@guarded
def init(data: Path | None, *, as_json: bool) -> None:
    """Make a new data directory: database, sealed keys, certificate authority, first access key and admin.

    The secrets are printed this once.
    """
    settings = load({"data": data})
    founded = create(settings)
    authority = AuthorityFiles(settings.tls.absolute()).authority_certificate
    if as_json:
        print_json(
            {
                "data_dir": str(settings.data.absolute()),
                **msgspec.to_builtins(founded),
                "ca_certificate": str(authority),
            }
        )
    else:
        click.echo(_welcome(settings, founded, authority))


def _welcome(settings: Settings, founded: Founded, authority: Path) -> str:
    data = settings.data
    return f"""\
A new admit stands in {data.absolute()}.

  account             {founded.account_id}
  access key          {founded.access_key_id}
  access key secret   {founded.access_key_secret}
  administrator       {founded.admin_user}
  password            {founded.admin_password}
  authority           {authority}

The secret and the password are shown this once: keep them.
Keep a copy of {settings.key_file} too, apart from backups: without it the secrets in the database are lost.

Next:
  admit serve --data {data}
Then {_where(settings)} sign calls with the access key, and for HTTPS trust the authority's certificate."""


def _where(settings: Settings) -> str:
    urls = [f"http://{settings.http}"] * bool(settings.http) + [f"https://{settings.https}"] * bool(
        settings.https
    )
    return f"call {' or '.join(urls)}," if urls else ""


@click.command()
@DATA
@click.option("--http", metavar="HOST:PORT", help="Where to serve plain HTTP; '' for not at all.")
@click.option("--https", metavar="HOST:PORT", help="Where to serve HTTPS; '' for not at all.")
@click.option("--ssh", metavar="HOST:PORT", help="Where to serve SSH; '' for not at all.")
@guarded
def serve(**flags: Any) -> None:
    """Serve everything in one process, until it is told to stop (Ctrl-C, SIGTERM)."""
    settings = load(flags)
    log.configure(json=settings.log_json, level=settings.log_level)
    if not (settings.http or settings.https):
        fail("Both http and https are empty: there is nowhere to serve.", USAGE)
    if not settings.data.is_dir():
        fail(f"There is no data directory {settings.data}: `admit init` makes one.", NOT_REACHABLE)
    with held(settings.data), ExitStack() as opened:
        listeners = [opened.enter_context(closing(each)) for each in _listeners(settings)]
        doors = _doors(settings, opened)
        bound = {"https" if each.tls else "http": each.address for each in listeners}
        admit = open_admit(msgspec.structs.replace(settings, **bound))
        opened.callback(admit.close)
        watched(admit)
        run(admit, listeners, lambda: _say_ready(listeners, doors.ssh), doors)


def watched(admit: Admit) -> None:
    """Let callers ask what the doctor finds of a system that is served."""
    admit.world.doctor.examine = lambda: list(examine(admit.settings, admit.world.clock))


def _doors(settings: Settings, opened: ExitStack) -> Doors:
    ssh = opened.enter_context(closing(_listening(settings.ssh))) if settings.ssh else None
    if settings.gate_socket is None:
        return Doors(ssh)
    try:
        allowed = users(settings.gate_users) | {os.geteuid()}
        gates = opened.enter_context(closing(listen_at(settings.gate_socket, settings.gate_group)))
    except SocketRefused as refusal:
        fail(str(refusal), NOT_REACHABLE)
    opened.callback(remove, settings.gate_socket)
    return Doors(ssh, gates, allowed)


def _say_ready(listeners: list[Listener], ssh: socket.socket | None) -> None:
    urls = [each.url for each in listeners]
    if ssh is not None:
        urls.append(f"ssh://{Listener(ssh).address}")
    click.echo(f"admit is ready: {' '.join(urls)}")


def _listening(address: str) -> socket.socket:
    try:
        return listen(address)
    except ListenRefused as refusal:
        fail(str(refusal), NOT_REACHABLE)


def _listeners(settings: Settings) -> Iterator[Listener]:
    if settings.http:
        yield Listener(_listening(settings.http))
    if settings.https:
        tls = certificate.context(settings, SystemClock().now())
        yield Listener(_listening(settings.https), tls)
