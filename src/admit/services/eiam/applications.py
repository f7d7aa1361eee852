"""Applications: made, changed, switched off, deleted."""

from typing import Annotated, Literal, TypeAlias

import msgspec

from admit.control import grants
from admit.control import things as verbs
from admit.control.eiam.applications import ApplicationDetails, SourceType
from admit.control.things import New
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, at_most, like
from admit.services.eiam.directory import (
    ON_APPLICATIONS,
    CustomFieldChanges,
    CustomFields,
    named_by,
    with_fields,
)
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.units import root_of
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_APPLICATION,
    ApplicationId,
    Done,
    GroupId,
    InstanceId,
    UserId,
    application,
    eiam,
    instance,
    random_id,
)
from admit.store.things import Thing

ApplicationName = Annotated[str, like("wiki", "The name of the application.", min_length=1, max_length=64)]
Description = Annotated[str, like("The team's wiki", "Remarks on the application.", max_length=128)]
LogoUrl = Annotated[str, like("https://example.com/logo.png", "Where its picture is.", max_length=512)]
TemplateId = Annotated[str, like("apt_rpa_tdsc", "The ID of the template it is made from.")]
IdentityType: TypeAlias = Literal["application", "agent"]
AuthorizationType = Annotated[
    Literal["authorize_required", "default_all"],
    like("authorize_required", "authorize_required: who is authorized may use it. default_all: everyone."),
]
Visibility = Annotated[tuple[str, ...], at_most(10)]


class Owner(Shape):
    """Who looks after an application. It gives them no access."""

    user_ids: Annotated[tuple[UserId, ...], at_most(100)] | None = None
    group_ids: Annotated[tuple[GroupId, ...], at_most(100)] | None = None


def _owned_by(
    call: Call, idaas: Thing, details: ApplicationDetails, owner: Owner | None
) -> ApplicationDetails:
    """The details with another owner, all of whom must be there.

    Raises:
        ResourceNotFound: one is not.
    """
    if owner is None:
        return details
    users = named_by(call, idaas, Kind.USER, owner.user_ids or ())
    groups = named_by(call, idaas, Kind.GROUP, owner.group_ids or ())
    return msgspec.structs.replace(
        details,
        owner_users=tuple(each.id for each in users),
        owner_groups=tuple(each.id for each in groups),
    )


@eiam.operation(
    "create", errors=(ResourceNotFound, InvalidParameter, MissingParameter), resources=(ON_APPLICATIONS,)
)
class CreateApplication(Shape):
    """Creates an application that people sign in to: from a template, or for a standard protocol.

    Ours: it is enabled and authorize_required, so that nobody may use it yet.
    Ours: applications may share a name, and any template ID is taken.
    """

    instance_id: InstanceId
    application_name: ApplicationName
    application_source_type: SourceType
    """Whether it is made from a template or speaks a standard protocol."""
    sso_type: Literal["saml2", "oidc"]
    """How people sign in to it."""
    application_template_id: TemplateId | None = None
    application_identity_type: IdentityType = "application"
    """agent: a program that acts on its own."""
    application_owner: Owner | None = None
    """Accounts and groups that look after it."""
    custom_fields: CustomFields = ()
    """Attributes beyond the usual ones."""
    description: Description | None = None
    logo_url: LogoUrl | None = None

    class Response(Shape):
        """The new application."""

        application_id: ApplicationId

    def handle(self, call: Call) -> Response:
        """Make the application."""
        idaas = instance(call, self.instance_id)
        if self.application_source_type.endswith("template") and not self.application_template_id:
            raise MissingParameter("ApplicationTemplateId")
        details = ApplicationDetails(
            self.sso_type,
            self.application_source_type,
            self.application_identity_type,
            "authorize_required",
            self.application_template_id or None,
            self.description or None,
            self.logo_url or None,
            custom_fields=with_fields({}, self.custom_fields),
        )
        details = _owned_by(call, idaas, details, self.application_owner)
        application_id = random_id(call.world, "app_")
        verbs.add(call.tx, New(Kind.APPLICATION, idaas.key, self.application_name, details, application_id))
        return self.Response(application_id=application_id)


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_APPLICATION,))
class UpdateApplicationInfo(Shape):
    """Changes an application. What is left out stays as it is.

    Ours: an empty LogoUrl is taken away; an empty ApplicationName changes nothing.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    application_name: Annotated[str, like("wiki", "The new name.", max_length=64)] | None = None
    logo_url: LogoUrl | None = None
    application_owner: Owner | None = None
    """Accounts and groups that look after it."""
    application_visibility: Visibility | None = None
    """Where it is shown. Kept as it is said."""
    custom_fields: CustomFieldChanges = ()
    """What is to become of attributes beyond the usual ones."""
    client_token: ClientToken | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write what is said."""
        idaas = instance(call, self.instance_id)
        found = application(call, idaas, self.application_id)
        details = _owned_by(call, idaas, found.read(ApplicationDetails), self.application_owner)
        if self.logo_url is not None:
            details = msgspec.structs.replace(details, logo_url=self.logo_url or None)
        if self.application_visibility is not None:
            details = msgspec.structs.replace(details, visibility=self.application_visibility)
        fields = with_fields(details.custom_fields, self.custom_fields)
        details = msgspec.structs.replace(details, custom_fields=fields)
        verbs.change(call.tx, found, name=self.application_name or None, details=details)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_APPLICATION,))
class UpdateApplicationDescription(Shape):
    """Replaces the remarks on an application.

    Ours: without Description the remarks are taken away.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the description."""
        found = application(call, instance(call, self.instance_id), self.application_id)
        details = msgspec.structs.replace(
            found.read(ApplicationDetails), description=self.description or None
        )
        verbs.change(call.tx, found, details=details)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_APPLICATION,))
class UpdateApplicationAuthorizationType(Shape):
    """Opens an application to everyone in the instance, or only to whom it is authorized.

    Who was authorized by name stays so either way.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    authorization_type: AuthorizationType

    Response = Done

    def handle(self, call: Call) -> Done:
        """Link the root unit, below which everyone is, or part it."""
        idaas = instance(call, self.instance_id)
        found = application(call, idaas, self.application_id)
        details = msgspec.structs.replace(
            found.read(ApplicationDetails), authorization_type=self.authorization_type
        )
        settle(call, idaas, verbs.change(call.tx, found, details=details))
        return Done()


def settle(call: Call, idaas: Thing, found: Thing) -> None:
    """Let the root unit have an application if it is open to everyone or the root was authorized by name."""
    details = found.read(ApplicationDetails)
    root = root_of(call.sql, idaas)
    if details.authorization_type == "default_all" or details.root_authorized:
        grants.grant(call.tx, root, found)
    else:
        grants.revoke(call.tx, root, found)


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class EnableApplication(Shape):
    """Enables an application. One that is enabled already stays so."""

    instance_id: InstanceId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Lift the block."""
        found = application(call, instance(call, self.instance_id), self.application_id)
        verbs.unblock(call.tx, found, DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class DisableApplication(Shape):
    """Disables an application: nobody may use it, and who is authorized is kept for later."""

    instance_id: InstanceId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Block the application."""
        found = application(call, instance(call, self.instance_id), self.application_id)
        verbs.block(call.tx, found, DISABLED)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class DeleteApplication(Shape):
    """Deletes an application with its authorizations and attachments.

    Ours: an enabled application can be deleted as well, and a deleted one is not listed any more.
    """

    instance_id: InstanceId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the application."""
        verbs.remove(call.tx, application(call, instance(call, self.instance_id), self.application_id))
        return Done()
