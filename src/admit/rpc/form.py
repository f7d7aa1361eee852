"""Query strings and form bodies: read into a map, and written again."""

import re
from collections.abc import Iterable
from typing import Final

MAX_PAIRS: Final = 2_000
"""Pairs one query string or form body may hold.

The widest call of the six services, CreateUsers with 100 users of nine members each, stays below it.
"""

_RESERVED: Final = re.compile(r"[^A-Za-z0-9._~-]")
"""Finds what RFC 3986, section 2.3, does not call unreserved."""

_ENCODED: Final = tuple(f"%{byte:02X}" if _RESERVED.match(chr(byte)) else chr(byte) for byte in range(256))
"""What stands for each byte once percent-encoded."""


class FormFault(ValueError):
    """A query string or form body that cannot be read; ``name`` is the key at fault, or empty."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name, why)
        self.name = name
        self.why = why


def parse(raw: bytes) -> dict[str, str]:
    """The parameters of a query string or an urlencoded body, decoded, in their order.

    ``+`` and ``%20`` are spaces, empty values are kept (they are signed), a key
    without ``=`` has an empty value, and nothing between two ``&`` is nothing.

    Raises:
        FormFault: a key is repeated (no client repeats one, so there is no
            telling which was meant), an escape is malformed, the text is not
            UTF-8, it holds a NUL, or there are more than ``MAX_PAIRS`` pairs.
    """
    if raw.count(b"&") >= MAX_PAIRS:
        raise FormFault("", f"holds more than {MAX_PAIRS} parameters")
    if b"\0" in raw or b"%00" in raw:
        # No parameter of any service may hold one, and PostgreSQL cannot store it.
        raise FormFault("", "holds a NUL character")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise FormFault("", "is not valid UTF-8") from None

    found: dict[str, str] = {}
    for pair in text.replace("+", " ").split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in name:
            name = _unescaped(name, of="")
        if "%" in value:
            value = _unescaped(value, of=name)
        if name in found:
            raise FormFault(name, "is given more than once")
        found[name] = value
    return found


def _unescaped(text: str, *, of: str) -> str:
    """The text without its percent escapes; ``of`` names the key to blame.

    Written as the string escapes of Python, the escapes are undone by one codec
    in C, which also refuses malformed ones: a fifth of the time that splitting
    at each ``%`` takes.
    """
    python_escapes = text.encode().replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    try:
        characters = python_escapes.decode("unicode_escape")
        return characters if characters.isascii() else characters.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise FormFault(of, "is not valid percent-encoded UTF-8") from None


def percent_encode(text: str) -> str:
    """The text as RFC 3986 writes it: all but ``A-Z a-z 0-9 - _ . ~`` becomes ``%XX`` in upper case.

    Raises:
        FormFault: the text holds half of a surrogate pair, which UTF-8 cannot write.
    """
    if not _RESERVED.search(text):
        return text
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise FormFault("", "is not valid Unicode text") from None
    return "".join([_ENCODED[byte] for byte in raw])


def write(pairs: Iterable[tuple[str, str]]) -> str:
    """The pairs as a query string or form body that :func:`parse` reads back.

    Raises:
        FormFault: as :func:`percent_encode`.
    """
    return "&".join([f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs])
