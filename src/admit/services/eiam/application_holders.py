"""Which accounts, groups and organizational units are authorized to use an application."""

from admit.control.eiam.applications import ApplicationDetails
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape
from admit.services.eiam.application_grants import ApplicationRoleId, no_role
from admit.services.eiam.directory import GroupIds, OrganizationalUnitIds, UserIds, paged
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.units import root_of
from admit.services.eiam.vocabulary import (
    ON_APPLICATION,
    ApplicationId,
    GroupId,
    InstanceId,
    OrganizationalUnitId,
    PageSize,
    TotalCount,
    UserId,
    application,
    eiam,
    instance,
)
from admit.store import links
from admit.store.things import Thing, Where

ERRORS = (ResourceNotFound, InvalidParameter)


class ApplicationRole(Shape):
    """A role in an application; there are none here."""

    application_role_id: ApplicationRoleId


class AuthorizedUser(Shape):
    """An account that is authorized by name."""

    user_id: UserId
    application_roles: tuple[ApplicationRole, ...]


class AuthorizedGroup(Shape):
    """A group that is authorized."""

    group_id: GroupId
    application_roles: tuple[ApplicationRole, ...]


class AuthorizedUnit(Shape):
    """An organizational unit that is authorized."""

    organizational_unit_id: OrganizationalUnitId
    application_roles: tuple[ApplicationRole, ...]


@eiam.operation("list", errors=ERRORS, resources=(ON_APPLICATION,))
class ListUsersForApplication(Shape):
    """Queries the accounts that are authorized by name to use an application, the oldest first.

    Ours: an authorization that was limited in time is listed whether it is in force or not.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    user_ids: UserIds | None = None
    application_role_id: ApplicationRoleId | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        users: tuple[AuthorizedUser, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the accounts."""
        idaas = instance(call, self.instance_id)
        held = application(call, idaas, self.application_id)
        no_role(self.application_role_id)
        where = Where(Kind.USER, parent=idaas.key, ids=self.user_ids, linked_to=held.key)
        found, total = paged(call, where, self.page_number, self.page_size)
        users = tuple(AuthorizedUser(user_id=each.id, application_roles=()) for each in found)
        return self.Response(users=users, total_count=total)


@eiam.operation("list", errors=ERRORS, resources=(ON_APPLICATION,))
class ListGroupsForApplication(Shape):
    """Queries the groups that are authorized to use an application, the oldest first."""

    instance_id: InstanceId
    application_id: ApplicationId
    group_ids: GroupIds | None = None
    application_role_id: ApplicationRoleId | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        groups: tuple[AuthorizedGroup, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the groups."""
        idaas = instance(call, self.instance_id)
        held = application(call, idaas, self.application_id)
        no_role(self.application_role_id)
        where = Where(Kind.GROUP, parent=idaas.key, ids=self.group_ids, linked_to=held.key)
        found, total = paged(call, where, self.page_number, self.page_size)
        groups = tuple(AuthorizedGroup(group_id=each.id, application_roles=()) for each in found)
        return self.Response(groups=groups, total_count=total)


@eiam.operation("list", errors=ERRORS, resources=(ON_APPLICATION,))
class ListOrganizationalUnitsForApplication(Shape):
    """Queries the organizational units that are authorized by name to use an application, the oldest first.

    Ours: the root unit is not among them only because the application is open to everyone.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    organizational_unit_ids: OrganizationalUnitIds | None = None
    application_role_id: ApplicationRoleId | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        organizational_units: tuple[AuthorizedUnit, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the units."""
        idaas = instance(call, self.instance_id)
        held = application(call, idaas, self.application_id)
        no_role(self.application_role_id)
        keys = _authorized_units(call, idaas, held)
        where = Where(Kind.UNIT, parent=idaas.key, ids=self.organizational_unit_ids, keys=keys)
        found, total = paged(call, where, self.page_number, self.page_size)
        units = tuple(AuthorizedUnit(organizational_unit_id=each.id, application_roles=()) for each in found)
        return self.Response(organizational_units=units, total_count=total)


def _authorized_units(call: Call, idaas: Thing, held: Thing) -> list[int]:
    root = root_of(call.sql, idaas).key
    by_name = held.read(ApplicationDetails).root_authorized
    holders = [ref.key for _, ref in links.of(call.sql, held.key, inward=True, kind=Kind.UNIT)]
    return [key for key in holders if key != root or by_name]
