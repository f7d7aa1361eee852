"""What is kept in the browser: who is signed in, and how they like their pages."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies by their names."""

    secure: str = "__Host-admit"
    """Over HTTPS: a name that browsers give to no other path, domain or plain connection."""
    plain: str = "admit"
    language: str = "admit_language"
    zone: str = "admit_zone"
    theme: str = "admit_theme"

    def session(self, request: HTTPConnection) -> str | None:
        """The token of the browser's session, if it has one."""
        return request.cookies.get(self._name(request))

    def keep_session(self, request: HTTPConnection, response: Response, token: str) -> None:
        """Let the browser keep a token until it closes."""
        response.set_cookie(
            self._name(request), token, secure=is_secure(request), httponly=True, samesite="lax", path="/"
        )

    def forget_session(self, request: HTTPConnection, response: Response) -> None:
        """Let the browser forget its token."""
        response.delete_cookie(
            self._name(request), secure=is_secure(request), httponly=True, samesite="lax", path="/"
        )

    def _name(self, request: HTTPConnection) -> str:
        return self.secure if is_secure(request) else self.plain


COOKIES = Cookies()


def is_secure(request: HTTPConnection) -> bool:
    """Whether the connection is encrypted."""
    return request.url.scheme in ("https", "wss")
