"""What a value must look like: each rule gives the value in its usual form, or raises ``Unfit``.

These are the rules of the formats, loose on purpose: what a service accepts as a name is for it to say.
"""

import ipaddress
import re
import unicodedata

from admit.imports.records import Unfit
from admit.imports.text import NOT_UTF8, UNREADABLE

LONGEST_NAME = 128
LONGEST_COMMENT = 500
"""Both as of the bastion host's API, 2019-12-09."""

_LOCAL_PART = r"""[^\s@"(),:;<>\[\\\].]+(?:\.[^\s@"(),:;<>\[\\\].]+)*"""
_MAIL_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"{_LOCAL_PART}@{_MAIL_LABEL}(?:\.{_MAIL_LABEL})*")
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ()./-]{2,30}(?: ?(?:x|ext\.?|#) ?[0-9]{1,6})?", re.IGNORECASE)
_HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?")
_PORT = re.compile(r"[0-9]{1,5}")
_WITH_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([^:]*))?")


def plain(text: str) -> str:
    """Text for people, on one line."""
    line = " ".join(text.split())
    if UNREADABLE in line:
        raise Unfit(NOT_UTF8)
    # Control characters; halves of surrogate pairs, which JSON can spell and no database can store.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in line):
        raise Unfit(f"{line!r} holds a character that is not text")
    return line


def comment(text: str) -> str:
    """A remark."""
    line = plain(text)
    if len(line) > LONGEST_COMMENT:
        raise Unfit(f"is longer than {LONGEST_COMMENT} characters")
    return line


def title(text: str) -> str:
    """The name of a group: blanks allowed."""
    line = plain(text)
    if not line:
        raise Unfit("is empty")
    # Soft hyphens, zero-width blanks and the like make two names that look like one.
    if any(unicodedata.category(character) == "Cf" for character in line):
        raise Unfit(f"{line!r} holds an invisible character")
    if len(line) > LONGEST_NAME:
        raise Unfit(f"is longer than {LONGEST_NAME} characters")
    return line


def name(text: str) -> str:
    """The name of a person, a host or an account: one word, as it is typed on a command line."""
    word = title(text)
    if " " in word:
        raise Unfit(f'"{word}" is more than one word')
    return word


def email(text: str) -> str:
    """An e-mail address, without a name beside it."""
    line = plain(text)
    if len(line) > 254 or not _EMAIL.fullmatch(line):
        raise Unfit(f'"{line}" is not an e-mail address')
    return line


def phone(text: str) -> str:
    """A telephone number as people write it."""
    line = plain(text)
    if not _PHONE.fullmatch(line):
        raise Unfit(f'"{line}" is not a telephone number')
    return line


def port(text: str) -> int:
    """A TCP port."""
    number = text.strip()
    if not _PORT.fullmatch(number) or not 1 <= int(number) <= 65535:
        raise Unfit(f'"{plain(text)}" is not a port (1 to 65535)')
    return int(number)


def address(text: str) -> str:
    """A host name or an IP address, IPv6 without its brackets."""
    line = plain(text)
    bare = line[1:-1] if line.startswith("[") and line.endswith("]") else line
    if is_ip(bare):
        return bare
    # A name whose last part is a number is a mistyped IPv4 address, here as in a browser.
    last = line.rstrip(".").rpartition(".")[2]
    if len(line) > 253 or not _HOST_NAME.fullmatch(line) or last.isdecimal():
        raise Unfit(f'"{line}" is neither a host name nor an IP address')
    return line


def is_ip(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address; IPv6 may carry a zone (``fe80::1%eth0``)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def address_and_port(text: str) -> tuple[str, int | None]:
    """``db-1``, ``db-1:2222``, ``10.0.0.1:22``, ``2001:db8::1`` or ``[2001:db8::1]:22``, taken apart."""
    line = plain(text)
    if is_ip(line):
        return line, None
    parts = _WITH_PORT.fullmatch(line)
    if not parts:
        raise Unfit(
            f'"{line}" is neither a host name nor an IP address; write IPv6 with a port as [2001:db8::1]:22'
        )
    bracketed, bare, after = parts.groups()
    if bracketed is not None and not is_ip(bracketed):
        raise Unfit(f'"{line}" has no IP address between its brackets')
    return address(bracketed or bare or ""), None if after is None else port(after)
