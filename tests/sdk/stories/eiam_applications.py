"""Stories of applications, of who may use them, and of how people sign in to them."""

from tests.sdk.answers import absent
from tests.sdk.stage import Stage
from tests.sdk.stories.idaas import LATER, Idaas

INHERITED = {"QueryMode": "IncludeInherit"}


def an_application_is_made_changed_and_deleted(stage: Stage) -> None:
    idaas = Idaas(stage)
    owner, owners = idaas.user("owner"), idaas.group("owners")
    wiki = idaas.application(
        "wiki",
        ApplicationOwner={"UserIds": [owner], "GroupIds": [owners]},
        CustomFields=[{"FieldName": "tier", "FieldValue": "1"}],
        LogoUrl="https://example.com/w.png",
    )
    changed = {"ApplicationName": "pages", "ApplicationVisibility": ["portal"]}
    changed["CustomFields"] = [{"FieldName": "tier", "Operation": "remove"}]
    idaas.once("UpdateApplicationInfo", ApplicationId=wiki, **changed)
    idaas("UpdateApplicationDescription", ApplicationId=wiki, Description="all pages")
    idaas("UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType="default_all")
    idaas("DisableApplication", ApplicationId=wiki)

    told = idaas("GetApplication", ApplicationId=wiki)["Application"]
    assert (told["ApplicationName"], told["Description"]) == ("pages", "all pages")
    assert (told["AuthorizationType"], told["Status"]) == ("default_all", "disabled")
    assert told["ApplicationOwner"] == {"UserIds": [owner], "GroupIds": [owners]}
    assert (told["ApplicationVisibility"], told["CustomFields"]) == (["portal"], [])
    times = ("CreateTime", "UpdateTime")
    assert absent(told, *times, "ClientId", "SsoType", "Features", "ApplicationSourceType", "LogoUrl") == []
    listed = idaas("ListApplications", ApplicationName="pages", Status="disabled")
    assert ([each["ApplicationId"] for each in listed["Applications"]], listed["TotalCount"]) == ([wiki], 1)
    assert absent(listed["Applications"][0], *times, "ApplicationName", "SsoType", "Status") == []

    idaas("EnableApplication", ApplicationId=wiki)
    assert idaas("GetApplication", ApplicationId=wiki)["Application"]["Status"] == "enabled"
    idaas("DisableApplication", ApplicationId=wiki)
    idaas("DeleteApplication", ApplicationId=wiki)
    assert idaas("ListApplications")["TotalCount"] == 0


def users_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, alice = idaas.application("wiki"), idaas.user("alice")
    idaas("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])

    listed = idaas("ListUsersForApplication", ApplicationId=wiki)
    assert ([each["UserId"] for each in listed["Users"]], listed["TotalCount"]) == ([alice], 1)
    held = idaas("ListApplicationsForUser", UserId=alice, QueryMode="OnlyDirect")
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    assert held["Applications"][0]["HasDirectAuthorization"] is True

    idaas("RevokeApplicationFromUsers", ApplicationId=wiki, UserIds=[alice])
    assert idaas("ListApplicationsForUser", UserId=alice)["TotalCount"] == 0


def groups_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, alice, readers = idaas.application("wiki"), idaas.user("alice"), idaas.group("readers")
    idaas("AddUsersToGroup", GroupId=readers, UserIds=[alice])
    idaas("AuthorizeApplicationToGroups", ApplicationId=wiki, GroupIds=[readers])

    listed = idaas("ListGroupsForApplication", ApplicationId=wiki)
    assert ([each["GroupId"] for each in listed["Groups"]], listed["TotalCount"]) == ([readers], 1)
    held = idaas("ListApplicationsForGroup", GroupId=readers)
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    assert held["TotalCount"] == 1
    [inherited] = idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"]
    assert (inherited["HasDirectAuthorization"], inherited["HasInheritAuthorization"]) == (False, True)

    idaas("RevokeApplicationFromGroups", ApplicationId=wiki, GroupIds=[readers])
    assert idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"] == []


def units_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, office = idaas.application("wiki"), idaas.unit("office")
    alice = idaas.user("alice", office)
    grant = {"ApplicationId": wiki, "OrganizationalUnitIds": [office]}
    idaas("AuthorizeApplicationToOrganizationalUnits", **grant)

    listed = idaas("ListOrganizationalUnitsForApplication", ApplicationId=wiki)
    assert [each["OrganizationalUnitId"] for each in listed["OrganizationalUnits"]] == [office]
    assert listed["TotalCount"] == 1
    held = idaas("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=office)
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    [inherited] = idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"]
    assert inherited["HasInheritAuthorization"] is True

    idaas("RevokeApplicationFromOrganizationalUnits", **grant)
    assert idaas("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=office)["TotalCount"] == 0


def people_sign_in_to_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki = {"ApplicationId": idaas.application("wiki")}
    config = {
        "AccessTokenEffectiveTime": 600,
        "AllowedPublicClient": True,
        "CodeEffectiveTime": 30,
        "CustomClaims": [{"ClaimName": "mail", "ClaimValueExpression": "user.email"}],
        "GrantScopes": ["openid", "email"],
        "GrantTypes": ["authorization_code", "refresh_token"],
        "IdTokenEffectiveTime": 900,
        "PkceChallengeMethods": ["S256"],
        "PkceRequired": True,
        "PostLogoutRedirectUris": ["https://wiki.example.com/bye"],
        "RedirectUris": ["https://wiki.example.com/callback", "http://127.0.0.1:8080/callback"],
        "RefreshTokenEffective": 3600,
        "ResponseTypes": ["code"],
        "SubjectIdExpression": "user.username",
    }
    begin = {"InitLoginType": "idaas_or_app_init_sso", "InitLoginUrl": "https://wiki.example.com/login"}
    idaas.once("SetApplicationSsoConfig", **wiki, **begin, OidcSsoConfig=config)

    told = idaas("GetApplicationSsoConfig", **wiki)["ApplicationSsoConfig"]
    assert told["OidcSsoConfig"] == {**config, "AllowedPublicClient": "true"}
    assert {name: told[name] for name in begin} == begin
    places = told["ProtocolEndpointDomain"]
    oauth2 = ("Authorization", "DeviceAuthorization", "Revoke", "Token", "Userinfo")
    assert absent(places, *(f"Oauth2{each}Endpoint" for each in oauth2)) == []
    assert absent(places, "OidcIssuer", "OidcJwksEndpoint", "OidcLogoutEndpoint") == []

    assert told["SsoStatus"] == "enabled"
    idaas("DisableApplicationSso", **wiki)
    assert idaas("GetApplicationSsoConfig", **wiki)["ApplicationSsoConfig"]["SsoStatus"] == "disabled"
    idaas("EnableApplicationSso", **wiki)
    assert idaas("GetApplicationSsoConfig", **wiki)["ApplicationSsoConfig"]["SsoStatus"] == "enabled"


def an_application_has_secrets(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki = idaas.application("wiki")
    start, end = (LATER["ValidityPeriod"][each] for each in ("StartTime", "EndTime"))
    made = idaas("CreateApplicationClientSecret", ApplicationId=wiki, ExpirationTime=start)
    secret = made["ApplicationClientSecret"]
    assert (secret["ClientId"], absent(secret, "ClientSecret", "SecretId")) == (wiki, [])
    held = {"ApplicationId": wiki, "SecretId": secret["SecretId"]}

    told = idaas("ObtainApplicationClientSecret", **held)["ApplicationClientSecret"]
    assert (told["ClientSecret"], told["ExpirationTime"]) == (secret["ClientSecret"], start)
    assert (told["ApplicationId"], told["ClientId"], told["InstanceId"]) == (wiki, wiki, idaas.id)
    idaas("UpdateApplicationClientSecretExpirationTime", **held, ExpirationTime=end)
    idaas("DisableApplicationClientSecret", **held)
    listed = idaas("ListApplicationClientSecrets", ApplicationId=wiki)
    [shown] = listed["ApplicationClientSecrets"]
    assert (shown["SecretId"], listed["TotalCount"]) == (secret["SecretId"], 1)
    assert (shown["Status"], shown["ExpirationTime"]) == ("disabled", end)
    assert shown["ClientSecret"] == f"****{secret['ClientSecret'][-4:]}"

    idaas("EnableApplicationClientSecret", **held)
    assert idaas("ObtainApplicationClientSecret", **held)["ApplicationClientSecret"]["Status"] == "enabled"
    idaas("DeleteApplicationClientSecret", **held)
    assert idaas("ListApplicationClientSecrets", ApplicationId=wiki)["TotalCount"] == 0


STORIES = (
    an_application_is_made_changed_and_deleted,
    users_may_use_an_application,
    groups_may_use_an_application,
    units_may_use_an_application,
    people_sign_in_to_an_application,
    an_application_has_secrets,
)
