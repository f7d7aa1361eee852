"""The words of convenience users, and finding what they name."""

from datetime import UTC, datetime
from typing import Annotated

from admit.base.chance import ID_LETTERS
from admit.control.world import World
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import SECOND, Millis
from admit.core.wildcards import Wildcards, compiled, translate
from admit.rpc.operation import Call, Service
from admit.rpc.paging import offset_of
from admit.rpc.shape import Shape, at_most, like
from admit.services.edsuser.errors import GroupNotFound, UserNotFound
from admit.store import things
from admit.store.things import Thing

edsuser = Service(
    product="eds-user",
    version="2021-03-08",
    title="Convenience users",
    ram_prefix="ecd",
)

ONE_LINE = r"^[^\x00-\x1f\x7f]*(?!\n)$"
"""The pattern of a text without control characters; `$` alone would let a line feed pass at the end."""

EndUserId = Annotated[
    str, like("alice", "The name of the user. DescribeUsers lists them.", min_length=1, max_length=256)
]
GroupId = Annotated[str, like("ug-12341234****", "The ID of the user group. DescribeGroups lists them.")]
GroupName = Annotated[
    str,
    like("Design", "The name of the user group, unique.", min_length=1, max_length=128, pattern=ONE_LINE),
]
GroupDescription = Annotated[
    str, like("All designers", "Remarks on the user group.", max_length=500, pattern=ONE_LINE)
]
Email = Annotated[str, like("alice@example.com", "The email address. Mail about access goes there.")]
Phone = Annotated[str, like("1381111****", "The phone number.")]
AutoLockTime = Annotated[
    str,
    like(
        "2027-01-31 18:00:00",
        "When the users are locked by themselves: yyyy-MM-dd HH:mm:ss, in UTC.",
    ),
]
BusinessChannel = Annotated[str, like("ENTERPRISE", "Accepted and not used.")]
NotPublic = Annotated[str, like("co-0esnf80jab***", "Not for public use: accepted and not used.")]
NextToken = Annotated[
    str,
    like("NTbzIwMA", "Where the page begins: the NextToken of the answer before. First page: leave it out."),
]
MaxResults = Annotated[int, like(200, "How many entries a page has: 200 unless told.", ge=1, le=500)]
MOST_BY_DEFAULT = 200
PageSize = Annotated[int, like(10, "How many entries a page has: 10 unless told.", ge=1, le=200)]
Filter = Annotated[
    str,
    like(
        "a*m",
        "Only users whose name or email address matches: * stands for any run of characters; "
        "a text without * may stand anywhere in them.",
        max_length=256,
    ),
]
Usernames = Annotated[tuple[EndUserId, ...], at_most(500, least=1)]
"""Names of users one call may be about."""

LOCKED = "locked"
"""The word that switches a user off."""
SIMPLE = "simple"
"""The ``source`` of a user kept here; App Streaming makes others for names of an AD domain."""


class Done(Shape):
    """The answer that says no more than that it was done."""


class FailedUser(Shape):
    """A user that a call about several could not be carried out for."""

    end_user_id: str
    error_code: str
    error_message: str


def unknown_user(name: str) -> FailedUser:
    """What is said of a name that no user has."""
    message = f"{name} is an invalid username."
    return FailedUser(end_user_id=name, error_code="InvalidUsername", error_message=message)


# -- finding ---------------------------------------------------------------------------------------


def find_user(call: Call, name: str) -> Thing | None:
    """The convenience user of this name."""
    found = things.by_handle(call.sql, Kind.USER, call.world.account_key, name)
    # Users of AD domains live beside them, held by more than their name.
    return found if found is not None and found.name == name else None


def find_ad_user(call: Call, name: str) -> Thing | None:
    r"""The user of an AD domain who is named ``DOMAIN\name``, in any case."""
    if "\\" not in name:
        return None
    return things.by_handle(call.sql, Kind.USER, call.world.account_key, name.casefold())


def user(call: Call, name: str) -> Thing:
    """The convenience user of this name.

    Raises:
        UserNotFound: there is none.
    """
    found = find_user(call, name)
    if found is None:
        raise UserNotFound(name)
    return found


def group(call: Call, group_id: str) -> Thing:
    """The user group of this id.

    Raises:
        GroupNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.GROUP, call.world.account_key, group_id)
    if found is None:
        raise GroupNotFound(group_id)
    return found


def new_group_id(world: World) -> str:
    """The id of a user group to be made."""
    return "ug-" + world.chance.text(17, ID_LETTERS)


# -- filters and pages -----------------------------------------------------------------------------


def pattern_of(text: str) -> Wildcards:
    """A ``Filter`` ready to be matched: only ``*`` is special, and without one it may stand anywhere."""
    pattern = text if "*" in text else f"*{text}*"
    return compiled((pattern,), translation=_stars_only, ignore_case=True)


def _stars_only(pattern: str) -> str:
    # No name holds a NUL, nor a question mark, which must not become a wildcard here.
    return translate(pattern.replace("?", "\0"))


def asked_page(next_token: str | None, max_results: int | None) -> tuple[int, int]:
    """``(offset, limit)`` of the page that a token asks for.

    Raises:
        InvalidNextToken: the token was not given out here.
    """
    return offset_of(next_token), max_results or MOST_BY_DEFAULT


# -- moments ---------------------------------------------------------------------------------------


def auto_lock(text: str | None, now: Millis) -> Millis | None:
    """The moment an ``AutoLockTime`` names; None if there is none.

    Raises:
        InvalidParameter: not of the form, or not to come.
    """
    if not text:
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidParameter("AutoLockTime", "it must be of the form yyyy-MM-dd HH:mm:ss.") from None
    found = int(moment.timestamp()) * SECOND
    if found <= now:
        raise InvalidParameter("AutoLockTime", "it must be a moment to come (UTC).")
    return found
