"""Which system a command is about, and the way to it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import click
from click.core import ParameterSource

from admit.cli.client import Client, Refused, Unreachable, remote
from admit.cli.commands import loaded
from admit.cli.output import DATA, NOT_REACHABLE, REFUSED, fail
from admit.cli.outside import value_of
from admit.rpc.form import FormFault
from admit.rpc.signing import SigningKey

Connect: TypeAlias = Callable[[], AbstractContextManager[Client]]
"""Opens the way to the system a command is about."""


def connectable(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``connect``, and the options that say which system it leads to."""

    @DATA
    @click.option(
        "--endpoint", envvar="ADMIT_ENDPOINT", help="A server to call instead: http(s)://host:port."
    )
    @click.option("--ca", envvar="ADMIT_CA", help="The authority that signed the server's certificate, PEM.")
    @click.option("--access-key-id", envvar="ALIBABA_CLOUD_ACCESS_KEY_ID", help="The key to sign with.")
    @click.option(
        "--access-key-secret",
        envvar="ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        help="Its secret, better as @FILE, or @- for standard input: others can read a command line.",
    )
    @wraps(command)
    def run(data: Path | None, endpoint: str | None, ca: str | None, **rest: Any) -> Any:
        key_id, secret = rest.pop("access_key_id"), rest.pop("access_key_secret")
        # A directory named on the command line counts more than a server named in the environment.
        if data is not None and _in_environment("endpoint"):
            endpoint = None
        # In the environment stands the key of a server, whichever that is: not that of a directory.
        if endpoint is None and _in_environment("access_key_id"):
            key_id = None
        if secret and not _in_environment("access_key_secret"):
            secret = value_of(secret)
        key = SigningKey(key_id, secret) if key_id and secret else None
        with failures():
            return command(connect=lambda: _way(data, endpoint, ca, key), **rest)

    return run


def connected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a ``client`` of the system its options say."""

    @connectable
    @wraps(command)
    def run(connect: Connect, **rest: Any) -> Any:
        with connect() as client:
            return command(client=client, **rest)

    return run


def _in_environment(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is ParameterSource.ENVIRONMENT


def _way(
    data: Path | None, endpoint: str | None, ca: str | None, key: SigningKey | None
) -> AbstractContextManager[Client]:
    if endpoint is None:
        opened: Callable[[Path | None, SigningKey | None], AbstractContextManager[Client]]
        opened = loaded("admit.cli.local:opened")
        return opened(data, key)
    if data is not None:
        raise click.UsageError("Give --data or --endpoint, not both.")
    if key is None:
        raise click.UsageError("With --endpoint, an access key is needed: --access-key-id and its secret.")
    return remote(endpoint, key, ca)


@contextmanager
def failures() -> Iterator[None]:
    """Turn what can go wrong on the way into a line or two and the right exit code."""
    try:
        yield
    except Refused as refusal:
        fail(f"{refusal.message}\n{refusal.code}, request {refusal.request_id}", REFUSED)
    except Unreachable as fault:
        fail(str(fault), NOT_REACHABLE)
    except FormFault as fault:
        raise click.UsageError(f"A parameter {fault.why}.") from None
