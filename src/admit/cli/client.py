"""Calling the API of a server; nothing of the system is loaded for that."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.cli.products import PRODUCTS
from admit.rpc.signing import Call, SigningKey, sign_acs3

TIMEOUT_S = 60.0
UNTRUSTED = (
    "is not trusted: name the authority that signed its certificate by --ca, "
    "tls/ca.crt in the server's data directory"
)


class Unreachable(Exception):
    """The server cannot be reached."""


class Refused(Exception):
    """The server's answer is an error."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("Code", ""))
        self.message = str(body.get("Message", ""))
        self.request_id = str(body.get("RequestId", ""))
        super().__init__(f"{self.code}: {self.message}")


@dataclass(frozen=True, slots=True)
class Client:
    """Signs calls with one key and makes them."""

    key: SigningKey
    host: str
    send: Callable[[httpx.Request], httpx.Response]

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Make a call with wire-named parameters; structures travel as JSON, None not at all.

        Raises:
            Refused: the answer is an error.
            Unreachable: there is no answer.
        """
        form = {name: _written(value) for name, value in parameters.items() if value is not None}
        version, now, nonce = PRODUCTS[product].version, SystemClock().now(), Chance().text(32)
        call = Call("POST", self.host, action, version, {}, form, now, nonce)
        signed = sign_acs3(call, self.key)
        request = httpx.Request(
            "POST", f"http://{self.host}{signed.target}", headers=signed.headers, content=signed.body
        )
        answer = self.send(request)
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Unreachable(f"{self.host} answered, but not as admit does.")
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Refused(answer.status_code, body)
        return body


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@contextmanager
def remote(endpoint: str, key: SigningKey, ca_file: str | None) -> Iterator[Client]:
    """A client of a server elsewhere; ``endpoint`` is ``http://host:port`` or ``https://host:port``.

    Raises:
        Unreachable: the endpoint is no address, or the authority's file cannot be read.
    """
    url = _address(endpoint)
    host = url.netloc.decode()
    try:
        verify = ssl.create_default_context(cafile=ca_file) if url.scheme == "https" else False
    except OSError as error:
        raise Unreachable(f"{ca_file} is no authority's certificate: {error}") from None
    with httpx.Client(verify=verify, timeout=TIMEOUT_S) as http:

        def send(request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(scheme=url.scheme)
            try:
                return http.send(request)
            except httpx.TransportError as error:
                trusted = "CERTIFICATE_VERIFY_FAILED" not in str(error)
                what = "cannot be reached" if trusted else UNTRUSTED
                raise Unreachable(f"{endpoint} {what}: {error}") from None

        yield Client(key, host, send)


def _address(endpoint: str) -> httpx.URL:
    try:
        url = httpx.URL(endpoint if "://" in endpoint else f"http://{endpoint}")
    except httpx.InvalidURL as error:
        raise Unreachable(f"{endpoint} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Unreachable(f"{endpoint} is no address: write http(s)://host:port.")
    return url
