"""What a person is told who does not get what they asked for, and what a page is told when it is over."""

from enum import IntEnum

from sqlalchemy import Connection

from admit.control import names
from admit.core.access import Decision, Reason
from admit.core.sessions import Outcome
from admit.streaming.launcher import (
    FOLDER_FULL,
    NO_PROGRAM,
    NOT_INSTALLED,
    NOT_STANDING,
    RUNS_ALREADY,
    SEE_LOG,
    Fate,
)


class Close(IntEnum):
    """Why the connection of a page is closed: the codes of its WebSocket."""

    OVER = 4000
    """The application was closed, or its session is over for a reason that is not access."""
    AWAY = 4001
    """The screen was opened elsewhere, its person signed out, or the server stops; it may be opened again."""
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


NOT_BEGUN = "Your access to {what} has not begun yet."
HAS_ENDED = "Your access to {what} has ended."
SWITCHED_OFF = "Your access to {what} is switched off: {blocked} is disabled."
NOT_GRANTED = "You have no access to this application."
FULL = "All places are taken: try again when somebody has finished."
WORTHLESS = "This ticket is over, or was used before. Ask for another one."
CLOSED = "The application was closed."
ENDED = "The session was ended: {why}."
ENDED_BY_PERSON = "You ended the session."
OVER = "The session is over."
AWAY = "It was opened in another window."
SIGNED_OUT = "You have signed out."
GIVEN_UP = "It was given up."
GAVE_WAY = "Its place was needed by somebody else."
TOO_LARGE = "The file is too large, or the home folder has no room for it."
NOBODY_CAME = "it was opened ahead, and nobody came to it for {n} minutes"
NOBODY_CONNECTED = "nobody was connected for {n} minutes"
UNUSED = "it was not used for {n} minutes"
LASTED = "it had lasted {n} minutes"
FORMS = (
    *(NOT_BEGUN, HAS_ENDED, SWITCHED_OFF, NOT_GRANTED, FULL, NO_PROGRAM, WORTHLESS),
    *(
        CLOSED,
        ENDED,
        ENDED_BY_PERSON,
        OVER,
        AWAY,
        SIGNED_OUT,
        GIVEN_UP,
        GAVE_WAY,
        TOO_LARGE,
        FOLDER_FULL,
        NOBODY_CAME,
        NOBODY_CONNECTED,
        UNUSED,
        LASTED,
    ),
    *(NOT_INSTALLED, NOT_STANDING, SEE_LOG, RUNS_ALREADY),
    *(each.value for each in Fate),
)
"""All that a person may be told here besides: each is said in every language that pages speak."""


class Refused(Exception):
    """The door stays shut. The text is for the person."""

    def __init__(self, text: str, status: int = 403, wanted: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.wanted = wanted
        """The key of what they may ask for instead, if they know of it already."""


def refusal(sql: Connection, decision: Decision | None, what: str, group: int | None = None) -> Refused:
    """A refusing decision in words; None is that there is nothing of the kind.

    What was never granted and what does not exist are told alike. ``group`` is the key of the delivery group.
    """
    if decision is not None and decision.reason is Reason.STARTS_LATER:
        return Refused(NOT_BEGUN.format(what=what), wanted=group)
    if decision is not None and decision.reason is Reason.HAS_ENDED:
        return Refused(HAS_ENDED.format(what=what), wanted=group)
    if decision is not None and decision.reason is Reason.DISABLED and decision.blocked is not None:
        key = decision.blocked.key
        label = names.labels(sql, [key])[key].label
        return Refused(SWITCHED_OFF.format(what=what, blocked=label))
    return Refused(NOT_GRANTED)
