"""A complete running example in a throw-away directory."""

import signal
import threading

import click

from admit.cli.output import console
from admit.demo.stage import PASSWORD, Failed, Stage, stage
from admit.demo.story import tell
from admit.demo.telling import Teller


@click.command()
@click.option("--once", is_flag=True, help="Walk through it, then shut down and exit.")
def demo(*, once: bool) -> None:
    """Run a complete example: a real server, the vendor's own SDK, and what each call changed."""
    out = console()
    try:
        with stage() as running:
            tell(Teller(running, out))
            if not once:
                _stay(running)
    except Failed as failure:
        click.echo(f"admit: the example failed: {failure}", err=True)
        raise SystemExit(1) from None
    click.echo("\nEverything did what it said. The example is gone.")


def _stay(running: Stage) -> None:
    """Keep the example up until Ctrl-C, with commands to copy."""
    data = running.data
    name, password = running.admin
    click.echo(f"""
The example stays up until Ctrl-C. Look at it in a browser:

  http://{running.endpoint}/console     who may reach what, as {name}, password {password}
  http://{running.endpoint}/explorer    every operation, with the code that calls it
  http://{running.endpoint}/home        what alice may use, as alice, password {PASSWORD}

Or in a terminal:

  export ADMIT_DATA={data} PATH="$PWD/.venv/bin:$PATH"
  admit what alice
  admit explain tom root@db-1
  admit grant group:dba root@db-1 --for 10m --preview
  admit grant group:dba root@db-1 --for 10m
  ssh -p {running.ssh_port} alice+root+db-1@127.0.0.1     # password {PASSWORD}
  admit revoke group:dba root@db-1                  # from another terminal: it cuts her off
  admit replay
  admit doctor

Or point an SDK at it: endpoint {running.endpoint}, protocol http,
access key {running.access_key_id}, secret {running.access_key_secret}""")
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    stop.wait()
