"""RAM users: callers with a name of their own."""

from typing import Annotated

import msgspec
from msgspec.structs import asdict

from admit.control import things as verbs
from admit.control.signing_in.passwords import PASSWORD
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import Millis, iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import add, handle_of, require_room, user
from admit.services.ram.errors import (
    InvalidParameter,
    TooManyUsers,
    UserAlreadyExists,
    UserHasAccessKey,
    UserHasPolicy,
    UserHasProfile,
    UserInGroup,
    UserNotFound,
)
from admit.services.ram.vocabulary import (
    THE_USER,
    Comments,
    Date,
    IsTruncated,
    Marker,
    MaxItems,
    UserName,
    cut,
    page,
    ram,
)
from admit.store import links, things
from admit.store.things import HandleTaken, Thing, Where

MOST_USERS = 1000

UserId = Annotated[str, like("122748924538****", "The ID of the user.")]
DisplayName = Annotated[
    str,
    like(
        "zhangq****",
        "What the user is called: at most 128 characters.",
        max_length=128,
        pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$",
    ),
]
Email = Annotated[
    str,
    like(
        "alice@example.com",
        "The email address of the user.",
        max_length=128,
        pattern=r"^([^@\s]+@[^@\s]+)?(?!\n)$",
    ),
]
MobilePhone = Annotated[
    str,
    like(
        "86-1868888****",
        "The phone number of the user: country code, hyphen, number.",
        pattern=r"^([0-9]{1,5}-[0-9]{3,20})?(?!\n)$",
    ),
]


class UserDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a user besides the name."""

    display_name: str | None = None
    mobile_phone: str | None = None
    email: str | None = None
    comments: str | None = None
    password_since: Millis | None = None
    """When the user got a password for the console."""
    need_reset_password: bool = False
    """Whether it must be changed before it proves anything."""


class NewUserShown(Shape):
    """A user, as it is told when it is made."""

    user_id: UserId
    user_name: UserName
    create_date: Date
    display_name: DisplayName | None = None
    mobile_phone: MobilePhone | None = None
    email: Email | None = None
    comments: Comments | None = None


class UserShown(NewUserShown, kw_only=True):
    """A user."""

    update_date: Date


class WholeUserShown(UserShown, kw_only=True):
    """A user, with when they signed in last."""

    last_login_date: Date | None = None
    """Always left out: ListActivity of our own service tells of sign-ins."""


class UsersShown(Shape):
    """Users."""

    user: tuple[UserShown, ...]


def _new_shown(thing: Thing) -> NewUserShown:
    details = thing.read(UserDetails)
    return NewUserShown(
        user_id=thing.id,
        user_name=thing.name,
        create_date=iso(thing.created_at),
        display_name=details.display_name,
        mobile_phone=details.mobile_phone,
        email=details.email,
        comments=details.comments,
    )


def _shown(thing: Thing) -> UserShown:
    return UserShown(update_date=iso(thing.changed_at), **asdict(_new_shown(thing)))


@ram.operation("create", errors=(InvalidParameter, UserAlreadyExists, TooManyUsers), resources=("user/*",))
class CreateUser(Shape):
    """Creates a user.

    Ours: user names that differ in case only count as the same name, but a user is found
    only under the name as it is written; so it is with groups, roles and policies.
    """

    user_name: UserName
    display_name: DisplayName | None = None
    mobile_phone: MobilePhone | None = None
    email: Email | None = None
    comments: Comments | None = None

    class Response(Shape):
        """The new user."""

        user: NewUserShown

    def handle(self, call: Call) -> Response:
        """Make the user."""
        account = call.world.account_key
        require_room(call, Where(Kind.RAM_USER, account), MOST_USERS, TooManyUsers)
        details = UserDetails(
            self.display_name or None, self.mobile_phone or None, self.email or None, self.comments or None
        )
        user_id = call.world.chance.digits(18)
        new = New(Kind.RAM_USER, account, self.user_name, details, user_id, handle_of(self.user_name))
        return self.Response(user=_new_shown(add(call, new, UserAlreadyExists)))


@ram.operation("get", errors=(InvalidParameter, UserNotFound), resources=(THE_USER,))
class GetUser(Shape):
    """Shows a user."""

    user_name: UserName

    class Response(Shape):
        """The user."""

        user: WholeUserShown

    def handle(self, call: Call) -> Response:
        """Look the user up."""
        shown = _shown(user(call, self.user_name))
        return self.Response(user=WholeUserShown(**asdict(shown)))


@ram.operation("get", errors=(InvalidParameter,), resources=("user/*",))
class ListUsers(Shape):
    """Lists all users, the oldest first."""

    marker: Marker | None = None
    max_items: MaxItems | None = None

    class Response(Shape):
        """One page of users."""

        users: UsersShown
        is_truncated: IsTruncated
        marker: Marker | None = None

    def handle(self, call: Call) -> Response:
        """Read one page."""
        after, limit = page(self.marker, self.max_items)
        where = Where(Kind.RAM_USER, call.world.account_key, after=after)
        found, marker = cut(things.find(call.sql, where, limit=limit + 1), limit)
        shown = UsersShown(user=tuple(map(_shown, found)))
        return self.Response(users=shown, is_truncated=marker is not None, marker=marker)


@ram.operation(
    "update",
    errors=(InvalidParameter, UserNotFound, UserAlreadyExists),
    resources=(THE_USER, "user/{NewUserName}"),
)
class UpdateUser(Shape):
    """Changes a user: what is left out stays as it is, what is empty is cleared.

    Ours: to rename a user one must be allowed to update the new name as well, since
    policies speak of users by name.
    """

    user_name: UserName
    new_user_name: UserName | None = None
    new_display_name: DisplayName | None = None
    new_mobile_phone: MobilePhone | None = None
    new_email: Email | None = None
    new_comments: Comments | None = None

    class Response(Shape):
        """The user as it is now."""

        user: UserShown

    def handle(self, call: Call) -> Response:
        """Change what is given."""
        thing = user(call, self.user_name)
        name = self.new_user_name or thing.name
        given = {
            "display_name": self.new_display_name,
            "mobile_phone": self.new_mobile_phone,
            "email": self.new_email,
            "comments": self.new_comments,
        }
        fresh = {word: value or None for word, value in given.items() if value is not None}
        details = msgspec.structs.replace(thing.read(UserDetails), **fresh)
        try:
            changed = verbs.change(call.tx, thing, name=name, handle=handle_of(name), details=details)
        except HandleTaken:
            raise UserAlreadyExists(name) from None
        return self.Response(user=_shown(changed))


@ram.operation(
    "delete",
    errors=(InvalidParameter, UserNotFound, UserHasAccessKey, UserHasProfile, UserInGroup, UserHasPolicy),
    resources=(THE_USER,),
)
class DeleteUser(Shape):
    """Deletes a user who has no access keys and no password, is in no group, and has no policies attached."""

    user_name: UserName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Look for what is in the way, then remove the user."""
        thing = user(call, self.user_name)
        if things.count(call.sql, Where(Kind.ACCESS_KEY, thing.key)):
            raise UserHasAccessKey(thing.name)
        if PASSWORD in things.secret_purposes(call.sql, thing.key):
            raise UserHasProfile(thing.name)
        for kind, conflict in ((Kind.RAM_GROUP, UserInGroup), (Kind.RAM_POLICY, UserHasPolicy)):
            if links.count(call.sql, thing.key, inward=False, kind=kind):
                raise conflict(thing.name)
        verbs.remove(call.tx, thing)
        return self.Response()
