"""Roles of cloud accounts: what authorization rules lead to."""

from typing import Annotated, Literal

import msgspec

from admit.control import grants
from admit.control import things as verbs
from admit.control.things import New
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, like
from admit.services.eiam.cloud_accounts import CloudAccountDetails
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound, UnsupportedAction
from admit.services.eiam.listing import Filters, page_of, wanted
from admit.services.eiam.rule_targets import project, remove_resources_for
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_CLOUD_ACCOUNT,
    ON_CLOUD_ROLE,
    CloudAccountId,
    CloudHealth,
    CloudRoleId,
    Done,
    HealthCheckResult,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    TotalCount,
    cloud_account,
    cloud_role,
    disabled_among,
    eiam,
    instance,
    ordered_id,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

RoleName = Annotated[
    str,
    like("role_name_example", "The name of the role in the cloud account.", min_length=1, max_length=64),
]
RoleType = Annotated[Literal["role"], like("role", "What kind of role it is: role, the only one.")]
Description = Annotated[str, like("description_example", "Remarks on the role.", max_length=128)]


class CloudRoleDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a cloud account role besides the name."""

    external_id: str
    usage_type: Literal["system", "user"]
    description: str | None = None


class CloudAccountRole(Shape):
    """A role of a cloud account."""

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId
    cloud_account_role_name: RoleName
    cloud_account_role_type: RoleType
    cloud_account_role_external_id: str
    cloud_account_role_creation_type: Literal["system_init", "user_custom"]
    cloud_account_role_usage_type: Literal["system", "user"]
    cloud_account_role_health: CloudHealth
    status: Literal["enabled", "disabled"]
    create_time: Moment
    update_time: Moment
    cloud_account_role_health_check_result: HealthCheckResult | None = None
    description: Description | None = None


def _told(idaas: Thing, account: Thing, role: Thing, *, disabled: bool) -> CloudAccountRole:
    details = role.read(CloudRoleDetails)
    return CloudAccountRole(
        instance_id=idaas.id,
        cloud_account_id=account.id,
        cloud_account_role_id=role.id,
        cloud_account_role_name=role.name,
        cloud_account_role_type="role",
        cloud_account_role_external_id=details.external_id,
        cloud_account_role_creation_type="user_custom",
        cloud_account_role_usage_type=details.usage_type,
        cloud_account_role_health="unknown",
        status="disabled" if disabled else "enabled",
        create_time=role.created_at,
        update_time=role.changed_at,
        description=details.description,
    )


@eiam.operation(
    "create", errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter), resources=(ON_CLOUD_ACCOUNT,)
)
class CreateCloudAccountRole(Shape):
    """Creates a role of a cloud account, enabled; every rule of scope global leads to it at once.

    Ours: a role name is taken once in a cloud account, in whatever case, as in the cloud itself.
    Ours: the role is a record; no role is made in the cloud.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_name: RoleName
    client_token: ClientToken
    cloud_account_role_type: RoleType = "role"
    description: Description | None = None

    class Response(Shape):
        """The new role."""

        cloud_account_role_id: CloudRoleId

    def handle(self, call: Call) -> Response:
        """Make the role, and put it into the project."""
        idaas = instance(call, self.instance_id)
        account = cloud_account(call, idaas, self.cloud_account_id)
        name = self.cloud_account_role_name
        arn = f"acs:ram::{account.read(CloudAccountDetails).external_id}:role/{name}"
        details = CloudRoleDetails(arn, "user", self.description or None)
        role_id = ordered_id(call, "carole_")
        new = New(Kind.CLOUD_ROLE, account.key, name, details, role_id, handle=name.lower())
        try:
            role = verbs.add(call.tx, new)
        except HandleTaken:
            raise ResourceDuplicated("CloudAccountRoleName") from None
        grants.grant(call.tx, project(call.tx, idaas.key), role)
        return self.Response(cloud_account_role_id=role.id)


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_CLOUD_ROLE,))
class GetCloudAccountRole(Shape):
    """Queries a role of a cloud account.

    Ours: the external ID is the name (ARN) the role has in the cloud; its health is unknown,
    since the cloud is not talked to.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId

    class Response(Shape):
        """The role."""

        cloud_account_role: CloudAccountRole

    def handle(self, call: Call) -> Response:
        """Look the role up."""
        idaas = instance(call, self.instance_id)
        account = cloud_account(call, idaas, self.cloud_account_id)
        role = cloud_role(call, account, self.cloud_account_role_id)
        disabled = DISABLED in things.block_words(call.sql, role.key)
        return self.Response(cloud_account_role=_told(idaas, account, role, disabled=disabled))


@eiam.operation(
    "list", errors=(ResourceNotFound, InvalidParameter, InvalidNextToken), resources=(ON_CLOUD_ACCOUNT,)
)
class ListCloudAccountRoles(Shape):
    """Queries the roles of a cloud account.

    Ours: the newest comes first.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    filter: Filters[
        Literal[
            "CloudAccountRoleId",
            "CloudAccountRoleName",
            "CloudAccountRoleExternalId",
            "CloudAccountRoleUsageType",
        ]
    ] = ()
    """Only roles with these IDs, names or external IDs, or for these uses."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of roles."""

        cloud_account_roles: tuple[CloudAccountRole, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        idaas = instance(call, self.instance_id)
        account = cloud_account(call, idaas, self.cloud_account_id)
        asked = wanted(self.filter)
        attributes = {
            "CloudAccountRoleExternalId": "external_id",
            "CloudAccountRoleUsageType": "usage_type",
        }
        where = Where(
            Kind.CLOUD_ROLE,
            parent=account.key,
            ids=asked.get("CloudAccountRoleId"),
            names=asked.get("CloudAccountRoleName"),
            details_in={attributes[name]: asked[name] for name in attributes.keys() & asked.keys()},
            order="newest",
        )
        page = page_of(call, where, self.next_token, self.max_results)
        disabled = disabled_among(call, page.entries)
        return self.Response(
            cloud_account_roles=tuple(
                _told(idaas, account, each, disabled=each.key in disabled) for each in page.entries
            ),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_CLOUD_ROLE,))
class UpdateCloudAccountRoleDescription(Shape):
    """Changes the description of a role of a cloud account.

    Ours: an empty description, or none, clears it.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId
    client_token: ClientToken
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Change the description."""
        role = _asked_for(call, self.instance_id, self.cloud_account_id, self.cloud_account_role_id)
        before = role.read(CloudRoleDetails)
        after = msgspec.structs.replace(before, description=self.description or None)
        verbs.change(call.tx, role, details=after)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_CLOUD_ROLE,))
class EnableCloudAccountRole(Shape):
    """Enables a role of a cloud account: who holds it can use it again.

    Ours: enabling an enabled role succeeds and changes nothing.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId
    client_token: ClientToken

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch the role on."""
        role = _asked_for(call, self.instance_id, self.cloud_account_id, self.cloud_account_role_id)
        verbs.unblock(call.tx, role, DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_CLOUD_ROLE,))
class DisableCloudAccountRole(Shape):
    """Disables a role of a cloud account: rules still lead to it, and nobody can use it.

    Ours: disabling a disabled role succeeds and changes nothing.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId
    client_token: ClientToken

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch the role off."""
        role = _asked_for(call, self.instance_id, self.cloud_account_id, self.cloud_account_role_id)
        verbs.block(call.tx, role, DISABLED)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound, UnsupportedAction), resources=(ON_CLOUD_ROLE,))
class DeleteCloudAccountRole(Shape):
    """Deletes a disabled role of a cloud account.

    Ours: the authorization resources that stand for it go with it.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_role_id: CloudRoleId

    Response = Done

    def handle(self, call: Call) -> Done:
        """End the role and what stands for it."""
        role = _asked_for(call, self.instance_id, self.cloud_account_id, self.cloud_account_role_id)
        if DISABLED not in things.block_words(call.sql, role.key):
            raise UnsupportedAction("CloudAccountRoleEnabled", "disable the cloud account role first.")
        remove_resources_for(call.tx, instance(call, self.instance_id), role)
        verbs.remove(call.tx, role)
        return Done()


def _asked_for(call: Call, instance_id: str, cloud_account_id: str, role_id: str) -> Thing:
    """The role that is named with its instance and its cloud account."""
    account = cloud_account(call, instance(call, instance_id), cloud_account_id)
    return cloud_role(call, account, role_id)
