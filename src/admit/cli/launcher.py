"""The launcher of streamed applications as a process of its own."""

import asyncio
import os
import pwd
import socket
from pathlib import Path

import click

from admit.base import log
from admit.base.chance import Chance
from admit.cli.faults import guarded
from admit.cli.output import USAGE, fail
from admit.control import programs
from admit.streaming import remote
from admit.streaming.launching import HOME_MB, LocalLauncher


@click.command()
@click.option("--socket", "path", type=click.Path(path_type=Path), required=True, help="Where to listen.")
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="The folder of apps.toml: what may be started.",
)
@click.option(
    "--place", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where home folders are."
)
@click.option(
    "--home-mb",
    type=click.IntRange(1),
    default=HOME_MB,
    show_default=True,
    help="How much a home folder may hold, in MiB.",
)
@click.option("--user", required=True, help="The user that admit serve runs as: nobody else is answered.")
@guarded
def launcher(path: Path, catalogue: Path, place: Path, home_mb: int, user: str) -> None:
    """Start streamed applications for an `admit serve` that is not root (setting streaming_launcher).

    As root, each home folder belongs to a user of its own. The catalogue should be root's: what stands in it
    is what can be started.
    """
    try:
        known = pwd.getpwnam(user)
    except KeyError:
        fail(f"There is no user {user}.", USAGE)
    log.configure(json=False, level="INFO")
    found = programs.of(catalogue)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        before = os.umask(0o177)
        listening.bind(str(path))
        os.umask(before)
        os.chown(path, known.pw_uid, known.pw_gid)
        listening.listen()
        click.echo(f"admit launcher is ready: {path}")
        asyncio.run(_run(LocalLauncher(found, place, Chance(), home_mb=home_mb), listening, known.pw_uid))


async def _run(local: LocalLauncher, listening: socket.socket, user: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(local.run())
        tasks.create_task(remote.serve(local, listening, user))
