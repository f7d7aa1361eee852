"""The SSH gate as a process of its own."""

from contextlib import closing
from pathlib import Path

import click

from admit.base import log
from admit.base.listening import ListenRefused, listen
from admit.base.local_socket import SocketRefused, become
from admit.cli.faults import guarded
from admit.cli.output import DATA, NOT_REACHABLE, USAGE, fail
from admit.porter.remote import NotWelcome
from admit.settings import load
from admit.ssh.alone import run


@click.command()
@DATA
@click.option(
    "--control",
    "sockets",
    metavar="SOCKET",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The socket of the server to ask (its gate_socket); several for several servers, the first first.",
)
@click.option("--ssh", "address", metavar="HOST:PORT", help="Where to serve SSH.")
@click.option("--user", metavar="NAME", help="The system user to become once the port is taken.")
@guarded
def ssh(data: Path | None, sockets: tuple[Path, ...], address: str | None, user: str | None) -> None:
    """Serve SSH alone, without the database and the keys: all that it must know it asks of `admit serve`.

    It needs to read nothing: give it --control, or let it find `gate_socket` in the settings.
    """
    settings = load({"data": data, "ssh": address})
    log.configure(json=settings.log_json, level=settings.log_level)
    asked = sockets or ((settings.gate_socket,) if settings.gate_socket else ())
    if not asked:
        fail("Name the server's socket: --control SOCKET, or set gate_socket for both.", USAGE)
    if not settings.ssh:
        fail("ssh is empty: there is nowhere to serve.", USAGE)
    try:
        with closing(listen(settings.ssh)) as listening:
            if user is not None:
                become(user)
            host, port = listening.getsockname()[:2]
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            run(listening, asked, lambda: click.echo(f"admit is ready: ssh://{place}"))
    except (ListenRefused, SocketRefused, NotWelcome) as refusal:
        fail(str(refusal), NOT_REACHABLE)
