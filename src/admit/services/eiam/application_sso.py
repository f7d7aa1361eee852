"""How people sign in to an application: its OpenID Connect configuration, switched on and off."""

from typing import Annotated, Literal

import msgspec

from admit.control import things as verbs
from admit.control.eiam.applications import SUBJECT, ApplicationDetails, OidcConfig
from admit.control.eiam.issuers import of_instance
from admit.control.live import session_ledger
from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.shape import ClientToken, Shape, at_most, between, like
from admit.services.eiam.application_sso_checks import checked
from admit.services.eiam.directory import Status
from admit.services.eiam.errors import ResourceNotFound, UnsupportedAction
from admit.services.eiam.vocabulary import (
    ON_APPLICATION,
    ApplicationId,
    Done,
    InstanceId,
    application,
    eiam,
    instance,
)
from admit.store import sessions
from admit.store.sessions import Which
from admit.store.things import Thing

Uri = Annotated[
    str, like("https://wiki.example.com/callback", "An address of the application.", max_length=1024)
]
Uris = Annotated[tuple[Uri, ...], at_most(100)]
Expression = Annotated[
    str,
    like(
        SUBJECT,
        "What is told: user.userid, user.username, user.displayName, user.email, user.phoneNumber, "
        "user.userExternalId, user.groups, or a text in double quotes.",
        max_length=128,
    ),
]
InitLoginType = Literal["only_app_init_sso", "idaas_or_app_init_sso"]


class CustomClaim(Shape):
    """A claim besides the usual ones."""

    claim_name: Annotated[str, like("department", "What it is called.", min_length=1, max_length=64)]
    claim_value_expression: Expression


class OidcSsoConfig(Shape):
    """How people sign in with OpenID Connect. What is left out stays as it is."""

    access_token_effective_time: (
        Annotated[int, between(60, 86_400), like(300, "How long an access token lasts, in seconds.")] | None
    ) = None
    allowed_public_client: bool | None = None
    """Whether it may be a program that can keep no secret."""
    code_effective_time: (
        Annotated[int, between(10, 600), like(60, "How long a code lasts, in seconds.")] | None
    ) = None
    custom_claims: Annotated[tuple[CustomClaim, ...], at_most(50)] | None = None
    """Claims besides the usual ones."""
    grant_scopes: Annotated[tuple[str, ...], at_most(10)] | None = None
    """Which scopes it may ask for: openid, profile, email, phone, groups."""
    grant_types: Annotated[tuple[str, ...], at_most(10)] | None = None
    """authorization_code, refresh_token, urn:ietf:params:oauth:grant-type:device_code."""
    id_token_effective_time: (
        Annotated[int, between(60, 86_400), like(300, "How long an ID token lasts, in seconds.")] | None
    ) = None
    password_authentication_source_id: str | None = None
    """Goes with the grant type password, which there is not."""
    password_totp_mfa_required: bool | None = None
    """Goes with the grant type password, which there is not."""
    pkce_challenge_methods: Annotated[tuple[str, ...], at_most(10)] | None = None
    """S256, the only one."""
    pkce_required: bool | None = None
    """true, the only value: PKCE is demanded of every application."""
    post_logout_redirect_uris: Uris | None = None
    """Where people may be sent after signing out."""
    redirect_uris: Uris | None = None
    """Where people may be sent after signing in: https, or http on the person's own machine."""
    refresh_token_effective: (
        Annotated[int, between(60, 31_536_000), like(86_400, "How long a refresh token lasts, in seconds.")]
        | None
    ) = None
    response_types: Annotated[tuple[str, ...], at_most(10)] | None = None
    """code, the only one."""
    subject_id_expression: Expression | None = None


class AttributeStatement(Shape):
    """An attribute of a SAML assertion."""

    attribute_name: str | None = None
    attribute_value_expression: str | None = None


class OptionalRelayState(Shape):
    """Where somebody may want to go after a SAML sign-in."""

    display_name: Annotated[str, like("Wiki", "What it is called.", max_length=64)] | None = None
    relay_state: Annotated[str, like("https://wiki.example.com", "Where it is.", max_length=256)] | None = (
        None
    )


class SamlSsoConfig(Shape):
    """How people sign in with SAML 2.0, which is not spoken here."""

    assertion_signed: bool | None = None
    attribute_statements: Annotated[tuple[AttributeStatement, ...], at_most(50)] | None = None
    default_relay_state: str | None = None
    id_p_entity_id: str | None = msgspec.field(default=None, name="IdPEntityId")
    name_id_format: (
        Literal[
            "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        ]
        | None
    ) = None
    name_id_value_expression: str | None = None
    optional_relay_states: Annotated[tuple[OptionalRelayState, ...], at_most(50)] | None = None
    require_authn_request_signed: bool | None = None
    response_signed: bool | None = None
    signature_algorithm: Literal["RSA-SHA256"] | None = None
    sp_entity_id: str | None = None
    sp_signing_certificates: Annotated[tuple[str, ...], at_most(10)] | None = None
    sp_slo_response_url: str | None = None
    sp_sso_acs_url: str | None = None


@eiam.operation(
    "create", errors=(ResourceNotFound, InvalidParameter, UnsupportedAction), resources=(ON_APPLICATION,)
)
class SetApplicationSsoConfig(Shape):
    """Says how people sign in to an application.

    Ours: what is left out stays as it is. PKCE with S256 is demanded of every application, the grant types
    are the three that are safe, and tokens last 300 seconds unless told: what asks for less is refused.
    Ours: SAML 2.0 is not spoken here, so that its configuration is refused rather than kept for nothing.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    init_login_type: InitLoginType | None = None
    """Whether signing in may begin here as well, or at the application only."""
    init_login_url: (
        Annotated[str, like("https://wiki.example.com", "Where it begins.", max_length=1024)] | None
    ) = None
    oidc_sso_config: OidcSsoConfig | None = None
    saml_sso_config: SamlSsoConfig | None = None
    client_token: ClientToken | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write what is said."""
        found = application(call, instance(call, self.instance_id), self.application_id)
        details = found.read(ApplicationDetails)
        if self.saml_sso_config is not None:
            raise UnsupportedAction("SamlSso", "SAML 2.0 is not spoken here: use OpenID Connect.")
        if self.oidc_sso_config is not None:
            if details.sso_type != "oidc":
                raise UnsupportedAction("SsoType", f"people sign in to it by {details.sso_type}.")
            details = msgspec.structs.replace(details, oidc=checked(details.oidc, self.oidc_sso_config))
        if self.init_login_type is not None:
            details = msgspec.structs.replace(details, init_login_type=self.init_login_type)
        if self.init_login_url is not None:
            details = msgspec.structs.replace(details, init_login_url=self.init_login_url or None)
        verbs.change(call.tx, found, details=details)
        return Done()


class OidcSsoConfigTold(Shape):
    """How people sign in with OpenID Connect."""

    access_token_effective_time: int
    allowed_public_client: Literal["true", "false"]
    code_effective_time: int
    custom_claims: tuple[CustomClaim, ...]
    grant_scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    id_token_effective_time: int
    pkce_challenge_methods: tuple[str, ...]
    pkce_required: bool
    post_logout_redirect_uris: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    refresh_token_effective: int
    response_types: tuple[str, ...]
    subject_id_expression: str
    password_authentication_source_id: str | None = None
    password_totp_mfa_required: bool | None = None


def _told(config: OidcConfig) -> OidcSsoConfigTold:
    return OidcSsoConfigTold(
        access_token_effective_time=config.access_token_s,
        allowed_public_client="true" if config.public else "false",
        code_effective_time=config.code_s,
        custom_claims=tuple(
            CustomClaim(claim_name=each.name, claim_value_expression=each.expression)
            for each in config.claims
        ),
        grant_scopes=config.grant_scopes,
        grant_types=config.grant_types,
        id_token_effective_time=config.id_token_s,
        pkce_challenge_methods=("S256",),
        pkce_required=True,
        post_logout_redirect_uris=config.post_logout_redirect_uris,
        redirect_uris=config.redirect_uris,
        refresh_token_effective=config.refresh_token_s,
        response_types=("code",),
        subject_id_expression=config.subject,
    )


class ProtocolEndpointDomain(Shape):
    """Where the application finds what it needs for signing in."""

    oauth2_authorization_endpoint: str = msgspec.field(name="Oauth2AuthorizationEndpoint")
    oauth2_device_authorization_endpoint: str = msgspec.field(name="Oauth2DeviceAuthorizationEndpoint")
    oauth2_revoke_endpoint: str = msgspec.field(name="Oauth2RevokeEndpoint")
    oauth2_token_endpoint: str = msgspec.field(name="Oauth2TokenEndpoint")
    oauth2_userinfo_endpoint: str = msgspec.field(name="Oauth2UserinfoEndpoint")
    oidc_issuer: str
    oidc_jwks_endpoint: str
    oidc_logout_endpoint: str
    saml_meta_endpoint: str | None = None
    saml_slo_endpoint: str | None = None
    saml_sso_endpoint: str | None = None


class ApplicationSsoConfig(Shape):
    """How people sign in to an application."""

    init_login_type: InitLoginType
    protocol_endpoint_domain: ProtocolEndpointDomain
    sso_status: Status
    init_login_url: str | None = None
    oidc_sso_config: OidcSsoConfigTold | None = None
    saml_sso_config: SamlSsoConfig | None = None


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class GetApplicationSsoConfig(Shape):
    """Queries how people sign in to an application, and where the application finds what it needs for it."""

    instance_id: InstanceId
    application_id: ApplicationId

    class Response(Shape):
        """The configuration."""

        application_sso_config: ApplicationSsoConfig

    def handle(self, call: Call) -> Response:
        """Read the configuration."""
        idaas = instance(call, self.instance_id)
        details = application(call, idaas, self.application_id).read(ApplicationDetails)
        issuer = of_instance(call.world, idaas)
        told = ApplicationSsoConfig(
            init_login_type=details.init_login_type,
            init_login_url=details.init_login_url,
            oidc_sso_config=_told(details.oidc) if details.sso_type == "oidc" else None,
            protocol_endpoint_domain=ProtocolEndpointDomain(
                oauth2_authorization_endpoint=issuer.at("authorize"),
                oauth2_device_authorization_endpoint=issuer.at("device_authorization"),
                oauth2_revoke_endpoint=issuer.at("revoke"),
                oauth2_token_endpoint=issuer.at("token"),
                oauth2_userinfo_endpoint=issuer.at("userinfo"),
                oidc_issuer=issuer.url,
                oidc_jwks_endpoint=issuer.at("jwks"),
                oidc_logout_endpoint=issuer.at("logout"),
            ),
            sso_status="enabled" if details.sso_enabled else "disabled",
        )
        return self.Response(application_sso_config=told)


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class EnableApplicationSso(Shape):
    """Lets people sign in to an application again. Where they may already nothing changes.

    Ours: it is so from the start; before the first redirect address is set nobody can.
    """

    instance_id: InstanceId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch it on."""
        _switch(call, application(call, instance(call, self.instance_id), self.application_id), on=True)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class DisableApplicationSso(Shape):
    """Lets nobody sign in to an application; who is authorized is kept for later.

    Ours: who is signed in to it is signed out at once.
    """

    instance_id: InstanceId
    application_id: ApplicationId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Switch it off, and order the end of what is open."""
        found = application(call, instance(call, self.instance_id), self.application_id)
        if _switch(call, found, on=False):
            for each in sessions.find(call.sql, Which(live=True, resource=found.key), EVERY):
                session_ledger.order_end(call.tx, each, "signing in to it was switched off")
        return Done()


EVERY = 1_000_000
"""More sessions than an application has."""


def _switch(call: Call, found: Thing, *, on: bool) -> bool:
    details = found.read(ApplicationDetails)
    verbs.change(call.tx, found, details=msgspec.structs.replace(details, sso_enabled=on))
    return details.sso_enabled != on
