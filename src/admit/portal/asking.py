"""Asking for access, following what was asked, deciding as an owner, and breaking glass."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.control.requests import access_requests, break_glass
from admit.control.requests.access_requests import AlreadyDecided, Answer, AskRefused, GrantStandsLater, Wish
from admit.control.requests.break_glass import AgreementDetails, Emergency, GlassBrokenAlready, GlassRefused
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.texts import printable
from admit.core.validity import DAY, HOUR, Millis
from admit.pages.site import PageRefused, Site
from admit.portal import working
from admit.portal.fields import peer_of, text_of
from admit.portal.holdings import held, held_keys
from admit.portal.home import WAITING_SHOWN, Glass, glass_of
from admit.portal.past import ASKABLE, Choice, called, choices, had
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing

T = TypeVar("T")

LASTING: tuple[Millis, ...] = (HOUR, 4 * HOUR, 8 * HOUR, DAY, 7 * DAY, 30 * DAY)
"""For how long one may ask."""
LONGEST_REASON = 500
NO_REASON = "Say why: whoever decides has nothing else to go by."
DECIDED = "It waits no more: somebody has decided, or it was withdrawn."


class AskingPages:
    """Their pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    # -- asking ------------------------------------------------------------------------------------

    async def ask(self, request: Request) -> Response:
        """The form."""
        signed_in = await self.site.require(request)
        return await self._form(request, signed_in, chosen=request.query_params.get("resource", ""))

    async def asked(self, request: Request) -> Response:
        """Somebody asks."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        chosen, reason = text_of(fields, "resource"), text_of(fields, "reason").strip()
        again = {"chosen": chosen, "reason": reason, "lasting": text_of(fields, "lasting")}
        if not reason:
            return await self._form(request, signed_in, fault=NO_REASON, **again)
        wish = Wish(reason[:LONGEST_REASON], _number(fields, "lasting"))
        key = _number(fields, "resource")

        def body(tx: Tx) -> str:
            resource = things.living(tx.sql, key)
            usable = resource is not None and resource.kind in ASKABLE
            return access_requests.ask(tx, signed_in.users, resource if usable else None, wish).id

        try:
            made = await working.write(self.site, signed_in, "AskForAccess", body)
        except AskRefused as refused:
            return await self._form(request, signed_in, fault=str(refused), **again)
        return RedirectResponse(f"/home/requests#r{made}", HTTPStatus.SEE_OTHER)

    async def _form(self, request: Request, signed_in: SignedIn, **shown: str) -> Response:
        now = self.site.world.clock.now()

        def read(sql: Connection) -> list[Choice]:
            now_held = held_keys(sql, signed_in.users, now)
            found = choices(sql, signed_in.users, now_held, had(sql, signed_in.users, now_held, now))
            chosen = shown.get("chosen", "")
            if chosen.isdecimal() and all(each.thing.key != int(chosen) for each in found):
                found += _for_longer(sql, held(sql, signed_in.users, now), int(chosen))
            return found

        found = await working.read(self.site, read)
        values = {"chosen": "", "reason": "", "lasting": "", "fault": ""} | shown
        chosen = next((each for each in found if str(each.thing.key) == values["chosen"]), None)
        longest = max((each.longest_ms for each in found), default=0) if chosen is None else chosen.longest_ms
        spans = [span for span in LASTING if span <= longest] or [longest]
        page = {"signed_in": signed_in, "choices": found, "spans": spans, **values}
        return self.site.page(request, "portal/ask.html", page, status=403 if values["fault"] else 200)

    # -- what was asked ----------------------------------------------------------------------------

    async def requests(self, request: Request, fault: str = "") -> Response:
        """What somebody has asked for, and what waits for them."""
        signed_in = await self.site.require(request)
        now = self.site.world.clock.now()

        def read(sql: Connection) -> tuple[list[Thing], list[tuple[Thing, str]]]:
            waiting = access_requests.to_decide(sql, signed_in.users, now, WAITING_SHOWN + 1)
            told = [(each, access_requests.person_of(sql, each).name) for each in waiting]
            return access_requests.of_users(sql, signed_in.users), told

        mine, to_decide = await working.read(self.site, read)
        values = {
            "signed_in": signed_in,
            "mine": mine,
            "to_decide": to_decide,
            "waiting_shown": WAITING_SHOWN,
            "fault": fault,
            "state_of": lambda each: access_requests.state_of(each, now),
            "called": called,
            "asked": lambda each: each.read(access_requests.RequestDetails),
            "patience": access_requests.PATIENCE,
        }
        return self.site.page(request, "portal/requests.html", values, status=409 if fault else 200)

    async def withdraw(self, request: Request) -> Response:
        """Somebody asks no more."""
        signed_in, _ = await self._sent(request)

        def body(tx: Tx) -> None:
            mine = access_requests.of_users(tx.sql, signed_in.users)
            access_requests.withdraw(tx, _this(request, mine))

        return await self._decided(request, signed_in, "WithdrawAccessRequest", body)

    async def decide(self, request: Request) -> Response:
        """An owner says yes or no."""
        signed_in, fields = await self._sent(request)
        approves = text_of(fields, "answer") == "approve"
        answer = Answer(signed_in.name, text_of(fields, "comment").strip()[:LONGEST_REASON])

        def body(tx: Tx) -> None:
            found = _this(request, access_requests.to_decide(tx.sql, signed_in.users, tx.now))
            if approves:
                access_requests.approve(tx, found, answer)
            else:
                access_requests.decline(tx, found, answer)

        action = "ApproveAccessRequest" if approves else "DeclineAccessRequest"
        return await self._decided(request, signed_in, action, body)

    async def _decided(
        self, request: Request, signed_in: SignedIn, action: str, body: Callable[[Tx], None]
    ) -> Response:
        try:
            await working.write(self.site, signed_in, action, body)
        except AlreadyDecided:
            return await self.requests(request, DECIDED)
        except GrantStandsLater:
            text = "A grant of the same that begins later stands in the way: ask an administrator."
            return await self.requests(request, text)
        return RedirectResponse("/home/requests", HTTPStatus.SEE_OTHER)

    # -- breaking glass ----------------------------------------------------------------------------

    async def glass(self, request: Request, fault: str = "") -> Response:
        """The page before it: what will happen, and the question why."""
        signed_in = await self.site.require(request)
        self.site.require_fresh(request, signed_in)
        now = self.site.world.clock.now()
        found = await working.read(self.site, lambda sql: glass_of(sql, signed_in.users, now))
        agreement = request.path_params["agreement"]
        glass = next((each for each in found if each.agreement.id == agreement), None)
        if glass is None:
            raise PageRefused(HTTPStatus.NOT_FOUND, "There is no such page.")
        values = {"signed_in": signed_in, "glass": glass, "fault": fault, "agreed_by": agreed_by}
        return self.site.page(request, "portal/glass.html", values, status=403 if fault else 200)

    async def broken(self, request: Request) -> Response:
        """It is broken."""
        signed_in, fields = await self._sent(request)
        self.site.require_fresh(request, signed_in)
        reason = text_of(fields, "reason").strip()[:LONGEST_REASON]
        if not reason:
            return await self.glass(request, "Say why: everybody who is to know reads it.")
        agreement, emergency = request.path_params["agreement"], Emergency(reason, peer_of(request))
        world = self.site.world

        def body(tx: Tx) -> Thing:
            return break_glass.take(tx, world, signed_in.users, agreement, emergency)

        try:
            await working.write(self.site, signed_in, "BreakGlass", body)
        except GlassRefused:
            raise PageRefused(HTTPStatus.NOT_FOUND, "There is no such page.") from None
        except GlassBrokenAlready:
            return await self.glass(request, "You have this access already, for as long or longer.")
        except GrantStandsLater:
            text = "A grant of the same that begins later stands in the way: ask an administrator."
            return await self.glass(request, text)
        return RedirectResponse("/home", HTTPStatus.SEE_OTHER)

    # -- the pieces --------------------------------------------------------------------------------

    async def _sent(self, request: Request) -> tuple[SignedIn, FormData]:
        signed_in = await self.site.require(request)
        return signed_in, await self.site.form(request, signed_in)


def _for_longer(sql: Connection, now_held: Any, key: int) -> list[Choice]:
    """What is held now and is not offered: it may be asked for longer."""
    for each in now_held.all():
        wanted = each.asked_as
        if wanted.key == key:
            label = each.label if wanted is each.thing else printable(wanted.name)
            longest = access_requests.longest_for(sql, wanted)
            return [Choice(wanted, label, longest, "", (), held=True)]
    return []


def _this(request: Request, among: list[Thing]) -> Thing:
    """The request that the address names, if it is one of these.

    Raises:
        PageRefused: it is not; whether there is such a one is not told.
    """
    wanted = request.path_params["request"]
    found = next((each for each in among if each.id == wanted), None)
    if found is None:
        raise PageRefused(HTTPStatus.NOT_FOUND, "There is no such page.")
    return found


def _number(fields: FormData, name: str) -> int:
    text = text_of(fields, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def agreed_by(glass: Glass) -> str:
    """Who agreed to a glass, without the rest of their ARN."""
    return glass.agreement.read(AgreementDetails).agreed_by.rpartition(":")[2].removeprefix("user/")
