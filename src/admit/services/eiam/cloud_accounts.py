"""Cloud accounts: where the roles live that authorization rules lead to."""

from typing import Annotated, Literal, TypeVar

import msgspec

from admit.control import things as verbs
from admit.control.things import New
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, like
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound, UnsupportedAction
from admit.services.eiam.listing import Filters, page_of, wanted
from admit.services.eiam.rule_targets import remove_resources_for
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_CLOUD_ACCOUNT,
    ON_INSTANCE,
    CloudAccountId,
    CloudHealth,
    Done,
    Failure,
    HealthCheckResult,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    TotalCount,
    cloud_account,
    eiam,
    instance,
    ordered_id,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

VendorType = Annotated[
    Literal["alibaba_cloud"], like("alibaba_cloud", "Whose cloud it is: alibaba_cloud, the only one.")
]
ExternalId = Annotated[
    str,
    like(
        "1938080000000000",
        "The ID that the cloud itself gave the account.",
        min_length=1,
        max_length=64,
    ),
]
Site = Annotated[
    Literal["global", "china_mainland"],
    like("global", "global: the international site. china_mainland: the site in China."),
]
CloudAccountName = Annotated[
    str, like("cloud_account_example", "The name of the cloud account.", min_length=1, max_length=64)
]
ProviderName = Annotated[
    str,
    like("idp_example", "The name of the identity provider in the cloud account.", max_length=128),
]
Description = Annotated[str, like("description_example", "Remarks on the cloud account.", max_length=128)]


class CloudAccountDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a cloud account besides the name."""

    vendor_type: Literal["alibaba_cloud"]
    external_id: str
    site: Literal["global", "china_mainland"] | None = None
    provider_name: str | None = None
    description: str | None = None


class ProviderConfig(Shape):
    """The identity provider in the cloud account. Nothing here sets one up, so nothing is told of it."""

    audience: str | None = None
    authorization_server_id: str | None = None
    issuer: str | None = None
    oidc_jwks_endpoint: str | None = None


class CloudAccount(Shape):
    """A cloud account, as a list tells of it."""

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_name: CloudAccountName
    cloud_account_vendor_type: VendorType
    cloud_account_external_id: ExternalId
    cloud_account_health: CloudHealth
    privilege_application_ids: tuple[str, ...]
    privilege_hosting_state: Literal[
        "hosting_unmanaged",
        "hosting_pending",
        "hosting_completed",
        "hosting_failed",
        "hosting_removing",
        "hosting_remove_failed",
    ]
    privilege_status: Literal["enabled", "disabled"]
    create_time: Moment
    update_time: Moment
    cloud_account_site: Site | None = None
    cloud_account_provider_name: ProviderName | None = None
    cloud_account_health_check_result: HealthCheckResult | None = None
    privilege_hosting_error: Failure | None = None
    description: Description | None = None


class CloudAccountInFull(CloudAccount):
    """A cloud account, as it is told of by itself."""

    cloud_account_provider_config: ProviderConfig | None = None


Told = TypeVar("Told", bound=CloudAccount)


def _told(shape: type[Told], idaas: Thing, found: Thing) -> Told:
    details = found.read(CloudAccountDetails)
    return shape(
        instance_id=idaas.id,
        cloud_account_id=found.id,
        cloud_account_name=found.name,
        cloud_account_vendor_type=details.vendor_type,
        cloud_account_external_id=details.external_id,
        # No cloud is talked to: its health is not known, and no privileges are managed in it.
        cloud_account_health="unknown",
        privilege_application_ids=(),
        privilege_hosting_state="hosting_unmanaged",
        privilege_status="disabled",
        create_time=found.created_at,
        update_time=found.changed_at,
        cloud_account_site=details.site,
        cloud_account_provider_name=details.provider_name,
        description=details.description,
    )


@eiam.operation(
    "create", errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter), resources=(ON_INSTANCE,)
)
class CreateCloudAccount(Shape):
    """Creates a cloud account: a record of it, the cloud itself is not talked to.

    Ours: an external ID is taken once in an instance.
    Ours: without a name the cloud account is named by its external ID.
    Ours: names have up to 64 letters, descriptions up to 128.
    """

    instance_id: InstanceId
    cloud_account_vendor_type: VendorType
    cloud_account_external_id: ExternalId
    client_token: ClientToken
    cloud_account_name: CloudAccountName | None = None
    cloud_account_site: Site | None = None
    cloud_account_provider_name: ProviderName | None = None
    description: Description | None = None

    class Response(Shape):
        """The new cloud account."""

        cloud_account_id: CloudAccountId

    def handle(self, call: Call) -> Response:
        """Make the cloud account."""
        idaas = instance(call, self.instance_id)
        external_id = self.cloud_account_external_id
        details = CloudAccountDetails(
            self.cloud_account_vendor_type,
            external_id,
            self.cloud_account_site,
            self.cloud_account_provider_name or None,
            self.description or None,
        )
        new = New(
            Kind.CLOUD_ACCOUNT,
            idaas.key,
            self.cloud_account_name or external_id,
            details,
            ordered_id(call, "ca_"),
            handle=external_id,
        )
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise ResourceDuplicated("CloudAccountExternalId") from None
        return self.Response(cloud_account_id=made.id)


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_CLOUD_ACCOUNT,))
class GetCloudAccount(Shape):
    """Queries a cloud account.

    Ours: its health is unknown and its privileges are unmanaged, since the cloud is not talked to.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId

    class Response(Shape):
        """The cloud account."""

        cloud_account: CloudAccountInFull

    def handle(self, call: Call) -> Response:
        """Look the cloud account up."""
        idaas = instance(call, self.instance_id)
        found = cloud_account(call, idaas, self.cloud_account_id)
        return self.Response(cloud_account=_told(CloudAccountInFull, idaas, found))


@eiam.operation(
    "list", errors=(ResourceNotFound, InvalidParameter, InvalidNextToken), resources=(ON_INSTANCE,)
)
class ListCloudAccounts(Shape):
    """Queries the cloud accounts of an instance.

    Ours: the newest comes first.
    """

    instance_id: InstanceId
    filter: Filters[Literal["CloudAccountId", "CloudAccountExternalId", "CloudAccountVendorType"]] = ()
    """Only cloud accounts with these IDs, these external IDs, or of these vendors."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of cloud accounts."""

        cloud_accounts: tuple[CloudAccount, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        idaas = instance(call, self.instance_id)
        asked = wanted(self.filter)
        attributes = {"CloudAccountExternalId": "external_id", "CloudAccountVendorType": "vendor_type"}
        where = Where(
            Kind.CLOUD_ACCOUNT,
            parent=idaas.key,
            ids=asked.get("CloudAccountId"),
            details_in={attributes[name]: asked[name] for name in attributes.keys() & asked.keys()},
            order="newest",
        )
        page = page_of(call, where, self.next_token, self.max_results)
        return self.Response(
            cloud_accounts=tuple(_told(CloudAccount, idaas, each) for each in page.entries),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_CLOUD_ACCOUNT,))
class UpdateCloudAccount(Shape):
    """Changes the name of a cloud account."""

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    cloud_account_name: CloudAccountName
    client_token: ClientToken

    Response = Done

    def handle(self, call: Call) -> Done:
        """Change the name."""
        found = cloud_account(call, instance(call, self.instance_id), self.cloud_account_id)
        verbs.change(call.tx, found, name=self.cloud_account_name)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_CLOUD_ACCOUNT,))
class UpdateCloudAccountDescription(Shape):
    """Changes the description of a cloud account.

    Ours: an empty description, or none, clears it.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId
    client_token: ClientToken
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Change the description."""
        found = cloud_account(call, instance(call, self.instance_id), self.cloud_account_id)
        before = found.read(CloudAccountDetails)
        after = msgspec.structs.replace(before, description=self.description or None)
        verbs.change(call.tx, found, details=after)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound, UnsupportedAction), resources=(ON_CLOUD_ACCOUNT,))
class DeleteCloudAccount(Shape):
    """Deletes a cloud account.

    Ours: refused while one of its roles is enabled, as the deletion of that role is.
    Ours: its disabled roles, and the authorization resources that stand for them, go with it.
    """

    instance_id: InstanceId
    cloud_account_id: CloudAccountId

    Response = Done

    def handle(self, call: Call) -> Done:
        """End the cloud account and what is in it."""
        idaas = instance(call, self.instance_id)
        found = cloud_account(call, idaas, self.cloud_account_id)
        enabled = Where(Kind.CLOUD_ROLE, parent=found.key, not_blocked=DISABLED)
        if things.count(call.sql, enabled):
            raise UnsupportedAction(
                "CloudAccountRoleEnabled", "disable the roles of the cloud account first."
            )
        for role in things.find(call.sql, Where(Kind.CLOUD_ROLE, parent=found.key)):
            remove_resources_for(call.tx, idaas, role)
        verbs.remove(call.tx, found)
        return Done()
