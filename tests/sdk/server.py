"""A server as its users get it: made by `admit init`, run by `admit serve`, stopped by SIGTERM."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from admit.rpc.signing import SigningKey
from tests.served import ran, serving


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and what `admit init` told of it."""

    urls: dict[str, str]
    """``host:port`` by scheme."""
    directory: Path
    """Its data directory."""
    ca_certificate: str
    """The path of the certificate of the data directory's own authority."""
    account_id: str
    key: SigningKey


def made(directory: Path) -> dict[str, str]:
    """What `admit init` says of a new data directory."""
    run = ran("init", "--data", str(directory), "--json")
    assert run.returncode == 0, run.stderr
    told: dict[str, str] = json.loads(run.stdout)
    return told


@contextmanager
def running(told: dict[str, str]) -> Iterator[Server]:
    """Serve HTTP and HTTPS on free ports; at the end the server must stop in good order."""
    key = SigningKey(told["access_key_id"], told["access_key_secret"])
    directory = Path(told["data_dir"])
    with serving(directory, "--https", "127.0.0.1:0") as served:
        server = Server(served.urls, directory, told["ca_certificate"], told["account_id"], key)
        assert ready(server)
        yield server
        served.process.terminate()
        assert served.process.wait() == 0


def ready(server: Server) -> bool:
    """Whether the server says so."""
    connection = HTTPConnection(server.urls["http"], timeout=30)
    connection.request("GET", "/readyz")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer == {"ready": True}
