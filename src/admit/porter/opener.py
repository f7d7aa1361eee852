"""Somebody who is in, and what they chose."""

from dataclasses import dataclass

from admit.control.bastionhost.credentials import Target
from admit.core.access import Permit
from admit.core.validity import FOREVER, Millis
from admit.porter.asks import Refused
from admit.store.things import Thing


@dataclass(frozen=True, slots=True)
class Opener:
    """Somebody who has proven who they are."""

    name: str
    """The name they signed in with."""
    users: tuple[Thing, ...]
    """Exactly the users that were proven."""
    peer: str
    """The address they come from, as the door says."""
    client: str
    """What their program calls itself."""
    door: str = "ssh"
    """Where they came in."""
    until: Millis = FOREVER
    """Until when they may begin sessions: a door could say for ever that they stay."""

    def require_in(self, now: Millis) -> None:
        """Return if they may still begin sessions.

        Raises:
            Refused: they signed in too long ago.
        """
        if now > self.until:
            raise Refused("you signed in more than a day ago: connect again")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What they want to open, as which of their users."""

    user: Thing
    target: Target
    permit: Permit

    @property
    def label(self) -> str:
        """What people call it."""
        account, host = self.target.account, self.target.host.name
        return host if account is None else f"{account.name}@{host}"
