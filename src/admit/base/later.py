"""Libraries that take long to load, and that many a process never uses: loaded when they are first used.

Together they would be a quarter of the time it takes to start. ``from admit.base.later import webauthn`` is
``import webauthn`` in everything else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any  # noqa: TID251 - it hides no circle: these are other people's modules


class _Later:
    """Stands for a module: what is asked of it is asked of the module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import cel
    import httpx
    import webauthn
    from joserfc import errors as jose_errors
    from joserfc import jwk, jwt
    from webauthn.helpers import exceptions as webauthn_exceptions
    from webauthn.helpers import structs as webauthn_structs
else:
    cel = _Later("cel")
    httpx = _Later("httpx")
    webauthn = _Later("webauthn")
    jose_errors, jwk, jwt = _Later("joserfc.errors"), _Later("joserfc.jwk"), _Later("joserfc.jwt")
    webauthn_exceptions = _Later("webauthn.helpers.exceptions")
    webauthn_structs = _Later("webauthn.helpers.structs")

__all__ = [
    "cel",
    "httpx",
    "jose_errors",
    "jwk",
    "jwt",
    "webauthn",
    "webauthn_exceptions",
    "webauthn_structs",
]
