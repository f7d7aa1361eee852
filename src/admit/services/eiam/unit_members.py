"""Which organizational units an account is in, and which of them is its primary one."""

import msgspec

from admit.control import grants
from admit.control import things as verbs
from admit.control.eiam.idaas import UserDetails
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.eiam.directory import ON_UNIT, OrganizationalUnitIds, named_by, permit_units
from admit.services.eiam.errors import ResourceNotFound, UnsupportedAction
from admit.services.eiam.vocabulary import (
    ON_USER,
    Done,
    InstanceId,
    OrganizationalUnitId,
    UserId,
    eiam,
    instance,
    unit,
    user,
)


@eiam.operation("create", errors=(ResourceNotFound, InvalidParameter), resources=(ON_USER,))
class AddUserToOrganizationalUnits(Shape):
    """Puts an account into further organizational units. Where it is already, nothing changes.

    Ours: RAM is asked about the account and about each of the units.
    """

    instance_id: InstanceId
    user_id: UserId
    organizational_unit_ids: OrganizationalUnitIds

    Response = Done

    def handle(self, call: Call) -> Done:
        """Join the account to each unit."""
        idaas = instance(call, self.instance_id)
        member = user(call, idaas, self.user_id)
        permit_units(call, type(self), idaas.id, self.organizational_unit_ids)
        for each in named_by(call, idaas, Kind.UNIT, self.organizational_unit_ids):
            grants.grant(call.tx, member, each)
        return Done()


@eiam.operation(
    "delete", errors=(ResourceNotFound, UnsupportedAction, InvalidParameter), resources=(ON_USER,)
)
class RemoveUserFromOrganizationalUnits(Shape):
    """Takes an account out of organizational units; not out of its primary one.

    Ours: the primary unit is refused with UnsupportedAction.PrimaryOrganizationalUnit, and no unit is left.
    Ours: a unit the account is not in changes nothing.
    Ours: RAM is asked about the account and about each of the units.
    """

    instance_id: InstanceId
    user_id: UserId
    organizational_unit_ids: OrganizationalUnitIds

    Response = Done

    def handle(self, call: Call) -> Done:
        """Part the account from each unit."""
        idaas = instance(call, self.instance_id)
        member = user(call, idaas, self.user_id)
        permit_units(call, type(self), idaas.id, self.organizational_unit_ids)
        if member.read(UserDetails).primary_unit in self.organizational_unit_ids:
            raise UnsupportedAction("PrimaryOrganizationalUnit", "an account stays in its primary unit.")
        for each in named_by(call, idaas, Kind.UNIT, self.organizational_unit_ids):
            grants.revoke(call.tx, member, each)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_USER, ON_UNIT))
class SetUserPrimaryOrganizationalUnit(Shape):
    """Makes an organizational unit the primary one of an account.

    Ours: an account that is not in the unit joins it. It stays in the unit that was primary before.
    """

    instance_id: InstanceId
    user_id: UserId
    organizational_unit_id: OrganizationalUnitId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Join the unit, and remember it as the primary one."""
        idaas = instance(call, self.instance_id)
        member = user(call, idaas, self.user_id)
        primary = unit(call, idaas, self.organizational_unit_id)
        grants.grant(call.tx, member, primary)
        details = msgspec.structs.replace(member.read(UserDetails), primary_unit=primary.id)
        verbs.change(call.tx, member, details=details)
        return Done()
