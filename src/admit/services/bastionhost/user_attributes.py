"""What is kept of a user of a bastion host, and how it is shown."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from admit.control.bastionhost.bastion import LOCKED, Country, UserDetails
from admit.control.bastionhost.bastion import UserSource as Source
from admit.core.links import Kind
from admit.core.validity import BEGINNING, FOREVER, PERMANENT, SECOND, Millis, Validity
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InvalidArgument
from admit.services.bastionhost.vocabulary import ONE_LINE, UserId
from admit.store import links, things
from admit.store.things import Thing
from admit.store.views import kept_of_each

State: TypeAlias = Literal[
    "Normal",
    "Frozen",
    "Expired",
    "RemoteDeleted",
    "Inactive",
    "PasswordExpired",
    "RemoteDNChanged",
    "RemoteFrozen",
]
UserName = Annotated[
    str,
    like(
        "alice",
        "The name the user signs in with: letters, digits, underscores and hyphens.",
        min_length=1,
        max_length=128,
        # The look ahead keeps out a line feed at the end, which $ alone would let pass.
        pattern=r"^[A-Za-z0-9_-]+(?!\n)$",
    ),
]
UserSource = Annotated[
    Source,
    like("Local", "Where the user comes from: kept here, a RAM user, or a directory (AD or LDAP)."),
]
SourceUserId = Annotated[
    str,
    like(
        "247823888127488180",
        "Who the user is there: the ID of the RAM user, or the distinguished name in the directory.",
        max_length=1024,
    ),
]
DisplayName = Annotated[
    str,
    like(
        "Alice",
        "The name shown; by default the name the user signs in with.",
        max_length=128,
        pattern=ONE_LINE,
    ),
]
UserComment = Annotated[str, like("on call", "Remarks on the user.", max_length=500)]
Email = Annotated[
    str,
    like(
        "alice@example.com",
        "The user's e-mail address.",
        max_length=254,
        pattern=r"^([^@\s]+@[^@\s]+)?(?!\n)$",
    ),
]
Mobile = Annotated[str, like("13312345678", "The user's mobile number.", max_length=40)]
MobileCountryCode = Annotated[Country, like("CN", "The country of the mobile number; by default CN.")]
Seconds = Annotated[
    int,
    # The greatest value is in the year 5138, and refuses milliseconds.
    like(1767225600, "UNIX seconds; 0 for no bound.", ge=0, le=99_999_999_999),
]
NeedResetPassword = Annotated[
    bool, like(example=False, description="Whether the password must be changed at the next logon.")
]
TwoFactorStatus = Annotated[
    Literal["Global", "Disable", "Enable"],
    like("Global", "Whether a second factor is asked for: as set for all (the default), never, always."),
]
TwoFactorMethods = Annotated[
    str,
    like(
        '["email"]', "The second factor, a JSON array of one of sms, email, dingtalk and totp.", max_length=40
    ),
]
LanguageStatus = Annotated[
    Literal["Global", "Custom"],
    like("Global", "Whether messages are in the language set for all (the default) or in one's own."),
]
Language = Annotated[Literal["zh-cn", "en"], like("en", "The language of messages.")]


class User(Shape):
    """A user, with all attributes."""

    user_id: UserId
    user_name: UserName
    display_name: DisplayName
    source: UserSource
    user_state: Annotated[
        tuple[State, ...],
        like(["Normal"], "Frozen if locked, Expired outside the period of validity, else Normal."),
    ]
    comment: UserComment
    email: Email
    mobile: Mobile
    mobile_country_code: MobileCountryCode
    need_reset_password: NeedResetPassword
    two_factor_status: TwoFactorStatus
    two_factor_methods: tuple[str, ...]
    """The second factors asked for by the user's own setting."""
    language_status: LanguageStatus
    source_user_id: SourceUserId | None = None
    language: Language | None = None
    effective_start_time: Seconds | None = None
    """When the user begins to be valid, in UNIX seconds; absent if from the start."""
    effective_end_time: Seconds | None = None
    """When the user stops being valid, in UNIX seconds; absent if never."""


def shown(sql: Connection, users: Sequence[Thing], now: Millis) -> tuple[User, ...]:
    """Users as the wire shows them."""

    def find(keys: Sequence[int]) -> dict[int, User | _Bounded]:
        by_key = {user.key: user for user in users}
        valid = links.validities(sql, keys, Kind.PERSON)
        locked = things.blocked_among(sql, keys, LOCKED)
        return {key: _kept(by_key[key], valid.get(key, PERMANENT), locked=key in locked) for key in keys}

    kept = kept_of_each(sql, "users of bastion hosts", [user.key for user in users], find)
    return tuple([each if isinstance(each, User) else each.at(now) for each in kept.values()])


class _Bounded(NamedTuple):
    """A user who is not valid for ever, as shown while that is so, and as shown otherwise."""

    validity: Validity
    inside: User
    outside: User

    def at(self, moment: Millis) -> User:
        """The user as shown at a moment."""
        return self.inside if self.validity.holds_at(moment) else self.outside


def _kept(user: Thing, validity: Validity, *, locked: bool) -> User | _Bounded:
    """A user as shown, whatever the moment."""
    inside = _shown(user, validity, locked=locked)
    if validity.permanent:
        return inside
    outside = replace(inside, user_state=("Frozen", "Expired") if locked else ("Expired",))
    return _Bounded(validity, inside, outside)


def _shown(user: Thing, validity: Validity, *, locked: bool) -> User:
    kept = user.read(UserDetails)
    enabled = kept.two_factor_status == "Enable"
    return User(
        user_id=user.id,
        user_name=user.name,
        display_name=kept.display_name or user.name,
        source=kept.source,
        source_user_id=kept.source_user_id,
        user_state=("Frozen",) if locked else ("Normal",),
        comment=kept.comment,
        email=kept.email,
        mobile=kept.mobile,
        mobile_country_code=kept.mobile_country_code,
        need_reset_password=kept.need_reset_password,
        two_factor_status=kept.two_factor_status,
        two_factor_methods=kept.two_factor_methods if enabled else (),
        language_status=kept.language_status,
        language=kept.language if kept.language_status == "Custom" else None,
        effective_start_time=None if validity.start == BEGINNING else validity.start // SECOND,
        effective_end_time=None if validity.end == FOREVER else validity.end // SECOND,
    )


def period(start: int | None, end: int | None, was: Validity = PERMANENT) -> Validity:
    """The period two times in UNIX seconds say; what is left out stays as it was.

    Raises:
        InvalidArgument: it does not start before it ends.
    """
    begins = was.start if start is None else start * SECOND
    ends = was.end if end is None else end * SECOND or FOREVER
    if begins >= ends:
        raise InvalidArgument("EffectiveEndTime", "it must be later than EffectiveStartTime.", "Value")
    return Validity(begins, ends)


def methods(text: str | None) -> tuple[str, ...] | None:
    """The second factors a parameter names: a JSON array, or one of them as it is.

    Raises:
        InvalidArgument: not exactly one, or not one of those there are.
    """
    if not text:
        return None
    try:
        named = msgspec.json.decode(text, type=tuple[str, ...]) if text.lstrip().startswith("[") else (text,)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise InvalidArgument("TwoFactorMethods", "it is not a JSON array of texts.", "Format") from None
    if len(named) != 1 or named[0] not in ("sms", "email", "dingtalk", "totp"):
        raise InvalidArgument("TwoFactorMethods", "it must be one of sms, email, dingtalk, totp.", "Value")
    return named


def agreed(kept: UserDetails) -> UserDetails:
    """The attributes, if they agree with one another.

    Raises:
        InvalidArgument: a second factor, or what it needs, is missing; or so is the language.
    """
    if kept.two_factor_status == "Enable":
        if not kept.two_factor_methods:
            raise InvalidArgument("TwoFactorMethods", "it is required if TwoFactorStatus is Enable.")
        (method,) = kept.two_factor_methods
        if method == "email" and not kept.email:
            raise InvalidArgument("Email", "it is required if the second factor is email.")
        if method in ("sms", "dingtalk") and not kept.mobile:
            raise InvalidArgument("Mobile", f"it is required if the second factor is {method}.")
    if kept.language_status == "Custom" and kept.language is None:
        raise InvalidArgument("Language", "it is required if LanguageStatus is Custom.")
    return kept
