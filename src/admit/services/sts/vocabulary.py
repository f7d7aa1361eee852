"""The words of STS."""

from collections.abc import Mapping
from typing import Annotated

from admit.control.callers import Caller
from admit.rpc.operation import Service
from admit.rpc.shape import like


def _words(parameters: Mapping[str, str], caller: Caller) -> Mapping[str, str]:
    """The role, without the part of its ARN that every resource name of the service begins with."""
    return {"Role": parameters.get("RoleArn", "*").removeprefix(f"acs:ram::{caller.account_id}:")}


sts = Service(
    product="sts",
    version="2015-04-01",
    title="STS",
    ram_prefix="sts",
    arn_prefix="acs:ram:*:{account}:",
    words=_words,
    conditions={"sts:SourceIdentity": "SourceIdentity", "sts:ExternalId": "ExternalId"},
)

# The look ahead keeps out a line feed at the end, which $ alone would let pass.
RoleArn = Annotated[
    str,
    like(
        "acs:ram::123456789012****:role/adminrole",
        "The ARN of the role to assume. GetRole and ListRoles show it.",
        pattern=r"^acs:ram::[0-9]+:role/[A-Za-z0-9.-]{1,64}(?!\n)$",
    ),
]
RoleSessionName = Annotated[
    str,
    like(
        "alice",
        "A name for the session, by which it is told from others of the role: "
        "2 to 64 letters, digits and . @ - _",
        min_length=2,
        max_length=64,
        pattern=r"^[A-Za-z0-9.@_-]*(?!\n)$",
    ),
]
DurationSeconds = Annotated[
    int,
    like(
        3600,
        "How long the session lasts, in seconds: from 900 to the MaxSessionDuration of the role; "
        "3600 unless told.",
        ge=900,
        le=43200,
    ),
]
ExternalId = Annotated[
    str,
    like(
        "abcd1234",
        "What an outside party gave the caller, for trust policies that ask for sts:ExternalId.",
        min_length=2,
        max_length=1224,
        pattern=r"^[A-Za-z0-9_+=,.@:/-]*(?!\n)$",
    ),
]
SourceIdentity = Annotated[
    str,
    like(
        "Alice",
        "Who is behind the session, for policies that ask for acs:SourceIdentity: 2 to 64 letters, "
        "digits and = , . @ - _",
        min_length=2,
        max_length=64,
        pattern=r"^[A-Za-z0-9=,.@_-]*(?!\n)$",
    ),
]
