"""Using a cloud role: a command with a temporary key in its environment, or the key for an SDK that asks."""

import os
import subprocess
import sys

import click

from admit.cli.ask import Duration
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.output import print_json
from admit.core.validity import SECOND, Millis

NOT_STARTED = 127
"""The exit code of a command that is not there, as shells have it."""


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("role", metavar="ROLE")
@click.argument("command", metavar="[COMMAND ...]", nargs=-1, type=click.UNPROCESSED)
@click.option("--person", help="For whom, if not for the person of the caller's own name.")
@click.option("--for", "lasting", type=Duration(), help="How long the key lasts at most: 15m, 1h.")
@connected
def role(
    client: Client, role: str, command: tuple[str, ...], person: str | None, lasting: Millis | None
) -> None:
    """Run a command with a temporary key for a cloud role; without one, print the key as JSON.

    The key ends with the access, and is dead the moment that is taken back. What is printed is what the
    aliyun CLI and the SDKs read from a credential process.
    """
    seconds = None if lasting is None else lasting // SECOND
    answer = client.call(
        "admit", "GetCloudRoleCredentials", Role=role, Person=person, DurationSeconds=seconds
    )
    made = answer["Credentials"]
    key_id, secret, token = made["AccessKeyId"], made["AccessKeySecret"], made["SecurityToken"]
    line = command[1:] if command[:1] == ("--",) else command
    if not line:
        print_json(
            {
                "mode": "StsToken",
                "access_key_id": key_id,
                "access_key_secret": secret,
                "sts_token": token,
                "expiration": made["Expiration"],
            }
        )
        return
    sys.exit(_run(line, key_id, secret, token))


def _run(command: tuple[str, ...], key_id: str, secret: str, token: str) -> int:
    """Run a command to its end; the names are those of the SDKs and the CLI, then of Terraform."""
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": token,
        "ALICLOUD_ACCESS_KEY": key_id,
        "ALICLOUD_SECRET_KEY": secret,
        "ALICLOUD_SECURITY_TOKEN": token,
    }
    environment = dict(os.environ)  # noqa: TID251 - what it starts has ours
    try:
        done = subprocess.run(command, env=environment | key, check=False)  # noqa: S603 - theirs to choose
    except OSError as error:
        click.echo(f"admit: {command[0]}: {error.strerror}", err=True)
        return NOT_STARTED
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
