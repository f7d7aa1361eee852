"""Users of a bastion host: made, changed, removed."""

import msgspec

from admit.control import grants, people
from admit.control import things as verbs
from admit.control.bastionhost.bastion import UserDetails
from admit.control.signing_in import authenticators, passwords
from admit.control.signing_in.web_sessions import reset_password
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import PERMANENT
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.errors import (
    InstanceNotFound,
    InvalidArgument,
    UserAlreadyExists,
    UserNotFound,
)
from admit.services.bastionhost.passwords import check as check_password
from admit.services.bastionhost.user_attributes import (
    DisplayName,
    Email,
    Language,
    LanguageStatus,
    Mobile,
    MobileCountryCode,
    NeedResetPassword,
    Seconds,
    SourceUserId,
    TwoFactorMethods,
    TwoFactorStatus,
    UserComment,
    UserName,
    UserSource,
    agreed,
    methods,
    period,
)
from admit.services.bastionhost.vocabulary import InstanceId, RegionId, UserId, bastionhost, instance, user
from admit.store import things
from admit.store.engine import Tx
from admit.store.links import validities
from admit.store.things import HandleTaken, Thing, Where


def made(tx: Tx, _world: World, bastion: Thing, name: str) -> Thing:
    """A local user of whom no more is known than the name: without a password, until one is set.

    Raises:
        HandleTaken: the bastion host has a user of that name.
    """
    details = UserDetails(display_name=name)
    return people.add_user(tx, New(Kind.USER, bastion.key, name, details, handle=name))


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound, UserAlreadyExists))
class CreateUser(Shape):
    """Adds a user to a bastion host: one kept here, a RAM user, or one of a directory.

    The user belongs to the person of the same name, who is made if there is none.

    Ours: a name may also contain hyphens, as Terraform's own examples do. A RAM
    user or directory entry is one user of a bastion host at most, for who calls
    must be told by it; whether it exists is not checked. A password is kept for
    Local users alone, and ignored for others, who do not sign in with it.
    """

    instance_id: InstanceId
    source: UserSource
    user_name: UserName
    source_user_id: SourceUserId | None = None
    password: str | None = None
    """8 to 128 characters with an upper-case letter, a lower-case letter, a digit
    and a special character. Required for Local."""
    display_name: DisplayName | None = None
    comment: UserComment | None = None
    email: Email | None = None
    mobile: Mobile | None = None
    mobile_country_code: MobileCountryCode | None = None
    need_reset_password: NeedResetPassword | None = None
    effective_start_time: Seconds | None = None
    """When the user begins to be valid, in UNIX seconds; 0 or left out: at once."""
    effective_end_time: Seconds | None = None
    """When the user stops being valid, in UNIX seconds; 0 or left out: never."""
    two_factor_status: TwoFactorStatus | None = None
    two_factor_methods: TwoFactorMethods | None = None
    language_status: LanguageStatus | None = None
    language: Language | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        """The new user."""

        user_id: UserId

    def prepare(self, view: Call) -> str | None:
        """The hash of a local user's password."""
        instance(view, self.instance_id)
        if self.source != "Local":
            return None
        if not self.password:
            raise InvalidArgument("Password", "it is required if Source is Local.")
        check_password(self.password)
        return passwords.hashed(view.world, self.password)

    def handle(self, call: Call, digest: str | None) -> Response:
        """Check everything, then make the user."""
        bastion = instance(call, self.instance_id)
        if self.source != "Local" and not self.source_user_id:
            raise InvalidArgument("SourceUserId", f"it is required if Source is {self.source}.")
        details = self._details()
        validity = period(self.effective_start_time, self.effective_end_time)
        if self.source != "Local":
            self._refuse_second(call, bastion)
        new = New(Kind.USER, bastion.key, self.user_name, details, handle=self.user_name)
        try:
            made = people.add_user(call.tx, new, validity)
        except HandleTaken:
            raise UserAlreadyExists(self.user_name) from None
        if digest is not None:
            passwords.keep_hash(call.tx, call.world, made, digest)
        return self.Response(user_id=made.id)

    def _details(self) -> UserDetails:
        local = self.source == "Local"
        return agreed(
            UserDetails(
                source=self.source,
                source_user_id=None if local else self.source_user_id,
                display_name=self.display_name or self.user_name,
                comment=self.comment or "",
                email=self.email or "",
                mobile=self.mobile or "",
                mobile_country_code=self.mobile_country_code or "CN",
                need_reset_password=local and bool(self.need_reset_password),
                two_factor_status=self.two_factor_status or "Global",
                two_factor_methods=methods(self.two_factor_methods) or (),
                language_status=self.language_status or "Global",
                language=self.language,
            )
        )

    def _refuse_second(self, call: Call, bastion: Thing) -> None:
        same = {"source": self.source, "source_user_id": self.source_user_id}
        if things.count(call.sql, Where(Kind.USER, parent=bastion.key, details=same)):
            raise UserAlreadyExists(self.source_user_id)


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class ModifyUser(Shape):
    """Modifies a user. What is left out or empty stays as it is.

    A change of the period of validity takes effect at once: what the user may
    use ends with it, also by way of user groups.

    Ours: the time 0 removes a bound. A password is accepted for Local users and
    ignored for others, as on creation. Another password signs out every browser of the user.
    """

    instance_id: InstanceId
    user_id: UserId
    password: str | None = None
    """8 to 128 characters with an upper-case letter, a lower-case letter, a digit
    and a special character."""
    display_name: DisplayName | None = None
    comment: UserComment | None = None
    email: Email | None = None
    mobile: Mobile | None = None
    mobile_country_code: MobileCountryCode | None = None
    need_reset_password: NeedResetPassword | None = None
    effective_start_time: Seconds | None = None
    """When the user begins to be valid, in UNIX seconds; 0: at once."""
    effective_end_time: Seconds | None = None
    """When the user stops being valid, in UNIX seconds; 0: never."""
    two_factor_status: TwoFactorStatus | None = None
    two_factor_methods: TwoFactorMethods | None = None
    language_status: LanguageStatus | None = None
    language: Language | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        """Nothing more."""

    def prepare(self, view: Call) -> str | None:
        """The hash of a local user's new password."""
        found = user(view, instance(view, self.instance_id), self.user_id)
        # Where a user comes from never changes.
        if not self.password or found.read(UserDetails).source != "Local":
            return None
        check_password(self.password)
        return passwords.hashed(view.world, self.password)

    def handle(self, call: Call, digest: str | None) -> Response:
        """Check everything, then change what is given."""
        found = user(call, instance(call, self.instance_id), self.user_id)
        verbs.change(call.tx, found, details=self._changed(found.read(UserDetails)))
        if self.two_factor_status:
            authenticators.demand(call.tx, found)
        self._change_period(call, found)
        if digest is not None:
            reset_password(call.tx, call.world, found, digest)
        return self.Response()

    def _changed(self, kept: UserDetails) -> UserDetails:
        given = {
            "display_name": self.display_name,
            "comment": self.comment,
            "email": self.email,
            "mobile": self.mobile,
            "mobile_country_code": self.mobile_country_code,
            "two_factor_status": self.two_factor_status,
            "two_factor_methods": methods(self.two_factor_methods),
            "language_status": self.language_status,
            "language": self.language,
        }
        changes: dict[str, object] = {name: value for name, value in given.items() if value}
        if self.need_reset_password is not None and kept.source == "Local":
            changes["need_reset_password"] = self.need_reset_password
        return agreed(msgspec.structs.replace(kept, **changes))

    def _change_period(self, call: Call, found: Thing) -> None:
        if self.effective_start_time is None and self.effective_end_time is None:
            return
        was = validities(call.sql, [found.key], Kind.PERSON).get(found.key, PERMANENT)
        person = people.person_of(call.tx, found)
        validity = period(self.effective_start_time, self.effective_end_time, was)
        grants.set_validity(call.tx, person, found, validity)


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class DeleteUser(Shape):
    """Removes a user from a bastion host.

    Ours: memberships, authorizations and the password go with the user; so does
    the person, with the last of their users.
    """

    instance_id: InstanceId
    user_id: UserId
    region_id: RegionId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        """Remove the user."""
        people.remove_user(call.tx, user(call, instance(call, self.instance_id), self.user_id))
        return self.Response()
