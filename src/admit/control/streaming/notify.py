"""Mail about grants on delivery groups: one message for each person and change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import structlog

from admit.base.smtp import Letter, MailDelayed, MailRefused, MailServer, compose, send
from admit.control.followers import Follower
from admit.core.events import LinkAdded, LinkRemoved, Named
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE, Millis
from admit.store import messages
from admit.store import things as stored
from admit.store.changes import Change
from admit.store.engine import Author, Store, Tx
from admit.store.messages import Message, NewMessage

T = TypeVar("T")
log = structlog.get_logger("admit.mail")

TOLD_BY = frozenset(
    {
        "appstream-center:AuthorizeInstanceGroup",
        "appstream-center:CreateAppInstanceGroup",
        "admit:GrantAccess",
        "admit:RevokeAccess",
    }
)
"""The operations that people are told of. What vanishes with its user or group is not announced."""

CLAIM: Millis = 2 * MINUTE
"""How long a sender keeps a message from others; longer than any one delivery may take."""
FIRST_PAUSE: Millis = MINUTE
LONGEST_PAUSE: Millis = HOUR
GIVE_UP: Millis = 3 * DAY
"""A message this old that still is not taken has failed."""


class _Address(msgspec.Struct):
    """What the outbox needs of a user, whichever service has them."""

    email: str | None = None


def follower(domain: str) -> Follower:
    """Writes a message for every person a grant was given to or taken from; ``domain`` signs them."""

    def apply(tx: Tx, change: Change) -> None:
        event = change.event
        if change.action not in TOLD_BY or not isinstance(event, LinkAdded | LinkRemoved):
            return
        if event.target.kind not in (Kind.DELIVERY_GROUP, Kind.PERSISTENT_SESSION):
            return
        for user, address in _recipients(tx, event.source):
            cause = f"{change.revision}/{user.key}"
            subject, text = _words(user.name, event)
            message_id = f"<{change.revision}.{user.key}.{change.request_id.lower()}@{domain}>"
            messages.add(tx.sql, NewMessage(cause, address, subject, text, message_id), tx.now)

    return Follower("notify", apply)


def _recipients(tx: Tx, source: Named) -> Iterator[tuple[stored.Thing, str]]:
    """The users selected by a grant: one, or all members of a group, as far as they can be mailed."""
    where = stored.Where(Kind.USER, linked_to=source.key)
    users = (
        stored.find(tx.sql, where)
        if source.kind is Kind.GROUP
        else list(stored.by_keys(tx.sql, [source.key]).values())
    )
    for user in users:
        address = user.read(_Address).email
        if address:
            yield user, address


def _words(name: str, event: LinkAdded | LinkRemoved) -> tuple[str, str]:
    """Subject and text."""
    what = event.target.name
    if isinstance(event, LinkAdded):
        subject = f"You have access to {what}"
        text = f"Hello {name},\n\nyou have been given access to {what} ({event.target.id}).\n"
    else:
        subject = f"Your access to {what} has ended"
        text = f"Hello {name},\n\nyour access to {what} ({event.target.id}) has been taken back.\n"
    return subject, f"{text}\nThis message was sent by admit because an administrator changed your access.\n"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Hands waiting messages to the mail server."""

    store: Store
    server: MailServer

    def send_next(self) -> bool:
        """Send the message that is due; returns whether there was one.

        It is claimed, then sent, then marked as sent. Dying in between repeats
        it after the claim has run out, under the same Message-ID, and so does
        nothing else.
        """
        with self.store.read() as sql:
            due = messages.next_due(sql)
        if due is None or due > self.store.clock.now():
            return False
        message = self._write(lambda tx: messages.claim(tx.sql, tx.now, tx.now + CLAIM))
        if message is None:
            return False
        try:
            self._hand_over(message)
        except MailRefused as refusal:
            error = str(refusal)
            self._write(lambda tx: messages.failed(tx.sql, message, error))
            log.warning("mail refused", message_id=message.message_id, error=error)
        except MailDelayed as delay:
            error = str(delay)
            self._write(lambda tx: self._put_off(tx, message, error))
            log.warning("mail delayed", message_id=message.message_id, error=error)
        else:
            self._write(lambda tx: messages.sent(tx.sql, message, tx.now))
        return True

    def _hand_over(self, message: Message) -> None:
        letter = Letter(message.recipient, message.subject, message.body)
        send(self.server, compose(self.server.sender, letter, message.message_id, message.created_at))

    def _put_off(self, tx: Tx, message: Message, error: str) -> None:
        if tx.now - message.created_at >= GIVE_UP:
            messages.failed(tx.sql, message, error)
        else:
            pause = min(FIRST_PAUSE << min(message.tries, 16), LONGEST_PAUSE)
            messages.put_off(tx.sql, message, tx.now + pause, error)

    def _write(self, body: Callable[[Tx], T]) -> T:
        return self.store.write_now(Author("admit", "outbox", ""), body)
