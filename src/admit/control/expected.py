"""What people are likely to open next: told by who sees them come, heard by the door that makes it ready."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from admit.store.things import Thing

MOST = 50
"""How much may wait to be made ready: of more the newest, since whoever came first has clicked by then."""


def _nobody_hears() -> None:
    """There is no door."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to open. Without an application, the one that the group opens first."""

    group: str
    app: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who is likely to open something soon."""

    users: tuple[Thing, ...]
    """Exactly the users that were proven."""
    wanted: Wanted


@dataclass(slots=True)
class Expected:
    """What is to be made ready, in the order it was told. Any thread may tell."""

    _waiting: deque[Coming] = field(default_factory=lambda: deque(maxlen=MOST))
    _wake: Callable[[], object] = _nobody_hears

    def tell(self, coming: Coming) -> None:
        """Somebody comes."""
        if self._wake is not _nobody_hears:
            self._waiting.append(coming)
            self._wake()

    def take(self) -> Coming | None:
        """Who came first of those that still wait; None if nobody does."""
        return self._waiting.popleft() if self._waiting else None

    @contextmanager
    def heard(self, wake: Callable[[], object]) -> Iterator[None]:
        """Have ``wake`` called whenever there is something to take, until the block ends."""
        self._wake = wake
        try:
            yield
        finally:
            self._wake = _nobody_hears
            self._waiting.clear()
