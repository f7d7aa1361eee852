"""Applications attached to authorization rules: as those who may act, not as what is protected."""

from typing import Literal

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape
from admit.services.eiam.attachments import (
    ADDS,
    CHANGES,
    LISTS,
    AttachedRules,
    ValidityPeriod,
    ValidityType,
    attach,
    detach,
    reattach,
    rules_of,
    subjects_of,
)
from admit.services.eiam.listing import Filters, wanted
from admit.services.eiam.vocabulary import (
    BODY_TOKEN,
    ON_APPLICATION,
    ON_RULE,
    ApplicationId,
    Done,
    InstanceId,
    MaxResults,
    NextToken,
    RuleId,
    TotalCount,
    eiam,
)


@eiam.operation("create", errors=ADDS, resources=(ON_RULE, ON_APPLICATION), form=BODY_TOKEN)
class AddApplicationToAuthorizationRule(Shape):
    """Attaches an application to an authorization rule, for ever or for a time.

    The application itself, such as an agent, then holds what the rule leads to; its users do not.

    Ours: attaching what is attached already is refused, in force or not.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    application_id: ApplicationId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach the application."""
        return attach(call, self, Kind.APPLICATION, self.application_id)


@eiam.operation("update", errors=CHANGES, resources=(ON_RULE, ON_APPLICATION), form=BODY_TOKEN)
class UpdateAuthorizationRuleApplicationAttachment(Shape):
    """Replaces the validity of the attachment of an application to an authorization rule.

    Both the type and the period are replaced: an attachment that becomes permanent has no period any more.

    Ours: a time-bound attachment needs both ends of its period, the start before the end;
    the start is inside the period, the end is not.
    Ours: a moment that must be seconds, micro- or nanoseconds is refused; milliseconds are expected.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    application_id: ApplicationId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the validity."""
        return reattach(call, self, Kind.APPLICATION, self.application_id)


@eiam.operation("delete", errors=CHANGES, resources=(ON_RULE, ON_APPLICATION))
class RemoveApplicationFromAuthorizationRule(Shape):
    """Detaches an application from an authorization rule.

    Ours: detaching what is not attached is refused.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach the application."""
        return detach(call, self, Kind.APPLICATION, self.application_id)


class AttachedApplication(Shape):
    """An application attached to the rule."""

    instance_id: InstanceId
    application_id: ApplicationId
    validity_type: ValidityType
    validity_period: ValidityPeriod | None = None


@eiam.operation("list", errors=LISTS, resources=(ON_RULE,))
class ListApplicationsForAuthorizationRule(Shape):
    """Queries the applications attached to an authorization rule, in force or not.

    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    filter: Filters[Literal["ApplicationId"]] = ()
    """Only applications with these ids."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of applications."""

        applications: tuple[AttachedApplication, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        page = subjects_of(call, self, Kind.APPLICATION, wanted(self.filter).get("ApplicationId"))
        return self.Response(
            applications=tuple(
                AttachedApplication(
                    instance_id=self.instance_id,
                    application_id=each.id,
                    validity_type=each.validity_type,
                    validity_period=each.validity_period,
                )
                for each in page.entries
            ),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("list", errors=LISTS, resources=(ON_APPLICATION,))
class ListAuthorizationRulesForApplication(Shape):
    """Queries the authorization rules that an application is attached to.

    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    Response = AttachedRules

    def handle(self, call: Call) -> AttachedRules:
        """Select the page."""
        return rules_of(call, self, Kind.APPLICATION, self.application_id)
