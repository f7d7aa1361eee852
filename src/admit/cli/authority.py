"""The authorities that others are asked to trust."""

import click

from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, print_json


@click.group()
def authority() -> None:
    """Show what hosts are to trust."""


@authority.command()
@JSON
@connected
def ssh(client: Client, *, as_json: bool) -> None:
    """Print the public key of the SSH user authority, for TrustedUserCAKeys in a host's sshd_config."""
    key = client.call("admit", "GetSshAuthority")["PublicKey"]
    if as_json:
        print_json({"public_key": key})
    else:
        click.echo(key)
