"""What attachments of groups, accounts and applications have in common, tried on each."""

from dataclasses import dataclass
from typing import Any

import pytest

from admit.control import grants
from admit.core.links import Kind
from admit.core.validity import FOREVER, HOUR, Validity
from admit.store import things
from admit.store.engine import Tx
from tests.services.eiam.idaas import EVER, Idaas
from tests.system import Refused


@dataclass
class Family:
    """The operations about one kind of subject."""

    idaas: Idaas
    word: str
    kind: Kind
    rule: str

    def subject(self, name: str) -> str:
        """A new subject."""
        made = {
            Kind.GROUP: self.idaas.group,
            Kind.USER: self.idaas.user,
            Kind.APPLICATION: self.idaas.application,
        }
        return made[self.kind](name)

    def named(self, subject: str, rule: str | None = None) -> dict[str, str]:
        """The parameters that name an attachment."""
        return {"AuthorizationRuleId": rule or self.rule, f"{self.word}Id": subject}

    def add(self, subject: str, rule: str | None = None, **more: Any) -> dict[str, Any]:
        """Attach a subject."""
        action = f"Add{self.word}ToAuthorizationRule"
        return self.idaas.call(action, **(self.named(subject, rule) | EVER | more))

    def update(self, subject: str, **more: Any) -> dict[str, Any]:
        """Replace the validity."""
        action = f"UpdateAuthorizationRule{self.word}Attachment"
        return self.idaas.call(action, **(self.named(subject) | EVER | more))

    def remove(self, subject: str) -> dict[str, Any]:
        """Detach a subject."""
        return self.idaas.call(f"Remove{self.word}FromAuthorizationRule", **self.named(subject))

    def subjects(self, **more: Any) -> dict[str, Any]:
        """The list of what is attached to the rule."""
        named = {"AuthorizationRuleId": self.rule, **more}
        return self.idaas.call(f"List{self.word}sForAuthorizationRule", **named)

    def ids(self, **more: Any) -> list[str]:
        """The ids in that list."""
        return [each[f"{self.word}Id"] for each in self.subjects(**more)[f"{self.word}s"]]

    def rules(self, subject: str, **more: Any) -> dict[str, Any]:
        """The list of the rules of a subject."""
        return self.idaas.call(f"ListAuthorizationRulesFor{self.word}", **{f"{self.word}Id": subject, **more})


@pytest.fixture(params=[("Group", Kind.GROUP), ("User", Kind.USER), ("Application", Kind.APPLICATION)])
def family(request: pytest.FixtureRequest, idaas: Idaas) -> Family:
    """Each family of operations, with a rule."""
    return Family(idaas, *request.param, idaas.rule())


def test_an_attachment_is_listed_from_both_ends_and_gone_when_removed(family: Family) -> None:
    """an attachment is listed from both ends, and gone when removed"""
    subject, now = family.subject("one"), family.idaas.now()
    period = {"StartTime": now, "EndTime": now + HOUR}
    family.add(subject, ValidityType="time_bound", ValidityPeriod=period)

    told = {"InstanceId": family.idaas.id, "ValidityType": "time_bound", "ValidityPeriod": period}
    assert family.subjects()[f"{family.word}s"] == [{**told, f"{family.word}Id": subject}]
    assert family.rules(subject)["AuthorizationRules"] == [{**told, "AuthorizationRuleId": family.rule}]

    family.remove(subject)
    for answer, key in (
        (family.subjects(), f"{family.word}s"),
        (family.rules(subject), "AuthorizationRules"),
    ):
        assert (answer[key], answer["TotalCount"], answer["MaxResults"]) == ([], 0, 20)


def test_an_update_replaces_the_validity(family: Family) -> None:
    """an update replaces the validity"""
    subject, now = family.subject("one"), family.idaas.now()
    family.add(subject)
    period = {"StartTime": now, "EndTime": now + HOUR}
    family.update(subject, ValidityType="time_bound", ValidityPeriod=period)
    assert family.subjects()[f"{family.word}s"][0]["ValidityPeriod"] == period
    family.update(subject)
    assert "ValidityPeriod" not in family.subjects()[f"{family.word}s"][0]


def test_codes_name_the_kind_of_subject(family: Family) -> None:
    """codes name the kind of subject"""
    there, absent, word = family.subject("there"), f"{family.word}_none", family.word
    family.add(there)
    other = family.subject("other")
    for call, status, code in (
        (lambda: family.add(there), 403, f"ResourceDuplicated.AuthorizationRule{word}"),
        (lambda: family.update(other), 404, f"ResourceNotFound.AuthorizationRule{word}Attachment"),
        (lambda: family.remove(other), 404, f"ResourceNotFound.AuthorizationRule{word}Attachment"),
        (lambda: family.add(absent), 404, f"ResourceNotFound.{word}"),
        (lambda: family.update(absent), 404, f"ResourceNotFound.{word}"),
        (lambda: family.remove(absent), 404, f"ResourceNotFound.{word}"),
        (lambda: family.rules(absent), 404, f"ResourceNotFound.{word}"),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("parameter", "kind"), [("InstanceId", "Instance"), ("AuthorizationRuleId", "AuthorizationRule")]
)
def test_an_unknown_instance_or_rule_is_not_found(family: Family, parameter: str, kind: str) -> None:
    """an unknown instance or rule is not found"""
    subject = family.subject("one")
    wrong = {**family.named(subject), parameter: "none_such", **EVER}
    word = family.word
    actions = [
        f"Add{word}ToAuthorizationRule",
        f"UpdateAuthorizationRule{word}Attachment",
        f"Remove{word}FromAuthorizationRule",
        f"List{word}sForAuthorizationRule",
    ]
    if kind == "Instance":
        actions.append(f"ListAuthorizationRulesFor{word}")
    for action in actions:
        with pytest.raises(Refused) as refused:
            family.idaas.call(action, **wrong)
        assert (refused.value.status, refused.value.code) == (404, f"ResourceNotFound.{kind}")


def test_a_subject_of_another_instance_cannot_be_attached(family: Family) -> None:
    """a subject of another instance cannot be attached"""
    other = Family(Idaas(family.idaas.system), family.word, family.kind, family.rule)
    stranger = other.subject("stranger")
    with pytest.raises(Refused) as refused:
        family.add(stranger)
    assert refused.value.code == f"ResourceNotFound.{family.word}"


def test_subjects_are_listed_page_by_page_what_was_last_changed_first(family: Family) -> None:
    """subjects are listed page by page, what was last changed first"""
    names = [family.subject(f"s{number}") for number in range(5)]
    for name in names:
        family.add(name)
    now = family.idaas.now()
    family.update(
        names[0], ValidityType="time_bound", ValidityPeriod={"StartTime": now, "EndTime": now + HOUR}
    )
    expected = [names[0], *reversed(names[1:])]

    first = family.subjects(MaxResults=3)
    assert [each[f"{family.word}Id"] for each in first[f"{family.word}s"]] == expected[:3]
    assert (first["TotalCount"], first["MaxResults"]) == (5, 3)
    last = family.subjects(MaxResults=3, NextToken=first["NextToken"])
    assert [each[f"{family.word}Id"] for each in last[f"{family.word}s"]] == expected[3:]
    assert "NextToken" not in last


def test_rules_are_listed_page_by_page(family: Family) -> None:
    """rules are listed page by page"""
    subject = family.subject("one")
    rules = [family.rule, *(family.idaas.rule(f"rule-{number}") for number in range(2))]
    for rule in rules:
        family.add(subject, rule)
    first = family.rules(subject, MaxResults=2)
    last = family.rules(subject, MaxResults=2, NextToken=first["NextToken"])
    told = [each["AuthorizationRuleId"] for each in first["AuthorizationRules"] + last["AuthorizationRules"]]
    assert told == list(reversed(rules))
    assert (first["TotalCount"], last.get("NextToken")) == (3, None)


def test_a_filter_selects_subjects_by_id(family: Family) -> None:
    """a filter selects subjects by id"""
    names = [family.subject(f"s{number}") for number in range(3)]
    for name in names:
        family.add(name)
    detached = family.subject("detached")

    def asked(*ids: str) -> list[dict[str, Any]]:
        return [{"Name": f"{family.word}Id", "Value": list(ids)}]

    assert family.ids(Filter=asked(names[0], names[2], detached, "none_such")) == [names[2], names[0]]
    assert family.ids(Filter=asked(detached)) == []
    first = family.subjects(Filter=asked(*names), MaxResults=2)
    assert first["TotalCount"] == 3
    assert family.ids(Filter=asked(*names), MaxResults=2, NextToken=first["NextToken"]) == [names[0]]


@pytest.mark.parametrize(
    "asked",
    [
        [{"Name": "Name", "Value": ["x"]}],
        [{"Name": "{word}Id"}],
        [{"Name": "{word}Id", "Value": ["x"]}, {"Name": "{word}Id", "Value": ["y"]}],
        [{"Name": "{word}Id", "Value": ["x"] * 101}],
    ],
)
def test_a_filter_that_is_not_understood_is_refused(family: Family, asked: list[dict[str, Any]]) -> None:
    """a filter that is not understood is refused"""
    named = [{**each, "Name": each["Name"].format(word=family.word)} for each in asked]
    with pytest.raises(Refused) as refused:
        family.subjects(Filter=named)
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter.Filter")


@pytest.mark.parametrize("parameters", [{"MaxResults": 0}, {"MaxResults": 101}, {"NextToken": "x"}])
def test_a_page_that_cannot_be_is_refused(family: Family, parameters: dict[str, Any]) -> None:
    """a page that cannot be is refused"""
    for ask in (family.subjects, lambda **more: family.rules(family.subject("one"), **more)):
        with pytest.raises(Refused) as refused:
            ask(**parameters)
        assert refused.value.status == 400
        assert refused.value.code == f"InvalidParameter.{next(iter(parameters))}"


def test_a_rule_lists_only_subjects_of_the_kind_asked_for(family: Family) -> None:
    """a rule lists only subjects of the kind asked for"""
    for word, kind in (("Group", Kind.GROUP), ("User", Kind.USER), ("Application", Kind.APPLICATION)):
        each = Family(family.idaas, word, kind, family.rule)
        each.add(each.subject("one"))
    assert len(family.ids()) == family.subjects()["TotalCount"] == 1


def test_a_removed_subject_takes_its_attachments_along(family: Family) -> None:
    """a removed subject takes its attachments along"""
    subject = family.subject("one")
    family.add(subject)
    family.idaas.call(f"Delete{family.word}", **{f"{family.word}Id": subject})
    assert (family.ids(), family.subjects()["TotalCount"]) == ([], 0)
    with pytest.raises(Refused) as refused:
        family.rules(subject)
    assert refused.value.code == f"ResourceNotFound.{family.word}"


def test_a_period_open_at_one_end_is_told_by_the_end_it_has(family: Family) -> None:
    """a period open at one end is told by the end it has"""
    subject, now = family.subject("one"), family.idaas.now()
    family.add(subject)

    def body(tx: Tx) -> None:
        (rule,) = things.named(tx.sql, Kind.RULE, family.rule)
        (source,) = things.named(tx.sql, family.kind, subject)
        grants.set_validity(tx, source, rule, Validity(now, FOREVER))

    family.idaas.write(body)
    (told,) = family.subjects()[f"{family.word}s"]
    assert (told["ValidityType"], told["ValidityPeriod"]) == ("time_bound", {"StartTime": now})


# -- who may manage attachments ------------------------------------------------------------------------------


def test_a_caller_must_be_allowed_on_the_rule_and_on_the_subject(family: Family) -> None:
    """a caller must be allowed on the rule and on the subject"""
    idaas, word = family.idaas, family.word
    subject = family.subject("one")
    action = f"Add{word}ToAuthorizationRule"
    arn = f"acs:eiam:*:*:instance/{idaas.id}"
    on_rule = f"{arn}/authorizationRule/{family.rule}"
    on_subject = f"{arn}/{word.lower()}/{subject}"

    def calls_as(name: str, *resources: str) -> dict[str, Any]:
        key = idaas.ram_user(name, f"eiam:{action}", *resources)
        return idaas.call(action, key, **family.named(subject), **EVER)

    for name, resources in (("rule-only", [on_rule]), ("subject-only", [on_subject]), ("other", [arn])):
        with pytest.raises(Refused) as refused:
            calls_as(name, *resources)
        assert (refused.value.status, refused.value.code) == (403, "NoPermission")
    assert calls_as("both", on_rule, on_subject).keys() == {"RequestId"}
