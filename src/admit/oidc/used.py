"""What was given out, as Authlib asks it."""

from admit.control.eiam.sign_ins import Begun, Refreshed
from admit.oidc.clients import Client
from admit.store.sign_ins import Token


class Used:
    """A code, a token or a device's code that came back."""

    def __init__(self, token: Token, client_id: str = "") -> None:
        self.token = token
        self._client_id = client_id

    @property
    def begun(self) -> Begun:
        """Who signed in, and what was asked for: of codes."""
        return self.token.read(Begun)

    def get_scope(self) -> str:
        """What it is good for."""
        return self.token.read(Refreshed).scope

    def get_client_id(self) -> str:
        """The application it was given to: of a device's code."""
        return self._client_id

    def get_redirect_uri(self) -> str:
        """Where the person was sent with it."""
        return self.begun.redirect_uri

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this application."""
        return self.token.application == client.application.key
