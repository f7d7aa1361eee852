"""From a response shape, or an error, to the bytes of an answer."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from admit.core.errors import AdmitError
from admit.rpc.shape import Shape

JSON_TYPE = "application/json;charset=utf-8"
XML_TYPE = "text/xml;charset=utf-8"
"""Exactly this: some SDKs know an XML error by this very text."""


class Answer(msgspec.Struct, frozen=True):
    """What goes back over HTTP."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    code: str = "OK"
    """The error's code, for the log."""
    request_id: str = ""
    revision: int | None = None
    """The version of the policy it was made at; None where no policy was asked."""


class Envelope(msgspec.Struct, frozen=True):
    """What every answer to one request carries, and the form it is wanted in."""

    request_id: str
    host: str
    action: str = ""
    xml: bool = False

    def success(self, response: Shape) -> Answer:
        """The answer of an operation."""
        return self.success_of(msgspec.json.encode(response))

    def success_of(self, encoded: bytes) -> Answer:
        """The answer of an operation whose response is JSON already, without its request id."""
        if self.xml:
            fields = {"RequestId": self.request_id, **msgspec.json.decode(encoded)}
            return Answer(
                200, _document(f"{self.action}Response", fields), XML_TYPE, request_id=self.request_id
            )
        rest = encoded[1:] if encoded == b"{}" else b"," + encoded[1:]
        body = b'{"RequestId":"%s"%s' % (self.request_id.encode(), rest)
        return Answer(200, body, request_id=self.request_id)

    def error(self, error: AdmitError) -> Answer:
        """The answer to a call that failed."""
        fields: dict[str, Any] = {
            "RequestId": self.request_id,
            "HostId": self.host,
            "Code": error.full_code,
            "Message": error.text,
            "Recommend": f"Look up {error.full_code} in the reference of this server.",
        }
        detail = getattr(error, "detail", None)
        if detail:
            fields["AccessDeniedDetail"] = detail
        if self.xml:
            return Answer(
                error.status, _document("Error", fields), XML_TYPE, error.full_code, self.request_id
            )
        return Answer(error.status, msgspec.json.encode(fields), JSON_TYPE, error.full_code, self.request_id)


def _document(root: str, fields: Mapping[str, Any]) -> bytes:
    body = "".join(_element(name, value) for name, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><{root}>{body}</{root}>'.encode()


def _element(name: str, value: Any) -> str:
    """One field; the items of a list are repeated elements without a wrapper."""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        inner = "".join(_element(each, item) for each, item in value.items())
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(_printable(str(value)))
    return f"<{name}>{inner}</{name}>"


def _printable(text: str) -> str:
    """``text`` without the characters XML 1.0 cannot carry."""
    return "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)
