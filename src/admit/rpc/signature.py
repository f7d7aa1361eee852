"""Who a request says signed it, and whether the signature is right: ACS3-HMAC-SHA256 and HMAC-SHA1 (1.0).

Values in, values out. Looking up the key, judging time and token and keeping
nonces is the caller's, in its own order.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from admit.core.errors import MissingAction, MissingVersion
from admit.core.validity import SECOND, Millis
from admit.rpc import form


class Scheme(StrEnum):
    """How a request is signed; the value is the algorithm's name on the wire."""

    ACS3 = "ACS3-HMAC-SHA256"
    V1 = "HMAC-SHA1"
    BEARER = "BEARERTOKEN"
    ANONYMOUS = ""


class Wire(msgspec.Struct, frozen=True):
    """A request as it arrived; parameters are decoded, the body is not."""

    method: str
    path: str
    """Signed by neither scheme: the canonical URI of the RPC style is always ``/``."""
    query: dict[str, str]
    form: dict[str, str]
    headers: Mapping[str, str]
    """By lower-case name; several values of one name sorted and joined with a comma."""
    body: bytes


class Claim(msgspec.Struct, frozen=True):
    """What a request says of its signer; nothing of it is proven before :func:`verify`."""

    scheme: Scheme
    access_key_id: str = ""
    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    security_token: str | None = None
    """The STS token; of a bearer request, the bearer token."""
    signed_headers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # Neither the signature nor the token is for whoever reads a traceback.
        return f"Claim({self.scheme.name}, {self.access_key_id!r})"


class SignatureFault(Exception):
    """A request whose signature cannot be read or is wrong.

    All its codes answer with status 400: IncompleteSignature,
    InvalidSignatureMethod, InvalidSignatureNonce.Length, InvalidTimeStamp.Format,
    SignatureDoesNotMatch, and MissingX for a mandatory X (AccessKeyId, BearerToken,
    SignatureMethod, SignatureNonce, SignatureVersion, Timestamp).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


COMMON_PARAMETERS: Final = frozenset(
    {
        "AccessKeyId",
        "Action",
        "BearerToken",
        "Format",
        "SecureTransport",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "SourceIp",
        "Timestamp",
        "Version",
    }
)
"""Parameters of the protocol, of either scheme; no operation declares one of the same name.

SourceIp and SecureTransport are the caller's own claim about its connection:
known, so that they are not refused, and never believed.
"""

MAX_NONCE: Final = 256
"""The longest nonce, in characters, since each is kept for half an hour. SDKs make them shorter than 100."""

_ALWAYS_SIGNED: Final = frozenset(
    {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
)

_AMBIGUOUS_KEY: Final = re.compile("[&=%\n]")
_TIMESTAMP: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")


def read_claim(wire: Wire) -> Claim:
    """What the request says of its signer, by the scheme it uses.

    The header ``x-acs-action`` does not tell the scheme: clients of both send it.
    For ACS3 the body has been checked against its signed hash on return.

    Raises:
        SignatureFault: the signature is incomplete, of a kind not spoken here,
            or made for another body.
    """
    authorization = wire.headers.get("authorization")
    if authorization:
        return _acs3_claim(wire, authorization)
    parameters = _parameters(wire)
    if "Signature" in parameters:
        return _v1_claim(parameters)
    return _unsigned_claim(wire, parameters)


def _acs3_claim(wire: Wire, authorization: str) -> Claim:
    algorithm, _, rest = authorization.strip().partition(" ")
    if algorithm != Scheme.ACS3:
        # The header is not repeated in the message: under another algorithm it may be a password.
        raise SignatureFault(
            "InvalidSignatureMethod",
            "The Authorization header must begin with ACS3-HMAC-SHA256; no other algorithm is supported.",
        )
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, _, value = part.partition("=")
        if fields.setdefault(name.strip(), value.strip()) != value.strip():
            raise _incomplete("The Authorization header contradicts itself.")
    if not (fields.get("Credential") and fields.get("SignedHeaders") and fields.get("Signature")):
        raise _incomplete("The Authorization header must name Credential, SignedHeaders and Signature.")
    signed_headers = tuple(fields["SignedHeaders"].split(";"))
    _require_signed(wire, signed_headers)
    if not _same(hashlib.sha256(wire.body).hexdigest(), wire.headers["x-acs-content-sha256"]):
        raise SignatureFault(
            "SignatureDoesNotMatch", "The header x-acs-content-sha256 is not the SHA-256 of the request body."
        )
    return Claim(
        Scheme.ACS3,
        access_key_id=fields["Credential"],
        signature=fields["Signature"],
        timestamp=_mandatory(wire.headers, "x-acs-date", "Timestamp"),
        nonce=_nonce(wire.headers, "x-acs-signature-nonce"),
        security_token=wire.headers.get("x-acs-security-token") or None,
        signed_headers=signed_headers,
    )


def _require_signed(wire: Wire, signed_headers: tuple[str, ...]) -> None:
    absent = [name for name in signed_headers if name not in wire.headers]
    if absent:
        raise _incomplete(f"The request does not carry the signed header {absent[0]}.")
    # Without a body its type says nothing, and the transport of the asynchronous SDKs adds one unasked.
    present = {"x-acs-security-token"} | ({"content-type"} if wire.body else set())
    unsigned = (_ALWAYS_SIGNED | (present & wire.headers.keys())).difference(signed_headers)
    if unsigned:
        raise _incomplete(f"The request must carry and sign the header {min(unsigned)}.")


def _v1_claim(parameters: Mapping[str, str]) -> Claim:
    method = _mandatory(parameters, "SignatureMethod")
    version = _mandatory(parameters, "SignatureVersion")
    if method != Scheme.V1 or version != "1.0" or parameters.get("SignatureType"):
        raise SignatureFault(
            "InvalidSignatureMethod",
            "SignatureMethod must be HMAC-SHA1, SignatureVersion 1.0 and SignatureType empty; "
            "no others are supported.",
        )
    if not parameters["Signature"]:
        raise _incomplete("The parameter Signature is empty.")
    return Claim(
        Scheme.V1,
        access_key_id=_mandatory(parameters, "AccessKeyId"),
        signature=parameters["Signature"],
        timestamp=_mandatory(parameters, "Timestamp"),
        nonce=_nonce(parameters, "SignatureNonce"),
        security_token=parameters.get("SecurityToken") or None,
    )


def _unsigned_claim(wire: Wire, parameters: Mapping[str, str]) -> Claim:
    token = wire.headers.get("x-acs-bearer-token")
    if token or "BearerToken" in parameters or parameters.get("SignatureType") == Scheme.BEARER:
        return Claim(Scheme.BEARER, security_token=token or _mandatory(parameters, "BearerToken"))
    if "x-acs-zero-trust-idtoken" in wire.headers:
        raise SignatureFault("InvalidSignatureMethod", "Requests that carry an ID token are not supported.")
    return Claim(Scheme.ANONYMOUS)


def string_to_sign(wire: Wire, claim: Claim) -> tuple[str, ...]:
    """The strings the signature may have been made of, the most usual first.

    There are two where ACS3 clients disagree: the vendor's documents
    percent-encode the keys of the canonical query, its SDKs do not. Of a key that
    holds ``&``, ``=``, ``%`` or a line break only the encoded form counts, for
    as it stands one signature would fit several different queries.

    Raises:
        SignatureFault: the claim is of an unsigned request.
        FormFault: a parameter is not valid Unicode text.
    """
    if claim.scheme is Scheme.V1:
        return (_v1_string(wire),)
    if claim.scheme is not Scheme.ACS3:
        raise _incomplete("The request is not signed.")
    pairs = sorted(wire.query.items())
    encoded = form.write(pairs)
    keys = "".join(wire.query)
    if form.percent_encode(keys) == keys or _AMBIGUOUS_KEY.search(keys):
        return (_acs3_string(wire, claim, encoded),)
    raw = "&".join([f"{name}={form.percent_encode(value)}" for name, value in pairs])
    return _acs3_string(wire, claim, raw), _acs3_string(wire, claim, encoded)


def _acs3_string(wire: Wire, claim: Claim, query: str) -> str:
    # The path is "/" whatever was requested: with a prefix in the endpoint, SDKs request it and sign "/".
    headers = "".join([f"{name}:{wire.headers[name].strip()}\n" for name in claim.signed_headers])
    canonical = (
        f"{wire.method}\n/\n{query}\n{headers}\n"
        f"{';'.join(claim.signed_headers)}\n{wire.headers['x-acs-content-sha256']}"
    )
    return f"{Scheme.ACS3}\n{hashlib.sha256(_utf8(canonical)).hexdigest()}"


def _v1_string(wire: Wire) -> str:
    parameters = _parameters(wire)
    parameters.pop("Signature", None)
    joined = form.write(sorted(parameters.items()))
    # Encoded once, only these three are left to encode again.
    twice = joined.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    return f"{wire.method}&%2F&{twice}"


def verify(wire: Wire, claim: Claim, secret: str) -> None:
    """Returns when the request is signed with the secret, in time that does not tell how close it was.

    Raises:
        SignatureFault: it is not; the message ends in the string to sign, after
            the words by which the vendor's command line finds it.
    """
    strings = string_to_sign(wire, claim)
    for text in strings:
        if _same(sign(claim.scheme, secret, text), claim.signature):
            return
    raise SignatureFault(
        "SignatureDoesNotMatch",
        "The specified signature does not match the one calculated here; "
        f"server string to sign is:{strings[0]}",
    )


def sign(scheme: Scheme, secret: str, text: str) -> str:
    """The signature of a string to sign, by one of the two schemes that sign."""
    made = _keyed(scheme, secret).copy()
    made.update(_utf8(text))
    return made.hexdigest() if scheme is Scheme.ACS3 else b64encode(made.digest()).decode()


@lru_cache(maxsize=1024)
def _keyed(scheme: Scheme, secret: str) -> hmac.HMAC:
    """What signs with a secret, to be copied: to make it takes OpenSSL three times as long as to sign."""
    if scheme is Scheme.ACS3:
        return hmac.new(_utf8(secret), digestmod="sha256")
    return hmac.new(_utf8(secret + "&"), digestmod="sha1")


def operation_named(wire: Wire, claim: Claim) -> tuple[str, str]:
    """The Action and the Version, from where the scheme signs them.

    Clients of v1 send the headers of ACS3 too, unsigned: they count for nothing
    there. An unsigned request may name its operation either way.

    Raises:
        MissingAction, MissingVersion: it is not named.
    """
    parameters = {} if claim.scheme is Scheme.ACS3 else _parameters(wire)
    headers = {} if claim.scheme is Scheme.V1 else wire.headers
    action = parameters.get("Action") or headers.get("x-acs-action")
    version = parameters.get("Version") or headers.get("x-acs-version")
    if not action:
        raise MissingAction
    if not version:
        raise MissingVersion
    return action, version


def business_parameters(wire: Wire) -> dict[str, str]:
    """Query and form in one, the form winning, without the parameters of the protocol.

    Several clients add RegionId or AcceptLanguage to every call. Both stay, as
    some operations declare them; where one does not, it is to be ignored.
    """
    return {name: value for name, value in _parameters(wire).items() if name not in COMMON_PARAMETERS}


def _parameters(wire: Wire) -> dict[str, str]:
    return {**wire.query, **wire.form}


@lru_cache(maxsize=1024)
def parse_timestamp(text: str) -> Millis:
    """The moment a request was signed at; the form is ``YYYY-MM-DDThh:mm:ssZ`` and no other.

    Raises:
        SignatureFault: it is not of that form, or no such moment exists.
    """
    try:
        if _TIMESTAMP.fullmatch(text):
            return int(datetime.fromisoformat(text).timestamp()) * SECOND
    except ValueError:
        pass  # a day the month does not have
    raise SignatureFault(
        "InvalidTimeStamp.Format", "The timestamp must have the form YYYY-MM-DDThh:mm:ssZ, in UTC."
    )


def _mandatory(values: Mapping[str, str], name: str, parameter: str | None = None) -> str:
    value = values.get(name)
    if not value:
        raise SignatureFault(
            f"Missing{parameter or name}",
            f'The input parameter "{name}" that is mandatory for processing this request is not supplied.',
        )
    return value


def _nonce(values: Mapping[str, str], name: str) -> str:
    value = _mandatory(values, name, "SignatureNonce")
    if len(value) > MAX_NONCE:
        raise SignatureFault(
            "InvalidSignatureNonce.Length", f"The signature nonce is longer than {MAX_NONCE} characters."
        )
    return value


def _incomplete(message: str) -> SignatureFault:
    return SignatureFault("IncompleteSignature", message)


def _same(ours: str, theirs: str) -> bool:
    # In bytes: compare_digest refuses text that is not ASCII, and theirs may be anything.
    return hmac.compare_digest(_utf8(ours), _utf8(theirs))


def _utf8(text: str) -> bytes:
    # A header decoded leniently may hold lone surrogates: they must fail to match, not fail to encode.
    return text.encode("utf-8", "surrogatepass")
