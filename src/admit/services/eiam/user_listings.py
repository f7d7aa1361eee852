"""Accounts as they are read: one, and many."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from admit.control.eiam.idaas import GroupDetails, UserDetails
from admit.control.signing_in.passwords import PASSWORD
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.core.validity import FOREVER, PERMANENT, Validity
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, offset_of, page, token
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import (
    BUILT_IN,
    ON_USERS,
    PAGE,
    CustomField,
    Description,
    ExternalId,
    SourceType,
    Status,
    UserIds,
    told_fields,
)
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.groups import GroupName
from admit.services.eiam.units import OrganizationalUnitName
from admit.services.eiam.users import (
    DisplayName,
    Email,
    EmailVerified,
    PhoneNumber,
    PhoneNumberVerified,
    PhoneRegion,
    Username,
)
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_USER,
    GroupId,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    OrganizationalUnitId,
    PageSize,
    TotalCount,
    UserId,
    disabled_among,
    eiam,
    instance,
    unit,
    user,
)
from admit.store import links, things
from admit.store.things import Thing, Where

NEVER = -1
"""When a password expires that does not, as the vendor writes it."""


class ListedUser(Shape):
    """An account, as lists give it."""

    instance_id: InstanceId
    user_id: UserId
    username: Username
    status: Status
    user_external_id: ExternalId
    user_source_type: SourceType
    user_source_id: str
    """Where it was made: for build_in the ID of the instance."""
    email_verified: EmailVerified
    phone_number_verified: PhoneNumberVerified
    password_set: bool
    create_time: Moment
    register_time: Moment
    update_time: Moment
    display_name: DisplayName | None = None
    description: Description | None = None
    email: Email | None = None
    phone_region: PhoneRegion | None = None
    phone_number: PhoneNumber | None = None
    account_expire_time: Moment | None = None
    """When the account can no longer be used; absent if it does not expire."""
    lock_expire_time: Moment | None = None
    """Always absent: a lock here lasts until it is lifted."""
    password_expire_time: int | None = None
    """-1: a password here does not expire. Absent without a password."""


class GroupOfUser(Shape):
    """A group an account is in."""

    group_id: GroupId
    group_name: GroupName
    description: Description | None = None


class UnitOfUser(Shape):
    """An organizational unit an account is in."""

    organizational_unit_id: OrganizationalUnitId
    organizational_unit_name: OrganizationalUnitName
    primary: bool
    """Whether it is the account's primary unit."""


class User(ListedUser, kw_only=True):
    """An account."""

    primary_organizational_unit_id: OrganizationalUnitId
    organizational_units: tuple[UnitOfUser, ...]
    groups: tuple[GroupOfUser, ...]
    custom_fields: tuple[CustomField, ...]
    preferred_language: str | None = None
    """Always absent: it is not kept."""


def _listed(call: Call, idaas: Thing, found: Sequence[Thing]) -> Iterator[ListedUser]:
    keys = [each.key for each in found]
    disabled = disabled_among(call, found)
    with_password = things.with_secret(call.sql, keys, PASSWORD)
    valid = links.validities(call.sql, keys, Kind.PERSON)
    for each in found:
        yield _told(
            idaas,
            each,
            valid.get(each.key, PERMANENT),
            disabled=each.key in disabled,
            password_set=each.key in with_password,
        )


def _told(idaas: Thing, found: Thing, valid: Validity, *, disabled: bool, password_set: bool) -> ListedUser:
    details = found.read(UserDetails)
    return ListedUser(
        instance_id=idaas.id,
        user_id=found.id,
        username=found.name,
        status="disabled" if disabled else "enabled",
        user_external_id=details.external_id,
        user_source_type=BUILT_IN,
        user_source_id=idaas.id,
        email_verified=details.email_verified,
        phone_number_verified=details.phone_number_verified,
        password_set=password_set,
        create_time=found.created_at,
        register_time=found.created_at,
        update_time=found.changed_at,
        display_name=details.display_name,
        description=details.description,
        email=details.email,
        phone_region=details.phone_region,
        phone_number=details.phone_number,
        account_expire_time=None if valid.end == FOREVER else valid.end,
        password_expire_time=NEVER if password_set else None,
    )


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_USER,))
class GetUser(Shape):
    """Queries an account, with its units, groups and custom fields."""

    instance_id: InstanceId
    user_id: UserId

    class Response(Shape):
        """The account."""

        user: User

    def handle(self, call: Call) -> Response:
        """Read the account and what it is in."""
        idaas = instance(call, self.instance_id)
        found = user(call, idaas, self.user_id)
        details = found.read(UserDetails)
        (listed,) = _listed(call, idaas, [found])
        told = User(
            **msgspec.structs.asdict(listed),
            primary_organizational_unit_id=details.primary_unit,
            organizational_units=_units(call, found, details.primary_unit),
            groups=_groups(call, found),
            custom_fields=told_fields(details.custom_fields),
        )
        return self.Response(user=told)


def _units(call: Call, found: Thing, primary: str) -> tuple[UnitOfUser, ...]:
    """The units of an account, the primary one first."""
    units = things.find(call.sql, Where(Kind.UNIT, parent=found.parent, linked_from=found.key))
    return tuple(
        UnitOfUser(
            organizational_unit_id=each.id, organizational_unit_name=each.name, primary=each.id == primary
        )
        for each in sorted(units, key=lambda each: each.id != primary)
    )


def _groups(call: Call, found: Thing) -> tuple[GroupOfUser, ...]:
    groups = things.find(call.sql, Where(Kind.GROUP, parent=found.parent, linked_from=found.key))
    return tuple(
        GroupOfUser(group_id=each.id, group_name=each.name, description=each.read(GroupDetails).description)
        for each in groups
    )


@eiam.operation("list", errors=(ResourceNotFound, InvalidParameter, InvalidNextToken), resources=(ON_USERS,))
class ListUsers(Shape):
    """Queries accounts, the oldest first, by page number or by token.

    Ours: with NextToken or MaxResults the page is found by token, and PageNumber and PageSize do not
    count. Every answer says where the next page begins, so that a caller can go on by token.
    Ours: with OrganizationalUnitId come the accounts directly in the unit, not those further down.
    """

    instance_id: InstanceId
    user_ids: UserIds | None = None
    username_starts_with: Annotated[str, like("al", "Only accounts whose name begins so.")] | None = None
    display_name_starts_with: (
        Annotated[str, like("Al", "Only accounts whose display name begins so.")] | None
    ) = None
    email: Annotated[str, like("alice@example.com", "Only accounts with exactly this address.")] | None = None
    phone_region: Annotated[str, like("86", "Only accounts with this country code.")] | None = None
    phone_number: Annotated[str, like("13012345678", "Only accounts with this number.")] | None = None
    organizational_unit_id: OrganizationalUnitId | None = None
    status: Status | None = None
    """Only accounts that are so."""
    user_external_id: Annotated[str, like("erp-0007", "Only the account of this external ID.")] | None = None
    user_source_type: SourceType | None = None
    """Only accounts from such a source; all are build_in here."""
    user_source_id: (
        Annotated[
            str,
            like(
                "idaas_ue2jvisn35ea5lmthk267xxxxx", "Only accounts from this source: the instance's own ID."
            ),
        ]
        | None
    ) = None
    page_number: PageNumber = 1
    page_size: PageSize = 20
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """The page."""

        users: tuple[ListedUser, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Find the accounts."""
        idaas = instance(call, self.instance_id)
        where = self._where(call, idaas)
        if self.next_token or self.max_results:
            offset, limit = offset_of(self.next_token), self.max_results or PAGE
        else:
            offset, limit = page(self.page_number, self.page_size, PAGE)
        own_source = self.user_source_type in (None, BUILT_IN) and self.user_source_id in (None, "", idaas.id)
        found = things.find(call.sql, where, offset=offset, limit=limit) if own_source else []
        total = things.count(call.sql, where) if own_source else 0
        return self.Response(
            users=tuple(_listed(call, idaas, found)),
            total_count=total,
            max_results=limit,
            next_token=token(offset, limit, total),
        )

    def _where(self, call: Call, idaas: Thing) -> Where:
        within = unit(call, idaas, self.organizational_unit_id) if self.organizational_unit_id else None
        return Where(
            Kind.USER,
            parent=idaas.key,
            ids=self.user_ids,
            name_prefix=self.username_starts_with,
            details={
                "email": self.email or None,
                "phone_region": self.phone_region or None,
                "phone_number": self.phone_number or None,
                "external_id": self.user_external_id or None,
            },
            details_prefix={"display_name": self.display_name_starts_with},
            linked_to=None if within is None else within.key,
            blocked=DISABLED if self.status == "disabled" else None,
            not_blocked=DISABLED if self.status == "enabled" else None,
        )
