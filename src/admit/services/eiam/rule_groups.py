"""Groups attached to authorization rules."""

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
    ON_GROUP,
    ON_RULE,
    Done,
    GroupId,
    InstanceId,
    MaxResults,
    NextToken,
    RuleId,
    TotalCount,
    eiam,
)


@eiam.operation("create", errors=ADDS, resources=(ON_RULE, ON_GROUP), form=BODY_TOKEN)
class AddGroupToAuthorizationRule(Shape):
    """Attaches a group to an authorization rule, for ever or for a time.

    All accounts in the group, present and future, then hold what the rule leads to.

    Ours: attaching what is attached already is refused, in force or not.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    group_id: GroupId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach the group."""
        return attach(call, self, Kind.GROUP, self.group_id)


@eiam.operation("update", errors=CHANGES, resources=(ON_RULE, ON_GROUP), form=BODY_TOKEN)
class UpdateAuthorizationRuleGroupAttachment(Shape):
    """Replaces the validity of the attachment of a group to an authorization rule.

    Both the type and the period are replaced: an attachment that becomes permanent has no period any more.

    Ours: a time-bound attachment needs both ends of its period, the start before the end;
    the start is inside the period, the end is not.
    Ours: a moment that must be seconds, micro- or nanoseconds is refused; milliseconds are expected.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    group_id: GroupId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the validity."""
        return reattach(call, self, Kind.GROUP, self.group_id)


@eiam.operation("delete", errors=CHANGES, resources=(ON_RULE, ON_GROUP))
class RemoveGroupFromAuthorizationRule(Shape):
    """Detaches a group from an authorization rule.

    Ours: detaching what is not attached is refused.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    group_id: GroupId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach the group."""
        return detach(call, self, Kind.GROUP, self.group_id)


class AttachedGroup(Shape):
    """A group attached to the rule."""

    instance_id: InstanceId
    group_id: GroupId
    validity_type: ValidityType
    validity_period: ValidityPeriod | None = None


@eiam.operation("list", errors=LISTS, resources=(ON_RULE,))
class ListGroupsForAuthorizationRule(Shape):
    """Queries the groups attached to an authorization rule, in force or not.

    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    filter: Filters[Literal["GroupId"]] = ()
    """Only groups with these ids."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of groups."""

        groups: tuple[AttachedGroup, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        page = subjects_of(call, self, Kind.GROUP, wanted(self.filter).get("GroupId"))
        return self.Response(
            groups=tuple(
                AttachedGroup(
                    instance_id=self.instance_id,
                    group_id=each.id,
                    validity_type=each.validity_type,
                    validity_period=each.validity_period,
                )
                for each in page.entries
            ),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("list", errors=LISTS, resources=(ON_GROUP,))
class ListAuthorizationRulesForGroup(Shape):
    """Queries the authorization rules that a group is attached to.

    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    group_id: GroupId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    Response = AttachedRules

    def handle(self, call: Call) -> AttachedRules:
        """Select the page."""
        return rules_of(call, self, Kind.GROUP, self.group_id)
