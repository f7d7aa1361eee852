"""A request as Authlib reads it, made of what Starlette has read: its core does not wait for bytes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Payload, OAuth2Request
from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100
LONGEST_FORM = 64 * 1024
LONGEST_AGENT = 200


class Fields(OAuth2Payload):  # type: ignore[misc]  # Authlib carries no types
    """The parameters of a request."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._data: dict[str, str] = {}
        self._every: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._data.setdefault(name, value)
            self._every[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        """Each parameter's value."""
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Each parameter's values, however often it was given."""
        return self._every

    def require_once(self) -> None:
        """Return if no parameter is given twice (RFC 6749, section 3.2).

        Raises:
            InvalidRequestError: one is.
        """
        if any(len(values) > 1 for values in self._every.values()):
            raise InvalidRequestError("A parameter is given twice.")


class Asked(OAuth2Request):  # type: ignore[misc]  # the same
    """A request to one of the endpoints."""

    def __init__(self, method: str, headers: Mapping[str, str], fields: Fields, peer: str) -> None:
        # Authlib refuses plain http by this address. Here who serves it decides: TLS may end before admit.
        super().__init__(method, "https://admit", headers=headers)
        self.payload = fields
        self.peer = peer
        self.begun: Any = None
        """What a sign-in came of it, once there is one."""

    @property
    def agent(self) -> str:
        """What the program that asks calls itself: as much of it as is kept."""
        return str(self.headers.get("user-agent", ""))[:LONGEST_AGENT]

    @property
    def args(self) -> dict[str, str]:
        """The parameters, wherever they stood."""
        return dict(self.payload.data)

    @property
    def form(self) -> dict[str, str]:
        """The same."""
        return dict(self.payload.data)


async def asked(request: Request) -> Asked:
    """A request, with the parameters of its query or, of a POST, of its form.

    Raises:
        InvalidRequestError: its form is none, or is too long.
    """
    fields = Fields(request.query_params.multi_items())
    if request.method == "POST":
        fields = Fields(await _form(request))
    peer = request.client.host if request.client else ""
    return Asked(request.method, request.headers, fields, peer)


async def _form(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise InvalidRequestError(f"Send a form: {FORM}.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            raise InvalidRequestError("The form is too long.")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidRequestError("The form cannot be read.") from None
