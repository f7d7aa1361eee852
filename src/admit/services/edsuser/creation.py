"""Convenience users: how they come in."""

import re
from collections.abc import Mapping
from typing import Annotated

from admit.control import grants, people
from admit.control.signing_in import passwords
from admit.control.things import New
from admit.control.world import World
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import PERMANENT, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.edsuser.directory import ROOT_ORG, OwnerType, UserDetails, is_email, is_phone
from admit.services.edsuser.vocabulary import (
    ONE_LINE,
    SIMPLE,
    AutoLockTime,
    BusinessChannel,
    Email,
    EndUserId,
    GroupId,
    Phone,
    auto_lock,
    edsuser,
    find_user,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing

_NAME = re.compile(r"[a-z0-9_]{3,24}")
_CLASSES = (str.isupper, str.islower, str.isdigit, lambda letter: not (letter.isalnum() or letter.isspace()))


Password = Annotated[
    str,
    like(
        "Correct-Horse-7",
        "The password: at least 10 characters, of three of the kinds upper-case letters, "
        "lower-case letters, digits, special characters.",
        max_length=256,
    ),
]
RealNickName = Annotated[
    str, like("Alice Liddell", "The name that people read.", max_length=128, pattern=ONE_LINE)
]
Remark = Annotated[str, like("Designer", "Remarks on the user.", max_length=500, pattern=ONE_LINE)]
PasswordExpireDays = Annotated[
    str,
    like(
        "90",
        "For how many days a password is good: 30 to 365. For ever unless told.",
        pattern=r"^[0-9]{1,3}(?!\n)$",
    ),
]


def is_strong(password: str) -> bool:
    """Whether a password is as the vendor asks: 10 characters, of three kinds."""
    kinds = sum(any(kind(letter) for letter in password) for kind in _CLASSES)
    return len(password) >= 10 and kinds >= 3


class NewUser(Shape):
    """A convenience user to be made."""

    end_user_id: EndUserId
    """The name: 3 to 24 lower-case letters, digits and underscores."""
    email: Email | None = None
    """The email address; it or Phone must be given, unless an administrator activates the user."""
    phone: Phone | None = None
    password: Password | None = None
    """The user's own first password, instead of the common one."""
    real_nick_name: RealNickName | None = None
    remark: Remark | None = None
    org_id: Annotated[str, like(ROOT_ORG, "The organization; the topmost is the only one.")] | None = None
    owner_type: OwnerType = "Normal"
    group_id_list: Annotated[tuple[GroupId, ...], at_most(100)] = ()
    """The user groups the user is in from the start."""


class CreatedUser(Shape):
    """A convenience user that was made."""

    end_user_id: EndUserId
    email: Email | None = None
    phone: Phone | None = None
    real_nick_name: RealNickName | None = None
    remark: Remark | None = None


class RefusedUser(Shape):
    """A convenience user that was not made."""

    end_user_id: str
    error_code: str
    error_message: str
    email: str | None = None
    phone: str | None = None


class CreateResult(Shape):
    """Which users were made and which were not."""

    created_users: tuple[CreatedUser, ...]
    failed_users: tuple[RefusedUser, ...]


class _Unfit(Exception):
    """Why one user cannot be made: a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@edsuser.operation("create", errors=(InvalidParameter,), form=("users", "password"))
class CreateUsers(Shape):
    """Creates up to 100 convenience users. A user that cannot be made does not stop the others.

    Ours: no mail is sent here; without a password a user has none until one is set.
    Ours: a faulty user fails alone, with InvalidUsername, InvalidEmail, InvalidPhone, InvalidPassword,
    MissingContact, GroupNotFound or OrgNotFound; a weak common password fails the whole call.
    Ours: a user that an administrator activates (CreateFromManager) needs neither email nor phone.
    """

    users: Annotated[tuple[NewUser, ...], at_most(100, least=1)]
    """The users."""
    password: Password | None = None
    """The first password of all that have none of their own."""
    password_expire_days: PasswordExpireDays | None = None
    is_local_admin: bool = False
    """Whether the users are administrators of their desktops."""
    auto_lock_time: AutoLockTime | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """What became of each user."""

        all_succeed: bool
        create_result: CreateResult

    def prepare(self, view: Call) -> Mapping[str, str]:
        """The hash of each password, once what is common to the users is checked."""
        if self.password and not is_strong(self.password):
            raise InvalidParameter("Password", "it is too short, or of fewer than three kinds of characters.")
        days = self._days()
        if days is not None and not 30 <= days <= 365:
            raise InvalidParameter("PasswordExpireDays", "it must be 30 to 365.")
        auto_lock(self.auto_lock_time, view.now)
        # Users that begin with the common password share a hash.
        given = dict.fromkeys(new.password or self.password or "" for new in self.users)
        return {each: passwords.hashed(view.world, each) for each in given if is_strong(each)}

    def handle(self, call: Call, hashes: Mapping[str, str]) -> Response:
        """Make one user after the other."""
        end = auto_lock(self.auto_lock_time, call.now)
        validity = PERMANENT if end is None else Validity(end=end)
        created, failed = [], []
        for new in self.users:
            try:
                groups = _fit(call, new)
            except _Unfit as unfit:
                failed.append(_refused(new, unfit))
                continue
            password = new.password or self.password
            details = _details(
                new, call, days=self._days(), is_local_admin=self.is_local_admin, password=password
            )
            made = _make(call, new.end_user_id, details, validity)
            for group in groups:
                grants.grant(call.tx, made, group)
            if password:
                passwords.keep_hash(call.tx, call.world, made, hashes[password])
            created.append(_created(new))
        result = CreateResult(created_users=tuple(created), failed_users=tuple(failed))
        return self.Response(all_succeed=not failed, create_result=result)

    def _days(self) -> int | None:
        return None if self.password_expire_days is None else int(self.password_expire_days)


def _fit(call: Call, new: NewUser) -> list[Thing]:
    """The groups of a user to be made.

    Raises:
        _Unfit: it cannot be made.
    """
    name = new.end_user_id
    if not _NAME.fullmatch(name):
        raise _Unfit("InvalidUsername", f"{name} is an invalid username.")
    if find_user(call, name) is not None:
        raise _Unfit("ExistedEndUserId", f"The username {name} is used by another user.")
    if new.email and not is_email(new.email):
        raise _Unfit("InvalidEmail", "The email address is not valid.")
    if new.phone and not is_phone(new.phone):
        raise _Unfit("InvalidPhone", "The phone number is not valid.")
    if new.owner_type == "Normal" and not (new.email or new.phone):
        raise _Unfit("MissingContact", "An email address or a phone number is mandatory.")
    if new.password and not is_strong(new.password):
        raise _Unfit("InvalidPassword", "The password is too short or of too few kinds of characters.")
    if new.org_id and new.org_id != ROOT_ORG:
        raise _Unfit("OrgNotFound", f"The organization {new.org_id} does not exist.")
    groups = []
    for group_id in dict.fromkeys(new.group_id_list):
        found = things.by_id(call.sql, Kind.GROUP, call.world.account_key, group_id)
        if found is None:
            raise _Unfit("GroupNotFound", f"The user group {group_id} does not exist.")
        groups.append(found)
    return groups


def _details(
    new: NewUser, call: Call, *, days: int | None, is_local_admin: bool, password: str | None
) -> UserDetails:
    return UserDetails(
        SIMPLE,
        new.owner_type,
        email=new.email or None,
        phone=new.phone or None,
        real_nick_name=new.real_nick_name or None,
        remark=new.remark or None,
        org_id=new.org_id or None,
        is_local_admin=is_local_admin,
        password_expire_days=days,
        password_set_at=call.now if password else None,
    )


def made(tx: Tx, world: World, account: Thing, name: str) -> Thing:
    """A convenience user of whom no more is known than the name: without a password, until one is set.

    Raises:
        HandleTaken: there is a user of that name.
    """
    wy_id = world.chance.text(16, "0123456789abcdef")
    details = UserDetails(SIMPLE, "CreateFromManager")
    return people.add_user(tx, New(Kind.USER, account.key, name, details, wy_id, handle=name))


def _make(call: Call, name: str, details: UserDetails, validity: Validity) -> Thing:
    # The name can be used again after a removal, an id never can.
    wy_id = call.world.chance.text(16, "0123456789abcdef")
    new = New(Kind.USER, call.world.account_key, name, details, wy_id, handle=name)
    return people.add_user(call.tx, new, validity)


def _created(new: NewUser) -> CreatedUser:
    return CreatedUser(
        end_user_id=new.end_user_id,
        email=new.email or None,
        phone=new.phone or None,
        real_nick_name=new.real_nick_name or None,
        remark=new.remark or None,
    )


def _refused(new: NewUser, unfit: _Unfit) -> RefusedUser:
    return RefusedUser(
        end_user_id=new.end_user_id,
        error_code=unfit.code,
        error_message=unfit.message,
        email=new.email,
        phone=new.phone,
    )
