"""One streamed session: the pages that show it, and what they are told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from admit.control.live.live_session import Live
from admit.control.streaming.streamed_apps import SessionRules, Streamed
from admit.core.validity import FOREVER, MINUTE, Millis
from admit.streaming.refusals import AWAY, CLOSES, LASTED, NOBODY_CAME, NOBODY_CONNECTED, UNUSED, Close
from admit.streaming.sandbox import Screen

AHEAD_MINUTES = 5
"""How long what was opened ahead waits for its person, at most."""

Speak: TypeAlias = Callable[[str], str]
"""How what is said of a session is told to somebody: as a sentence in their language."""


@dataclass(frozen=True, slots=True)
class Over:
    """That a session is over."""

    code: Close
    text: str
    """Why, in English."""


@dataclass(eq=False, slots=True)
class Page:
    """A page that shows a session: what it is still to be told."""

    speak: Speak
    notices: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    left: Over | None = None
    """Why it shows the session no more, though that goes on."""

    def leave(self, why: str) -> None:
        """Let it show the session no more."""
        self.left = Over(Close.AWAY, why)
        self.over.set()

    def tell(self, notice: dict[str, Any]) -> None:
        """Let it be told."""
        self.notices.put_nowait(notice)


class Stream:
    """A streamed session, as its person has it: the screen that the watching of sessions speaks to."""

    def __init__(
        self,
        streamed: Streamed,
        label: str,
        now: Callable[[], Millis],
        ended: Callable[["Stream"], object],
        *,
        ahead: bool = False,
    ) -> None:
        """``ended`` is called when it is over, whatever the reason."""
        self.now = now
        self.streamed = streamed
        self.label = label
        self.rules: SessionRules = streamed.rules.sessions
        self.live: Live | None = None
        """None until it is written down."""
        self.over: Over | None = None
        self.ahead = ahead
        """It was opened before anybody asked for it, and nobody has come to it yet."""
        self.key = ""
        """What lets the holder of a ticket in, who did not sign in here; empty if there is none."""
        self.pages: set[Page] = set()
        self.warning: dict[str, Any] | None = None
        """What pages that come later are told as well."""
        self.began_at: Millis = 0
        self.left_at: Millis = 0
        """Since when no page shows it; 0 while one does."""
        self.used_at: Millis = 0
        """When a key or a button was pressed last."""
        self.standing = asyncio.Event()
        """Its screen stands, or it is over."""
        self._ended = ended

    @property
    def id(self) -> str:
        """The session's ID."""
        if self.live is None:
            raise RuntimeError("the session is not written down yet")
        return self.live.id

    def began(self) -> None:
        """From now on its times are counted."""
        self.began_at = self.left_at = self.used_at = self.now()

    def taken(self) -> None:
        """Its person has come to what was opened ahead: they find it as if it began now."""
        self.ahead = False
        self.began()

    def screen(self, size: tuple[int, int] | None = None) -> Screen:
        """Its screen, as its delivery group says; ``size`` where that says none."""
        rules = self.streamed.rules
        width, height = rules.size or size or (1280, 800)
        return Screen(
            width=width,
            height=height,
            frame_rate=rules.frame_rate,
            resizes=rules.size is None,
            copy_in=self.rules.clipboard in ("readwrite", "write"),
            copy_out=self.rules.clipboard in ("readwrite", "read"),
        )

    def unused(self, now: Millis) -> str | None:
        """Why it is to end though access holds; None if it is not."""
        rules, timeout = self.rules, self.streamed.rules.session_timeout
        waits = min(AHEAD_MINUTES, timeout) if timeout >= 0 else AHEAD_MINUTES
        if self.ahead:
            return NOBODY_CAME.format(n=waits) if now - self.began_at >= waits * MINUTE else None
        if self.left_at and timeout >= 0 and now - self.left_at >= timeout * MINUTE:
            return NOBODY_CONNECTED.format(n=timeout)
        quiet = rules.no_operation_minutes
        if quiet and now - self.used_at >= quiet * MINUTE:
            return UNUSED.format(n=quiet)
        if rules.max_minutes and now - self.began_at >= rules.max_minutes * MINUTE:
            return LASTED.format(n=rules.max_minutes)
        return None

    def warn(self, text: str) -> None:
        """Show a sentence of what is to come."""
        self.warning = {"kind": "warning", "text": text}
        self.tell(self.warning)
        self.tell(self.left())

    def end(self, text: str) -> None:
        """Access has ended, and so does this."""
        outcome = None if self.live is None else self.live.outcome
        self.close(Over(Close.OVER if outcome is None else CLOSES.get(outcome, Close.OVER), text))

    def close(self, over: Over) -> None:
        """It is over: whatever shows it is told why, and whatever runs in it is ended."""
        if self.over is None:
            # Before anything is ended: a page whose screen breaks off asks here why.
            self.over = over
            self.standing.set()
            for page in self.pages:
                page.over.set()
            self._ended(self)

    def join(self, page: Page) -> None:
        """A page shows it from now on, in place of any other: one screen has one size."""
        for other in self.pages:
            other.leave(AWAY)
        self.pages.add(page)
        if self.over is not None:
            page.over.set()
        page.tell(self.left())
        if self.warning is not None:
            page.tell(self.warning)

    def tell(self, notice: dict[str, Any]) -> None:
        """Tell every page that shows it."""
        for page in self.pages:
            page.tell(notice)

    def left(self) -> dict[str, Any]:
        """How long it has, as pages are told."""
        until = FOREVER if self.live is None else self.live.standing.until
        return {"kind": "left", "ms": None if until == FOREVER else max(until - self.now(), 0)}


def encoded(notice: dict[str, Any], speak: Speak) -> str:
    """A notice, as it is sent to somebody."""
    text = notice.get("text")
    return msgspec.json.encode(notice if text is None else notice | {"text": speak(text)}).decode()
