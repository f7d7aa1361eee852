"""What a gate and the control plane say to each other besides: notices, answers, and what is told unasked."""

import hashlib
import hmac
from typing import TypeAlias

import msgspec

from admit.base.ssh_exchange import COOKIE_BYTES
from admit.core.restrictions import Leave
from admit.core.transfers import Transfer
from admit.porter.questions import AnyAsk
from admit.porter.wire import Message, Number, Octets, Text

# -- what a gate says ------------------------------------------------------------------------------


class Hello(Message, frozen=True):
    """The first message: which version the gate speaks."""

    version: Number


class Asked(Message, frozen=True):
    """A question, and the number its answer is to bear."""

    number: Number
    ask: AnyAsk


class GivenUp(Message, frozen=True):
    """Nobody waits for an answer any more."""

    number: Number


class Left(Message, frozen=True):
    """A visitor is gone."""

    visitor: Text


class Closed(Message, frozen=True):
    """A session is over for another reason than access, or was told its end; its recording is whole."""

    session: Number
    reason: Text


class Shown(Message, frozen=True):
    """What a session showed, or what was typed, for its recording."""

    session: Number
    octets: Octets
    typed: bool = False


class Resized(Message, frozen=True):
    """The terminal of a session has another size, for its recording."""

    session: Number
    width: Number
    height: Number


class Transferred(Message, frozen=True):
    """Something was done with a file in a session, or was to be."""

    session: Number
    transfer: Transfer


class Here(Message, frozen=True):
    """The gate is there."""


class Stops(Message, frozen=True):
    """The gate stops, and has ended all that it had."""


FromGate: TypeAlias = Hello | Asked | GivenUp | Left | Closed | Shown | Resized | Transferred | Here | Stops


# -- what a gate is told ---------------------------------------------------------------------------


class Season(Message, frozen=True):
    """From now on cookies are of this season. It is also how the control plane says that it is there."""

    number: Number
    seed: bytes

    def cookie(self, number: int) -> bytes:
        """A cookie of the season, which nobody could know before it began."""
        return hmac.digest(self.seed, number.to_bytes(8, "big"), hashlib.sha256)[:COOKIE_BYTES]


class Welcome(Message, frozen=True):
    """The answer to a hello: what a gate must have to begin."""

    host_key: bytes
    """Private: it is what the gate's clients know it by."""
    season: Season


class Unwelcome(Message, frozen=True):
    """The gate is not let in. The text says what to do."""

    why: str


class Answer(Message, frozen=True):
    """The answer to a question."""

    number: Number
    content: msgspec.Raw


class No(Message, frozen=True):
    """A question is refused."""

    number: Number
    reason: str
    recording: bool = False
    """Whether it is refused since it cannot be recorded."""


class Warned(Message, frozen=True):
    """A session ends soon."""

    session: Number
    text: str


class Ended(Message, frozen=True):
    """A session is over, at once."""

    session: Number
    text: str


class Leaves(Message, frozen=True):
    """What control policies leave to do in a session from now on."""

    session: Number
    leave: Leave


class Taken(Message, frozen=True):
    """So many bytes of a session's recording were taken since it began."""

    session: Number
    size: Number


FromPorter: TypeAlias = Season | Welcome | Unwelcome | Answer | No | Warned | Ended | Leaves | Taken
