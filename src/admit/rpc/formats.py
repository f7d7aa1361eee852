"""In which format a request wants its answer."""

from collections.abc import Mapping

from admit.core.errors import UnknownFormat
from admit.rpc.signature import Wire


def wants_xml(wire: Wire) -> bool:
    """Whether it wants XML; JSON otherwise."""
    wanted = _format_of(wire)
    return wanted.upper() == "XML" or (not wanted and accepts_xml(wire.headers))


def accepts_xml(headers: Mapping[str, str]) -> bool:
    """Whether a request asks for XML by its headers; a Format among its parameters counts more."""
    return headers.get("accept", "").split(";")[0].strip() in _XML_TYPES


def require_format(wire: Wire) -> None:
    """Return if it wants one that there is.

    Raises:
        UnknownFormat: it does not.
    """
    wanted = _format_of(wire)
    if wanted.upper() not in ("", "JSON", "XML"):
        raise UnknownFormat(wanted)


def _format_of(wire: Wire) -> str:
    return wire.form.get("Format", wire.query.get("Format", ""))


_XML_TYPES = frozenset({"application/xml", "text/xml"})
