"""What the vendor's operations do not say of signing in to applications."""

from typing import Annotated

import msgspec

from admit.control import names
from admit.control import things as verbs
from admit.control.eiam.applications import ApplicationDetails, is_address
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.vocabulary import access, named

ApplicationWord = Annotated[
    str, like("app:wiki", "The name or the ID of an application, or app:NAME.", min_length=1, max_length=256)
]
LogoutUri = Annotated[
    str,
    like(
        "https://wiki.example.com/logged-out", "Where the application takes logout tokens.", max_length=1024
    ),
]


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter))
class SetApplicationLogoutUri(Shape):
    """Says where an application wants to be told that somebody's sign-in is over, or that it does not.

    It is told by OpenID Connect Back-Channel Logout, the moment access ends, and again until it has taken
    it. An application that is not told lets people go on until its own session is over. What is said is of
    sign-ins from now on.
    """

    application: ApplicationWord
    logout_uri: LogoutUri | None = None
    """An https address (http only on this machine); left out or empty: it is not told."""

    class Response(Shape):
        """What it was before."""

        former_logout_uri: str
        """Empty if it was not told."""

    def handle(self, call: Call) -> Response:
        """Write it."""
        word = f"app:{self.application.removeprefix('app:')}"
        found = named(lambda: names.resource(call.sql, word), "Application")
        if found.kind is not Kind.APPLICATION:
            raise NotFound(f"There is no {word}.")
        if self.logout_uri and not is_address(self.logout_uri):
            raise InvalidParameter("LogoutUri", "it must be an https address without a fragment.", "Format")
        details = found.read(ApplicationDetails)
        verbs.change(
            call.tx, found, details=msgspec.structs.replace(details, logout_uri=self.logout_uri or None)
        )
        return self.Response(former_logout_uri=details.logout_uri or "")
