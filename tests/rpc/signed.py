"""Signed requests to test with: recorded ones, and ones the vendor's SDK signs now."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import strategies as st

from admit.rpc import form
from admit.rpc.signature import COMMON_PARAMETERS, Scheme, SignatureFault, Wire, read_claim, verify

VECTORS = {
    v["name"]: v
    for v in json.loads((Path(__file__).parent / "vectors/signatures.json").read_text())["vectors"]
}
"""Requests recorded from unmodified clients."""

SECRET = "TestSecretKey000000000000000001"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PARAMETERS = st.dictionaries(TEXT.filter(lambda name: name not in COMMON_PARAMETERS), TEXT, max_size=6)


def arrived(method, target, headers, body):
    query = target.partition("?")[2]
    return Wire(method, "/", form.parse(query.encode()), form.parse(body), headers, body)


def recorded(name):
    request = VECTORS[name]["request"]
    headers = {key.lower(): value for key, value in request["headers"]}
    return request["method"], request["target"], headers, request["body"].encode()


def assert_verifies(wire, secret=SECRET):
    verify(wire, read_claim(wire), secret)


def refusal(wire, secret=SECRET):
    with pytest.raises(SignatureFault) as fault:
        assert_verifies(wire, secret)
    return fault.value.code, fault.value.message


def altered(text):
    """The text with one character changed, for each of its characters."""
    return [f"{text[:at]}{chr(ord(text[at]) ^ 1)}{text[at + 1 :]}" for at in range(len(text))]


def by_python_sdk(method="POST", query=None, body=None, headers=None):
    """A request as the current Python SDK signs it."""
    content = Utils.to_form(body or {})
    digest = hashlib.sha256(content.encode()).hexdigest()
    signed = {
        "host": "127.0.0.1:18080",
        "x-acs-action": "CreateUser",
        "x-acs-version": "2015-05-01",
        "x-acs-date": "2026-11-22T01:02:30Z",
        "x-acs-signature-nonce": "e41a03d94616f50b315d4bfa9aad7c79",
        "x-acs-content-sha256": digest,
        **({"content-type": "application/x-www-form-urlencoded"} if body else {}),
        **(headers or {}),
    }
    request = SimpleNamespace(method=method, pathname="/", query=query or {}, headers=signed)
    authorization = Utils.get_authorization(request, Scheme.ACS3.value, digest, "LTAI5t", SECRET)
    return Wire(
        method, "/", query or {}, body or {}, {**signed, "authorization": authorization}, content.encode()
    )


def v1(**parameters):
    """A v1 request signed as it stands, whatever it says."""
    common = {
        "AccessKeyId": "LTAI5t",
        "Action": "CreateUser",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "0ac3565c",
        "SignatureVersion": "1.0",
        "Timestamp": "2026-11-22T01:02:30Z",
        "Version": "2015-05-01",
    }
    query = {name: value for name, value in {**common, **parameters}.items() if value is not None}
    query.setdefault("Signature", Utils.get_rpcsignature(query, "POST", SECRET))
    return Wire("POST", "/", query, {}, {}, b"")
