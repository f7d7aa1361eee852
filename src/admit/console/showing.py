"""How the console shows what the API tells: who did what, words for events, moments, addresses."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from admit.console.cells import cells
from admit.console.shelves import place_of, resource_name, shelf_of, subject_name
from admit.core.validity import FOREVER, HOUR, SECOND, Millis
from admit.pages import moments
from admit.pages.site import Reader


def actor(arn: str | None) -> str:
    """Who an ARN is, in short: ``root``, ``ops``."""
    if not arn:
        return ""
    return arn.rsplit(":", 1)[-1].removeprefix("user/").removeprefix("assumed-role/").removeprefix("system/")


def moment_of(text: str, zone: Any) -> Millis | None:
    """The moment that a text names: UNIX milliseconds, or local time; None for anything else."""
    if text.isascii() and text.isdecimal() and len(text) == 13:
        return int(text)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = int((read if read.tzinfo else read.replace(tzinfo=zone)).timestamp() * SECOND)
    return at if 1_000_000_000_000 <= at <= 9_999_999_999_999 else None


def local(moment: Millis, zone: Any) -> str:
    """A moment as a field for date and time has it."""
    return datetime.fromtimestamp(moment / SECOND, UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


SLIDE_HOURS = 720
"""How far back the slider goes."""


def hours_back(at: Millis | None, now: Millis) -> int:
    """How many hours ago a moment was, as far as the slider goes."""
    return 0 if at is None else max(0, min(SLIDE_HOURS, round((now - at) / HOUR)))


def end_of(given: Millis | None) -> Millis:
    """An end as the pages' words want it: what has none ends never."""
    return FOREVER if given is None else given


def with_query(query: QueryParams, **changed: Any) -> str:
    """The same address with some fields changed; what is None or empty is left out."""
    kept = [(name, value) for name, value in query.multi_items() if name not in changed]
    new = [(name, str(value)) for name, value in changed.items() if value not in (None, "")]
    found = urlencode(kept + new)
    return f"?{found}" if found else "?"


def size(many: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("B", "kB", "MB", "GB"):
        if many < 1000 or unit == "GB":
            return f"{many:.0f} {unit}" if many >= 10 or unit == "B" else f"{many:.1f} {unit}"
        many /= 1000
    return ""


EVENTS = {
    "ThingAdded": ("made", "circle-plus"),
    "ThingChanged": ("changed", "pencil"),
    "ThingRemoved": ("removed", "trash"),
    "ThingBlocked": ("switched off", "lock"),
    "ThingUnblocked": ("switched on", "lock-open"),
    "LinkAdded": ("joined to", "link"),
    "LinkChanged": ("joined for another time to", "calendar-time"),
    "LinkRemoved": ("parted from", "unlink"),
    "GraceSet": ("may go on after the end at", "hourglass"),
    "SessionEndOrdered": ("told to leave", "power"),
    "SessionEnded": ("left", "logout"),
    "GrantReviewed": ("was reviewed for", "clipboard-check"),
}
"""Each event of the ledger: what happened, and a sign for it."""


USED = ("host", "host account", "delivery group", "app", "application", "rule", "cloud role", "ram policy")
"""What is granted, rather than joined to."""
GRANTED = {
    "LinkAdded": ("was granted", "key"),
    "LinkChanged": ("was granted for another time", "calendar-time"),
    "LinkRemoved": ("lost", "ban"),
}


def event(entry: Any) -> tuple[str, str]:
    """What an entry of the ledger says happened, in words, and a sign for it."""
    name = entry["Event"]
    if entry["Things"][-1]["Kind"] in USED and name in GRANTED:
        return GRANTED[name]
    return EVENTS.get(name, (name, "circle-dashed"))


DONE = {
    "granted": "Granted. Whoever gained access may use it at once.",
    "revoked": "Revoked. Live sessions that depended on it are ending.",
    "ended": "The session is ending. Its person is told why.",
    "done": "Done.",
    "made": "Made.",
    "removed": "Removed.",
    "approved": "Approved. The access is granted for the time that was asked.",
    "declined": "Declined. Whoever asked is told.",
    "kept": "Kept.",
    "review-begun": "The review has begun. Its reviewers are mailed.",
    "review-closing": "The review is closing: what nobody answered is dealt with within seconds.",
}
"""What a page says after a form, by the word in its address."""


def tools(reader: Reader, at: str = "") -> dict[str, Any]:
    """What every template of the console can do; a page as of a moment leads to others as of the same."""
    past = f"?{urlencode({'at': at})}" if at else ""

    def place_then(thing: Any) -> str | None:
        place = place_of(thing)
        return None if place is None else place + past

    return {
        "actor": actor,
        "end_of": end_of,
        "event": event,
        "hours_back": lambda at: hours_back(at, reader.now),
        "left_at": lambda until, at: moments.left(until, at, reader.language),
        "in_full": lambda at: moments.in_full(at, reader.zone, reader.language),
        "local": lambda at: local(at, reader.zone),
        "moment_of": lambda text: moment_of(text, reader.zone) or 0,
        "past": past,
        "place_of": place_then,
        "resource_name": resource_name,
        "shelf_of": shelf_of,
        "size": size,
        "subject_name": subject_name,
        "with_query": with_query,
        "zone": moments.offset(reader.now, reader.zone),
        **cells(reader, place_then),
    }
