"""What a person is told who does not get what they asked for, and what a page is told when it is over."""

from enum import IntEnum

from sqlalchemy import Connection

from admit.control import names
from admit.core.access import Decision, Reason
from admit.core.sessions import Outcome


class Close(IntEnum):
    """Why the connection of a page is closed: the codes of its WebSocket."""

    OVER = 4000
    """The application was closed, or its session is over for a reason that is not access."""
    AWAY = 4001
    """The screen was opened elsewhere, or the server stops; it may be opened again."""
    REVOKED = 4403
    """Access was taken away."""
    EXPIRED = 4410
    """The time it was granted for is over."""


CLOSES = {
    Outcome.REVOKED: Close.REVOKED,
    Outcome.RESTRICTED: Close.REVOKED,
    Outcome.ENDED: Close.REVOKED,
    Outcome.UNCHECKED: Close.REVOKED,
    Outcome.EXPIRED: Close.EXPIRED,
}
"""The code by how a session ended; for all others it is over, and that is all."""


class Refused(Exception):
    """The door stays shut. The text is for the person."""

    def __init__(self, text: str, status: int = 403) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def refusal(sql: Connection, decision: Decision | None, what: str) -> Refused:
    """A refusing decision in words; None is that there is nothing of the kind.

    What was never granted and what does not exist are told alike.
    """
    if decision is not None and decision.reason is Reason.STARTS_LATER:
        return Refused(f"Your access to {what} has not begun yet.")
    if decision is not None and decision.reason is Reason.HAS_ENDED:
        return Refused(f"Your access to {what} has ended.")
    if decision is not None and decision.reason is Reason.DISABLED and decision.blocked is not None:
        key = decision.blocked.key
        label = names.labels(sql, [key])[key].label
        return Refused(f"Your access to {what} is switched off: {label} is disabled.")
    return Refused("You have no access to this application. Ask an administrator for a grant.")
