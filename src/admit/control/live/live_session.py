"""One session that lives: what its door tells of it, and what it stands on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from admit.control.live import session_words
from admit.control.live.session_checks import Ended, Question
from admit.core.access import Decision
from admit.core.activity import Activity, ActivityKind, Mention
from admit.core.activity import Outcome as Result
from admit.core.restrictions import Leave
from admit.core.sessions import Outcome, Standing, looked_at_next, warning
from admit.core.validity import FOREVER, Millis

log = structlog.get_logger("admit.sessions")


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a session besides whose it is and what for."""

    door: str
    """ssh, streaming"""
    resource: str
    """What people call it: root@db-1, Text Editor."""
    login: str
    """The name used at the resource; of a streamed application its ID."""
    peer: str
    """The address it came from."""
    client: str
    """The program at the other end, as it says itself."""
    what: str
    """shell, exec, sftp, forward, stream; ahead: one that is made ready, and that nobody has come to yet"""


class Screen(Protocol):
    """The person's end of a session. Both are called on the event loop, and may not wait."""

    def warn(self, text: str) -> None:
        """Show a sentence, if there is where to show it."""
        ...

    def end(self, text: str) -> None:
        """Show a last sentence, and close at once."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as it was let in and written down."""

    decision: Decision
    question: Question
    person: Mention


class Live:
    """A session that lives."""

    def __init__(
        self, opened: Opened, about: About, screen: Screen, over: Callable[["Live", Ended], object]
    ) -> None:
        self.id = opened.question.id
        self.about = about
        self.question = opened.question
        self.look_at: Millis = 0
        """When the clock is next of importance to it."""
        self.ended_at: Millis = 0
        self.outcome: Outcome | None = None
        """How it ended; None while it lives."""
        self.leaves: Callable[[Leave], None] = lambda _leave: None
        """Is told what control policies leave to do in it, whenever that changes."""
        self._opened = opened
        self._screen = screen
        self._over = over
        self._told: Millis = FOREVER
        """The warning given last, by how long before the end it is due."""

    @property
    def standing(self) -> Standing:
        """What it stands on."""
        return self.question.standing

    def closed(self, reason: str) -> None:
        """The door says that it is over for another reason than access. After its end that is nothing."""
        self._over(self, Ended(Outcome.CLOSED, reason))

    def retold(self, about: About) -> None:
        """It is told of otherwise from now on."""
        self.about = about
        self.question = replace(self.question, peer=about.peer, what=about.what)

    def stopped(self, reason: str) -> None:
        """Its door is gone. After its end that is nothing."""
        self._over(self, Ended(Outcome.STOPPED, reason))

    def stand_on(self, standing: Standing, now: Millis) -> None:
        """It may go on, by this: tell if it is not for long, and when to look again."""
        was, left, resource = self.standing, standing.until - now, self.about.resource
        self.question = replace(self.question, standing=standing)
        if standing.leave is not None and standing.leave != was.leave:
            self.leaves(standing.leave)
        if standing.until != was.until:
            self._told = FOREVER
        due = warning(standing.until, now, self._told)
        if standing.over and not was.over:
            self._told = self._told if due is None else due
            self._warn(session_words.goes_on(resource, None if standing.until == FOREVER else left))
        elif due is not None:
            self._told = due
            self._warn(session_words.ends_soon(resource, left, over=standing.over))
        self.look_at = min(looked_at_next(standing.until, now, self._told), standing.ask_at)

    def _warn(self, text: str) -> None:
        try:
            self._screen.warn(text)
        except Exception:
            log.exception("a session could not be warned", session=self.id)

    def show_end(self, reason: str) -> None:
        """Tell the person that it is over and why, and close."""
        try:
            self._screen.end(session_words.ended(self.about.resource, reason))
        except Exception:
            log.exception("a session could not be told its end", session=self.id)

    def activity(self, kind: ActivityKind, at: Millis, reason: str = "") -> Activity:
        """Its beginning or its end, as it is noted."""
        user, resource = self.question.user, self.question.resource
        return Activity(
            at,
            kind,
            Result.OK,
            self._opened.person.name,
            self.about.what,
            reason,
            person=self._opened.person,
            user=Mention(user.name, user.key),
            resource=Mention(self.about.resource, resource.key),
            peer=self.about.peer,
            session=self.id,
            details={"door": self.about.door, "login": self.about.login, "client": self.about.client},
        )
