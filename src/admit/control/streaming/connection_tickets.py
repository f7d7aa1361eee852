"""Connection tickets: sealed texts that say who may connect to what, and until when."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

import msgspec

from admit.base.sealing import SealBroken
from admit.control.world import World
from admit.core.validity import MINUTE, Millis

TICKET = "appstream connection ticket"
TASK = "appstream connection task"
"""What a text is sealed for: a ticket opens a connection, a task only asks for one again."""

TICKET_LIFE: Millis = 2 * MINUTE
TASK_LIFE: Millis = 10 * MINUTE


class Binding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who connects to what."""

    user: str
    """The user's id, which nobody else ever has."""
    group: str
    """ID of the delivery group."""
    app: str
    """ID of the application in it."""
    until: Millis
    """From then on it is worth nothing."""
    id: str = ""
    """Of a ticket: what it is known by once it was used."""
    session: str | None = None
    """ID of the persistent session."""
    access_type: str | None = None
    app_start_param: str | None = None
    app_policy_id: str | None = None
    environment_config: str | None = None


class TicketRefused(Exception):
    """A text that is no such ticket, or one whose time is over."""


def seal(world: World, purpose: str, binding: Binding) -> str:
    """A binding as a text that only this system can make and read."""
    return urlsafe_b64encode(world.sealer.seal(msgspec.json.encode(binding), purpose)).decode()


def unseal(world: World, purpose: str, text: str, now: Millis) -> Binding:
    """What was sealed for this purpose, while its time lasts.

    Raises:
        TicketRefused: it was not sealed here for this purpose, or is over.
    """
    try:
        plain = world.sealer.open(urlsafe_b64decode(text.encode()), purpose)
    except (SealBroken, NotBase64, UnicodeEncodeError):
        raise TicketRefused from None
    binding = msgspec.json.decode(plain, type=Binding)
    if now >= binding.until:
        raise TicketRefused
    return binding
