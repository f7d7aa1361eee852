"""Which applications an account, a group or an organizational unit is authorized to use."""

from typing import Literal

from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape
from admit.services.eiam.application_grants import ApplicationRoleId
from admit.services.eiam.application_holders import ApplicationRole
from admit.services.eiam.directory import ON_UNIT, ApplicationIds, paged
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.units import root_of
from admit.services.eiam.vocabulary import (
    ON_GROUP,
    ON_USER,
    ApplicationId,
    GroupId,
    InstanceId,
    OrganizationalUnitId,
    PageSize,
    TotalCount,
    UserId,
    eiam,
    group,
    instance,
    unit,
    user,
)
from admit.store.links import Scope, facts_about
from admit.store.things import Thing, Where

ERRORS = (ResourceNotFound, InvalidParameter)


class RoleOfUser(Shape):
    """A role in an application, and how an account came to it; there are none here."""

    application_role_id: ApplicationRoleId
    has_direct_authorization: bool
    has_inherit_authorization: bool


class ApplicationOfUser(Shape):
    """An application, and how an account came to it."""

    application_id: ApplicationId
    application_roles: tuple[RoleOfUser, ...]
    has_direct_authorization: bool
    """Whether the account is authorized by name."""
    has_inherit_authorization: bool
    """Whether a group or an organizational unit it is in is authorized, or everyone."""


@eiam.operation("list", errors=ERRORS, resources=(ON_USER,))
class ListApplicationsForUser(Shape):
    """Queries the applications an account is authorized to use, the oldest first.

    Ours: authorizations are listed, not access: those of a disabled account, or to a disabled
    application, come as well. What is open to everyone counts as inherited.
    """

    instance_id: InstanceId
    user_id: UserId
    application_ids: ApplicationIds | None = None
    query_mode: Literal["OnlyDirect", "IncludeInherit"] = "OnlyDirect"
    """OnlyDirect: what the account is authorized to by name. IncludeInherit: also what its groups and
    organizational units are."""
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        applications: tuple[ApplicationOfUser, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the applications."""
        idaas = instance(call, self.instance_id)
        holder = user(call, idaas, self.user_id)
        direct, inherited = _ways(call, holder)
        keys = direct | inherited if self.query_mode == "IncludeInherit" else direct
        where = Where(Kind.APPLICATION, parent=idaas.key, ids=self.application_ids, keys=sorted(keys))
        found, total = paged(call, where, self.page_number, self.page_size)
        told = tuple(
            ApplicationOfUser(
                application_id=each.id,
                application_roles=(),
                has_direct_authorization=each.key in direct,
                has_inherit_authorization=each.key in inherited,
            )
            for each in found
        )
        return self.Response(applications=told, total_count=total)


def _ways(call: Call, holder: Thing) -> tuple[set[int], set[int]]:
    """The keys of the applications an account has by name, and of those it has by what it is in."""
    direct: set[int] = set()
    inherited: set[int] = set()
    for link in facts_about(call.sql, Scope.FROM, subject=holder.ref).links:
        if link.target.kind is Kind.APPLICATION:
            (direct if link.source == holder.ref else inherited).add(link.target.key)
    return direct, inherited


class ApplicationOfGroup(Shape):
    """An application a group is authorized to use."""

    application_id: ApplicationId
    application_roles: tuple[ApplicationRole, ...]
    has_direct_authorization: bool
    """Always true: groups are in nothing."""
    has_inherit_authorization: bool
    """Always false."""


@eiam.operation("get", errors=ERRORS, resources=(ON_GROUP,))
class ListApplicationsForGroup(Shape):
    """Queries the applications a group is authorized to use, the oldest first."""

    instance_id: InstanceId
    group_id: GroupId
    application_ids: ApplicationIds | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        applications: tuple[ApplicationOfGroup, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the applications."""
        idaas = instance(call, self.instance_id)
        holder = group(call, idaas, self.group_id)
        where = Where(Kind.APPLICATION, parent=idaas.key, ids=self.application_ids, linked_from=holder.key)
        found, total = paged(call, where, self.page_number, self.page_size)
        told = tuple(
            ApplicationOfGroup(
                application_id=each.id,
                application_roles=(),
                has_direct_authorization=True,
                has_inherit_authorization=False,
            )
            for each in found
        )
        return self.Response(applications=told, total_count=total)


class ApplicationOfUnit(Shape):
    """An application an organizational unit is authorized to use."""

    application_id: ApplicationId
    application_roles: tuple[ApplicationRole, ...]


@eiam.operation("list", errors=ERRORS, resources=(ON_UNIT,))
class ListApplicationsForOrganizationalUnit(Shape):
    """Queries the applications an organizational unit itself is authorized to use, the oldest first.

    Ours: applications that are open to everyone are not listed for the root unit.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    application_ids: ApplicationIds | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        applications: tuple[ApplicationOfUnit, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the applications."""
        idaas = instance(call, self.instance_id)
        holder = unit(call, idaas, self.organizational_unit_id)
        is_root = holder.key == root_of(call.sql, idaas).key
        where = Where(
            Kind.APPLICATION,
            parent=idaas.key,
            ids=self.application_ids,
            linked_from=holder.key,
            details={"root_authorized": True if is_root else None},
        )
        found, total = paged(call, where, self.page_number, self.page_size)
        told = tuple(ApplicationOfUnit(application_id=each.id, application_roles=()) for each in found)
        return self.Response(applications=told, total_count=total)
