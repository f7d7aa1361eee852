"""What is kept of an application that people sign in to: written by operations, read by the door."""

from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from admit.base.sealing import Secret
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import FOREVER, Millis
from admit.store import things
from admit.store.things import Thing, Where

SourceType: TypeAlias = Literal[
    "urn:alibaba:idaas:app:source:template", "urn:alibaba:idaas:app:source:standard"
]
AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)
SCOPES = ("openid", "profile", "email", "phone", "groups")
SUBJECT = "user.userid"
CLIENT_SECRET = "client secret"  # noqa: S105 - the purpose a sealed secret is kept under
DISABLED = "disabled"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class CustomClaim(msgspec.Struct, frozen=True):
    """A claim besides the usual ones."""

    name: str
    expression: str


class OidcConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """How people sign in to an application with OpenID Connect. Times are in seconds."""

    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = (AUTHORIZATION_CODE,)
    grant_scopes: tuple[str, ...] = SCOPES
    public: bool = False
    """Whether it may be a client that can keep no secret."""
    subject: str = SUBJECT
    claims: tuple[CustomClaim, ...] = ()
    code_s: int = 60
    access_token_s: int = 300
    id_token_s: int = 300
    refresh_token_s: int = 86_400


class ApplicationDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an application besides the name."""

    sso_type: str
    source_type: SourceType
    identity_type: Literal["application", "agent"]
    authorization_type: Literal["authorize_required", "default_all"]
    template_id: str | None = None
    description: str | None = None
    logo_url: str | None = None
    owner_users: tuple[str, ...] = ()
    owner_groups: tuple[str, ...] = ()
    visibility: tuple[str, ...] = ()
    custom_fields: dict[str, str] = msgspec.field(default_factory=dict)
    root_authorized: bool = False
    """Whether the root unit was authorized by name. Its link alone does not tell: default_all is one too."""
    sso_enabled: bool = True
    oidc: OidcConfig = OidcConfig()
    init_login_type: Literal["only_app_init_sso", "idaas_or_app_init_sso"] = "only_app_init_sso"
    init_login_url: str | None = None
    logout_uri: str | None = None
    """Where the application is told that somebody's sign-in is over."""


class ClientSecretDetails(msgspec.Struct, omit_defaults=True):
    """A secret with which an application shows that it is itself."""

    expires_at: Millis = FOREVER


def is_address(uri: str) -> bool:
    """Whether what is sent to an address of an application can be read by nobody else.

    It is https, whole and without a fragment; http is good enough on the machine itself.
    """
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    odd = any(each in uri for each in "#*\\ \t\r\n") or parts.username is not None
    return safe and bool(host) and not odd


def client_secrets(sql: Connection, world: World, application: Thing, now: Millis) -> dict[int, Secret]:
    """The secrets that an application may show at a moment, by their keys."""
    where = Where(Kind.CLIENT_SECRET, parent=application.key, not_blocked=DISABLED)
    living = (each for each in things.find(sql, where) if each.read(ClientSecretDetails).expires_at > now)
    return {each.key: opened(sql, world, each) for each in living}


def opened(sql: Connection, world: World, secret: Thing) -> Secret:
    """The text of a client secret."""
    sealed = things.sealed(sql, secret.key, CLIENT_SECRET)
    if sealed is None:
        raise LookupError(f"the client secret {secret.id} is not kept")
    return Secret(world.sealer.open(sealed, f"{CLIENT_SECRET}:{secret.id}").decode())
