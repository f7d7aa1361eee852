"""A call that code is to be written for."""

import re
from dataclasses import dataclass
from typing import Any

from admit.explorer.fields import Field
from admit.rpc.operation import Operation

KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - the name of a variable
"""Where every sample reads the key from: the names that the vendor's clients know."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the call goes."""

    address: str
    """``host:port``, as a client writes it."""
    secure: bool

    @property
    def scheme(self) -> str:
        """What it is called over."""
        return "https" if self.secure else "http"


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation with the values it is called with."""

    operation: Operation
    fields: tuple[Field, ...]
    values: dict[str, Any]
    """Nested, by wire name."""
    server: Server

    @property
    def product(self) -> str:
        """The operation's service, as clients call it."""
        return self.operation.service.product

    @property
    def version(self) -> str:
        """The version of the service."""
        return self.operation.service.version

    @property
    def action(self) -> str:
        """The operation's name."""
        return self.operation.action


_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=^[A-Z])(?=[0-9])|(?<=^V)(?=Switch)")


def snake(name: str) -> str:
    """A wire name as the vendor's Python SDKs write it.

    ``HostId`` is ``host_id``, ``OSType`` is ``ostype``, ``VSwitchIds`` is ``v_switch_ids``.
    """
    return _WORDS.sub("_", name).lower()


def camel(name: str) -> str:
    """A wire name as Node writes it: ``HostAccountIds`` is ``hostAccountIds``."""
    return name[:1].lower() + name[1:]
