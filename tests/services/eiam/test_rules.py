"""Authorization rules."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.eiam.idaas import PROJECT, Idaas
from tests.system import Refused


def _get(idaas: Idaas, rule_id: str) -> dict[str, Any]:
    answer = idaas.call("GetAuthorizationRule", AuthorizationRuleId=rule_id)
    return dict(answer["AuthorizationRule"])


def _listed(idaas: Idaas, **parameters: Any) -> list[str]:
    answer = idaas.call("ListAuthorizationRules", **parameters)
    return [each["AuthorizationRuleName"] for each in answer["AuthorizationRules"]]


def test_a_new_rule_is_enabled_custom_and_told_in_full(idaas: Idaas) -> None:
    """a new rule is enabled, custom and told in full"""
    made = idaas.now()
    rule = idaas.rule(
        "operators", AuthorizationRuleScenarioLabel="privileged_cloud_account", Description="day shift"
    )

    assert rule.startswith("arrule_")
    assert len(rule) == len("arrule_") + 26
    assert _get(idaas, rule) == {
        "InstanceId": idaas.id,
        "AuthorizationRuleId": rule,
        "AuthorizationRuleName": "operators",
        "ProjectId": PROJECT,
        "Status": "enabled",
        "AuthorizationResourceScope": "custom",
        "AuthorizationRuleCreationType": "user_custom",
        "AuthorizationRuleSubjectScope": "shared",
        "AuthorizationRuleScenarioLabel": "privileged_cloud_account",
        "Description": "day shift",
        "CreateTime": made,
        "UpdateTime": made,
    }


def test_what_is_not_set_is_not_told(idaas: Idaas) -> None:
    """what is not set is not told"""
    told = _get(idaas, idaas.rule(Description="", AuthorizationRuleScenarioLabel=""))
    assert not {"Description", "AuthorizationRuleScenarioLabel"} & told.keys()


def test_ids_of_rules_made_later_sort_later(idaas: Idaas) -> None:
    """ids of rules made later sort later"""
    ids = []
    for _ in range(3):
        ids.append(idaas.rule())
        idaas.system.advance(1)
    assert ids == sorted(ids)
    assert len(set(ids)) == 3


def test_rules_may_share_a_name(idaas: Idaas) -> None:
    """rules may share a name"""
    assert idaas.rule("twin") != idaas.rule("twin")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ProjectId": None}, "MissingParameter.ProjectId"),
        ({"AuthorizationRuleName": None}, "MissingParameter.AuthorizationRuleName"),
        ({"AuthorizationRuleName": ""}, "MissingParameter.AuthorizationRuleName"),
        ({"ClientToken": None}, "MissingParameter.ClientToken"),
        ({"ClientToken": "é"}, "InvalidParameter.ClientToken"),
        ({"ClientToken": "t" * 65}, "InvalidParameter.ClientToken"),
        ({"InstanceId": None}, "MissingParameter.InstanceId"),
        ({"AuthorizationRuleName": "n" * 65}, "InvalidParameter.AuthorizationRuleName"),
        ({"AuthorizationRuleScenarioLabel": "l" * 65}, "InvalidParameter.AuthorizationRuleScenarioLabel"),
        ({"AuthorizationResourceScope": "everything"}, "InvalidParameter.AuthorizationResourceScope"),
        ({"Description": "d" * 129}, "InvalidParameter.Description"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(idaas: Idaas, parameters: dict[str, Any], code: str) -> None:
    """a rule that cannot be is refused"""
    before = idaas.revision()
    with pytest.raises(Refused) as refused:
        idaas.rule(**{"AuthorizationRuleName": "name", **parameters})
    assert (refused.value.status, refused.value.code) == (400, code)
    assert idaas.revision() == before


def test_names_and_texts_may_be_as_long_as_documented(idaas: Idaas) -> None:
    """names and texts may be as long as documented"""
    rule = idaas.rule("n" * 64, AuthorizationRuleScenarioLabel="l" * 64, Description="d" * 128)
    assert len(_get(idaas, rule)["Description"]) == 128


@pytest.mark.parametrize(
    ("action", "parameters", "kind", "what"),
    [
        ("CreateAuthorizationRule", {"InstanceId": "idaas_none"}, "Instance", "idaas_none"),
        ("CreateAuthorizationRule", {"ProjectId": "iprj_other"}, "Project", "iprj_other"),
        ("ListAuthorizationRules", {"InstanceId": "idaas_none"}, "Instance", "idaas_none"),
        ("GetAuthorizationRule", {"InstanceId": "idaas_none"}, "Instance", "idaas_none"),
        ("GetAuthorizationRule", {}, "AuthorizationRule", "arrule_none"),
        ("UpdateAuthorizationRule", {}, "AuthorizationRule", "arrule_none"),
        ("UpdateAuthorizationRuleDescription", {}, "AuthorizationRule", "arrule_none"),
        ("EnableAuthorizationRule", {}, "AuthorizationRule", "arrule_none"),
        ("DisableAuthorizationRule", {}, "AuthorizationRule", "arrule_none"),
        ("DeleteAuthorizationRule", {}, "AuthorizationRule", "arrule_none"),
    ],
)
def test_what_is_not_there_is_not_found(
    idaas: Idaas, action: str, parameters: dict[str, Any], kind: str, what: str
) -> None:
    """what is not there is not found"""
    named = {"AuthorizationRuleId": "arrule_none", "AuthorizationRuleName": "x", "ProjectId": PROJECT}
    with pytest.raises(Refused) as refused:
        idaas.call(action, **(named | parameters))
    assert (refused.value.status, refused.value.code) == (404, f"ResourceNotFound.{kind}")
    assert refused.value.message == f"The specified {kind} resource: {what} not found."


def test_a_rule_is_found_in_its_own_instance_only(idaas: Idaas) -> None:
    """a rule is found in its own instance only"""
    other = Idaas(idaas.system)
    with pytest.raises(Refused) as refused:
        other.call("GetAuthorizationRule", AuthorizationRuleId=idaas.rule())
    assert refused.value.code == "ResourceNotFound.AuthorizationRule"
    assert _listed(other) == []


def test_a_retry_with_the_same_client_token_makes_no_second_rule(idaas: Idaas) -> None:
    """a retry with the same client token makes no second rule"""
    first = idaas.rule("once", ClientToken="again")
    assert idaas.rule("once", ClientToken="again") == first
    assert _listed(idaas) == ["once"]
    with pytest.raises(Refused) as refused:
        idaas.rule("other", ClientToken="again")
    assert (refused.value.status, refused.value.code) == (400, "IdempotentParameterMismatch")


def test_a_list_is_read_page_by_page_newest_first(idaas: Idaas) -> None:
    """a list is read page by page, newest first"""
    for number in range(5):
        idaas.rule(f"rule-{number}")
    seen: list[str] = []
    token = None
    while True:
        answer = idaas.call("ListAuthorizationRules", MaxResults=2, NextToken=token)
        assert (answer["TotalCount"], answer["MaxResults"]) == (5, 2)
        seen += [each["AuthorizationRuleName"] for each in answer["AuthorizationRules"]]
        token = answer.get("NextToken")
        if token is None:
            break
        assert token.startswith("NT")
    assert seen == ["rule-4", "rule-3", "rule-2", "rule-1", "rule-0"]


def test_a_page_has_twenty_entries_unless_told(idaas: Idaas) -> None:
    """a page has twenty entries unless told"""
    for number in range(21):
        idaas.rule(f"rule-{number}")
    answer = idaas.call("ListAuthorizationRules")
    assert (len(answer["AuthorizationRules"]), answer["MaxResults"], answer["TotalCount"]) == (20, 20, 21)


def test_a_page_past_the_end_is_empty(idaas: Idaas) -> None:
    """a page past the end is empty"""
    for number in range(3):
        idaas.rule(f"rule-{number}")
    token = idaas.call("ListAuthorizationRules", MaxResults=2)["NextToken"]
    for rule in idaas.call("ListAuthorizationRules")["AuthorizationRules"]:
        idaas.call("DisableAuthorizationRule", AuthorizationRuleId=rule["AuthorizationRuleId"])
        idaas.call("DeleteAuthorizationRule", AuthorizationRuleId=rule["AuthorizationRuleId"])
    answer = idaas.call("ListAuthorizationRules", MaxResults=2, NextToken=token)
    assert (answer["AuthorizationRules"], answer["TotalCount"]) == ([], 0)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxResults": 0}, "InvalidParameter.MaxResults"),
        ({"MaxResults": 101}, "InvalidParameter.MaxResults"),
        ({"MaxResults": "many"}, "InvalidParameter.MaxResults"),
        ({"NextToken": "elsewhere"}, "InvalidParameter.NextToken"),
        ({"Filter": [{"Name": "Status", "Value": ["enabled"]}]}, "InvalidParameter.Filter"),
        ({"Filter": [{"Name": "AuthorizationRuleId"}]}, "InvalidParameter.Filter"),
        ({"Filter": [{"Value": ["x"]}]}, "InvalidParameter.Filter"),
        ({"Filter": [{"Name": "AuthorizationRuleId", "Value": ["x"]}] * 2}, "InvalidParameter.Filter"),
        (
            {"Filter": [{"Name": "AuthorizationRuleNameStartWith", "Value": ["a", "b"]}]},
            "InvalidParameter.Filter",
        ),
    ],
)
def test_a_list_asked_for_wrongly_is_refused(idaas: Idaas, parameters: dict[str, Any], code: str) -> None:
    """a list asked for wrongly is refused"""
    with pytest.raises(Refused) as refused:
        idaas.call("ListAuthorizationRules", **parameters)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_filters_select_by_id_and_by_the_beginning_of_the_name(idaas: Idaas) -> None:
    """filters select by id and by the beginning of the name"""
    day, night = idaas.rule("ops-day"), idaas.rule("ops-night")
    idaas.rule("dev_ops")
    idaas.rule("dev-ops")
    by_name = {"Name": "AuthorizationRuleNameStartWith"}
    by_id = {"Name": "AuthorizationRuleId"}

    assert _listed(idaas, Filter=[{**by_name, "Value": ["ops-"]}]) == ["ops-night", "ops-day"]
    assert _listed(idaas, Filter=[{**by_id, "Value": [day, night, "arrule_none"]}]) == [
        "ops-night",
        "ops-day",
    ]
    both = [{**by_id, "Value": [day]}, {**by_name, "Value": ["ops-n"]}]
    assert _listed(idaas, Filter=both) == []
    assert _listed(idaas, Filter=[{**by_name, "Value": ["dev_"]}]) == ["dev_ops"]


def test_a_name_changes_and_the_rest_stays(idaas: Idaas) -> None:
    """a name changes and the rest stays"""
    rule = idaas.rule("old", AuthorizationResourceScope="global", Description="kept")
    made = idaas.now()
    idaas.system.advance(MINUTE)
    idaas.call("UpdateAuthorizationRule", AuthorizationRuleId=rule, AuthorizationRuleName="new")

    told = _get(idaas, rule)
    assert (told["AuthorizationRuleName"], told["AuthorizationResourceScope"]) == ("new", "global")
    assert (told["Description"], told["CreateTime"], told["UpdateTime"]) == ("kept", made, made + MINUTE)


def test_a_scope_changes_and_the_rest_stays(idaas: Idaas) -> None:
    """a scope changes and the rest stays"""
    rule = idaas.rule("same", AuthorizationRuleScenarioLabel="asset")
    idaas.call("UpdateAuthorizationRule", AuthorizationRuleId=rule, AuthorizationResourceScope="global")
    told = _get(idaas, rule)
    assert (told["AuthorizationRuleName"], told["AuthorizationResourceScope"]) == ("same", "global")
    assert told["AuthorizationRuleScenarioLabel"] == "asset"


def test_an_update_of_nothing_changes_nothing(idaas: Idaas) -> None:
    """an update of nothing changes nothing"""
    rule = idaas.rule("same", AuthorizationResourceScope="global")
    before = idaas.revision()
    idaas.call("UpdateAuthorizationRule", AuthorizationRuleId=rule)
    idaas.call("UpdateAuthorizationRule", AuthorizationRuleId=rule, AuthorizationResourceScope="global")
    assert idaas.revision() == before


@pytest.mark.parametrize("cleared_by", ["", None])
def test_a_description_is_set_and_cleared(idaas: Idaas, cleared_by: str | None) -> None:
    """a description is set and cleared"""
    rule = idaas.rule()
    idaas.call("UpdateAuthorizationRuleDescription", AuthorizationRuleId=rule, Description="text")
    assert _get(idaas, rule)["Description"] == "text"
    idaas.call("UpdateAuthorizationRuleDescription", AuthorizationRuleId=rule, Description=cleared_by)
    assert "Description" not in _get(idaas, rule)


def test_a_rule_is_switched_off_and_on_and_repeating_changes_nothing(idaas: Idaas) -> None:
    """a rule is switched off and on, and repeating changes nothing"""
    rule = idaas.rule()
    for action, status in (("DisableAuthorizationRule", "disabled"), ("EnableAuthorizationRule", "enabled")):
        idaas.call(action, AuthorizationRuleId=rule)
        before = idaas.revision()
        idaas.call(action, AuthorizationRuleId=rule)
        assert idaas.revision() == before
        assert _get(idaas, rule)["Status"] == status
        listed = idaas.call("ListAuthorizationRules")["AuthorizationRules"]
        assert [each["Status"] for each in listed] == [status]


def test_a_rule_is_deleted_only_when_disabled_and_takes_what_belongs_to_it(idaas: Idaas) -> None:
    """a rule is deleted only when disabled, and takes what belongs to it"""
    role = idaas.role(idaas.account())
    rule, group = idaas.rule(), idaas.group("ops")
    idaas.resource(rule, role)
    idaas.call(
        "AddGroupToAuthorizationRule", AuthorizationRuleId=rule, GroupId=group, ValidityType="permanent"
    )

    with pytest.raises(Refused) as refused:
        idaas.call("DeleteAuthorizationRule", AuthorizationRuleId=rule)
    assert (refused.value.status, refused.value.code) == (400, "UnsupportedAction.AuthorizationRuleEnabled")

    idaas.call("DisableAuthorizationRule", AuthorizationRuleId=rule)
    idaas.call("DeleteAuthorizationRule", AuthorizationRuleId=rule)
    assert _listed(idaas) == []
    assert idaas.call("ListAuthorizationRulesForGroup", GroupId=group)["TotalCount"] == 0
    with pytest.raises(Refused) as refused:
        idaas.call("DeleteAuthorizationRule", AuthorizationRuleId=rule)
    assert refused.value.code == "ResourceNotFound.AuthorizationRule"
