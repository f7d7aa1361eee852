"""What stands in each tile of what somebody may use: through what, and how long it still lasts.

A page has up to forty of a sort. As macros they were a third of what it takes.
"""

from functools import cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from admit.core.validity import FOREVER, MINUTE, Millis
from admit.pages import moments
from admit.pages.assets import icon
from admit.pages.site import Reader
from admit.portal.holdings import Holding

VERY_SOON: Millis = 15 * MINUTE


def cells(reader: Reader) -> dict[str, Any]:
    """Them, for the templates of one page."""

    def t(text: str, **values: object) -> Markup:
        return escape(reader.text(text, **values))

    terminal = icon("terminal-2")
    permanent = Markup(f'<span class="h-left">{t("permanent")}</span>')  # noqa: S704 - escaped
    endless, until_word, to_you = t("It has no end."), t("Until"), t("granted to you")

    def left_of(until: Millis) -> Markup:
        if until >= FOREVER:
            return permanent
        left = until - reader.now
        soon = left < moments.SOON
        haste = " now" if left < VERY_SOON else " soon" if soon else ""
        sign = icon("hourglass" if soon else "clock")
        said = escape(moments.left(until, reader.now, reader.language))
        return Markup(  # noqa: S704 - escaped
            f'<span class="h-left{haste}" data-until="{until}">{sign}<span>{said}</span></span>'
        )

    @cache
    def by(group: str) -> Markup:
        return t("through {group}", group=group) if group else to_you

    def why(each: Holding) -> Markup:
        short = by(each.through)
        steps = "".join(f"<li>{escape(step)}</li>" for step in each.path)
        end = endless
        if each.until < FOREVER:
            moment = moments.element(each.until, reader.zone, reader.now, reader.language)
            end = Markup(f"{until_word} {moment}")  # noqa: S704 - escaped
        return Markup(  # noqa: S704 - escaped
            f'<details class="h-why"><summary>{short}</summary><ol>{steps}</ol><p>{end}</p></details>'
        )

    def host(each: Holding) -> Markup:
        label, protocol = escape(each.label), each.details.protocol_name
        if protocol == "SSH":
            # What else an address may hold is escaped: what is left means nothing to HTML.
            name = f'<a class="h-name a-mono" href="/terminal/{quote(each.target)}">{label}</a>'
        else:
            by_client = t("With a {protocol} client", protocol=protocol)
            name = (
                f'<span class="h-name a-mono">{label}</span><span class="a-small a-quiet">{by_client}</span>'
            )
        return Markup(  # noqa: S704 - escaped
            f'<span class="h-sign">{terminal}</span>'
            f'<div class="h-body">{name}{why(each)}</div>{left_of(each.until)}'
        )

    return {"left_of": left_of, "why": why, "host": host}
