"""Attaching to authorization rules, which groups, accounts and applications have in common."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeAlias

from admit.control import grants
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.core.validity import BEGINNING, FOREVER, PERMANENT, Millis, Validity
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound
from admit.services.eiam.listing import Page, token_page
from admit.services.eiam.vocabulary import (
    Done,
    InstanceId,
    MaxResults,
    Moment,
    NextToken,
    RuleId,
    TotalCount,
    application,
    group,
    instance,
    rule,
    user,
)
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing, Where

EARLIEST: Millis = 1_000_000_000_000
"""September 2001. What is smaller was meant as seconds: those reach this number in 33 thousand years."""
LATEST: Millis = 253_402_300_799_999
"""The last millisecond of the year 9999. What is greater was meant as micro- or nanoseconds."""

ValidityType = Annotated[
    Literal["permanent", "time_bound"],
    like("time_bound", "permanent: for ever. time_bound: in the ValidityPeriod."),
]


class ValidityPeriod(Shape):
    """When a time-bound attachment is in force: from the start on, and no more at the end."""

    start_time: Moment | None = None
    end_time: Moment | None = None


CHANGES = (ResourceNotFound, InvalidParameter)
ADDS = (*CHANGES, ResourceDuplicated)
LISTS = (*CHANGES, InvalidNextToken)
"""What these operations may answer: ``errors=`` of those that change, add and list."""


def validity(kind: ValidityType, period: ValidityPeriod | None) -> Validity:
    """What ``ValidityType`` and ``ValidityPeriod`` say together; the period of a permanent one is ignored.

    Raises:
        InvalidParameter: time_bound without both ends in milliseconds, the start before the end.

    Source: eiam 2021-12-01, UpdateAuthorizationRuleGroupAttachment.
    """
    if kind == "permanent":
        return PERMANENT
    start = None if period is None else period.start_time
    end = None if period is None else period.end_time
    if start is None or end is None:
        raise InvalidParameter("ValidityPeriod", "time_bound needs both StartTime and EndTime.")
    for name, moment in (("StartTime", start), ("EndTime", end)):
        if not EARLIEST <= moment <= LATEST:
            unit = "seconds" if moment < EARLIEST else "micro- or nanoseconds"
            why = f"UNIX milliseconds are expected, and this looks like {unit} (at {name})."
            raise InvalidParameter("ValidityPeriod", why)
    if start >= end:
        raise InvalidParameter("ValidityPeriod", "StartTime must be before EndTime.")
    return Validity(start, end)


# -- one attachment --------------------------------------------------------------------------------

SubjectKind: TypeAlias = Literal[Kind.GROUP, Kind.USER, Kind.APPLICATION]

_SUBJECTS = {
    Kind.GROUP: ("Group", group),
    Kind.USER: ("User", user),
    Kind.APPLICATION: ("Application", application),
}
"""What each kind of subject is called in codes, and how it is found."""


class OfRule(Protocol):
    """An operation about a rule."""

    instance_id: InstanceId
    authorization_rule_id: RuleId


class WithValidity(OfRule, Protocol):
    """An operation that says how long an attachment is in force."""

    validity_type: ValidityType
    validity_period: ValidityPeriod | None


def attach(call: Call, asked: WithValidity, kind: SubjectKind, subject_id: str) -> Done:
    """Attach a subject to a rule.

    Raises:
        ResourceNotFound: no such instance, rule or subject.
        ResourceDuplicated: they are attached already, in force or not.
    """
    found, subject = _pair(call, asked, kind, subject_id)
    period = validity(asked.validity_type, asked.validity_period)
    if not grants.grant(call.tx, subject, found, period):
        raise ResourceDuplicated(f"AuthorizationRule{_SUBJECTS[kind][0]}")
    return Done()


def reattach(call: Call, asked: WithValidity, kind: SubjectKind, subject_id: str) -> Done:
    """Let an attachment be in force for another period.

    Raises:
        ResourceNotFound: no such instance, rule, subject or attachment.
    """
    found, subject = _pair(call, asked, kind, subject_id)
    period = validity(asked.validity_type, asked.validity_period)
    if not grants.set_validity(call.tx, subject, found, period):
        raise _not_attached(kind, subject_id)
    return Done()


def detach(call: Call, asked: OfRule, kind: SubjectKind, subject_id: str) -> Done:
    """Detach a subject from a rule.

    Raises:
        ResourceNotFound: no such instance, rule, subject or attachment.
    """
    found, subject = _pair(call, asked, kind, subject_id)
    if not grants.revoke(call.tx, subject, found):
        raise _not_attached(kind, subject_id)
    return Done()


def _pair(call: Call, asked: OfRule, kind: SubjectKind, subject_id: str) -> tuple[Thing, Thing]:
    """The rule and the subject."""
    idaas = instance(call, asked.instance_id)
    _, find = _SUBJECTS[kind]
    return rule(call, idaas, asked.authorization_rule_id), find(call, idaas, subject_id)


def _not_attached(kind: SubjectKind, subject_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"AuthorizationRule{_SUBJECTS[kind][0]}Attachment", subject_id)


# -- lists -----------------------------------------------------------------------------------------


class Paged(Protocol):
    """An operation that lists by token."""

    instance_id: InstanceId
    max_results: MaxResults | None
    next_token: NextToken | None


class OfRulePaged(Paged, OfRule, Protocol):
    """An operation that lists what is attached to a rule."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The id at the other end of an attachment, and the attachment's period."""

    id: str
    validity_type: ValidityType
    validity_period: ValidityPeriod | None


class AttachedRule(Shape):
    """An authorization rule that a subject is attached to itself."""

    instance_id: InstanceId
    authorization_rule_id: RuleId
    validity_type: ValidityType
    validity_period: ValidityPeriod | None = None


class AttachedRules(Shape):
    """A page of the rules of a subject."""

    authorization_rules: tuple[AttachedRule, ...]
    total_count: TotalCount
    max_results: MaxResults
    next_token: NextToken | None = None


def rules_of(call: Call, asked: Paged, kind: SubjectKind, subject_id: str) -> AttachedRules:
    """The page of the rules that a subject is attached to itself, what was last attached or updated first.

    Raises:
        ResourceNotFound: no such instance or subject.
    """
    idaas = instance(call, asked.instance_id)
    subject = _SUBJECTS[kind][1](call, idaas, subject_id)
    page = _linked(call, asked, subject, Kind.RULE, inward=False)
    return AttachedRules(
        authorization_rules=tuple(
            AttachedRule(
                instance_id=idaas.id,
                authorization_rule_id=each.id,
                validity_type=each.validity_type,
                validity_period=each.validity_period,
            )
            for each in page.entries
        ),
        total_count=page.total,
        max_results=page.max_results,
        next_token=page.next_token,
    )


def subjects_of(
    call: Call, asked: OfRulePaged, kind: SubjectKind, ids: tuple[str, ...] | None
) -> Page[Attached]:
    """The page of the subjects of a kind attached to a rule, what was last attached or updated first.

    ``ids`` restricts it to these subjects.

    Raises:
        ResourceNotFound: no such instance or rule.
    """
    found = rule(call, instance(call, asked.instance_id), asked.authorization_rule_id)
    if ids is None:
        return _linked(call, asked, found, kind, inward=True)
    offset, limit = token_page(asked.next_token, asked.max_results)
    where = Where(kind, parent=found.parent, ids=ids, linked_to=found.key)
    named = [(links.find(call.sql, each.ref, found.ref), each) for each in things.find(call.sql, where)]
    held = sorted(
        ((link, each) for link, each in named if link is not None),
        key=lambda pair: (pair[0].added_in, pair[1].key),
        reverse=True,
    )
    entries = [_attached(link, each) for link, each in held[offset : offset + limit]]
    return Page.of(entries, len(held), offset, limit)


def _linked(call: Call, asked: Paged, thing: Thing, kind: Kind, *, inward: bool) -> Page[Attached]:
    offset, limit = token_page(asked.next_token, asked.max_results)
    held = links.of(
        call.sql, thing.key, inward=inward, kind=kind, newest_first=True, offset=offset, limit=limit
    )
    others = things.by_keys(call.sql, [ref.key for _, ref in held])
    entries = [_attached(link, others[ref.key]) for link, ref in held]
    return Page.of(entries, links.count(call.sql, thing.key, inward=inward, kind=kind), offset, limit)


def _attached(link: Held, other: Thing) -> Attached:
    held = link.validity
    if held.permanent:
        return Attached(other.id, "permanent", None)
    # Only what was not attached by these operations may be open at one end.
    period = ValidityPeriod(
        start_time=None if held.start == BEGINNING else held.start,
        end_time=None if held.end == FOREVER else held.end,
    )
    return Attached(other.id, "time_bound", period)
