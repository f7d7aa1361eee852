"""Moments and spans, as readers of a page want them: in their zone, in their language."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND, Millis
from admit.pages.words import translated

SOON: Millis = DAY
"""What ends within this is shown as ending soon."""


def zone_of(name: str | None) -> tzinfo:
    """The zone a browser said it is in; UTC if it said none, or one nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return UTC


def written(moment: Millis, zone: tzinfo, now: Millis, language: str = "en") -> str:
    """A moment as people write it, with the year if it is another than this one."""
    return _written(datetime.fromtimestamp(moment / SECOND, UTC).astimezone(zone), now, language)


def _written(here: datetime, now: Millis, language: str) -> str:
    this_year = datetime.fromtimestamp(now / SECOND, here.tzinfo).year
    if language == "zh":
        year = "" if here.year == this_year else f"{here.year}年"
        return f"{year}{here.month}月{here.day}日 {here:%H:%M}"
    year = "" if here.year == this_year else f" {here.year}"
    return f"{here.day} {here:%b}{year} {here:%H:%M}"


def in_full(moment: Millis, zone: tzinfo, language: str = "en") -> str:
    """A moment with its year and its zone: beside a field, which a browser shows in a form of its own."""
    here = datetime.fromtimestamp(moment / SECOND, UTC).astimezone(zone)
    if language == "zh":
        day = f"{here.year}年{here.month}月{here.day}日"
    else:
        day = f"{here.day} {here:%b} {here.year}"
    return f"{day} {here:%H:%M} {offset(moment, zone)}"


def offset(moment: Millis, zone: tzinfo) -> str:
    """How far from UTC a zone is at a moment, as people write it: ``UTC+08:00``."""
    said = f"{datetime.fromtimestamp(moment / SECOND, UTC).astimezone(zone):%z}"
    return "UTC" if int(said) == 0 else f"UTC{said[:3]}:{said[3:5]}"


def element(moment: Millis, zone: tzinfo, now: Millis, language: str = "en") -> Markup:
    """A moment as an element of a page, exact for whoever points at it."""
    exact = datetime.fromtimestamp(moment / SECOND, UTC)
    here = exact.astimezone(zone)
    said = exact.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    title, text = here.isoformat(" ", "seconds"), _written(here, now, language)
    return Markup(f'<time datetime="{said}" title="{title}">{text}</time>')  # noqa: S704 - dates alone


def span(length: Millis, language: str = "en") -> str:
    """How long something is, in its two greatest units: ``2 d 3 h``, ``12 min``."""
    if length < MINUTE:
        return translated(language, "less than a minute")
    words: list[tuple[int, str]] = []
    for unit, name in ((DAY, "{n} d"), (HOUR, "{n} h"), (MINUTE, "{n} min")):
        many, length = divmod(length, unit)
        if many or words:
            words.append((many, name))
    return " ".join(translated(language, name, n=many) for many, name in words[:2] if many)


def left(until: Millis, now: Millis, language: str = "en") -> str:
    """How long something still lasts."""
    if until >= FOREVER:
        return translated(language, "permanent")
    if until <= now:
        return translated(language, "ended")
    return translated(language, "{span} left", span=span(until - now, language))
