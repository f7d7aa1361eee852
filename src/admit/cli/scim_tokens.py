"""Connections of outside directories that feed people in by SCIM: making, listing, ending."""

import click
from rich.text import Text

from admit.base.clock import SystemClock
from admit.cli.ask import Duration
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, console, print_json, print_table
from admit.core.validity import Millis

INSTANCE = click.option("--instance", help="The IDaaS instance it feeds; the oldest unless told.")


@click.group("scim-token")
def scim_token() -> None:
    """Make, list and end the connections of outside directories (SCIM)."""


@scim_token.command()
@click.argument("name")
@INSTANCE
@click.option(
    "--also", multiple=True, help="Where its people get a user besides: eds-user, or a bastion host's ID."
)
@click.option("--for", "lasting", type=Duration(), help="How long the token is good: 365d.")
@JSON
@connected
def create(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    name: str,
    *,
    instance: str | None,
    also: tuple[str, ...],
    lasting: Millis | None,
    as_json: bool,
) -> None:
    """Make a connection called NAME, and print its token: it cannot be read again."""
    end = None if lasting is None else SystemClock().now() + lasting
    made = client.call(
        "admit",
        "CreateScimConnection",
        Name=name,
        InstanceId=instance,
        Directories=list(also) or None,
        EndTime=end,
    )
    if as_json:
        print_json(made)
    else:
        console().print(Text(made["Token"]))


@scim_token.command("list")
@INSTANCE
@JSON
@connected
def list_(client: Client, *, instance: str | None, as_json: bool) -> None:
    """List the connections."""
    found = client.call("admit", "ListScimConnections", InstanceId=instance)["Connections"]
    if as_json:
        print_json(found)
        return
    rows = [(each["ConnectionId"], each["Name"], ", ".join(each["Directories"])) for each in found]
    print_table(("id", "name", "besides"), rows)


@scim_token.command()
@click.argument("connection_id")
@INSTANCE
@connected
def revoke(client: Client, connection_id: str, *, instance: str | None) -> None:
    """End the connection with this ID; what it made stays."""
    client.call("admit", "DeleteScimConnection", ConnectionId=connection_id, InstanceId=instance)
