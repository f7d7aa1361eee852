"""Access reviews for those who review: what waits for them, and deciding on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.control import names
from admit.control.answers.previews import Preview, preview
from admit.control.requests import reviews
from admit.control.requests.reviews import Answer, ReviewDetails, Reviewer
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.links import Kind
from admit.core.reviews import Refusal, State
from admit.core.texts import printable
from admit.core.validity import DAY, Millis
from admit.pages.site import PageRefused, Site
from admit.portal import working
from admit.portal.asking import LONGEST_REASON
from admit.portal.fields import text_of
from admit.store import review_counts
from admit.store import reviews as stored
from admit.store.engine import Tx
from admit.store.reviews import Kept, Sight, Wanted
from admit.store.things import Thing
from admit.store.unused import Uses

T = TypeVar("T")
Decide: TypeAlias = Callable[[Tx], dict[int, Refusal | None]]
"""Decides on grants; why not on some."""

SHOWN = 25
"""How many grants one page shows."""
ABSENT = "There is no such page."
NOTHING_CHOSEN = "Select the grants that you decide on."


@dataclass(frozen=True, slots=True)
class Shown:
    """A grant, as its reviewer sees it."""

    number: int
    who: str
    what: str
    state: State
    own: bool
    """Whether it gives access to the reviewer."""
    since: Millis
    until: Millis
    last_used: Millis | None
    comment: str


class ReviewingPages:
    """Their pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def reviews(self, request: Request) -> Response:
        """The reviews in which something waits."""
        signed_in = await self.site.require(request)
        now = self.site.world.clock.now()
        waiting = await working.read(self.site, lambda sql: reviews.open_to(sql, signed_in.users, now))
        values = {"signed_in": signed_in, "waiting": waiting, "details": _details}
        return self.site.page(request, "portal/reviews.html", values)

    async def review(self, request: Request, fault: str = "") -> Response:
        """One review: what waits in it, or with ``all`` everything that is the reviewer's."""
        signed_in = await self.site.require(request)
        after = request.query_params.get("after", "")
        start = int(after[:9]) if after.isascii() and after.isdecimal() else 0
        every = "all" in request.query_params
        now = self.site.world.clock.now()

        def read(sql: Connection) -> dict[str, Any]:
            found, reviewer = self._theirs(sql, request, signed_in)
            wanted = Wanted(None if every else "waiting", reviewer.sight, start)
            items = stored.items(sql, found.key, wanted, now, SHOWN + 1)
            return {
                "review": found,
                "it": found.read(ReviewDetails),
                "phase": reviews.phase_of(found.read(ReviewDetails), now),
                "counts": review_counts.counts(sql, found.key, now, reviewer.sight),
                "items": self._shown(sql, items[:SHOWN], reviewer, now),
                "after": items[SHOWN - 1].number if len(items) > SHOWN else None,
            }

        values = await working.read(self.site, read)
        values |= {"signed_in": signed_in, "fault": fault, "every": every}
        done = request.query_params.get("done", "")
        values["done"] = done if done in ("keep", "end") else ""
        return self.site.page(request, "portal/review.html", values, status=409 if fault else 200)

    async def decide(self, request: Request) -> Response:
        """Keep or end what was selected."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        chosen = [str(each) for each in fields.getlist("item")]
        numbers = [int(each[:9]) for each in chosen if each.isascii() and each.isdecimal()][: 4 * SHOWN]
        if not numbers:
            return await self.review(request, NOTHING_CHOSEN)
        ends = text_of(fields, "verdict") == "end"
        comment = text_of(fields, "comment").strip()[:LONGEST_REASON]
        answer = Answer("end" if ends else "keep", comment)

        def body(tx: Tx) -> dict[int, Refusal | None]:
            found, reviewer = self._theirs(tx.sql, request, signed_in)
            return reviews.decide(tx, found, reviewer, numbers, answer)

        if ends and text_of(fields, "step") != "sure":
            return await self._sure(request, signed_in, body, {"items": numbers, "comment": comment})
        became = await working.write(self.site, signed_in, "DecideReviewItems", body)
        if refusal := _refusal(became):
            return await self.review(request, refusal)
        here = f"/home/reviews/{request.path_params['review']}"
        return RedirectResponse(f"{here}?done={answer.verdict}", HTTPStatus.SEE_OTHER)

    async def _sure(
        self, request: Request, signed_in: SignedIn, body: Decide, sent: dict[str, Any]
    ) -> Response:
        """What an end would do, before it is done: it is tried and undone."""
        became: dict[int, Refusal | None] = {}

        def tried(tx: Tx) -> Preview:
            return preview(tx, self.site.world, lambda: became.update(body(tx)))

        found = await working.write(self.site, signed_in, "PreviewCalls", tried)
        if refusal := _refusal(became):
            return await self.review(request, refusal)

        def named(who: int, what: int) -> tuple[str, str]:
            return found.labels[who].label, found.labels[what].label

        lost = [(*named(who.key, what.key), was) for (who, what), was in found.difference.lost.items()]
        moved = [(*named(who.key, what.key), *both) for (who, what), both in found.difference.moved.items()]
        ended = sorted(named(each.person, each.resource) for each, _ in found.ended)
        values = {"signed_in": signed_in, "review": request.path_params["review"]}
        values |= {"lost": sorted(lost, key=_ends), "moved": sorted(moved, key=_ends)}
        values |= {"ended": ended, "untold": found.untold, "most": SHOWN, **sent}
        return self.site.page(request, "portal/review_sure.html", values)

    # -- the pieces --------------------------------------------------------------------------------

    def _theirs(self, sql: Connection, request: Request, signed_in: SignedIn) -> tuple[Thing, Reviewer]:
        """The review that the address names, for somebody who may see anything of it.

        Raises:
            PageRefused: they may not; whether there is such a one is not told.
        """
        wanted = request.path_params["review"]
        for found in reviews.every(sql):
            if found.id == wanted:
                name = printable(signed_in.name)
                reviewer = reviews.users_as_reviewer(sql, signed_in.users, name, found)
                if _sees(sql, found, reviewer.sight, self.site.world.clock.now()):
                    return found, reviewer
        raise PageRefused(HTTPStatus.NOT_FOUND, ABSENT)

    def _shown(self, sql: Connection, items: list[Kept], reviewer: Reviewer, now: Millis) -> list[Shown]:
        labels = names.labels(sql, sorted({key for each in items for key in (each.source, each.target)}))
        holding = names.labels(sql, sorted({labels[each.target].thing.parent for each in items} - {0}))
        uses = Uses(sql, now - self.site.world.activity_days * DAY)
        uses.ask_about(each.target for each in items)
        return [
            Shown(
                each.number,
                _who(labels[each.source]),
                _what(labels[each.target], holding),
                each.item.state(now),
                each.source in reviewer.own,
                each.added_at,
                each.ends_at,
                uses.last(each.source, each.target),
                each.comment or "",
            )
            for each in items
        ]


def _ends(change: tuple[Any, ...]) -> tuple[str, str]:
    """Who and what a change is about, for their order."""
    return change[0], change[1]


def _refusal(became: Mapping[int, Refusal | None]) -> str:
    """Why a verdict was not taken of one of some grants; empty if it was of all."""
    return min((each.value for each in became.values() if each is not None), default="")


def _details(review: Thing) -> ReviewDetails:
    return review.read(ReviewDetails)


def _sees(sql: Connection, review: Thing, sight: Sight | None, now: Millis) -> bool:
    return bool(sight and stored.items(sql, review.key, Wanted(sight=sight), now, 1))


def _what(named: names.Named, holding: Mapping[int, names.Named]) -> str:
    """What is granted; of permissions, which are called alike, on which resource."""
    is_permission = named.thing.kind is Kind.PERMISSION
    return f"{holding[named.thing.parent].label} · {named.label}" if is_permission else named.label


def _who(named: names.Named) -> str:
    """Who has a grant: people by their names, groups and the rest as they are called."""
    return printable(named.thing.name) if named.thing.kind is Kind.USER else named.label
