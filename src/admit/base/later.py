"""Libraries that take long to load, and that many a process never uses: loaded when they are first used.

A start does not wait for them. Otherwise ``from admit.base.later import webauthn`` is ``import webauthn``.
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
    import dateparser  # type: ignore[import-untyped]  # it ships no types
    import httpx
    import psycopg
    import webauthn
    from webauthn.helpers import exceptions as webauthn_exceptions
    from webauthn.helpers import structs as webauthn_structs
else:
    cel = _Later("cel")
    dateparser = _Later("dateparser")
    httpx = _Later("httpx")
    psycopg = _Later("psycopg")
    webauthn = _Later("webauthn")
    webauthn_exceptions = _Later("webauthn.helpers.exceptions")
    webauthn_structs = _Later("webauthn.helpers.structs")

__all__ = [
    "cel",
    "dateparser",
    "httpx",
    "psycopg",
    "webauthn",
    "webauthn_exceptions",
    "webauthn_structs",
]
