"""Authorization rules: who may use what, as one thing that can be switched off."""

from typing import Annotated, Literal

from admit.control import things as verbs
from admit.control.things import New
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, like
from admit.services.eiam.errors import ResourceNotFound, UnsupportedAction
from admit.services.eiam.listing import Filters, page_of, wanted
from admit.services.eiam.rule_targets import PROJECT_ID, RuleDetails, Scope, lead, lead_elsewhere
from admit.services.eiam.vocabulary import (
    BODY_TOKEN,
    DISABLED,
    ON_INSTANCE,
    ON_RULE,
    Done,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    ProjectId,
    RuleId,
    TotalCount,
    disabled_among,
    eiam,
    instance,
    ordered_id,
    rule,
)
from admit.store import things
from admit.store.things import Thing, Where

RuleName = Annotated[
    str,
    like("name_example", "The name of the authorization rule.", min_length=1, max_length=64),
]
ResourceScope = Annotated[
    Scope,
    like(
        "custom",
        "global: the rule leads to every cloud account role of the project, also to those made later. "
        "custom: it leads to the authorization resources created in it.",
    ),
]
ScenarioLabel = Annotated[
    str,
    like(
        "privileged_cloud_account",
        "What the rule is for, such as privileged_cloud_account or asset.",
        max_length=64,
    ),
]
Description = Annotated[str, like("description_example", "Remarks on the rule.", max_length=128)]


class AuthorizationRule(Shape):
    """An authorization rule."""

    instance_id: InstanceId
    authorization_rule_id: RuleId
    authorization_rule_name: RuleName
    project_id: ProjectId
    status: Literal["enabled", "disabled"]
    authorization_resource_scope: ResourceScope
    authorization_rule_creation_type: Literal["system_init", "user_custom"]
    authorization_rule_subject_scope: Literal["shared", "exclusive"]
    create_time: Moment
    update_time: Moment
    authorization_rule_scenario_label: ScenarioLabel | None = None
    authorization_rule_subject_type: Literal["application", "user"] | None = None
    """Only of a rule that is exclusive to one subject; there are none here."""
    authorization_rule_subject_id: str | None = None
    description: Description | None = None


def _told(idaas: Thing, found: Thing, *, disabled: bool) -> AuthorizationRule:
    details = found.read(RuleDetails)
    return AuthorizationRule(
        instance_id=idaas.id,
        authorization_rule_id=found.id,
        authorization_rule_name=found.name,
        project_id=PROJECT_ID,
        status="disabled" if disabled else "enabled",
        authorization_resource_scope=details.scope,
        authorization_rule_creation_type="user_custom",
        authorization_rule_subject_scope="shared",
        create_time=found.created_at,
        update_time=found.changed_at,
        authorization_rule_scenario_label=details.scenario_label,
        description=details.description,
    )


@eiam.operation(
    "create", errors=(ResourceNotFound, InvalidParameter), resources=(ON_INSTANCE,), form=BODY_TOKEN
)
class CreateAuthorizationRule(Shape):
    """Creates an authorization rule, enabled and without subjects.

    Ours: without AuthorizationResourceScope the rule is custom and so leads nowhere yet.
    Ours: rules of an instance may share a name.
    Ours: a ProjectId other than iprj_system_default is not found.
    """

    instance_id: InstanceId
    project_id: ProjectId
    authorization_rule_name: RuleName
    client_token: ClientToken
    authorization_resource_scope: ResourceScope = "custom"
    authorization_rule_scenario_label: ScenarioLabel | None = None
    description: Description | None = None

    class Response(Shape):
        """The new rule."""

        authorization_rule_id: RuleId

    def handle(self, call: Call) -> Response:
        """Make the rule, and let it lead to what its scope says."""
        idaas = instance(call, self.instance_id)
        if self.project_id != PROJECT_ID:
            raise ResourceNotFound("Project", self.project_id)
        details = RuleDetails(
            self.authorization_resource_scope,
            self.authorization_rule_scenario_label or None,
            self.description or None,
        )
        new = New(Kind.RULE, idaas.key, self.authorization_rule_name, details, ordered_id(call, "arrule_"))
        made = verbs.add(call.tx, new)
        lead(call.tx, made, details.scope)
        return self.Response(authorization_rule_id=made.id)


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_RULE,))
class GetAuthorizationRule(Shape):
    """Queries an authorization rule."""

    instance_id: InstanceId
    authorization_rule_id: RuleId

    class Response(Shape):
        """The rule."""

        authorization_rule: AuthorizationRule

    def handle(self, call: Call) -> Response:
        """Look the rule up."""
        idaas = instance(call, self.instance_id)
        found = rule(call, idaas, self.authorization_rule_id)
        disabled = DISABLED in things.block_words(call.sql, found.key)
        return self.Response(authorization_rule=_told(idaas, found, disabled=disabled))


@eiam.operation(
    "list", errors=(ResourceNotFound, InvalidParameter, InvalidNextToken), resources=(ON_INSTANCE,)
)
class ListAuthorizationRules(Shape):
    """Queries the authorization rules of an instance.

    Ours: the newest comes first.
    Ours: AuthorizationRuleNameStartWith takes one value.
    """

    instance_id: InstanceId
    filter: Filters[Literal["AuthorizationRuleId", "AuthorizationRuleNameStartWith"]] = ()
    """Only rules with these ids, or with a name that begins so."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of rules."""

        authorization_rules: tuple[AuthorizationRule, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        idaas = instance(call, self.instance_id)
        asked = wanted(self.filter)
        prefixes = asked.get("AuthorizationRuleNameStartWith", ())
        if len(prefixes) > 1:
            raise InvalidParameter("Filter", "AuthorizationRuleNameStartWith takes one value.")
        where = Where(
            Kind.RULE,
            parent=idaas.key,
            ids=asked.get("AuthorizationRuleId"),
            name_prefix=prefixes[0] if prefixes else None,
            order="newest",
        )
        page = page_of(call, where, self.next_token, self.max_results)
        disabled = disabled_among(call, page.entries)
        return self.Response(
            authorization_rules=tuple(
                _told(idaas, each, disabled=each.key in disabled) for each in page.entries
            ),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_RULE,), form=BODY_TOKEN)
class UpdateAuthorizationRule(Shape):
    """Changes the name or the scope of an authorization rule. What is left out stays as it is.

    Ours: while a rule is global its authorization resources are kept without effect.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    client_token: ClientToken
    authorization_rule_name: RuleName | None = None
    authorization_resource_scope: ResourceScope | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Change the rule, and what it leads to."""
        found = rule(call, instance(call, self.instance_id), self.authorization_rule_id)
        before = found.read(RuleDetails)
        scope = self.authorization_resource_scope or before.scope
        after = RuleDetails(scope, before.scenario_label, before.description)
        verbs.change(call.tx, found, name=self.authorization_rule_name, details=after)
        lead_elsewhere(call.tx, found, before.scope, scope)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_RULE,), form=BODY_TOKEN)
class UpdateAuthorizationRuleDescription(Shape):
    """Changes the description of an authorization rule.

    Ours: an empty description, or none, clears it.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    client_token: ClientToken
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Change the description."""
        found = rule(call, instance(call, self.instance_id), self.authorization_rule_id)
        before = found.read(RuleDetails)
        after = RuleDetails(before.scope, before.scenario_label, self.description or None)
        verbs.change(call.tx, found, details=after)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_RULE,), form=BODY_TOKEN)
class EnableAuthorizationRule(Shape):
    """Enables an authorization rule: what it grants can be used again.

    Ours: enabling an enabled rule succeeds and changes nothing.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    client_token: ClientToken

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch the rule on."""
        found = rule(call, instance(call, self.instance_id), self.authorization_rule_id)
        verbs.unblock(call.tx, found, DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_RULE,), form=BODY_TOKEN)
class DisableAuthorizationRule(Shape):
    """Disables an authorization rule: it keeps its attachments and gives no access.

    Ours: disabling a disabled rule succeeds and changes nothing.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    client_token: ClientToken

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch the rule off."""
        found = rule(call, instance(call, self.instance_id), self.authorization_rule_id)
        verbs.block(call.tx, found, DISABLED)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound, UnsupportedAction), resources=(ON_RULE,))
class DeleteAuthorizationRule(Shape):
    """Deletes a disabled authorization rule.

    Ours: its attachments and authorization resources go with it.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId

    Response = Done

    def handle(self, call: Call) -> Done:
        """End the rule and what belongs to it."""
        found = rule(call, instance(call, self.instance_id), self.authorization_rule_id)
        if DISABLED not in things.block_words(call.sql, found.key):
            raise UnsupportedAction("AuthorizationRuleEnabled", "disable the authorization rule first.")
        verbs.remove(call.tx, found)
        return Done()
