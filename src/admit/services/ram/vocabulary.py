"""The words of RAM, and its paging by marker."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from admit.control.callers import Caller
from admit.core.errors import InvalidNextToken
from admit.core.ram import MAX_DOCUMENT_CHARACTERS
from admit.rpc import paging
from admit.rpc.operation import Service
from admit.rpc.shape import like
from admit.services.ram.errors import InvalidParameter
from admit.store.things import Thing


def _words(parameters: Mapping[str, str], caller: Caller) -> Mapping[str, str]:
    """Who is meant where nobody is named, and whose a policy is."""
    own = caller.name if caller.kind == "RAMUser" else "*"
    user, group = parameters.get("UserName", own), parameters.get("GroupName", "*")
    return {
        "UserName": user,
        "NewUserName": parameters.get("NewUserName", user),
        "NewGroupName": parameters.get("NewGroupName", group),
        "PolicyOwner": "system" if parameters.get("PolicyType") == "System" else caller.account_id,
    }


ram = Service(
    product="ram",
    version="2015-05-01",
    title="RAM",
    ram_prefix="ram",
    arn_prefix="acs:ram:*:{account}:",
    invalid=InvalidParameter,
    words=_words,
)

THE_USER = "user/{UserName}"
THE_GROUP = "group/{GroupName}"
THE_ROLE = "role/{RoleName}"
THE_POLICY = "acs:ram:*:{PolicyOwner}:policy/{PolicyName}"
THE_OWN_POLICY = "policy/{PolicyName}"
"""A policy of the account, for operations that never touch those of the system."""


def _spelled(characters: str) -> str:
    # The look ahead keeps out a line feed at the end, which $ alone would let pass.
    return rf"^[{characters}]*(?!\n)$"


# -- names -----------------------------------------------------------------------------------------

UserName = Annotated[
    str,
    like(
        "zhangq****",
        "The name of the user: 1 to 64 letters, digits, periods, hyphens and underscores.",
        min_length=1,
        max_length=64,
        pattern=_spelled("A-Za-z0-9._-"),
    ),
]
GroupName = Annotated[
    str,
    like(
        "Dev-Team",
        "The name of the group: 1 to 64 letters, digits, periods, hyphens and underscores.",
        min_length=1,
        max_length=64,
        pattern=_spelled("A-Za-z0-9._-"),
    ),
]
RoleName = Annotated[
    str,
    like(
        "ECSAdmin",
        "The name of the role: 1 to 64 letters, digits, periods and hyphens.",
        min_length=1,
        max_length=64,
        pattern=_spelled("A-Za-z0-9.-"),
    ),
]
PolicyName = Annotated[
    str,
    like(
        "OSS-Administrator",
        "The name of the policy: 1 to 128 letters, digits and hyphens.",
        min_length=1,
        max_length=128,
        pattern=_spelled("A-Za-z0-9-"),
    ),
]
PolicyType = Annotated[
    Literal["System", "Custom"], like("Custom", "Whose the policy is: System or Custom (the account's own).")
]
VersionId = Annotated[
    str,
    like("v3", "The version of the policy. ListPolicyVersions lists them.", pattern=r"^v[0-9]{1,9}(?!\n)$"),
]
ResourceGroupId = Annotated[
    str,
    like("rg-acfmyl****", "A resource group. Accepted and not used: there are no resource groups here."),
]

# -- texts and dates -------------------------------------------------------------------------------

Comments = Annotated[str, like("Dev-Team", "A description of at most 128 characters.", max_length=128)]
Description = Annotated[
    str, like("OSS access", "A description of at most 1,024 characters.", max_length=1024)
]
Document = Annotated[
    str,
    like(
        '{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecd:*","Resource":"*"}]}',
        "The policy document, as JSON: at most 6,144 characters.",
        min_length=1,
        max_length=MAX_DOCUMENT_CHARACTERS,
    ),
]
TrustDocument = Annotated[
    str,
    like(
        '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"RAM":"acs:ram::1234567890123456:root"}}]}',
        "The trust policy, as JSON: who may assume the role. At most 6,144 characters.",
        min_length=1,
        max_length=MAX_DOCUMENT_CHARACTERS,
    ),
]
Date = Annotated[str, like("2026-01-23T12:33:18Z", "A moment: ISO 8601, UTC.")]

# -- paging by marker ------------------------------------------------------------------------------

Marker = Annotated[
    str, like("EXAMPLE", "Where the page begins: the Marker of the answer before. First page: leave it out.")
]
MaxItems = Annotated[int, like(100, "How many entries a page has: 100 unless told.", ge=1, le=1000)]
MAX_ITEMS = 100
"""How many entries a page has unless told."""
IsTruncated = Annotated[bool, Meta(description="Whether there are more; then Marker asks for them.")]


def begin(marker: str | None, parts: int = 1) -> tuple[int, ...] | None:
    """The place of the last entry before the page, by as many numbers; None for the first page.

    Raises:
        InvalidParameter: the marker was not given out here.
    """
    try:
        return paging.place_of(marker, parts)
    except InvalidNextToken:
        raise InvalidParameter("Marker", "it was not given out by this operation.") from None


def page(marker: str | None, max_items: int | None) -> tuple[int | None, int]:
    """The key after which a page of things begins, the oldest first, and how many it may have.

    Raises:
        InvalidParameter: the marker was not given out here.
    """
    place = begin(marker)
    return None if place is None else place[0], max_items or MAX_ITEMS


def cut(found: Sequence[Thing], limit: int) -> tuple[Sequence[Thing], str | None]:
    """A page of what was found from there on, and the marker that asks for the next one, if there is more."""
    shown = found[:limit]
    return shown, paging.marker(shown[-1].key) if len(found) > limit else None
