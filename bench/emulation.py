"""Calls of the emulation peer, moto's IAM: users put into a group, signed as AWS has it (SigV4).

``make bench`` installs it, in an environment of its own; without that nothing is told of it.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

PYTHON = Path("build/moto/bin/python")
"""What ``tools/moto`` makes."""
GROUP = "staff"
USERS = 10_000
CALLERS = 16

_KEY_ID, _SECRET = "AKIAIOSFODNN7EXAMPLE", "bench"
_SIGNED = "content-type;host;x-amz-date"


def installed() -> bool:
    """Whether the peer is."""
    return PYTHON.exists()


def requests(many: int, begin: int) -> list[bytes]:
    """So many requests, each of which puts another user into the group."""
    return [_request(f"user-{begin + number}") for number in range(many)]


def _request(user: str) -> bytes:
    body = f"Action=AddUserToGroup&Version=2010-05-08&GroupName={GROUP}&UserName={user}".encode()
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    head = f"content-type:application/x-www-form-urlencoded\nhost:iam.amazonaws.com\nx-amz-date:{at}\n"
    canonical = f"POST\n/\n\n{head}\n{_SIGNED}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{at[:8]}/us-east-1/iam/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{_SECRET}".encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}"):
        key = hmac.digest(key, part.encode(), "sha256")
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={_KEY_ID}/{scope}, SignedHeaders={_SIGNED}, Signature={key.hex()}"
    )
    sent = head.replace("\n", "\r\n") + f"authorization: {authorization}\r\ncontent-length: {len(body)}\r\n"
    return f"POST / HTTP/1.1\r\n{sent}\r\n".encode() + body
