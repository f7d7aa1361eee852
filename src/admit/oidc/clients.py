"""Applications as clients of the protocol."""

from collections.abc import Mapping

from authlib.oauth2.rfc6749 import ClientMixin
from sqlalchemy import Connection

from admit.base.sealing import Secret
from admit.control.eiam.applications import AUTHORIZATION_CODE, ApplicationDetails, OidcConfig, client_secrets
from admit.control.eiam.issuers import Issuer
from admit.control.world import World
from admit.core.links import Kind
from admit.store import things
from admit.store.things import Thing


class Client(ClientMixin):  # type: ignore[misc]  # Authlib carries no types
    """An application, and the secrets it may show."""

    def __init__(self, application: Thing, secrets: Mapping[int, Secret]) -> None:
        """``secrets`` are given by their keys."""
        self.application = application
        self.config: OidcConfig = application.read(ApplicationDetails).oidc
        self.shown: tuple[int, ...] = ()
        """The keys of the secrets that it has shown."""
        self._secrets = secrets

    def get_client_id(self) -> str:
        """Its ID."""
        return self.application.id

    def get_default_redirect_uri(self) -> None:
        """None: where people are sent is always said."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """What of a scope it may have; ``openid`` if it asks for nothing."""
        asked = (scope or "openid").split()
        return " ".join(each for each in dict.fromkeys(asked) if each in self.config.grant_scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether an address is, letter by letter, one of its own."""
        return redirect_uri in self.config.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is one of its secrets; how long that takes tells nothing."""
        shown = Secret(client_secret)
        # Every one is compared.
        self.shown = tuple(key for key, each in self._secrets.items() if shown == each)
        return bool(self.shown)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - all are alike
        """Whether it may show so that it is itself."""
        return self.config.public if method == "none" else bool(self._secrets)

    def check_response_type(self, response_type: str) -> bool:
        """Whether people may be sent here by it."""
        return response_type == "code" and self.check_grant_type(AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may get tokens so."""
        return grant_type in self.config.grant_types


def client(sql: Connection, world: World, issuer: Issuer, client_id: str) -> Client | None:
    """The application of an instance that calls itself so, if people sign in to it with this protocol."""
    application = things.by_id(sql, Kind.APPLICATION, issuer.idaas.key, client_id)
    if application is None or application.read(ApplicationDetails).sso_type != "oidc":
        return None
    return Client(application, client_secrets(sql, world, application, world.clock.now()))
