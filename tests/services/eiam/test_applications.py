"""Applications: made, read, changed, switched off, deleted."""

import pytest

from tests.services.eiam.company import Company, ids
from tests.system import System

NOT_FOUND = (404, "ResourceNotFound.Application")
TEMPLATE = "urn:alibaba:idaas:app:source:template"
STANDARD = "urn:alibaba:idaas:app:source:standard"


@pytest.fixture
def company(system: System) -> Company:
    """An instance with nobody in it."""
    return Company(system)


def _get(company: Company, application: str) -> dict[str, object]:
    told: dict[str, object] = company.call("GetApplication", ApplicationId=application)["Application"]
    return told


def test_an_application_is_told_as_it_was_made(company: Company) -> None:
    alice = company.user("alice")
    group = company.group("owners")
    wiki = company.application(
        "wiki",
        Description="pages",
        LogoUrl="https://example.com/w.png",
        ApplicationOwner={"UserIds": [alice], "GroupIds": [group]},
        CustomFields=[{"FieldName": "tier", "FieldValue": "1"}],
    )

    assert len(wiki) == len("app_") + 26
    now = company.system.clock.now()
    assert _get(company, wiki) == {
        "InstanceId": company.id,
        "ApplicationId": wiki,
        "ApplicationName": "wiki",
        "ApplicationCreationType": "user_custom",
        "ApplicationIdentityType": "application",
        "ApplicationSourceType": STANDARD,
        "ClientId": wiki,
        "Features": '["sso"]',
        "SsoType": "oidc",
        "Status": "enabled",
        "AuthorizationType": "authorize_required",
        "ServiceManaged": False,
        "ApiInvokeStatus": "disabled",
        "M2MClientStatus": "disabled",
        "ResourceServerStatus": "disabled",
        "CustomSubjectStatus": "disabled",
        "ApplicationOwner": {"UserIds": [alice], "GroupIds": [group]},
        "ApplicationVisibility": [],
        "CustomFields": [{"FieldName": "tier", "FieldValue": "1"}],
        "SmartConfigCapabilities": [],
        "Description": "pages",
        "LogoUrl": "https://example.com/w.png",
        "CreateTime": now,
        "UpdateTime": now,
    }


def test_an_owner_who_is_gone_is_not_named_and_owning_gives_no_access(company: Company) -> None:
    alice, bob = company.user("alice"), company.user("bob")
    wiki = company.application("wiki", ApplicationOwner={"UserIds": [alice, bob]})
    assert not company.may("alice", wiki)
    company.call("DeleteUser", UserId=alice)
    assert _get(company, wiki)["ApplicationOwner"] == {"UserIds": [bob], "GroupIds": []}


def test_applications_are_listed_as_asked(company: Company) -> None:
    wiki = company.application("wiki", SsoType="saml2")
    wine = company.application("wine", CustomFields=[{"FieldName": "agent_type", "FieldValue": "pai"}])
    robot = company.application("robot", ApplicationIdentityType="agent")
    made = company.application("made", ApplicationSourceType=TEMPLATE, ApplicationTemplateId="apt_1")
    company.call("DisableApplication", ApplicationId=wine)
    company.call("UpdateApplicationAuthorizationType", ApplicationId=made, AuthorizationType="default_all")

    def listed(**filters: object) -> list[str]:
        return ids(company.call("ListApplications", **filters), "Applications", "ApplicationId")

    assert listed() == [wiki, wine, made]
    assert listed(ApplicationIdentityType="all") == [wiki, wine, robot, made]
    assert listed(ApplicationIdentityType="agent") == [robot]
    assert listed(ApplicationCreationType="all") == [wiki, wine, made]
    assert listed(ApplicationCreationType="system_init") == []
    assert listed(ApplicationName="wi") == [wiki, wine]
    assert listed(ApplicationTemplateId="apt_1") == [made]
    assert listed(AuthorizationType="default_all") == [made]
    assert listed(SsoType="saml2") == [wiki]
    assert listed(SsoType="saml2,oidc") == [wiki, wine, made]
    assert listed(Status="disabled") == [wine]
    assert listed(Status="enabled") == [wiki, made]
    assert listed(M2MClientStatus="enabled") == []
    assert listed(M2MClientStatus="disabled", ResourceServerStatus="disabled") == [wiki, wine, made]
    assert listed(ResourceServerStatus="enabled") == []
    assert listed(ServiceManaged=True) == []
    assert listed(ManagedServiceCode="agent") == []
    assert listed(CustomFields=[{"FieldName": "agent_type", "FieldValue": "pai"}]) == [wine]
    assert listed(CustomFields=[{"FieldName": "agent_type", "FieldValue": "dify"}]) == []
    assert listed(ApplicationIds=[made, wiki]) == [wiki, made]
    assert listed(PageSize=2, PageNumber=2) == [made]
    assert listed(PageNumber=4) == []
    assert company.call("ListApplications", PageSize=1)["TotalCount"] == 3


def test_a_listed_application_is_told_as_itself(company: Company) -> None:
    wiki = company.application("wiki")
    (listed,) = company.call("ListApplications")["Applications"]
    told = _get(company, wiki)
    assert listed.items() <= told.items()
    assert listed["Features"] == '["sso"]'


def test_what_an_update_leaves_out_stays_as_it_is(company: Company) -> None:
    alice = company.user("alice")
    wiki = company.application("wiki", LogoUrl="https://example.com/w.png")
    assert not company.changes("UpdateApplicationInfo", ApplicationId=wiki)
    assert not company.changes("UpdateApplicationInfo", ApplicationId=wiki, ApplicationName="")

    company.call(
        "UpdateApplicationInfo",
        ApplicationId=wiki,
        ApplicationName="pages",
        LogoUrl="",
        ApplicationOwner={"UserIds": [alice]},
        ApplicationVisibility=["portal"],
        CustomFields=[{"FieldName": "tier", "FieldValue": "1", "Operation": "add"}],
    )

    told = _get(company, wiki)
    assert (told["ApplicationName"], told["ApplicationVisibility"]) == ("pages", ["portal"])
    assert told["ApplicationOwner"] == {"UserIds": [alice], "GroupIds": []}
    assert told["CustomFields"] == [{"FieldName": "tier", "FieldValue": "1"}]
    assert "LogoUrl" not in told


def test_the_remarks_on_an_application_are_replaced_and_taken_away(company: Company) -> None:
    wiki = company.application("wiki", Description="pages")
    company.call("UpdateApplicationDescription", ApplicationId=wiki, Description="more")
    assert _get(company, wiki)["Description"] == "more"
    company.call("UpdateApplicationDescription", ApplicationId=wiki)
    assert "Description" not in _get(company, wiki)


def test_a_disabled_application_is_closed_to_all_and_forgets_nobody(company: Company) -> None:
    alice, wiki = company.user("alice"), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])

    assert company.changes("DisableApplication", ApplicationId=wiki)
    assert not company.changes("DisableApplication", ApplicationId=wiki)
    assert _get(company, wiki)["Status"] == "disabled"
    assert company.reason("alice", wiki) == "disabled"
    assert company.call("ListUsersForApplication", ApplicationId=wiki)["TotalCount"] == 1

    assert company.changes("EnableApplication", ApplicationId=wiki)
    assert not company.changes("EnableApplication", ApplicationId=wiki)
    assert company.may("alice", wiki)


def test_a_deleted_application_is_gone_with_its_authorizations(company: Company) -> None:
    alice, wiki = company.user("alice"), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])

    company.call("DeleteApplication", ApplicationId=wiki)

    assert company.refusal("GetApplication", ApplicationId=wiki) == NOT_FOUND
    assert company.refusal("DeleteApplication", ApplicationId=wiki) == NOT_FOUND
    assert company.call("ListApplications")["Applications"] == []
    assert company.call("ListApplicationsForUser", UserId=alice)["TotalCount"] == 0


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"ApplicationName": None}, 400, "MissingParameter.ApplicationName"),
        ({"ApplicationName": "x" * 65}, 400, "InvalidParameter.ApplicationName"),
        ({"SsoType": "oauth2/m2m"}, 400, "InvalidParameter.SsoType"),
        ({"ApplicationSourceType": "own"}, 400, "InvalidParameter.ApplicationSourceType"),
        ({"ApplicationSourceType": TEMPLATE}, 400, "MissingParameter.ApplicationTemplateId"),
        ({"ApplicationIdentityType": "robot"}, 400, "InvalidParameter.ApplicationIdentityType"),
        ({"ApplicationOwner": {"UserIds": ["user_x"]}}, 404, "ResourceNotFound.User"),
        ({"ApplicationOwner": {"GroupIds": ["group_x"]}}, 404, "ResourceNotFound.Group"),
        ({"InstanceId": "idaas_x"}, 404, "ResourceNotFound.Instance"),
    ],
)
def test_a_wrong_application_is_refused(
    company: Company, parameters: dict[str, object], status: int, code: str
) -> None:
    named = {"ApplicationName": "wiki", "ApplicationSourceType": STANDARD, "SsoType": "oidc"}
    assert company.refusal("CreateApplication", **(named | parameters)) == (status, code)


@pytest.mark.parametrize(
    "action",
    [
        "GetApplication",
        "UpdateApplicationInfo",
        "UpdateApplicationDescription",
        "EnableApplication",
        "DisableApplication",
        "DeleteApplication",
    ],
)
def test_an_application_that_is_not_there_is_told(company: Company, action: str) -> None:
    assert company.refusal(action, ApplicationId="app_x") == NOT_FOUND


# -- open to everyone --------------------------------------------------------------------------------


def test_an_application_open_to_everyone_is_everyones_until_it_is_closed(company: Company) -> None:
    wiki = company.application("wiki")
    east = company.unit("East", company.unit("Sales"))
    company.user("alice", east)
    assert not company.may("alice", wiki)

    opened = {"ApplicationId": wiki, "AuthorizationType": "default_all"}
    assert company.changes("UpdateApplicationAuthorizationType", **opened)
    assert not company.changes("UpdateApplicationAuthorizationType", **opened)
    company.user("bob")
    assert company.may("alice", wiki)
    assert company.may("bob", wiki)
    assert _get(company, wiki)["AuthorizationType"] == "default_all"

    company.call(
        "UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType="authorize_required"
    )
    assert not company.may("alice", wiki)


def test_people_of_another_instance_are_not_everyone(company: Company) -> None:
    other = Company(company.system)
    other.user("mallory")
    wiki = company.application("wiki")
    company.call("UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType="default_all")
    assert not company.may("mallory", wiki)


def test_an_unknown_authorization_type_is_refused(company: Company) -> None:
    wiki = company.application("wiki")
    assert company.refusal(
        "UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType="nobody"
    ) == (400, "InvalidParameter.AuthorizationType")
