"""Calling a server elsewhere."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.cli import main
from admit.control.founding import Founded
from admit.main import create
from admit.settings import Settings
from tests.served import Served, serving


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Founded]:
    data = tmp_path_factory.mktemp("elsewhere") / "data"
    return data, create(Settings(data=data), SystemClock(), Chance())


@pytest.fixture(scope="module")
def served(made: tuple[Path, Founded]) -> Iterator[Served]:
    with serving(made[0], "--https", "127.0.0.1:0") as server:
        yield server


def called(endpoint: str, founded: Founded, *words: str) -> Result:
    environment = {
        "ADMIT_ENDPOINT": endpoint,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": founded.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": founded.access_key_secret,
    }
    return CliRunner().invoke(main, ["call", "bastionhost", "DescribeInstances", *words], env=environment)


def test_a_server_is_called_over_http_with_the_key_of_the_environment(
    served: Served, made: tuple[Path, Founded]
):
    result = called(served.urls["http"], made[1])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["TotalCount"] == 1


def test_a_server_is_called_over_https_if_its_authority_is_named(served: Served, made: tuple[Path, Founded]):
    endpoint = f"https://localhost:{served.urls['https'].rpartition(':')[2]}"
    trusted = called(endpoint, made[1], "--ca", str(made[0] / "tls/ca.crt"))
    untrusted = called(endpoint, made[1])

    assert trusted.exit_code == 0
    assert json.loads(trusted.stdout)["TotalCount"] == 1
    assert untrusted.exit_code == 3
    assert "name the authority that signed its certificate by --ca" in untrusted.stderr.replace("\n", " ")
    assert "CERTIFICATE_VERIFY_FAILED" in untrusted.stderr


def test_an_authority_that_is_not_there_is_told(made: tuple[Path, Founded]):
    result = called("https://127.0.0.1:1", made[1], "--ca", "/nowhere/ca.crt")

    assert result.exit_code == 3
    assert "/nowhere/ca.crt is no authority's certificate" in result.stderr


@pytest.mark.parametrize("endpoint", ["http://x:port", "http://", "gopher://x"])
def test_what_is_no_address_is_told(made: tuple[Path, Founded], endpoint: str):
    result = called(endpoint, made[1])

    assert result.exit_code == 3
    assert "is no address" in result.stderr


class _Stranger(BaseHTTPRequestHandler):
    """A web server of another kind."""

    page = b""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("page", [b"<html>It works!</html>", b"[]", b"\xff"])
def test_a_server_of_another_kind_is_not_taken_for_admit(made: tuple[Path, Founded], page: bytes):
    server = HTTPServer(("127.0.0.1", 0), type("Page", (_Stranger,), {"page": page}))
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    result = called(f"127.0.0.1:{server.server_port}", made[1])
    thread.join()
    server.server_close()

    assert result.exit_code == 3
    assert "answered, but not as admit does" in result.stderr
