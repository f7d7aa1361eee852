"""What is kept of convenience users, and how they are told."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from admit.core.links import Kind
from admit.core.validity import DAY, Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.edsuser.vocabulary import LOCKED, SIMPLE
from admit.store import links, things
from admit.store.things import Thing, Where

ROOT_ORG = "org-aliyun-wy-org-id"
"""The organization above all; there are no others here."""

OwnerType = Annotated[
    Literal["Normal", "CreateFromManager"],
    like("Normal", "Normal: activated by the user. CreateFromManager: by an administrator."),
]

WyId = Annotated[str, like("41fd1254d8f7****", "The ID that no other user ever has.")]
NickName = Annotated[
    str, like("Alice", "What to call the user: the display name, or the remarks, or the name.")
]

NORMAL, LOCKED_STATUS = 0, 9
"""The numbers of ``Status``."""
Status = Annotated[int, like(NORMAL, "0: normal. 9: locked, by hand or because the AutoLockTime has come.")]

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9 -]{5,24}")


class Property(Shape):
    """A property of a user; there are none here."""

    key: str | None = None
    value: str | None = None


class UserDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a convenience user besides the name."""

    source: str
    """``SIMPLE``: the user is one of this service."""
    owner_type: OwnerType
    email: str | None = None
    phone: str | None = None
    real_nick_name: str | None = None
    remark: str | None = None
    org_id: str | None = None
    is_local_admin: bool = False
    password_expire_days: int | None = None
    password_set_at: Millis | None = None

    def rest_days(self, now: Millis) -> int | None:
        """How many days the password is still good for, the begun one counted; None if for ever."""
        if self.password_expire_days is None or self.password_set_at is None:
            return None
        end = self.password_set_at + self.password_expire_days * DAY
        return max(0, -((now - end) // DAY))

    def nick_name(self, name: str) -> str:
        """What to call the user of this name."""
        return self.real_nick_name or self.remark or name


def everybody(call: Call) -> Where:
    """The convenience users; names of AD domains are not among them."""
    return Where(Kind.USER, parent=call.world.account_key, details={"source": SIMPLE})


def locked_keys(call: Call, where: Where) -> set[int]:
    """The keys of those users that are locked: by hand, or because their AutoLockTime has come."""
    by_hand = replace(where, blocked=LOCKED)
    by_clock = replace(where, not_held_at=call.now)
    return {user.key for each in (by_hand, by_clock) for user in things.find(call.sql, each)}


def locked_among(call: Call, found: Sequence[Thing]) -> set[int]:
    """The keys of those among a few users that are locked."""
    return locked_keys(call, Where(Kind.USER, keys=[user.key for user in found])) if found else set()


def groups_of(call: Call, found: Sequence[Thing]) -> dict[int, list[Thing]]:
    """The user groups that each of a few users is in, by the user's key."""
    joined = links.joined(call.sql, [user.key for user in found], Kind.GROUP)
    groups = things.by_keys(call.sql, sorted({key for keys in joined.values() for key in keys}))
    return {user: [groups[key] for key in keys] for user, keys in joined.items()}


def is_email(text: str) -> bool:
    """Whether mail can be sent to it."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether it looks like a phone number."""
    return _PHONE.fullmatch(text) is not None
