"""What people set for themselves: password, authenticator, recovery codes, passkeys, browsers."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import segno
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from admit.control.signing_in import authenticators, passkeys, password_changes, recovery_codes
from admit.control.signing_in.authenticators import CodeRefused, NotTheirs
from admit.control.signing_in.passkeys import PasskeyRefused
from admit.control.signing_in.signin import SignInRefused
from admit.control.signing_in.web_sessions import Proven, SignedIn
from admit.core.texts import printable
from admit.pages.site import Site
from admit.portal import working
from admit.portal.fields import peer_of, text_of
from admit.portal.proving import ProvingPages, answer_of, asked_json
from admit.store.engine import Tx

T = TypeVar("T")

DEMANDED = "An administrator demands it of you. You can set up another one."
NOT_ADDED = "This passkey was not added. Try again."


class SettingsPages:
    """Its pages."""

    def __init__(self, site: Site, proving: ProvingPages) -> None:
        self.site = site
        self._proving = proving

    async def show(self, request: Request, **shown: Any) -> Response:
        """All of it."""
        signed_in = await self.site.require(request)
        proven = await self._proven(signed_in)
        world = self.site.world

        def read(sql: Connection) -> dict[str, Any]:
            return {
                "passkeys": passkeys.of(sql, world, proven),
                "has_authenticator": authenticators.has(sql, proven),
                "codes_left": authenticators.codes_left(sql, world, proven),
            }

        values = await self._read(read)
        values |= {"browser_of": browser_of, "browsers": await self.site.sessions.mine(signed_in)}
        values |= {
            "signed_in": signed_in,
            "fault": "",
            "done": request.query_params.get("done", ""),
            "codes": (),
        }
        status = 403 if shown.get("fault") else 200
        return self.site.page(request, "portal/settings.html", values | shown, status=status)

    # -- password ----------------------------------------------------------------------------------

    async def change_password(self, request: Request) -> Response:
        """Somebody chooses another password; every other browser is signed out."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        former, chosen = text_of(fields, "password"), text_of(fields, "chosen")
        peer = peer_of(request)
        try:
            proven = await self._proving.sign_in.by_password(signed_in.name, former, peer)
            mine = await self._theirs(signed_in, proven)
            if not mine:
                return await self.show(request, fault="The former password is wrong.")
            await self._change(signed_in, mine, former, chosen)
        except SignInRefused as refused:
            return await self.show(request, fault=_sentence(refused))
        others = [each.id for each in await self.site.sessions.mine(signed_in) if each.id != signed_in.id]
        await self.site.sessions.end(signed_in, tuple(others))
        return _back("password")

    async def _change(self, signed_in: SignedIn, mine: Proven, former: str, chosen: str) -> None:
        if chosen == former:
            raise SignInRefused("the new password is not taken: it is the one you had.")
        digests = await password_changes.hashed(self.site.world, mine, chosen)
        world = self.site.world
        await working.write(
            self.site, signed_in, "ChangePassword", lambda tx: password_changes.take(tx, world, digests)
        )

    # -- authenticator and recovery codes ----------------------------------------------------------

    async def authenticator(self, request: Request, fault: str = "") -> Response:
        """A new authenticator is shown, and counts once a code of it was given."""
        signed_in = await self.site.require(request)
        self.site.require_fresh(request, signed_in)
        draft = authenticators.new(self.site.world, signed_in.name)
        picture = segno.make(draft.address, error="m").svg_data_uri(border=0, scale=4)
        values = {"signed_in": signed_in, "draft": draft, "picture": picture, "fault": fault}
        return self.site.page(request, "portal/authenticator.html", values, status=403 if fault else 200)

    async def set_authenticator(self, request: Request) -> Response:
        """Somebody gives a code of the authenticator that was shown."""
        signed_in, fields = await self._sent(request)
        proven, world = await self._proven(signed_in), self.site.world
        sealed, code = text_of(fields, "draft"), text_of(fields, "code")
        codes = recovery_codes.new(world)

        def body(tx: Tx) -> None:
            authenticators.take(tx, world, proven, sealed, code)
            recovery_codes.keep(tx, world, authenticators.holders(proven), codes)

        try:
            await working.write(self.site, signed_in, "SetAuthenticator", body)
        except CodeRefused:
            return await self.authenticator(
                request, "That is no code of this authenticator. Try the next one."
            )
        return await self.show(request, codes=codes)

    async def remove_authenticator(self, request: Request) -> Response:
        """Somebody is asked for no code any more."""
        signed_in, _ = await self._sent(request)
        proven, world = await self._proven(signed_in), self.site.world
        try:
            await working.write(
                self.site,
                signed_in,
                "RemoveAuthenticator",
                lambda tx: authenticators.forget(tx, world, proven),
            )
        except NotTheirs:
            return await self.show(request, fault=DEMANDED)
        return _back("authenticator")

    async def new_codes(self, request: Request) -> Response:
        """Somebody wants new recovery codes: the former are worth nothing any more."""
        signed_in, _ = await self._sent(request)
        proven, world = await self._proven(signed_in), self.site.world
        codes = recovery_codes.new(world)
        await working.write(
            self.site,
            signed_in,
            "NewRecoveryCodes",
            lambda tx: recovery_codes.keep(tx, world, authenticators.holders(proven), codes),
        )
        return await self.show(request, codes=codes)

    # -- passkeys ----------------------------------------------------------------------------------

    async def passkey_options(self, request: Request) -> Response:
        """What to ask a browser for that shall hold a new passkey."""
        signed_in = await self._by_script(request)
        proven, place = await self._proven(signed_in), self._proving.place(request)
        world, name = self.site.world, signed_in.name
        return asked_json(
            await self._read(lambda sql: passkeys.begin_adding(sql, world, proven, place, name))
        )

    async def add_passkey(self, request: Request) -> Response:
        """A browser has made one."""
        signed_in = await self._by_script(request)
        proven, place = await self._proven(signed_in), self._proving.place(request)
        answer, world = await answer_of(request), self.site.world
        try:
            await working.write(
                self.site, signed_in, "AddPasskey", lambda tx: passkeys.add(tx, world, proven, place, answer)
            )
        except PasskeyRefused:
            return JSONResponse({"fault": NOT_ADDED}, HTTPStatus.FORBIDDEN)
        return JSONResponse({"next": "/home/settings?done=passkey"})

    async def remove_passkey(self, request: Request) -> Response:
        """Somebody has lost one, or wants it no more."""
        signed_in, fields = await self._sent(request)
        proven, purpose = await self._proven(signed_in), text_of(fields, "passkey")
        await working.write(
            self.site, signed_in, "RemovePasskey", lambda tx: passkeys.remove(tx, proven, purpose)
        )
        return _back("passkey-removed")

    # -- browsers ----------------------------------------------------------------------------------

    async def end_browsers(self, request: Request) -> Response:
        """Some browsers are signed out: one, or all the others."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        wanted = text_of(fields, "browser")
        mine = [each.id for each in await self.site.sessions.mine(signed_in)]
        ended = [each for each in mine if each == wanted or (wanted == "others" and each != signed_in.id)]
        await self.site.sessions.end(signed_in, tuple(ended))
        return _back("browsers")

    # -- the pieces --------------------------------------------------------------------------------

    async def _sent(self, request: Request) -> tuple[SignedIn, Any]:
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        self.site.require_fresh(request, signed_in)
        return signed_in, fields

    async def _by_script(self, request: Request) -> SignedIn:
        signed_in = await self.site.require(request)
        self.site.require_origin(request)
        self.site.require_token(request, signed_in)
        self.site.require_fresh(request, signed_in)
        return signed_in

    async def _proven(self, signed_in: SignedIn) -> Proven:
        return Proven(signed_in.users, await self.site.sessions.caller_of(signed_in))

    async def _theirs(self, signed_in: SignedIn, proven: Proven) -> Proven:
        """Of those a password proves the ones who are signed in."""
        mine = await self._proven(signed_in)
        users = tuple(user for user in proven.users if user.key in {each.key for each in mine.users})
        same = mine.caller is not None and proven.caller is not None and mine.caller.key == proven.caller.key
        return Proven(users, proven.caller if same else None)

    async def _read(self, body: Callable[[Connection], T]) -> T:
        return await self.site.sessions.read(body)


def _back(done: str) -> Response:
    return RedirectResponse(f"/home/settings?done={done}", HTTPStatus.SEE_OTHER)


def _sentence(refused: SignInRefused) -> str:
    said = refused.text.removeprefix("admit: ")
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"))
OTHERS = (("Mac OS X", "macOS"), ("Linux", "Linux"))


def browser_of(agent: str) -> str:
    """What a browser calls itself, as people call it: ``Firefox, Linux``. It may say what it wants."""
    browser = next((name for sign, name in BROWSERS if sign in agent), agent.partition("/")[0][:40])
    system = next((name for sign, name in (*SYSTEMS, *OTHERS) if sign in agent), "")
    return printable(", ".join(filter(None, (browser, system)))) or "?"
