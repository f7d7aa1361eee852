"""In which format a request wants its answer."""

from admit.core.errors import UnknownFormat
from admit.rpc.signature import Wire


def wants_xml(wire: Wire) -> bool:
    """Whether it wants XML; JSON otherwise."""
    wanted = _format_of(wire)
    accepts = wire.headers.get("accept", "")
    return wanted.upper() == "XML" or (not wanted and accepts.split(";")[0].strip() in _XML_TYPES)


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
