"""Applications as they are read: one, and many."""

from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from admit.control.eiam.applications import ApplicationDetails, SourceType
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape, like
from admit.services.eiam.applications import (
    ApplicationName,
    AuthorizationType,
    Description,
    IdentityType,
    LogoUrl,
    Owner,
    TemplateId,
    Visibility,
)
from admit.services.eiam.directory import (
    ON_APPLICATIONS,
    ApplicationIds,
    CustomField,
    CustomFields,
    Status,
    paged,
    told_fields,
)
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_APPLICATION,
    ApplicationId,
    InstanceId,
    Moment,
    PageSize,
    TotalCount,
    application,
    disabled_among,
    eiam,
    instance,
)
from admit.store import things
from admit.store.things import Thing, Where

FEATURES = '["sso"]'
"""What every application can do, as the JSON text the answer has."""


class ListedApplication(Shape):
    """An application, as lists give it."""

    instance_id: InstanceId
    application_id: ApplicationId
    application_name: ApplicationName
    application_creation_type: Literal["user_custom", "system_init"]
    application_identity_type: IdentityType
    application_source_type: SourceType
    client_id: ApplicationId
    """What the application calls itself when people sign in: its ID."""
    features: str
    """What it can do, as a JSON array."""
    sso_type: str
    status: Status
    service_managed: bool
    """Whether another service of the cloud manages it."""
    resource_server_status: Status
    create_time: Moment
    update_time: Moment
    application_template_id: TemplateId | None = None
    description: Description | None = None
    logo_url: LogoUrl | None = None
    managed_service_code: str | None = None
    resource_server_identifier: str | None = None
    resource_server_source_type: str | None = None


class Application(ListedApplication, kw_only=True):
    """An application."""

    authorization_type: AuthorizationType
    api_invoke_status: Status
    m2m_client_status: Status = msgspec.field(name="M2MClientStatus")
    custom_subject_status: Status
    application_owner: Owner
    application_visibility: Visibility
    custom_fields: tuple[CustomField, ...]
    smart_config_capabilities: tuple[str, ...]


def _told(idaas: Thing, found: Thing, *, disabled: bool) -> ListedApplication:
    details = found.read(ApplicationDetails)
    return ListedApplication(
        instance_id=idaas.id,
        application_id=found.id,
        application_name=found.name,
        application_creation_type="user_custom",
        application_identity_type=details.identity_type,
        application_source_type=details.source_type,
        client_id=found.id,
        features=FEATURES,
        sso_type=details.sso_type,
        status="disabled" if disabled else "enabled",
        service_managed=False,
        resource_server_status="disabled",
        create_time=found.created_at,
        update_time=found.changed_at,
        application_template_id=details.template_id,
        description=details.description,
        logo_url=details.logo_url,
    )


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class GetApplication(Shape):
    """Queries an application.

    Ours: of its owners those are named that are still there.
    """

    instance_id: InstanceId
    application_id: ApplicationId

    class Response(Shape):
        """The application."""

        application: Application

    def handle(self, call: Call) -> Response:
        """Read the application."""
        idaas = instance(call, self.instance_id)
        found = application(call, idaas, self.application_id)
        details = found.read(ApplicationDetails)
        told = Application(
            **msgspec.structs.asdict(_told(idaas, found, disabled=bool(disabled_among(call, [found])))),
            authorization_type=details.authorization_type,
            api_invoke_status="disabled",
            m2m_client_status="disabled",
            custom_subject_status="disabled",
            application_owner=Owner(
                user_ids=_living(call, idaas, Kind.USER, details.owner_users),
                group_ids=_living(call, idaas, Kind.GROUP, details.owner_groups),
            ),
            application_visibility=details.visibility,
            custom_fields=told_fields(details.custom_fields),
            smart_config_capabilities=(),
        )
        return self.Response(application=told)


def _living(call: Call, idaas: Thing, kind: Kind, ids: tuple[str, ...]) -> tuple[str, ...]:
    if not ids:
        return ()
    return tuple(each.id for each in things.find(call.sql, Where(kind, parent=idaas.key, ids=ids)))


@eiam.operation("list", errors=(ResourceNotFound, InvalidParameter), resources=(ON_APPLICATIONS,))
class ListApplications(Shape):
    """Queries applications, the oldest first: those made by users that are not agents, unless told.

    Ours: filters by what no application here has (another creation type, a managing service, the M2M
    client or the resource server enabled) find nothing.
    """

    instance_id: InstanceId
    application_ids: ApplicationIds | None = None
    application_name: Annotated[str, like("wi", "Only applications whose name begins so.")] | None = None
    application_creation_type: (
        Annotated[str, like("user_custom", "Only applications made so; all for any. By default user_custom.")]
        | None
    ) = None
    application_identity_type: (
        Annotated[str, like("agent", "Only such applications; all for any. By default application.")] | None
    ) = None
    application_template_id: TemplateId | None = None
    authorization_type: AuthorizationType | None = None
    sso_type: (
        Annotated[
            str,
            like(
                "saml2,oidc",
                "Only applications that people sign in to so; several with commas.",
                max_length=64,
            ),
        ]
        | None
    ) = None
    status: Status | None = None
    """Only applications that are so."""
    m2m_client_status: Status | None = msgspec.field(default=None, name="M2MClientStatus")
    """Only applications whose M2M client is so."""
    resource_server_status: Status | None = None
    """Only applications whose resource server is so."""
    managed_service_code: str | None = None
    """Only applications that this service of the cloud manages."""
    service_managed: bool | None = None
    """Only applications that a service of the cloud manages, or only those it does not."""
    custom_fields: CustomFields = ()
    """Only applications with all of these values."""
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        applications: tuple[ListedApplication, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the applications."""
        idaas = instance(call, self.instance_id)
        if self._asks_for_what_there_is_not():
            return self.Response(applications=(), total_count=0)
        where = self._where(call, idaas)
        found, total = paged(call, where, self.page_number, self.page_size)
        disabled = disabled_among(call, found)
        told = tuple(_told(idaas, each, disabled=each.key in disabled) for each in found)
        return self.Response(applications=told, total_count=total)

    def _asks_for_what_there_is_not(self) -> bool:
        return (
            self.application_creation_type not in (None, "", "user_custom", "all")
            or self.m2m_client_status == "enabled"
            or self.resource_server_status == "enabled"
            or bool(self.managed_service_code)
            or self.service_managed is True
        )

    def _where(self, call: Call, idaas: Thing) -> Where:
        identity = self.application_identity_type or "application"
        where = Where(
            Kind.APPLICATION,
            parent=idaas.key,
            ids=self.application_ids,
            name_prefix=self.application_name,
            details={
                "identity_type": None if identity == "all" else identity,
                "template_id": self.application_template_id or None,
                "authorization_type": self.authorization_type,
            },
            details_in={"sso_type": self.sso_type.split(",")} if self.sso_type else {},
            blocked=DISABLED if self.status == "disabled" else None,
            not_blocked=DISABLED if self.status == "enabled" else None,
        )
        if not self.custom_fields:
            return where
        keys = [each.key for each in things.find(call.sql, where) if self._has_fields(each)]
        return replace(where, keys=keys)

    def _has_fields(self, found: Thing) -> bool:
        kept = found.read(ApplicationDetails).custom_fields
        return all(kept.get(each.field_name) == each.field_value for each in self.custom_fields)
