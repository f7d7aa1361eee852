"""What somebody writes before the ``@`` of the gate: ``alice+root+db-1``."""

from dataclasses import dataclass

SEPARATOR = "+"
"""It means nothing to a shell, scp, rsync, git, URLs, ``ssh_config`` or Ansible, and is in no user's name."""
LONGEST_PART = 255
"""A host name is no longer (RFC 1035 §2.3.4); names kept by admit are shorter."""


class NameRefused(Exception):
    """A name that cannot be meant. The text says how one is written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who somebody says to be, and what they want to use."""

    person: str
    account: str | None = None
    """None: whichever there is. Empty: none, the host alone."""
    host: str | None = None
    """None: they are to be asked."""

    @property
    def label(self) -> str:
        """The target as people call it."""
        return f"{self.account}@{self.host}" if self.account else self.host or ""


def person_of(text: str) -> str:
    """Who a name says to be: what stands before the first separator."""
    return text.partition(SEPARATOR)[0]


def parse(text: str) -> Wanted:
    """What a name means: ``PERSON``, ``PERSON+HOST``, ``PERSON++HOST`` or ``PERSON+ACCOUNT+HOST``.

    The person ends at the first separator and the host begins after the last, so
    that an account's name may have separators in it. A host whose name has one is
    called by its id or its address.

    Raises:
        NameRefused: a part is missing, too long, or not printable.
    """
    person, first, rest = text.partition(SEPARATOR)
    account, second, host = rest.rpartition(SEPARATOR)
    parts = [person, account, host]
    if not text.isprintable() or max(map(len, parts)) > LONGEST_PART:
        raise NameRefused("that is no name: it is too long, or has characters that cannot be printed")
    if not person or (first and not host):
        raise NameRefused("write PERSON+ACCOUNT+HOST before the @, such as alice+root+db-1")
    return Wanted(person, account if second else None, host or None)
