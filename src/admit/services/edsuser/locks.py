"""Locking convenience users, and unlocking them."""

from admit.control import grants, people
from admit.control import things as verbs
from admit.core.errors import InvalidParameter
from admit.core.validity import PERMANENT, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.edsuser.vocabulary import (
    LOCKED,
    AutoLockTime,
    BusinessChannel,
    FailedUser,
    Usernames,
    auto_lock,
    edsuser,
    find_ad_user,
    find_user,
    unknown_user,
)
from admit.store.things import Thing


class LockUsersResult(Shape):
    """Which users are locked and which are not."""

    locked_users: tuple[str, ...]
    failed_users: tuple[FailedUser, ...]


@edsuser.operation("update", form=("users",))
class LockUsers(Shape):
    r"""Locks up to 500 convenience users. They keep what was granted to them and cannot use it.

    Ours: a user of an AD domain, whom App Streaming knows, is named DOMAIN\name.
    Ours: locking a locked user is a success that changes nothing.
    Ours: a lock takes effect at once on what is in use, whatever LogoutSession says.
    """

    users: Usernames
    """The names of the users."""
    logout_session: bool | None = None
    """Whether what they use now ends. It always does."""
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """What became of each user."""

        lock_users_result: LockUsersResult

    def handle(self, call: Call) -> Response:
        """Lock one user after the other."""
        found, failed = _sorted_out(call, self.users)
        for user in found.values():
            verbs.block(call.tx, user, LOCKED)
        locked = tuple(found)
        return self.Response(lock_users_result=LockUsersResult(locked_users=locked, failed_users=failed))


class UnlockUsersResult(Shape):
    """Which users are not locked and which still are."""

    unlocked_users: tuple[str, ...]
    failed_users: tuple[FailedUser, ...]


@edsuser.operation("update", errors=(InvalidParameter,), form=("users",))
class UnlockUsers(Shape):
    r"""Unlocks up to 500 convenience users.

    Ours: a user of an AD domain, whom App Streaming knows, is named DOMAIN\name.
    Ours: unlocking a user who is not locked is a success that changes nothing.
    Ours: without AutoLockTime, one that is still to come stays, and one that has come is taken away.
    """

    users: Usernames
    """The names of the users."""
    auto_lock_time: AutoLockTime | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """What became of each user."""

        unlock_users_result: UnlockUsersResult

    def handle(self, call: Call) -> Response:
        """Unlock one user after the other."""
        end = auto_lock(self.auto_lock_time, call.now)
        found, failed = _sorted_out(call, self.users)
        for user in found.values():
            verbs.unblock(call.tx, user, LOCKED)
            _let_in(call, user, None if end is None else Validity(end=end))
        unlocked = tuple(found)
        return self.Response(
            unlock_users_result=UnlockUsersResult(unlocked_users=unlocked, failed_users=failed)
        )


def _let_in(call: Call, user: Thing, validity: Validity | None) -> None:
    """Let a user be used for a period; with None for ever, if the period of before is over."""
    person = people.person_of(call.tx, user)
    held = grants.find(call.tx, person, user)
    if validity is None and (held is None or held.validity.holds_at(call.now)):
        return
    grants.set_validity(call.tx, person, user, validity or PERMANENT)


def _sorted_out(call: Call, names: tuple[str, ...]) -> tuple[dict[str, Thing], tuple[FailedUser, ...]]:
    """The users by these names, and what is said of the names that nobody has."""
    asked = {name: find_user(call, name) or find_ad_user(call, name) for name in names}
    found = {name: user for name, user in asked.items() if user is not None}
    return found, tuple(unknown_user(name) for name, user in asked.items() if user is None)
