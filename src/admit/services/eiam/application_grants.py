"""Authorizing accounts, groups and organizational units to use an application."""

from typing import Annotated

import msgspec

from admit.control import grants
from admit.control import things as verbs
from admit.control.eiam.applications import ApplicationDetails
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.eiam.applications import settle
from admit.services.eiam.directory import GroupIds, OrganizationalUnitIds, UserIds, named_by
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.units import root_of
from admit.services.eiam.vocabulary import (
    ON_APPLICATION,
    ApplicationId,
    Done,
    InstanceId,
    application,
    eiam,
    instance,
)
from admit.store.things import Thing

ApplicationRoleId = Annotated[
    str, like("app_role_mkv7rgt4d7i4u7zqtzev2mxxxx", "The ID of a role in the application.")
]

ERRORS = (ResourceNotFound, InvalidParameter)


def no_role(role_id: str | None) -> None:
    """Hear of a role in an application; there are none.

    Raises:
        ResourceNotFound: a role was named.
    """
    if role_id:
        raise ResourceNotFound("ApplicationRole", role_id)


def _both(call: Call, instance_id: str, application_id: str, role_id: str | None) -> tuple[Thing, Thing]:
    idaas = instance(call, instance_id)
    found = application(call, idaas, application_id)
    no_role(role_id)
    return idaas, found


@eiam.operation("update", errors=ERRORS, resources=(ON_APPLICATION,))
class AuthorizeApplicationToUsers(Shape):
    """Authorizes accounts to use an application.

    Ours: an account that is authorized already stays so. If one of the accounts is not there, none is
    authorized.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    user_ids: UserIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Grant the application to each account."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        for each in named_by(call, idaas, Kind.USER, self.user_ids):
            grants.grant(call.tx, each, found)
        return Done()


@eiam.operation("create", errors=ERRORS, resources=(ON_APPLICATION,))
class AuthorizeApplicationToGroups(Shape):
    """Authorizes groups to use an application: all accounts in them, present and future.

    Ours: a group that is authorized already stays so. If one of the groups is not there, none is
    authorized.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    group_ids: GroupIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Grant the application to each group."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        for each in named_by(call, idaas, Kind.GROUP, self.group_ids):
            grants.grant(call.tx, each, found)
        return Done()


@eiam.operation("create", errors=ERRORS, resources=(ON_APPLICATION,))
class AuthorizeApplicationToOrganizationalUnits(Shape):
    """Authorizes organizational units to use an application: all accounts in them and in units below.

    Ours: a unit that is authorized already stays so. If one of the units is not there, none is
    authorized.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    organizational_unit_ids: OrganizationalUnitIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Grant the application to each unit."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        root = root_of(call.sql, idaas)
        for each in named_by(call, idaas, Kind.UNIT, self.organizational_unit_ids):
            if each.key == root.key:
                _authorize_root(call, idaas, found, authorized=True)
            else:
                grants.grant(call.tx, each, found)
        return Done()


def _authorize_root(call: Call, idaas: Thing, found: Thing, *, authorized: bool) -> None:
    """Keep whether the root unit was authorized by name, apart from being open to everyone."""
    details = msgspec.structs.replace(found.read(ApplicationDetails), root_authorized=authorized)
    settle(call, idaas, verbs.change(call.tx, found, details=details))


@eiam.operation("delete", errors=ERRORS, resources=(ON_APPLICATION,))
class RevokeApplicationFromUsers(Shape):
    """Takes the authorization to use an application back from accounts.

    What they have through groups and units, or because the application is open to everyone, they keep.
    Ours: an account that is not authorized changes nothing.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    user_ids: UserIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Revoke the application from each account."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        for each in named_by(call, idaas, Kind.USER, self.user_ids):
            grants.revoke(call.tx, each, found)
        return Done()


@eiam.operation("delete", errors=ERRORS, resources=(ON_APPLICATION,))
class RevokeApplicationFromGroups(Shape):
    """Takes the authorization to use an application back from groups.

    Ours: a group that is not authorized changes nothing.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    group_ids: GroupIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Revoke the application from each group."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        for each in named_by(call, idaas, Kind.GROUP, self.group_ids):
            grants.revoke(call.tx, each, found)
        return Done()


@eiam.operation("delete", errors=ERRORS, resources=(ON_APPLICATION,))
class RevokeApplicationFromOrganizationalUnits(Shape):
    """Takes the authorization to use an application back from organizational units.

    Ours: a unit that is not authorized changes nothing. Revoking from the root unit does not close an
    application that is open to everyone.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    organizational_unit_ids: OrganizationalUnitIds
    application_role_id: ApplicationRoleId | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Revoke the application from each unit."""
        idaas, found = _both(call, self.instance_id, self.application_id, self.application_role_id)
        root = root_of(call.sql, idaas)
        for each in named_by(call, idaas, Kind.UNIT, self.organizational_unit_ids):
            if each.key == root.key:
                _authorize_root(call, idaas, found, authorized=False)
            else:
                grants.revoke(call.tx, each, found)
        return Done()
