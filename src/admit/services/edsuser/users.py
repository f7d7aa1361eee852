"""Convenience users one by one: told about, changed, removed."""

from typing import Annotated

import msgspec

from admit.control import people
from admit.control import things as verbs
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.edsuser.directory import (
    LOCKED_STATUS,
    NORMAL,
    NickName,
    Property,
    Status,
    UserDetails,
    WyId,
    is_email,
    is_phone,
    locked_among,
)
from admit.services.edsuser.errors import UserNotFound
from admit.services.edsuser.vocabulary import (
    BusinessChannel,
    Done,
    Email,
    EndUserId,
    FailedUser,
    Phone,
    Usernames,
    edsuser,
    find_user,
    unknown_user,
    user,
)


class External(Shape):
    """The user in another directory; there is none here."""

    external_id: str | None = None
    external_name: str | None = None
    job_number: str | None = None
    sso_type: str | None = None


class OneUser(Shape):
    """A convenience user."""

    end_user_id: EndUserId
    wy_id: WyId
    status: Status
    nick_name: NickName
    gmt_create: Annotated[Millis, like(1_704_067_200_000, "When it was made, in UNIX milliseconds.")]
    org_ids: tuple[str, ...]
    org_paths: tuple[str, ...]
    properties: tuple[Property, ...]
    email: Email | None = None
    phone: Phone | None = None
    remark: str | None = None
    external_info: External | None = None
    extras: dict[str, str] | None = None


@edsuser.operation("get", errors=(UserNotFound, MissingParameter))
class DescribeUser(Shape):
    """Tells about one convenience user."""

    end_user_id: EndUserId | None = None
    """The name of the user, which is mandatory."""
    require_extra_attributes: Annotated[tuple[str, ...], at_most(100)] | None = None
    """What else to tell. Accepted and not used: there is nothing else."""
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """The user."""

        user: OneUser

    def handle(self, call: Call) -> Response:
        """Find the user and tell."""
        if self.end_user_id is None:
            raise MissingParameter("EndUserId")
        found = user(call, self.end_user_id)
        details = found.read(UserDetails)
        told = OneUser(
            end_user_id=found.name,
            wy_id=found.id,
            status=LOCKED_STATUS if locked_among(call, [found]) else NORMAL,
            nick_name=details.nick_name(found.name),
            gmt_create=found.created_at,
            org_ids=(details.org_id,) if details.org_id else (),
            org_paths=(),
            properties=(),
            email=details.email,
            phone=details.phone,
            remark=details.remark,
        )
        return self.Response(user=told)


@edsuser.operation("update", errors=(UserNotFound, InvalidParameter))
class ModifyUser(Shape):
    """Changes the email address and the phone number of a convenience user.

    Ours: what is left out stays as it is, and an empty text takes it away; a user who is
    not activated by an administrator keeps at least one of the two.
    """

    end_user_id: EndUserId
    email: Email | None = None
    phone: Phone | None = None
    business_channel: BusinessChannel | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write what is said, and nothing else."""
        if self.email and not is_email(self.email):
            raise InvalidParameter("Email", "it is not an email address.")
        if self.phone and not is_phone(self.phone):
            raise InvalidParameter("Phone", "it is not a phone number.")
        found = user(call, self.end_user_id)
        before = found.read(UserDetails)
        email = before.email if self.email is None else self.email or None
        phone = before.phone if self.phone is None else self.phone or None
        if before.owner_type == "Normal" and not (email or phone):
            raise InvalidParameter("Email", "an email address or a phone number is mandatory.")
        verbs.change(call.tx, found, details=msgspec.structs.replace(before, email=email, phone=phone))
        return Done()


class RemoveUsersResult(Shape):
    """Which users were removed and which were not."""

    removed_users: tuple[str, ...]
    failed_users: tuple[FailedUser, ...]


@edsuser.operation("delete", form=("users", "business_channel"))
class RemoveUsers(Shape):
    """Removes up to 500 convenience users, with their memberships and all that was granted to them."""

    users: Usernames
    """The names of the users."""
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """What became of each user."""

        remove_users_result: RemoveUsersResult

    def handle(self, call: Call) -> Response:
        """Remove one user after the other."""
        removed, failed = [], []
        for name in dict.fromkeys(self.users):
            found = find_user(call, name)
            if found is None:
                failed.append(unknown_user(name))
            else:
                people.remove_user(call.tx, found)
                removed.append(name)
        result = RemoveUsersResult(removed_users=tuple(removed), failed_users=tuple(failed))
        return self.Response(remove_users_result=result)
