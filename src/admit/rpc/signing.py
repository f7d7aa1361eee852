"""Signs the calls of our own client; the other end of :mod:`admit.rpc.signature`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from admit.core.validity import SECOND, Millis
from admit.rpc import form
from admit.rpc.signature import Claim, Scheme, Wire, sign, string_to_sign


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An access key as its owner holds it."""

    access_key_id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    """Of a temporary key."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call about to be signed; ``now`` and ``nonce`` are signed with it."""

    method: str
    host: str
    action: str
    version: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    now: Millis
    nonce: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A request to be sent as it stands, every byte of it."""

    target: str
    """Path and query."""
    headers: dict[str, str]
    body: bytes


def sign_acs3(call: Call, key: SigningKey) -> Signed:
    """The call signed with ACS3-HMAC-SHA256, as current SDKs do.

    Raises:
        FormFault: a parameter is not valid Unicode text.
    """
    body = form.write(call.form.items()).encode()
    headers = {
        "host": call.host,
        **({"content-type": "application/x-www-form-urlencoded"} if call.form else {}),
        "x-acs-action": call.action,
        "x-acs-version": call.version,
        "x-acs-date": format_timestamp(call.now),
        "x-acs-signature-nonce": call.nonce,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    if key.security_token:
        headers["x-acs-security-token"] = key.security_token
    signed_headers = tuple(sorted(headers))
    wire = Wire(call.method, "/", dict(call.query), dict(call.form), headers, body)
    # The last string has its keys percent-encoded: the form that fits one query only.
    text = string_to_sign(wire, Claim(Scheme.ACS3, signed_headers=signed_headers))[-1]
    headers["authorization"] = (
        f"{Scheme.ACS3} Credential={key.access_key_id},SignedHeaders={';'.join(signed_headers)},"
        f"Signature={sign(Scheme.ACS3, key.secret, text)}"
    )
    return Signed(_target(call.query), headers, body)


def format_timestamp(moment: Millis) -> str:
    """The moment as both schemes write it, cut to the second; :func:`signature.parse_timestamp` reads it."""
    return datetime.fromtimestamp(moment // SECOND, tz=UTC).isoformat().replace("+00:00", "Z")


def _target(query: Mapping[str, str]) -> str:
    return f"/?{form.write(query.items())}" if query else "/"
