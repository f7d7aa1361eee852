"""A real `admit serve` process, and signed calls to it over real connections."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.control.founding import Founded
from admit.main import SERVICES
from admit.rpc.signing import Call, SigningKey, sign_acs3
from tests.system import Refused, flat

NOBODY = "nobody"
"""A system user who owns nothing."""
SOURCE = Path(__file__).resolve().parents[1] / "src"


def command(*words: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    """How `admit` is started here, and in which environment: nobody's own settings leak in."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ADMIT_")}
    # The usual port is one: tests that serve side by side would take it from each other.
    clean["ADMIT_SSH"] = ""
    return [sys.executable, "-m", "admit.cli", *words], {**clean, "PYTHONPATH": str(SOURCE), **environment}


def ran(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `admit` to its end."""
    line, variables = command(*words, **environment)
    return subprocess.run(line, env=variables, capture_output=True, text=True, check=False)


@dataclass
class Served:
    """A serving process that has said it is ready."""

    process: subprocess.Popen[str]
    urls: dict[str, str]
    """``host:port`` by scheme."""


@contextmanager
def serving(data: Path, *flags: str, before: tuple[str, ...] = (), **environment: str) -> Iterator[Served]:
    """Serve a data directory on free ports of this machine until the block ends.

    ``before`` is what the command line begins with: whatever starts it as somebody else.
    """
    flags = ("--http", "127.0.0.1:0", "--https", "", *flags)
    line, variables = command(
        "serve", "--data", str(data), *flags, **{"ADMIT_LOG_LEVEL": "ERROR", **environment}
    )
    with subprocess.Popen([*before, *line], env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            assert ready[:3] == ["admit", "is", "ready:"]
            yield Served(process, dict(url.split("://") for url in ready[3:]))
        finally:
            process.kill()


@contextmanager
def gating(control: Path, *flags: str, **environment: str) -> Iterator[Served]:
    """A gate as a process of its own, on a free port; as nobody where that can be had."""
    user = ("--user", NOBODY) if os.geteuid() == 0 else ()
    line, variables = command(
        *("ssh", "--control", str(control), "--ssh", "127.0.0.1:0", *user, *flags),
        **{"ADMIT_LOG_LEVEL": "ERROR", **environment},
    )
    with subprocess.Popen(line, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            assert ready[:3] == ["admit", "is", "ready:"]
            yield Served(process, dict(url.split("://") for url in ready[3:]))
        finally:
            process.kill()


@dataclass
class Caller:
    """One client with one connection that is kept."""

    address: str
    founded: Founded
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(self.address, timeout=30)

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Make a signed call.

        Raises:
            Refused: the answer is an error.
            OSError, http.client.HTTPException: there is none.
        """
        target, headers, body = self.signed(product, action, flat(parameters))
        self._forget_a_closed_connection()
        self.connection.request("POST", target, body, headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        if response.status >= 400:
            raise Refused(response.status, answer)
        return answer

    def _forget_a_closed_connection(self) -> None:
        """A server closes what was idle for long; between two calls it sends nothing else."""
        if self.connection.sock and select.select([self.connection.sock], [], [], 0)[0]:
            self.connection.close()

    def signed(
        self, product: str, action: str, parameters: Mapping[str, str]
    ) -> tuple[str, dict[str, str], bytes]:
        """Target, headers and body of a signed call."""
        version = next(each.version for each in SERVICES if each.product == product)
        key = SigningKey(self.founded.access_key_id, self.founded.access_key_secret)
        now, nonce = SystemClock().now(), Chance().text(32)
        signed = sign_acs3(Call("POST", self.address, action, version, {}, parameters, now, nonce), key)
        return signed.target, signed.headers, signed.body
