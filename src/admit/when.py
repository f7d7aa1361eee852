"""Human times and spans: what a person writes after --at, --from, --until and --for, and what they are shown.

A time without an offset is local to the zone that is handed in. Where clocks go back an hour comes twice, and
the earlier one is meant; where they go forward an hour is missing, and a time in it is that much later: 02:30
becomes 03:30. An offset written behind the time settles both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise

from admit.base.later import dateparser
from admit.core.validity import BEGINNING, DAY, HOUR, MINUTE, SECOND, Millis

LONGEST: Millis = 36_525 * DAY
"""A century: a longer span is a slip of the keyboard."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_SHOWN: Millis = 253_402_214_400_000  # 9999-12-31T00:00Z: beyond it local dates run out of years
_LONGEST_TEXT = 100

_UNITS: dict[str, Millis] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * DAY),
}
_SHOWN = ((DAY, "day"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1, "ms"))

_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?|an?(?=\s))\s*([a-z]+)(?:\s*,\s*|\s+and\s+|\s*)")
_NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,9})?"
_ISO_SPAN = re.compile(
    rf"p(?=.)(?:({_NUMBER})w)?(?:({_NUMBER})d)?(?:t(?=.)(?:({_NUMBER})h)?(?:({_NUMBER})m)?(?:({_NUMBER})s)?)?"
)
_ISO_UNITS: tuple[Millis, ...] = (7 * DAY, DAY, HOUR, MINUTE, SECOND)
_FROM_NOW = re.compile(r"in\s+(?P<in>.+)|(?P<hence>.+)\s+from\s+now|(?P<ago>.+)\s+ago")

_OFFSET = r"[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
_ISO = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:(?:t|\s+)(?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?))?"
    rf"(?:\s*(?P<utc>z|utc|gmt)|\s*(?P<offset>{_OFFSET}))?"
)
_ISO_BASIC = re.compile(rf"[0-9]{{8}}t[0-9]{{4}}(?:[0-9]{{2}})?(?:z|{_OFFSET})?")

_CLOCK = r"noon|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s*[ap]m)?|[0-9]{1,2}\s*[ap]m"
_CLOCK_PARTS = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2}))?\s*([ap]m)?")
_WEEKDAY = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = (
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})|today|yesterday|tomorrow"
    rf"|(?:(?P<which>last|this|next)\s+)?(?P<weekday>{_WEEKDAY})"
)
_DAY_AND_CLOCK = re.compile(
    rf"(?:(?:at\s+)?(?P<before>{_CLOCK}))?\s*,?\s*(?:on\s+)?(?P<day>{_DAY})?\s*,?\s*(?:at\s+)?(?P<after>{_CLOCK})?"
)
_NEARBY = {"today": 0, "tomorrow": 1, "yesterday": -1}

_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b")
_NAMED_WEEKDAY = re.compile(rf"\b(?:{_WEEKDAY})\b")
_YEAR = re.compile(r"\b[0-9]{4}\b")
_MONTHS_AWAY = re.compile(r"[a-z0-9 ,:]*\b(?:month|year)s?\b[a-z0-9 ,:]*")
_NUMBERS_ONLY = re.compile(r"[0-9]{1,2}[ ./-][0-9]{1,2}[ ./-][0-9]{2,4}\b")
_KNOWN_OFFSET = re.compile(r"(?:z|utc|gmt|[+-][0-9]{1,2}(?::?[0-9]{2})?)$")


class WhenFault(Exception):
    """A time or span that was not understood; the text says what to write instead."""


def parse_when(text: str, now: Millis, zone: tzinfo) -> Millis:
    """The moment ``text`` means, said at ``now``.

    A day without a time is its first moment. ``tuesday`` is the coming one, today's while its time is ahead;
    ``last tuesday`` lies before today and ``next tuesday`` after it. Days, weeks, months and years from now
    keep the time on the clock; hours, minutes and seconds are counted. A month in words needs its year.

    Raises:
        WhenFault: the text is no time, or means several.
    """
    said = _Said(" ".join(text.casefold().split()), now, zone)
    try:
        if len(said.words) <= _LONGEST_TEXT:
            moment = next((found for read in _READERS if (found := read(said)) is not None), None)
            if moment is not None and moment >= BEGINNING:
                return moment
    except (ValueError, OverflowError):
        # 31 February, 25:00, the year 10000: shaped like a time and none.
        pass
    raise WhenFault(_why_not(said.words))


def _why_not(words: str) -> str:
    """What to write instead."""
    if _parts(words):
        return f'"{words}" is a span, not a time: write "in {words}" or "{words} ago"'
    if _NUMBERS_ONLY.match(words):
        return f'"{words}" may be two different days: write 2026-02-01 or "1 February 2026"'
    if _MONTH.search(words) and not _YEAR.search(words):
        return f'"{words}" names no year: write 2026-12-01 or "1 December 2026"'
    return f'"{words[:_LONGEST_TEXT]}" is not a time: write 2026-12-01T14:00 or "last tuesday 14:00"'


def parse_duration(text: str) -> Millis:
    """How long ``text`` is: ``30m``, ``1 h 30 min``, ``90 minutes``, ``2d``, ``PT1H``. A day is 24 hours.

    Raises:
        WhenFault: the text is no span, is nothing, or is longer than a century. Months have no length.
    """
    words = " ".join(text.casefold().split())
    iso = _ISO_SPAN.fullmatch(words)
    if iso:
        amounts = (Fraction((amount or "0").replace(",", ".")) for amount in iso.groups())
        parts = list(zip(amounts, _ISO_UNITS, strict=True))
    else:
        parts = _parts(words[: _LONGEST_TEXT + 1]) or []
    span = _length(parts)
    if not 1 <= span <= LONGEST or len(words) > _LONGEST_TEXT:
        raise WhenFault(f'"{text[:_LONGEST_TEXT]}" is not a span of time: write 90m or "2 days"')
    return span


def format_when(at: Millis, zone: tzinfo) -> str:
    """The moment on the local clock, as short as it can be told: ``2026-12-01 14:00 +01:00``.

    ``parse_when`` reads it back exactly. What has no end, or ends after the year 9999, is ``forever``.
    """
    if at > _LAST_SHOWN:
        return "forever"
    local = (_EPOCH + at * _MILLISECOND).astimezone(zone)
    precision = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
    clock = local.replace(tzinfo=None).isoformat(" ", precision)
    # What stands behind the clock is the offset, which may have seconds: Monrovia's was -00:44:30 until 1972.
    return f"{clock} {local.isoformat(' ', precision).removeprefix(clock)}"


def format_span(span: Millis) -> str:
    """How long it is, in its two largest units, rounded down: ``2 h 5 min``, ``3 days``, ``8 min``."""
    if span < 0:
        return f"-{format_span(-span)}"
    for (unit, name), (finer, finer_name) in pairwise(_SHOWN):
        if span >= unit:
            whole, rest = divmod(span, unit)
            plural = "s" if unit == DAY and whole > 1 else ""
            more = f" {rest // finer} {finer_name}" if rest >= finer >= SECOND else ""
            return f"{whole} {name}{plural}{more}"
    return f"{span} ms" if span else "0 s"


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said, in lower case and single blanks, when, and where the clock hangs."""

    words: str
    now: Millis
    zone: tzinfo

    def here(self) -> datetime:
        """The local clock at ``now``, without a zone."""
        return (_EPOCH + self.now * _MILLISECOND).astimezone(self.zone).replace(tzinfo=None)

    def moment(self, clock: datetime) -> Millis:
        """The moment of a local clock, or of one that has its own zone."""
        # fold=0 is the earlier of two, and before a gap the offset that still held: PEP 495.
        aware = clock if clock.tzinfo else clock.replace(tzinfo=self.zone, fold=0)
        return (aware - _EPOCH) // _MILLISECOND


def _now(said: _Said) -> Millis | None:
    return said.now if said.words == "now" else None


def _iso(said: _Said) -> Millis | None:
    """ISO 8601, and the same with a blank for the T."""
    if _ISO_BASIC.fullmatch(said.words):
        return said.moment(datetime.fromisoformat(said.words.upper()))
    parts = _ISO.fullmatch(said.words)
    if not parts:
        return None
    clock = f"{parts['hour'] or 0:0>2}:{parts['rest'] or '00'}".replace(",", ".")
    offset = "+00:00" if parts["utc"] else parts["offset"] or ""
    return said.moment(datetime.fromisoformat(f"{parts['date']}T{clock}{offset}"))


def _from_now(said: _Said) -> Millis | None:
    """``in 2 hours``, ``3 days ago``, ``a week from now``."""
    shape = _FROM_NOW.fullmatch(said.words)
    parts = _parts(shape["in"] or shape["hence"] or shape["ago"]) if shape else None
    if not shape or not parts:
        return None
    sign = -1 if shape["ago"] else 1
    whole_days = [(amount, unit) for amount, unit in parts if unit >= DAY and amount.denominator == 1]
    counted = [part for part in parts if part not in whole_days]
    days = _length(whole_days) // DAY
    start = said.moment(said.here() + timedelta(days=sign * days)) if days else said.now
    return start + sign * _length(counted)


def _day_and_clock(said: _Said) -> Millis | None:
    """``last tuesday 14:00``, ``yesterday 9am``, ``noon tomorrow``, ``friday``, ``18:00``."""
    shape = _DAY_AND_CLOCK.fullmatch(said.words)
    if not shape or (shape["before"] and shape["after"]):
        return None
    clock = shape["before"] or shape["after"]
    if not shape["day"] and not clock:
        return None
    here = said.here()
    at = _clock(clock) if clock else time()
    if shape["date"]:
        return said.moment(datetime.combine(date.fromisoformat(shape["date"]), at))
    if not shape["weekday"]:
        return said.moment(datetime.combine(here + timedelta(days=_NEARBY[shape["day"] or "today"]), at))
    ahead = (_WEEKDAYS.index(shape["weekday"][:3]) - here.weekday()) % 7
    if shape["which"] == "last":
        ahead -= 7
    elif shape["which"] == "next":
        ahead = ahead or 7
    elif not shape["which"] and ahead == 0 and said.moment(datetime.combine(here, at)) <= said.now:
        ahead = 7
    return said.moment(datetime.combine(here + timedelta(days=ahead), at))


def _clock(text: str) -> time:
    """A time of day on a clock of 24 or of 12 hours; ``ValueError`` when there is none such."""
    parts = _CLOCK_PARTS.fullmatch(text)
    if not parts:
        return time(12)  # noon, the one word among them
    hour, minute, second = (int(part or 0) for part in parts.group(1, 2, 3))
    if parts[4]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if parts[4] == "pm" else 0)
    return time(hour, minute, second)


def _spelled(said: _Said) -> Millis | None:
    """``1 December 2026 2pm``, ``Dec 1, 2026``, ``in 2 months``: what ``dateparser`` is sure of."""
    away = _FROM_NOW.fullmatch(said.words) and _MONTHS_AWAY.fullmatch(said.words)
    dated = _MONTH.search(said.words) and _YEAR.search(said.words)
    if not away and not dated:
        return None
    found: datetime | None = dateparser.parse(
        said.words,
        languages=["en"],
        settings={
            "RELATIVE_BASE": said.here(),
            "PARSERS": ["relative-time", "absolute-time"],
            "REQUIRE_PARTS": ["day", "month", "year"],
        },
    )
    if found is None:
        return None
    if found.tzinfo and not _KNOWN_OFFSET.search(said.words):
        # IST and CST are three zones each.
        raise WhenFault(f'"{said.words}" ends in the name of a zone: write the offset, +01:00 or UTC')
    weekday = _NAMED_WEEKDAY.search(said.words)
    if weekday and found.weekday() != _WEEKDAYS.index(weekday[0][:3]):
        raise WhenFault(f'"{said.words}" is no {weekday[0]}: write {found:%Y-%m-%d} or "{found:%A}"')
    return said.moment(found)


_READERS: tuple[Callable[[_Said], Millis | None], ...] = (_now, _iso, _from_now, _day_and_clock, _spelled)


def _parts(words: str) -> list[tuple[Fraction, Millis]] | None:
    """The amounts and units of ``2h 30min``; None when there is anything else in it."""
    parts = []
    at = 0
    while at < len(words):
        found = _PART.match(words, at)
        if not found or found[2] not in _UNITS:
            return None
        amount = Fraction(1) if found[1].startswith("a") else Fraction(found[1])
        parts.append((amount, _UNITS[found[2]]))
        at = found.end()
    return parts


def _length(parts: list[tuple[Fraction, Millis]]) -> Millis:
    return int(sum(amount * unit for amount, unit in parts))
