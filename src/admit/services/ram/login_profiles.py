"""Passwords with which RAM users sign in to the console."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.signing_in import passwords
from admit.control.signing_in.web_sessions import reset_password
from admit.core.errors import AdmitError
from admit.core.validity import Millis, iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import user
from admit.services.ram.errors import (
    InvalidParameter,
    LoginProfileExists,
    LoginProfileNotFound,
    UserNotFound,
    WeakPassword,
)
from admit.services.ram.users import UserDetails
from admit.services.ram.vocabulary import THE_USER, Date, UserName, ram
from admit.store import things
from admit.store.things import Thing

Password = Annotated[
    str,
    like(
        "Correct-Horse-7",
        "The password: 8 to 128 characters, upper and lower case letters, digits and others.",
        max_length=128,
    ),
]
PasswordResetRequired = Annotated[
    bool, like(example=False, description="Whether the user must choose another one at the next sign-in.")
]
MFABindRequired = Annotated[
    bool,
    like(
        example=False,
        description="Whether the user must show a second factor. Only false: there is none for RAM users.",
    ),
]


class LoginProfileShown(Shape):
    """What is known of a password: never itself."""

    user_name: UserName
    create_date: Date
    password_reset_required: PasswordResetRequired
    mfa_bind_required: MFABindRequired = msgspec.field(name="MFABindRequired")


class Shown(Shape):
    """The password's settings."""

    login_profile: LoginProfileShown


def has_profile(call: Call, thing: Thing) -> bool:
    """Whether a RAM user has a password."""
    return passwords.PASSWORD in things.secret_purposes(call.sql, thing.key)


def _profile(call: Call, name: str) -> Thing:
    thing = user(call, name)
    if not has_profile(call, thing):
        raise LoginProfileNotFound(name)
    return thing


def _shown(thing: Thing) -> Shown:
    details = thing.read(UserDetails)
    since: Millis = details.password_since or thing.created_at
    shown = LoginProfileShown(
        user_name=thing.name,
        create_date=iso(since),
        password_reset_required=details.need_reset_password,
        mfa_bind_required=False,
    )
    return Shown(login_profile=shown)


def _strong(view: Call, password: str) -> str:
    """The hash of a password that will do.

    Raises:
        WeakPassword: it will not.
    """
    weak = passwords.weakness(password)
    if weak is not None:
        raise WeakPassword(weak.why)
    return passwords.hashed(view.world, password)


def _refuse_factor(asked: bool | None) -> None:  # noqa: FBT001 - a parameter of the wire
    if asked:
        raise InvalidParameter("MFABindRequired", "RAM users have no second factor here.")


_ERRORS: tuple[type[AdmitError], ...] = (InvalidParameter, UserNotFound, LoginProfileNotFound)


@ram.operation(
    "create",
    errors=(InvalidParameter, UserNotFound, LoginProfileExists, WeakPassword),
    resources=(THE_USER,),
)
class CreateLoginProfile(Shape):
    """Lets a RAM user sign in to the console with a password.

    Ours: the password has 8 to 128 characters, with upper and lower case letters, digits and others.
    Ours: a second factor cannot be demanded of RAM users: MFABindRequired=true is refused.
    """

    user_name: UserName
    password: Password
    password_reset_required: PasswordResetRequired | None = None
    mfa_bind_required: MFABindRequired | None = msgspec.field(name="MFABindRequired", default=None)

    Response = Shown

    def prepare(self, view: Call) -> str:
        """The hash of the password, if it is wanted."""
        _refuse_factor(self.mfa_bind_required)
        if has_profile(view, user(view, self.user_name)):
            raise LoginProfileExists(self.user_name)
        return _strong(view, self.password)

    def handle(self, call: Call, digest: str) -> Shown:
        """Keep the hash."""
        thing = user(call, self.user_name)
        if has_profile(call, thing):
            raise LoginProfileExists(self.user_name)
        details = msgspec.structs.replace(
            thing.read(UserDetails),
            password_since=call.now,
            need_reset_password=bool(self.password_reset_required),
        )
        changed = verbs.change(call.tx, thing, details=details)
        passwords.keep_hash(call.tx, call.world, changed, digest)
        return _shown(changed)


@ram.operation("get", errors=_ERRORS, resources=(THE_USER,))
class GetLoginProfile(Shape):
    """Shows since when a RAM user has a password, and whether it must be changed."""

    user_name: UserName

    Response = Shown

    def handle(self, call: Call) -> Shown:
        """Look it up."""
        return _shown(_profile(call, self.user_name))


@ram.operation("update", errors=(*_ERRORS, WeakPassword), resources=(THE_USER,))
class UpdateLoginProfile(Shape):
    """Gives a RAM user another password, or says whether it must be changed. What is left out stays.

    Ours: another password signs out every browser of the user.
    """

    user_name: UserName
    password: Password | None = None
    password_reset_required: PasswordResetRequired | None = None
    mfa_bind_required: MFABindRequired | None = msgspec.field(name="MFABindRequired", default=None)

    class Response(Shape):
        """Done."""

    def prepare(self, view: Call) -> str | None:
        """The hash of the new password, if there is one."""
        _refuse_factor(self.mfa_bind_required)
        _profile(view, self.user_name)
        return None if self.password is None else _strong(view, self.password)

    def handle(self, call: Call, digest: str | None) -> Response:
        """Replace the hash."""
        thing = _profile(call, self.user_name)
        if self.password_reset_required is not None:
            details = msgspec.structs.replace(
                thing.read(UserDetails), need_reset_password=self.password_reset_required
            )
            thing = verbs.change(call.tx, thing, details=details)
        if digest is not None:
            reset_password(call.tx, call.world, thing, digest)
        return self.Response()


@ram.operation("delete", errors=_ERRORS, resources=(THE_USER,))
class DeleteLoginProfile(Shape):
    """Takes a RAM user's password away: their browsers are signed out with their next request."""

    user_name: UserName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Forget the hash."""
        thing = _profile(call, self.user_name)
        verbs.keep_secret(call.tx, thing, passwords.PASSWORD, None)
        return self.Response()
