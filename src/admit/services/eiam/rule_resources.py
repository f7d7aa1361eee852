"""Authorization resources: what a rule of scope custom leads to."""

from typing import Annotated, Literal

from admit.control import grants
from admit.control import things as verbs
from admit.control.things import New
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, like
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound
from admit.services.eiam.listing import Filters, page_of, wanted
from admit.services.eiam.rule_targets import ResourceDetails, RuleDetails
from admit.services.eiam.vocabulary import (
    BODY_TOKEN,
    ON_RULE,
    CloudAccountId,
    CloudRoleId,
    Done,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    RuleId,
    RuleResourceId,
    TotalCount,
    eiam,
    instance,
    ordered_id,
    rule,
    rule_resource,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

EntityType = Annotated[
    Literal["cloud_account_role"],
    like("cloud_account_role", "What kind of thing the resource is: cloud_account_role, the only one."),
]


class CredentialCondition(Shape):
    """A condition on the credentials used."""

    allow_same_name_identity: bool | None = None
    """Whether accounts of the same name as the identity are meant as well."""


class Condition(Shape):
    """When the resource counts."""

    credential_condition: CredentialCondition | None = None


class AuthorizationResource(Shape):
    """An authorization resource."""

    instance_id: InstanceId
    authorization_rule_id: RuleId
    authorization_resource_id: RuleResourceId
    authorization_resource_entity_type: EntityType
    authorization_resource_entity_id: CloudRoleId
    cloud_account_id: CloudAccountId
    create_time: Moment
    update_time: Moment
    condition: Condition | None = None


def _told(idaas: Thing, found: Thing, resource: Thing) -> AuthorizationResource:
    details = resource.read(ResourceDetails)
    condition = None
    if details.allow_same_name_identity is not None:
        credential = CredentialCondition(allow_same_name_identity=details.allow_same_name_identity)
        condition = Condition(credential_condition=credential)
    return AuthorizationResource(
        instance_id=idaas.id,
        authorization_rule_id=found.id,
        authorization_resource_id=resource.id,
        authorization_resource_entity_type="cloud_account_role",
        authorization_resource_entity_id=details.entity_id,
        cloud_account_id=details.cloud_account_id,
        create_time=resource.created_at,
        update_time=resource.changed_at,
        condition=condition,
    )


@eiam.operation(
    "create",
    errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter),
    resources=(ON_RULE,),
    form=BODY_TOKEN,
)
class CreateAuthorizationResource(Shape):
    """Lets an authorization rule lead to a cloud account role.

    Ours: in a rule of scope global the resource is kept without effect until the rule becomes custom.
    Ours: a role stands in a rule once.
    Ours: the condition is kept and told, and does not restrict decisions.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    authorization_resource_entity_type: EntityType
    authorization_resource_entity_id: CloudRoleId
    client_token: ClientToken
    condition: Condition | None = None
    """What credentials the role may be taken with."""

    class Response(Shape):
        """The new resource."""

        authorization_resource_id: RuleResourceId

    def handle(self, call: Call) -> Response:
        """Make the resource, and let the rule lead to the role."""
        idaas = instance(call, self.instance_id)
        found = rule(call, idaas, self.authorization_rule_id)
        role, account = _role(call, idaas, self.authorization_resource_entity_id)
        credential = self.condition and self.condition.credential_condition
        details = ResourceDetails(
            self.authorization_resource_entity_type,
            role.id,
            account.id,
            credential.allow_same_name_identity if credential else None,
        )
        new = New(
            Kind.RULE_RESOURCE, found.key, role.name, details, ordered_id(call, "arres_"), handle=role.id
        )
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise ResourceDuplicated("AuthorizationResource") from None
        if found.read(RuleDetails).scope == "custom":
            grants.grant(call.tx, found, role)
        return self.Response(authorization_resource_id=made.id)


def _role(call: Call, idaas: Thing, role_id: str) -> tuple[Thing, Thing]:
    """The cloud account role of this id in any cloud account of an instance, and that account.

    Raises:
        ResourceNotFound: there is none.
    """
    role = things.by_id_anywhere(call.sql, Kind.CLOUD_ROLE, role_id)
    account = None if role is None else things.by_key(call.sql, role.parent)
    if role is None or account is None or account.parent != idaas.key:
        raise ResourceNotFound("CloudAccountRole", role_id)
    return role, account


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_RULE,))
class GetAuthorizationResource(Shape):
    """Queries an authorization resource of a rule."""

    instance_id: InstanceId
    authorization_rule_id: RuleId
    authorization_resource_id: RuleResourceId

    class Response(Shape):
        """The resource."""

        authorization_resource: AuthorizationResource

    def handle(self, call: Call) -> Response:
        """Look the resource up."""
        idaas = instance(call, self.instance_id)
        found = rule(call, idaas, self.authorization_rule_id)
        resource = rule_resource(call, found, self.authorization_resource_id)
        return self.Response(authorization_resource=_told(idaas, found, resource))


@eiam.operation("list", errors=(ResourceNotFound, InvalidParameter, InvalidNextToken), resources=(ON_RULE,))
class ListAuthorizationResources(Shape):
    """Queries the authorization resources of a rule.

    Ours: the newest comes first.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    filter: Filters[Literal["AuthorizationResourceEntityType", "AuthorizationResourceEntityId"]] = ()
    """Only resources of these types, or for these cloud account roles."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of resources."""

        authorization_resources: tuple[AuthorizationResource, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        idaas = instance(call, self.instance_id)
        found = rule(call, idaas, self.authorization_rule_id)
        attributes = {
            "AuthorizationResourceEntityType": "entity_type",
            "AuthorizationResourceEntityId": "entity_id",
        }
        asked = {attributes[name]: values for name, values in wanted(self.filter).items()}
        where = Where(Kind.RULE_RESOURCE, parent=found.key, details_in=asked, order="newest")
        page = page_of(call, where, self.next_token, self.max_results)
        return self.Response(
            authorization_resources=tuple(_told(idaas, found, each) for each in page.entries),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_RULE,))
class DeleteAuthorizationResource(Shape):
    """Lets an authorization rule no longer lead to a cloud account role."""

    instance_id: InstanceId
    authorization_rule_id: RuleId
    authorization_resource_id: RuleResourceId

    Response = Done

    def handle(self, call: Call) -> Done:
        """End the resource, and the rule's way to the role."""
        idaas = instance(call, self.instance_id)
        found = rule(call, idaas, self.authorization_rule_id)
        resource = rule_resource(call, found, self.authorization_resource_id)
        role, _ = _role(call, idaas, resource.read(ResourceDetails).entity_id)
        grants.revoke(call.tx, found, role)
        verbs.remove(call.tx, resource)
        return Done()
