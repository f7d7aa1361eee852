"""What stands in the cells of the console's tables: a thing with its sign, and a period as a strip.

A page has dozens of each. As macros they were half of what a page of grants takes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from admit.console.shelves import shelf_of
from admit.core.validity import DAY, Millis
from admit.pages import moments
from admit.pages.assets import icon
from admit.pages.site import Reader

BAR_SPAN: Millis = 10 * DAY
"""How far a bar of time shows the past and the future."""
BAR_WIDTH = 240


@dataclass(frozen=True, slots=True)
class Bar:
    """A period as a strip that has now in its middle."""

    x: float
    width: float
    kind: str
    """good, warn, later, past or ever."""


def bar(start: Millis | None, end: Millis | None, status: str, now: Millis) -> Bar:
    """The strip of a period; what has no end runs out of it."""
    left, right = now - BAR_SPAN, now + BAR_SPAN
    begin = max(left, min(right, left if start is None else start))
    close = max(left, min(right, right if end is None else end))
    x = (begin - left) / (right - left) * BAR_WIDTH
    width = max(4.0, (close - begin) / (right - left) * BAR_WIDTH)
    kind = {"ending": "warn", "future": "later", "ended": "past"}.get(
        status, "ever" if end is None else "good"
    )
    return Bar(round(min(x, BAR_WIDTH - 4), 1), round(width, 1), kind)


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = [word for word in name.replace(".", " ").replace("-", " ").replace("_", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else name[:2].upper()


def hue(name: str) -> int:
    """One of six colours for a name, always the same."""
    return sum(name.encode()) % 6


_PEOPLE = ("person", "user", "")


def face(name: str, kind: str = "person") -> Markup:
    """What stands before a name: letters for people, an icon for everything else."""
    if kind in _PEOPLE:
        sign, said = f"hue-{hue(name)}", escape(initials(name))
    else:
        sign, said = f"sign kind-{escape(kind.replace(' ', '-'))}", icon(shelf_of(kind).icon)
    return Markup(f'<span class="c-face {sign}" aria-hidden="true">{said}</span>')  # noqa: S704 - escaped


def thing(reader: Reader, brief: Any, place: str | None, quiet: str = "") -> Markup:
    """A thing with its sign and what it is, a link to its page if it has one."""
    kind, name = brief["Kind"], escape(brief["Name"])
    if kind == "host account":
        inside = (brief["Inside"] or "").replace("host:", "", 1) if place else brief["Label"]
        title, note = escape(inside), f"{escape(reader.text('account'))} <code>{name}</code>"
    else:
        what = quiet or reader.text(shelf_of(kind).one)
        if kind == "permission" and brief["Inside"]:
            # Permissions are called alike; what each is on tells them apart.
            what = f"{brief['Inside']} · {what}"
        title, note = name, escape(what if quiet or not brief["Note"] else f"{what} · {brief['Note']}")
    linked = f'<a href="{escape(place)}"><b>{title}</b></a>' if place else f"<b>{title}</b>"
    sign = face(brief["Name"], kind)
    return Markup(  # noqa: S704 - escaped
        f'<span class="c-thing">{sign}<span>{linked}<small>{note}</small></span></span>'
    )


def validity(
    reader: Reader, period: tuple[Millis | None, Millis | None], status: str, at: Millis, since: Millis | None
) -> Markup:
    """A period as a strip around a moment, and in words; ``since`` is when one without a start began."""
    start, end = period
    strip = bar(start or since, end, status, at)
    return Markup(  # noqa: S704 - numbers, and what is escaped
        f'<div class="c-validity {strip.kind}">'
        f'<svg viewBox="0 0 240 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="ground" y="2" width="240" height="4" rx="2"/>'
        f'<rect class="span" x="{strip.x}" y="1" width="{strip.width}" height="6" rx="3"/>'
        f'<rect class="now" x="119.2" width="1.6" height="8"/></svg>'
        f"<small>{_words(reader, period, status, at)}</small></div>"
    )


def _words(
    reader: Reader, period: tuple[Millis | None, Millis | None], status: str, at: Millis
) -> str | Markup:
    start, end = period

    def t(text: str) -> Markup:
        return escape(reader.text(text))

    def moment(when: Millis) -> Markup:
        return moments.element(when, reader.zone, reader.now, reader.language)

    if status == "future" and start is not None:
        until = f" {t('until')} {moment(end)}" if end else ""
        return f"<b>{t('from')}</b> {moment(start)}{until}"
    if end is None:
        return f'<span class="c-ever">∞ {t("permanent")}</span>'
    if status == "ended":
        return f"{t('ended')} {moment(end)}"
    return f"<b>{escape(moments.left(end, at, reader.language))}</b> · {t('until')} {moment(end)}"


def cells(reader: Reader, place_of: Callable[[Any], str | None]) -> dict[str, Any]:
    """Them, for the templates of one page; ``place_of`` knows the page of a thing."""

    def cell(brief: Any, quiet: str = "") -> Markup:
        return thing(reader, brief, place_of(brief), quiet)

    def strip(*asked: Any) -> Markup:
        start, end, status, at, since = asked
        return validity(reader, (start, end), status, at, since)

    return {"face_cell": face, "thing_cell": cell, "validity_cell": strip}
