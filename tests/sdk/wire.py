"""Requests made by hand, byte by byte, to a running server."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from admit.main import SERVICES
from admit.rpc.signing import SigningKey
from tests.sdk.server import Server

VERSIONS = {service.product: service.version for service in SERVICES}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def refused(self) -> tuple[int, str]:
        """The status, and the code of an error."""
        return self.status, self.json["Code"]


@dataclass
class Wire:
    """One connection to a server."""

    server: Server
    key: SigningKey
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(self.server.urls["http"], timeout=30)

    @property
    def host(self) -> str:
        """The server's address."""
        return self.server.urls["http"]

    # -- signed with HMAC-SHA1 -------------------------------------------------------------------------

    def v1(self, product: str, action: str, method: str = "POST", **parameters: str | None) -> dict[str, str]:
        """All parameters of a call, with its signature among them; they may travel in query and form alike.

        None leaves out what would be there; a Signature that is given stays as it is.
        """
        common = {
            "Action": action,
            "Version": VERSIONS.get(product, product),
            "AccessKeyId": self.key.access_key_id,
            "SecurityToken": self.key.security_token,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid4().hex,
            "Timestamp": moment(),
        }
        sent = {name: value for name, value in (common | parameters).items() if value is not None}
        sent.setdefault("Signature", self.signature(v1_string(method, sent)))
        return sent

    def signature(self, text: str) -> str:
        """The signature of a string to sign."""
        signed = hmac.digest(f"{self.key.secret}&".encode(), text.encode(), "sha1")
        return base64.b64encode(signed).decode()

    def get(self, product: str, action: str, **parameters: str | None) -> Answer:
        """A call by GET, all in the query."""
        return self.send("GET", target(self.v1(product, action, "GET", **parameters)))

    def post(self, product: str, action: str, **parameters: str | None) -> Answer:
        """A call by POST, all in the form body, as pop-core sends it."""
        return self.send("POST", "/", urlencode(self.v1(product, action, **parameters)).encode(), FORM)

    # -- signed with HMAC-SHA256 -----------------------------------------------------------------------

    def acs3(
        self, product: str, action: str, query: Mapping[str, str] = {}, body: bytes = b"", **headers: str
    ) -> dict[str, str]:
        """The headers of a call by POST; ``headers`` adds some, or changes what is signed."""
        signed = {
            "host": self.host,
            "x-acs-action": action,
            "x-acs-version": VERSIONS.get(product, product),
            "x-acs-date": moment(),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            **(FORM if body else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.key.security_token is not None:
            signed["x-acs-security-token"] = self.key.security_token
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        pairs = "&".join(f"{name}={encoded(value)}" for name, value in sorted(query.items()))
        canonical = f"POST\n/\n{pairs}\n{lines}\n{names}\n{signed['x-acs-content-sha256']}"
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self.key.secret.encode(), text.encode(), "sha256").hex()
        credential = f"Credential={self.key.access_key_id},SignedHeaders={names},Signature={signature}"
        return {**signed, "authorization": f"ACS3-HMAC-SHA256 {credential}"}

    # -- sent ------------------------------------------------------------------------------------------

    def send(
        self, method: str, where: str = "/", body: Any = None, headers: Mapping[str, str] = {}, **more: Any
    ) -> Answer:
        """What is answered to a request; the connection stays open."""
        self.connection.request(method, where, body, dict(headers), **more)
        return read(self.connection.getresponse())

    def opened(self) -> socket.socket:
        """A connection to write bytes to."""
        host, port = self.host.split(":")
        return socket.create_connection((host, int(port)), timeout=30)


def read(response: HTTPResponse) -> Answer:
    """All of a response."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def target(parameters: Mapping[str, str]) -> str:
    """Path and query."""
    return f"/?{urlencode(parameters)}"


def v1_string(method: str, parameters: Mapping[str, str]) -> str:
    """The string to sign of a call signed with HMAC-SHA1."""
    joined = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(parameters.items()))
    return f"{method}&%2F&{encoded(joined)}"


def encoded(text: str) -> str:
    """Percent-encoded, as both signatures want it."""
    return quote(text, safe="-_.~")


def moment(minutes: int = 0) -> str:
    """Some minutes from now, as requests write it."""
    return datetime.fromtimestamp(int(time.time()) + minutes * MINUTE_S, tz=UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
