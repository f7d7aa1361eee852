"""Bytes into text and text into lines, the same way for every format."""

import codecs
import re

UNREADABLE = "\ufffd"
"""Stands where bytes were no text: the decoder puts it, the rules refuse it."""

NOT_UTF8 = "holds bytes that are not UTF-8; save the file as UTF-8"

_LINE_END = re.compile(r"\r\n|\r|\n")


def decode(content: bytes) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one (Excel's "Unicode").

    Never fails: what cannot be decoded becomes ``UNREADABLE``, so that a fault can name its line and column.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def lines(text: str) -> list[str]:
    """The lines an editor shows; ``str.splitlines`` also breaks at form feeds, and would miscount."""
    return _LINE_END.split(text)
