"""Letters that follow from changes: each is written once, whatever stops in between."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from admit.store import messages
from admit.store.changes import Change
from admit.store.engine import Tx
from admit.store.messages import NewMessage
from admit.store.things import Thing


class _Address(msgspec.Struct):
    """What a letter needs of a user, whichever service has them."""

    email: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, before it is known by which message it is told."""

    recipient: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What letters are about, and the domain that signs them."""

    word: str
    thing: Thing
    domain: str


def post(tx: Tx, change: Change, about: Subject, letters: Iterable[Letter]) -> None:
    """Put the letters that follow from a change where they wait to be sent."""
    of = about.thing.key
    for number, letter in enumerate(letters):
        cause = f"{change.revision}/{about.word}/{of}/{number}"
        message_id = f"<{change.revision}.{of}.{number}@{about.word}.{about.domain}>"
        new = NewMessage(cause, letter.recipient, letter.subject, letter.text, message_id)
        messages.add(tx.sql, new, tx.now)


def address_of(user: Thing) -> str | None:
    """Where a user of any service is written to, if anywhere."""
    return user.read(_Address).email or None


def quoted(text: Any) -> str:
    """What somebody wrote, so that no line of it looks like one of ours."""
    return "\n".join(f"> {line}" for line in str(text).splitlines())
