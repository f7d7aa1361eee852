"""How people sign in to an application: what may be set, and what is told of it."""

from typing import Any

from tests.services.eiam.idaas import Idaas

WIKI = "https://wiki.example.com/callback"


def _told(idaas: Idaas, app: str) -> dict[str, Any]:
    answer: dict[str, Any] = idaas.call("GetApplicationSsoConfig", ApplicationId=app)["ApplicationSsoConfig"]
    return answer


def _set(idaas: Idaas, app: str, **config: Any) -> None:
    idaas.call("SetApplicationSsoConfig", ApplicationId=app, OidcSsoConfig=config)


def test_a_new_application_asks_for_the_safe_and_sends_nobody_anywhere(idaas: Idaas) -> None:
    told = _told(idaas, idaas.application("wiki"))

    assert told["SsoStatus"] == "enabled"
    config = told["OidcSsoConfig"]
    assert (config["PkceRequired"], config["PkceChallengeMethods"]) == (True, ["S256"])
    assert (config["RedirectUris"], config["GrantTypes"]) == ([], ["authorization_code"])
    assert (config["AccessTokenEffectiveTime"], config["AllowedPublicClient"]) == (300, "false")


def test_what_is_left_out_stays_as_it_is(idaas: Idaas) -> None:
    app = idaas.application("wiki")
    _set(idaas, app, RedirectUris=[WIKI], IdTokenEffectiveTime=600, AllowedPublicClient=True)
    claim = {"ClaimName": "team", "ClaimValueExpression": "user.groups"}
    _set(idaas, app, CustomClaims=[claim], PostLogoutRedirectUris=["https://wiki.example.com/"])
    idaas.call("SetApplicationSsoConfig", ApplicationId=app, InitLoginUrl="https://wiki.example.com/")

    told = _told(idaas, app)
    config = told["OidcSsoConfig"]
    assert config["RedirectUris"] == [WIKI]
    assert (config["IdTokenEffectiveTime"], config["AllowedPublicClient"]) == (600, "true")
    assert config["CustomClaims"] == [claim]
    assert told["InitLoginUrl"] == "https://wiki.example.com/"


def test_an_application_is_told_where_it_finds_what_it_needs(idaas: Idaas) -> None:
    told = _told(idaas, idaas.application("wiki"))["ProtocolEndpointDomain"]

    issuer = told["OidcIssuer"]
    assert issuer.endswith(f"/oidc/{idaas.id}")
    assert told["Oauth2TokenEndpoint"] == f"{issuer}/token"
    assert told["OidcLogoutEndpoint"] == f"{issuer}/logout"


def test_what_is_not_safe_cannot_be_set(idaas: Idaas) -> None:
    app = idaas.application("wiki")
    unsafe: list[dict[str, Any]] = [
        {"RedirectUris": ["http://wiki.example.com/callback"]},
        {"RedirectUris": ["https://wiki.example.com/*"]},
        {"RedirectUris": ["https://wiki.example.com/#here"]},
        {"RedirectUris": ["https://somebody@wiki.example.com/"]},
        {"RedirectUris": ["javascript:alert(1)"]},
        {"RedirectUris": ["https://["]},
        {"PostLogoutRedirectUris": ["ftp://wiki.example.com/"]},
        {"GrantTypes": ["password"]},
        {"GrantTypes": ["implicit"]},
        {"ResponseTypes": ["token"]},
        {"PkceRequired": False},
        {"PkceChallengeMethods": ["plain"]},
        {"PkceChallengeMethods": ["S256", "plain"]},
        {"GrantScopes": ["everything"]},
        {"SubjectIdExpression": "user.groups"},
        {"SubjectIdExpression": "user.displayName"},
        {"CustomClaims": [{"ClaimName": "sub", "ClaimValueExpression": "user.username"}]},
        {"CustomClaims": [{"ClaimName": "x", "ClaimValueExpression": "Exec('ls')"}]},
        {"PasswordTotpMfaRequired": True},
        {"AccessTokenEffectiveTime": 1_000_000},
    ]
    for config in unsafe:
        status, code = idaas.refusal("SetApplicationSsoConfig", ApplicationId=app, OidcSsoConfig=config)
        assert (status, code.partition(".")[0]) == (400, "InvalidParameter"), config


def test_saml_is_refused_rather_than_kept_for_nothing(idaas: Idaas) -> None:
    app = idaas.application("wiki")
    saml = {"SpEntityId": "wiki", "SpSsoAcsUrl": "https://wiki.example.com/acs"}
    refused = idaas.refusal("SetApplicationSsoConfig", ApplicationId=app, SamlSsoConfig=saml)
    assert refused == (400, "UnsupportedAction.SamlSso")

    saml_app = idaas.application("old", SsoType="saml2")
    oidc = {"RedirectUris": [WIKI]}
    refused = idaas.refusal("SetApplicationSsoConfig", ApplicationId=saml_app, OidcSsoConfig=oidc)
    assert refused == (400, "UnsupportedAction.SsoType")
    assert "OidcSsoConfig" not in _told(idaas, saml_app)


def test_signing_in_is_switched_off_and_on(idaas: Idaas) -> None:
    app = idaas.application("wiki")
    assert idaas.changes("DisableApplicationSso", ApplicationId=app)
    assert not idaas.changes("DisableApplicationSso", ApplicationId=app)
    assert _told(idaas, app)["SsoStatus"] == "disabled"
    assert idaas.changes("EnableApplicationSso", ApplicationId=app)
    assert _told(idaas, app)["SsoStatus"] == "enabled"
