"""Stories of authorization rules: who they are for, and the roles of cloud accounts they lead to."""

from typing import Any

from tests.sdk.answers import absent
from tests.sdk.stage import Stage
from tests.sdk.stories.idaas import EVER, LATER, PROJECT, Idaas

TIMES = ("CreateTime", "UpdateTime")


def named(name: str, *values: str) -> list[dict[str, Any]]:
    """A filter of a list."""
    return [{"Name": name, "Value": list(values)}]


def a_cloud_account_has_roles(stage: Stage) -> None:
    idaas = Idaas(stage)
    account = idaas.cloud_account("1938080000000001")
    idaas.once("UpdateCloudAccount", CloudAccountId=account, CloudAccountName="shop")
    idaas.once("UpdateCloudAccountDescription", CloudAccountId=account, Description="sells")
    told = idaas("GetCloudAccount", CloudAccountId=account)["CloudAccount"]
    assert (told["CloudAccountName"], told["Description"]) == ("shop", "sells")
    assert absent(told, *TIMES, "CloudAccountExternalId", "CloudAccountHealth", "PrivilegeStatus") == []
    listed = idaas("ListCloudAccounts", MaxResults=5)
    assert [each["CloudAccountId"] for each in listed["CloudAccounts"]] == [account]
    assert (listed["TotalCount"], listed["MaxResults"]) == (1, 5)

    role = {"CloudAccountId": account, "CloudAccountRoleId": idaas.role(account, "admin")}
    idaas.once("UpdateCloudAccountRoleDescription", **role, Description="may do all")
    idaas.once("DisableCloudAccountRole", **role)
    told = idaas("GetCloudAccountRole", **role)["CloudAccountRole"]
    assert (told["CloudAccountRoleName"], told["Description"], told["Status"]) == (
        "admin",
        "may do all",
        "disabled",
    )
    assert told["CloudAccountRoleExternalId"] == "acs:ram::1938080000000001:role/admin"
    assert absent(told, *TIMES, "CloudAccountRoleType", "CloudAccountRoleHealth") == []
    idaas.once("EnableCloudAccountRole", **role)
    listed = idaas("ListCloudAccountRoles", CloudAccountId=account)
    assert [each["Status"] for each in listed["CloudAccountRoles"]] == ["enabled"]

    idaas.once("DisableCloudAccountRole", **role)
    idaas("DeleteCloudAccountRole", **role)
    idaas("DeleteCloudAccount", CloudAccountId=account)
    assert idaas("ListCloudAccounts")["TotalCount"] == 0


def a_rule_is_made_changed_and_deleted(stage: Stage) -> None:
    idaas = Idaas(stage)
    rule = {"AuthorizationRuleId": idaas.rule("night shift")}
    idaas.once("UpdateAuthorizationRule", **rule, AuthorizationRuleName="day shift")
    idaas.once("UpdateAuthorizationRuleDescription", **rule, Description="from nine to five")
    idaas.once("DisableAuthorizationRule", **rule)

    told = idaas("GetAuthorizationRule", **rule)["AuthorizationRule"]
    assert (told["AuthorizationRuleName"], told["Status"]) == ("day shift", "disabled")
    assert (told["Description"], told["ProjectId"]) == ("from nine to five", PROJECT)
    assert absent(told, *TIMES, "AuthorizationResourceScope", "AuthorizationRuleSubjectScope") == []
    idaas.once("EnableAuthorizationRule", **rule)
    listed = idaas("ListAuthorizationRules", MaxResults=10)
    assert ([each["Status"] for each in listed["AuthorizationRules"]], listed["TotalCount"]) == (
        ["enabled"],
        1,
    )

    idaas.once("DisableAuthorizationRule", **rule)
    idaas("DeleteAuthorizationRule", **rule)
    assert idaas("ListAuthorizationRules")["AuthorizationRules"] == []


def a_rule_leads_to_a_role(stage: Stage) -> None:
    idaas = Idaas(stage)
    account = idaas.cloud_account("1938080000000002")
    role, rule = idaas.role(account, "reader"), {"AuthorizationRuleId": idaas.rule("reading")}
    condition = {"CredentialCondition": {"AllowSameNameIdentity": True}}
    resource = idaas.once(
        "CreateAuthorizationResource",
        **rule,
        AuthorizationResourceEntityType="cloud_account_role",
        AuthorizationResourceEntityId=role,
        Condition=condition,
    )["AuthorizationResourceId"]

    told = idaas("GetAuthorizationResource", **rule, AuthorizationResourceId=resource)
    assert told["AuthorizationResource"]["AuthorizationResourceEntityId"] == role
    assert told["AuthorizationResource"]["Condition"] == condition
    assert absent(told["AuthorizationResource"], *TIMES, "CloudAccountId") == []
    listed = idaas("ListAuthorizationResources", **rule, MaxResults=10)
    assert [each["AuthorizationResourceId"] for each in listed["AuthorizationResources"]] == [resource]

    idaas("DeleteAuthorizationResource", **rule, AuthorizationResourceId=resource)
    assert idaas("ListAuthorizationResources", **rule)["TotalCount"] == 0


def a_rule_is_for_users(stage: Stage) -> None:
    idaas = Idaas(stage)
    assert_attached_and_detached(idaas, "User", idaas.user("alice"))


def a_rule_is_for_groups(stage: Stage) -> None:
    idaas = Idaas(stage)
    assert_attached_and_detached(idaas, "Group", idaas.group("operators"))


def a_rule_is_for_applications(stage: Stage) -> None:
    idaas = Idaas(stage)
    assert_attached_and_detached(idaas, "Application", idaas.application("robot"))


def assert_attached_and_detached(idaas: Idaas, kind: str, subject: str) -> None:
    """A rule is made to hold for a subject: now, then in some years, then no more."""
    rule = {"AuthorizationRuleId": idaas.rule("on call")}
    both = {**rule, f"{kind}Id": subject}

    def attached() -> list[dict[str, Any]]:
        from_rule = idaas(f"List{kind}sForAuthorizationRule", **rule, MaxResults=10)
        from_subject = idaas(f"ListAuthorizationRulesFor{kind}", **{f"{kind}Id": subject})
        [to_subject], [to_rule] = from_rule[f"{kind}s"], from_subject["AuthorizationRules"]
        assert (to_subject[f"{kind}Id"], to_rule["AuthorizationRuleId"]) == (subject, *rule.values())
        assert (from_rule["TotalCount"], from_subject["TotalCount"]) == (1, 1)
        return [to_subject, to_rule]

    idaas.once(f"Add{kind}ToAuthorizationRule", **both, **EVER)
    assert [each["ValidityType"] for each in attached()] == ["permanent"] * 2
    idaas.once(f"UpdateAuthorizationRule{kind}Attachment", **both, **LATER)
    assert [each["ValidityPeriod"] for each in attached()] == [LATER["ValidityPeriod"]] * 2
    idaas(f"Remove{kind}FromAuthorizationRule", **both)
    assert idaas(f"List{kind}sForAuthorizationRule", **rule)[f"{kind}s"] == []


STORIES = (
    a_cloud_account_has_roles,
    a_rule_is_made_changed_and_deleted,
    a_rule_leads_to_a_role,
    a_rule_is_for_users,
    a_rule_is_for_groups,
    a_rule_is_for_applications,
)
