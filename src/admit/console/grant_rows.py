"""The rows of the table of grants, drawn in one go: as a template they were half of what its page takes."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from admit.console import cells
from admit.console.showing import actor, tools
from admit.core.validity import Millis
from admit.pages import moments
from admit.pages.assets import icon
from admit.pages.site import Reader

WORDS = ("by {name}", "Explain", "Explain {who} → {what}")
"""What is said here, besides what cells say."""


def rows(
    grants: Sequence[Any], reader: Reader, at: Millis | None, past: str, badges: Mapping[str, Markup]
) -> Markup:
    """A row for each; ``past`` is the field ``at`` of the address, and ``badges`` are by status or block."""
    seen_at = reader.now if at is None else at
    place_of = tools(reader, past)["place_of"]
    sign = f"{icon('zoom-question')}{escape(reader.text('Explain'))}"
    then = f"&amp;at={at}" if at else ""

    def row(grant: Any) -> str:
        who, what, status = grant["Subject"], grant["Resource"], grant["Status"]
        period, since = (grant["StartTime"], grant["EndTime"]), grant["GrantedAt"]
        granted = moments.element(since, reader.zone, reader.now, reader.language)
        by = escape(reader.text("by {name}", name=actor(grant["GrantedBy"])))
        said = escape(reader.text("Explain {who} → {what}", who=who["Name"], what=what["Label"]))
        return (
            f"<tr><td>{cells.thing(reader, who, place_of(who))}</td>"
            f"<td>{cells.thing(reader, what, place_of(what))}</td>"
            f"<td>{badges[who['Blocked'] or what['Blocked'] or status]}</td>"
            f'<td class="c-wide">{cells.validity(reader, period, status, seen_at, since)}</td>'
            f'<td><span class="c-by">{by}<small>{granted}</small></span></td>'
            f'<td class="c-acts"><a class="a-button small" data-drawer href="/console/grants/one?'
            f'{_end("who", who)}&amp;{_end("what", what)}{then}" aria-label="{said}">{sign}</a></td></tr>'
        )

    return Markup("").join(Markup(row(grant)) for grant in grants)  # noqa: S704 - escaped


def _end(name: str, thing: Any) -> str:
    """An end of a grant, as fields of an address."""
    return f"{name}_kind={quote(thing['Kind'])}&amp;{name}={quote(thing['Id'], safe='')}"
