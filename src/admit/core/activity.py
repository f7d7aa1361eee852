"""What happens all the time and changes no policy: calls, decisions, sign-ins, what is done in sessions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from admit.core.validity import Millis

Detail: TypeAlias = str | int | float | tuple[str, ...]
"""One of the details of an activity. Never a secret: what is noted is shown to whoever may list it."""


class ActivityKind(StrEnum):
    """What sort of thing happened. The words are stored: never change one."""

    API_CALL = "api-call"
    DECISION = "decision"
    SIGN_IN = "sign-in"
    SESSION_OPENED = "session-opened"
    SESSION_ENDED = "session-ended"
    COMMAND = "command"
    TRANSFER = "transfer"
    FORWARD = "forward"
    RECORDING_VIEWED = "recording-viewed"
    GLASS_BROKEN = "glass-broken"


class Outcome(StrEnum):
    """How it came out. The words are stored: never change one."""

    OK = "ok"
    """It was allowed, or done."""
    REFUSED = "refused"
    """Whoever asked for it may not, or asked wrongly."""
    FAILED = "failed"
    """It was allowed, and could not be done."""


class Mention(NamedTuple):
    """A thing, as an activity names it."""

    name: str
    """What people called it then: ``alice``, ``root@db-1``."""
    key: int | None = None
    """None if nothing is known by that name: a stranger at a door."""


class Activity(NamedTuple):
    """One thing that happened. Every call makes one or two: a dataclass would take longer to make."""

    at: Millis
    kind: ActivityKind
    outcome: Outcome
    actor: str
    """Who did it: a caller's ARN; at a door, the name that was given there."""
    action: str = ""
    """What was done: the operation, the command, the file, the address that was forwarded to."""
    reason: str = ""
    """Why it came out as it did: a decision's reason, an error's code, how a session ended."""
    person: Mention | None = None
    user: Mention | None = None
    resource: Mention | None = None
    request_id: str = ""
    peer: str = ""
    """The address it came from."""
    session: str = ""
    """The ID of the session it was done in."""
    details: Mapping[str, Detail] = MappingProxyType({})
