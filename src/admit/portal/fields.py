"""What a form or a request says, as text."""

from starlette.datastructures import FormData
from starlette.requests import HTTPConnection


def text_of(fields: FormData, name: str) -> str:
    """A field's text; empty if there is none, or a file in its place."""
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def peer_of(request: HTTPConnection) -> str:
    """The address a request comes from."""
    return request.client.host if request.client else ""
