"""What will become of sessions whose end is near, found out before it comes.

Where many grants end in one moment, asking about each of them then would keep the last of them open. So
it is asked a second before, about that moment and by the facts of now. What is found counts as long as
nobody changes anything that may open a way; else it is asked at the end, as after any change.
"""

from collections.abc import Iterable, Mapping

from admit.control.live.live_session import Live
from admit.control.live.session_checks import Ended, Verdict
from admit.core.events import Event, SessionEnded, SessionEndOrdered, ThingAdded, ThingChanged, ThingRemoved
from admit.core.links import Kind
from admit.core.sessions import FORESEEN
from admit.core.validity import Millis


class Foresight:
    """The ends that are foreseen."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[Millis, Ended]] = {}
        self._near: dict[str, None] = {}
        """Sessions to be asked about ahead, in their order."""

    def __contains__(self, session: str) -> bool:
        return session in self._ends

    def heed(self, changes: Iterable[Event]) -> None:
        """Forget what was foreseen if something may have come of these changes."""
        if not all(map(_opens_nothing, changes)):
            self._ends.clear()

    def near(self, asked: Iterable[Live], now: Millis) -> None:
        """Let those be asked about ahead whose end is near."""
        for live in asked:
            if live.id not in self._ends and now < live.standing.until <= now + FORESEEN:
                self._near[live.id] = None

    def next(self, count: int, living: Mapping[str, Live]) -> tuple[Millis, list[Live]] | None:
        """Some that end in one moment, to be asked about now; None if there are none."""
        waiting = [living[each] for each in self._near if each in living]
        if not waiting:
            self._near.clear()
            return None
        until = waiting[0].standing.until
        some = [live for live in waiting if live.standing.until == until]
        some.sort(key=lambda live: live.question.user.key)
        for live in some[:count]:
            del self._near[live.id]
        return until, some[:count]

    def put(self, session: str, until: Millis, verdict: Verdict) -> None:
        """What becomes of a session at a moment; that it goes on is asked again then."""
        if isinstance(verdict, Ended):
            self._ends[session] = until, verdict

    def take(self, asked: Iterable[Live], now: Millis) -> dict[str, Ended]:
        """Those that have come to the end that was foreseen, in the order they are asked about."""
        found: dict[str, Ended] = {}
        for live in asked:
            until, ended = self._ends.pop(live.id, (None, None))
            if ended is not None and until == live.standing.until and until <= now:
                found[live.id] = ended
        return found

    def drop(self, session: str) -> None:
        """A session is over."""
        self._ends.pop(session, None)
        self._near.pop(session, None)


def _opens_nothing(event: Event) -> bool:
    """Whether a change leaves everybody's access as it is: recordings and sessions make such all the time."""
    if isinstance(event, ThingAdded | ThingChanged | ThingRemoved):
        return event.thing.kind is Kind.RECORDING
    return isinstance(event, SessionEnded | SessionEndOrdered)
