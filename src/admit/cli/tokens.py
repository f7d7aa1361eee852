"""Bearer tokens of programs that ask for decisions: making, listing, revoking."""

from datetime import UTC, datetime

import click
from rich.text import Text

from admit.base.clock import SystemClock
from admit.cli.ask import Duration, When
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import JSON, console, print_json, print_table
from admit.core.validity import SECOND, Millis


@click.group()
def token() -> None:
    """Make, list and revoke the bearer tokens of programs that ask for decisions."""


@token.command()
@click.argument("user")
@click.option("--name", required=True, help="What the token is called.")
@click.option("--until", type=When(), help="When it ends.")
@click.option("--for", "lasting", type=Duration(), help="How long it is good: 90d.")
@JSON
@connected
def create(  # noqa: PLR0913 - a command has the options people need
    client: Client, user: str, name: str, *, until: Millis | None, lasting: Millis | None, as_json: bool
) -> None:
    """Make a token for the RAM user USER, and print it: it cannot be read again."""
    if until is not None and lasting is not None:
        raise click.UsageError("Give --until or --for, not both.")
    end = until if lasting is None else SystemClock().now() + lasting
    made = client.call("admit", "CreateBearerToken", UserName=user, Name=name, EndTime=end)
    if as_json:
        print_json(made)
    else:
        console().print(Text(made["Token"]))


@token.command("list")
@click.argument("user")
@JSON
@connected
def list_(client: Client, user: str, *, as_json: bool) -> None:
    """List the tokens of the RAM user USER."""
    found = client.call("admit", "ListBearerTokens", UserName=user)["Tokens"]
    if as_json:
        print_json(found)
        return
    rows = [
        (each["TokenId"], each["Name"], _day(each["CreatedAt"]), _day(each.get("EndTime"))) for each in found
    ]
    print_table(("id", "name", "made", "ends"), rows)


@token.command()
@click.argument("user")
@click.argument("token_id")
@connected
def revoke(client: Client, user: str, token_id: str) -> None:
    """Revoke the token TOKEN_ID of the RAM user USER: it is refused from now on."""
    client.call("admit", "DeleteBearerToken", UserName=user, TokenId=token_id)
    console().print(Text(f"revoked  {token_id}"))


def _day(moment: Millis | None) -> str:
    if moment is None:
        return "no end"
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(" ", "minutes")
