"""Accounts: made, changed, deleted."""

from typing import Annotated, Any

import msgspec

from admit.control import grants, people
from admit.control import things as verbs
from admit.control.eiam.idaas import UserDetails
from admit.control.signing_in import passwords
from admit.control.things import New
from admit.control.world import World
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, like
from admit.services.eiam.directory import (
    ON_USERS,
    CustomFieldChanges,
    CustomFields,
    Description,
    ExternalId,
    OrganizationalUnitIds,
    named_by,
    permit_units,
    with_fields,
)
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound
from admit.services.eiam.passwords import Password, PasswordInitialization
from admit.services.eiam.units import root_of
from admit.services.eiam.vocabulary import (
    ON_USER,
    Done,
    InstanceId,
    OrganizationalUnitId,
    UserId,
    eiam,
    instance,
    random_id,
    user,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import HandleTaken, Thing, Where

_LETTERS = r"A-Za-z0-9_.@-"

Username = Annotated[
    str,
    like(
        "alice",
        "The name of the account, unique in the instance: letters, digits and _ . @ -",
        min_length=1,
        max_length=256,
        pattern=rf"^[{_LETTERS}]+(?!\n)$",
    ),
]
DisplayName = Annotated[str, like("Alice Liddell", "The name that people read.", max_length=256)]
_MAIL = r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
Email = Annotated[
    str, like("alice@example.com", "The email address.", max_length=128, pattern=rf"^({_MAIL})?(?!\n)$")
]
EmailVerified = Annotated[
    bool,
    like(example=True, description="Whether the email address is known to be theirs. Goes with every Email."),
]
PhoneRegion = Annotated[
    str, like("86", "The country code: 1 to 6 digits without a plus sign.", pattern=r"^([0-9]{1,6})?(?!\n)$")
]
PhoneNumber = Annotated[
    str, like("13012345678", "The phone number: 6 to 15 digits.", pattern=r"^([0-9]{6,15})?(?!\n)$")
]
PhoneNumberVerified = Annotated[
    bool,
    like(
        example=True,
        description="Whether the phone number is known to be theirs. Goes with every PhoneNumber.",
    ),
]


def _contacts(request: "CreateUser | UpdateUser", phone_region: str | None) -> dict[str, Any]:
    """What a request says of email and phone: each address goes with the word whether it is verified.

    Raises:
        MissingParameter: an address came alone.
    """
    said: dict[str, Any] = {}
    if request.email is not None:
        if request.email and request.email_verified is None:
            raise MissingParameter("EmailVerified")
        said["email"] = request.email or None
        said["email_verified"] = bool(request.email and request.email_verified)
    if request.phone_number is not None:
        if request.phone_number and request.phone_number_verified is None:
            raise MissingParameter("PhoneNumberVerified")
        if request.phone_number and not phone_region:
            raise MissingParameter("PhoneRegion")
        said["phone_number"] = request.phone_number or None
        said["phone_region"] = phone_region if request.phone_number else None
        said["phone_number_verified"] = bool(request.phone_number and request.phone_number_verified)
    return said


@eiam.operation(
    "create",
    errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter, MissingParameter),
    resources=(ON_USERS,),
)
class CreateUser(Shape):
    """Creates an account, enabled, in an organizational unit.

    Ours: usernames that differ only in case count as one.
    Ours: an external ID that another account has is refused with ResourceDuplicated.UserExternalId.
    Ours: accounts may share an email address or phone number.
    Ours: custom fields need no definition: any name is kept with the value given.
    Ours: RAM is asked about accounts and about each of the units.
    """

    instance_id: InstanceId
    username: Username
    primary_organizational_unit_id: OrganizationalUnitId
    organizational_unit_ids: OrganizationalUnitIds | None = None
    """Further units the account is in."""
    display_name: DisplayName | None = None
    description: Description | None = None
    email: Email | None = None
    email_verified: EmailVerified | None = None
    phone_region: PhoneRegion | None = None
    phone_number: PhoneNumber | None = None
    phone_number_verified: PhoneNumberVerified | None = None
    user_external_id: ExternalId | None = None
    custom_fields: CustomFields = ()
    """Attributes beyond the usual ones."""
    password: Password | None = None
    password_initialization_config: PasswordInitialization | None = None
    """How it comes to its first password, if none is given here."""
    client_token: ClientToken | None = None

    class Response(Shape):
        """The new account."""

        user_id: UserId

    def prepare(self, view: Call) -> str | None:
        """The hash of the password."""
        return passwords.hashed(view.world, self.password) if self.password else None

    def handle(self, call: Call, digest: str | None) -> Response:
        """Make the account, put it into its units, keep its password."""
        idaas = instance(call, self.instance_id)
        unit_ids = (self.primary_organizational_unit_id, *(self.organizational_unit_ids or ()))
        permit_units(call, type(self), idaas.id, unit_ids)
        units = named_by(call, idaas, Kind.UNIT, unit_ids)
        made = _make(call, idaas, self.username, self._details(call, idaas))
        for each in units:
            grants.grant(call.tx, made, each)
        if digest is not None:
            passwords.keep_hash(call.tx, call.world, made, digest)
        return self.Response(user_id=made.id)

    def _details(self, call: Call, idaas: Thing) -> UserDetails:
        external_id = self.user_external_id or ""
        if external_id and _known(call, idaas, external_id):
            raise ResourceDuplicated("UserExternalId")
        initial = self.password_initialization_config
        details = UserDetails(
            external_id,
            self.primary_organizational_unit_id,
            self.display_name or None,
            self.description or None,
            custom_fields=with_fields({}, self.custom_fields),
            change_password_at_logon=initial is not None and initial.forces_change,
        )
        return msgspec.structs.replace(details, **_contacts(self, self.phone_region))


def made(tx: Tx, world: World, idaas: Thing, name: str) -> Thing:
    """An account of which no more is known than the name, in the root unit.

    Raises:
        HandleTaken: the instance has an account of that name.
    """
    root = root_of(tx.sql, idaas)
    user_id = random_id(world, "user_")
    details = UserDetails(user_id, root.id)
    account = people.add_user(tx, New(Kind.USER, idaas.key, name, details, user_id, handle=name.casefold()))
    grants.grant(tx, account, root)
    return account


def _make(call: Call, idaas: Thing, username: str, details: UserDetails) -> Thing:
    user_id = random_id(call.world, "user_")
    details = msgspec.structs.replace(details, external_id=details.external_id or user_id)
    new = New(Kind.USER, idaas.key, username, details, user_id, handle=username.casefold())
    try:
        return people.add_user(call.tx, new)
    except HandleTaken:
        raise ResourceDuplicated("Username") from None


def _known(call: Call, idaas: Thing, external_id: str) -> bool:
    where = Where(Kind.USER, parent=idaas.key, details={"external_id": external_id})
    return bool(things.find(call.sql, where, limit=1))


@eiam.operation(
    "update",
    errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter, MissingParameter),
    resources=(ON_USER,),
)
class UpdateUser(Shape):
    """Changes an account. What is left out stays as it is.

    Ours: an empty DisplayName, Email or PhoneNumber is taken away; an empty Username changes nothing.
    Ours: an account that is renamed belongs to the person of the new name, unless it was put to another.
    """

    instance_id: InstanceId
    user_id: UserId
    username: (
        Annotated[str, like("alice", "The new name.", max_length=256, pattern=rf"^[{_LETTERS}]*(?!\n)$")]
        | None
    ) = None
    display_name: DisplayName | None = None
    email: Email | None = None
    email_verified: EmailVerified | None = None
    phone_region: PhoneRegion | None = None
    phone_number: PhoneNumber | None = None
    phone_number_verified: PhoneNumberVerified | None = None
    custom_fields: CustomFieldChanges = ()
    """What is to become of attributes beyond the usual ones."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write what is said, and nothing else."""
        found = user(call, instance(call, self.instance_id), self.user_id)
        before = found.read(UserDetails)
        said = _contacts(self, self.phone_region or before.phone_region)
        if self.display_name is not None:
            said["display_name"] = self.display_name or None
        if self.email is None and self.email_verified is not None and before.email:
            said["email_verified"] = self.email_verified
        if self.phone_number is None and before.phone_number:
            if self.phone_region:
                said["phone_region"] = self.phone_region
            if self.phone_number_verified is not None:
                said["phone_number_verified"] = self.phone_number_verified
        if self.custom_fields:
            said["custom_fields"] = with_fields(before.custom_fields, self.custom_fields)
        details = msgspec.structs.replace(before, **said)
        try:
            people.change_user(
                call.tx,
                found,
                name=self.username or None,
                handle=self.username.casefold() if self.username else None,
                details=details,
            )
        except HandleTaken:
            raise ResourceDuplicated("Username") from None
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_USER,))
class UpdateUserDescription(Shape):
    """Replaces the remarks on an account.

    Ours: without Description the remarks are taken away.
    """

    instance_id: InstanceId
    user_id: UserId
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the description."""
        found = user(call, instance(call, self.instance_id), self.user_id)
        details = msgspec.structs.replace(found.read(UserDetails), description=self.description or None)
        verbs.change(call.tx, found, details=details)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_USER,))
class DeleteUser(Shape):
    """Deletes an account with its memberships, authorizations and attachments."""

    instance_id: InstanceId
    user_id: UserId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the account."""
        people.remove_user(call.tx, user(call, instance(call, self.instance_id), self.user_id))
        return Done()
