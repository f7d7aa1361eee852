"""Accounts attached to authorization rules."""

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
    ON_RULE,
    ON_USER,
    Done,
    InstanceId,
    MaxResults,
    NextToken,
    RuleId,
    TotalCount,
    UserId,
    eiam,
)


@eiam.operation("create", errors=ADDS, resources=(ON_RULE, ON_USER), form=BODY_TOKEN)
class AddUserToAuthorizationRule(Shape):
    """Attaches an account to an authorization rule, for ever or for a time.

    The account then holds what the rule leads to.

    Ours: attaching what is attached already is refused, in force or not.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    user_id: UserId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Attach the account."""
        return attach(call, self, Kind.USER, self.user_id)


@eiam.operation("update", errors=CHANGES, resources=(ON_RULE, ON_USER), form=BODY_TOKEN)
class UpdateAuthorizationRuleUserAttachment(Shape):
    """Replaces the validity of the attachment of an account to an authorization rule.

    Both the type and the period are replaced: an attachment that becomes permanent has no period any more.

    Ours: a time-bound attachment needs both ends of its period, the start before the end;
    the start is inside the period, the end is not.
    Ours: a moment that must be seconds, micro- or nanoseconds is refused; milliseconds are expected.
    Ours: a period that has ended is accepted; the attachment is simply not in force.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    user_id: UserId
    validity_type: ValidityType
    client_token: ClientToken
    validity_period: ValidityPeriod | None = None
    """Needed for time_bound, both ends in UNIX milliseconds; ignored for permanent."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the validity."""
        return reattach(call, self, Kind.USER, self.user_id)


@eiam.operation("delete", errors=CHANGES, resources=(ON_RULE, ON_USER))
class RemoveUserFromAuthorizationRule(Shape):
    """Detaches an account from an authorization rule.

    What it holds through a group stays with it.

    Ours: detaching what is not attached is refused.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    user_id: UserId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Detach the account."""
        return detach(call, self, Kind.USER, self.user_id)


class AttachedUser(Shape):
    """An account attached to the rule."""

    instance_id: InstanceId
    user_id: UserId
    validity_type: ValidityType
    validity_period: ValidityPeriod | None = None


@eiam.operation("list", errors=LISTS, resources=(ON_RULE,))
class ListUsersForAuthorizationRule(Shape):
    """Queries the accounts attached to an authorization rule, in force or not.

    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    authorization_rule_id: RuleId
    filter: Filters[Literal["UserId"]] = ()
    """Only accounts with these ids."""
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of accounts."""

        users: tuple[AttachedUser, ...]
        total_count: TotalCount
        max_results: MaxResults
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """Select the page."""
        page = subjects_of(call, self, Kind.USER, wanted(self.filter).get("UserId"))
        return self.Response(
            users=tuple(
                AttachedUser(
                    instance_id=self.instance_id,
                    user_id=each.id,
                    validity_type=each.validity_type,
                    validity_period=each.validity_period,
                )
                for each in page.entries
            ),
            total_count=page.total,
            max_results=page.max_results,
            next_token=page.next_token,
        )


@eiam.operation("list", errors=LISTS, resources=(ON_USER,))
class ListAuthorizationRulesForUser(Shape):
    """Queries the authorization rules that an account is attached to itself.

    Ours: rules that it reaches through a group are not among them.
    Ours: what was last attached or updated comes first.
    """

    instance_id: InstanceId
    user_id: UserId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None

    Response = AttachedRules

    def handle(self, call: Call) -> AttachedRules:
        """Select the page."""
        return rules_of(call, self, Kind.USER, self.user_id)
