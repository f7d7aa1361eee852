"""The page where somebody lets a device in: they type the code it shows, see what for, and say yes or no."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from admit.control.eiam import sign_ins
from admit.control.eiam.issuers import Issuer
from admit.control.eiam.sign_ins import AUTHOR, Begun, UserCode
from admit.control.signing_in.web_sessions import SignedIn
from admit.oidc import entrance
from admit.oidc.authorize import UNKNOWN, Authorize
from admit.oidc.endpoints import USER_CODE_LETTERS
from admit.oidc.entrance import Refusal
from admit.oidc.machines import Machines
from admit.oidc.provider import Provider
from admit.pages.site import Site
from admit.store import sign_ins as stored
from admit.store import things
from admit.store.engine import Tx
from admit.store.sign_ins import Token
from admit.store.things import Thing

WRONG = "No device waits with this code. Codes end after ten minutes."


class Devices:
    """The page of one issuer's devices."""

    def __init__(self, site: Site, provider: Provider, machines: Machines, authorize: Authorize) -> None:
        self._site = site
        self._provider = provider
        self._machines = machines
        self._authorize = authorize

    async def ask(self, request: Request) -> Response:
        """The form for the code; with a code in the address, what it is for."""
        signed_in = await self._site.require(request)
        issuer = await self._machines.issuer(request)
        typed = request.query_params.get("user_code", "")
        if issuer is None or not typed:
            return self._form(request, signed_in, "" if issuer else UNKNOWN)
        return await self._shown(request, signed_in, issuer, typed)

    async def answer(self, request: Request) -> Response:
        """Somebody has typed a code, or said yes or no."""
        signed_in = await self._site.require(request)
        fields = await self._site.form(request, signed_in)
        issuer = await self._machines.issuer(request)
        typed, said = str(fields.get("user_code", "")), str(fields.get("answer", ""))
        if issuer is None or said not in ("yes", "no"):
            return (
                self._form(request, signed_in, UNKNOWN)
                if issuer is None
                else await self._shown(request, signed_in, issuer, typed)
            )
        found = await self._found(issuer, typed)
        if found is None:
            return self._form(request, signed_in, WRONG)
        device, application = found
        begun = msgspec.structs.replace(device.read(Begun), denied=True)
        if said == "yes":
            world, peer = self._provider.world, request.client.host if request.client else ""
            verdict = await self._provider.on_thread(
                lambda: self._provider.read(
                    lambda sql: entrance.admit(sql, world, issuer, application, (signed_in, peer))
                )
            )
            if isinstance(verdict, Refusal):
                await self._provider.on_thread(lambda: self._keep(device, begun))
                return self._authorize.refused(request, signed_in, verdict, "")
            begun = msgspec.structs.replace(
                device.read(Begun),
                user=verdict.user.key,
                proven_at=signed_in.proven_at,
                web_session=signed_in.id,
                peer=peer,
            )
        kept = await self._provider.on_thread(lambda: self._keep(device, begun))
        values = {
            "signed_in": signed_in,
            "allowed": said == "yes",
            "kept": kept,
            "application": application.name,
        }
        return self._site.page(request, "oidc/device_done.html", values)

    def _form(self, request: Request, signed_in: SignedIn, fault: str) -> Response:
        values = {"signed_in": signed_in, "fault": fault}
        return self._site.page(request, "oidc/device.html", values, status=400 if fault else 200)

    async def _shown(self, request: Request, signed_in: SignedIn, issuer: Issuer, typed: str) -> Response:
        found = await self._found(issuer, typed)
        if found is None:
            return self._form(request, signed_in, WRONG)
        device, application = found
        begun = device.read(Begun)
        values = {
            "signed_in": signed_in,
            "application": application.name,
            "user_code": begun.user_code,
            "peer": begun.peer,
            "client": begun.client,
        }
        return self._site.page(request, "oidc/device_shown.html", values)

    async def _found(self, issuer: Issuer, typed: str) -> tuple[Token, Thing] | None:
        return await self._provider.on_thread(lambda: self._find(issuer, typed))

    def _find(self, issuer: Issuer, typed: str) -> tuple[Token, Thing] | None:
        """The device that waits with a code, and the application it is for."""
        letters = "".join(each for each in typed.upper() if each in USER_CODE_LETTERS)
        now = self._provider.world.clock.now()
        with self._provider.store.read() as sql:
            code = sign_ins.token(sql, letters, now)
            if code is None or code.kind != "user-code":
                return None
            device = stored.token(sql, bytes.fromhex(code.read(UserCode).device))
            application = things.by_key(sql, code.application)
            if device is None or application.parent != issuer.idaas.key or _is_answered(device):
                return None
            return device, application

    def _keep(self, device: Token, begun: Begun) -> bool:
        """Write what somebody said of a device; False if that was said already."""

        def body(tx: Tx) -> bool:
            latest = stored.token(tx.sql, device.hash)
            if latest is None or _is_answered(latest):
                return False
            stored.change(tx.sql, device.hash, begun)
            return True

        return self._provider.store.write_now(AUTHOR, body)


def _is_answered(device: Token) -> bool:
    begun = device.read(Begun)
    return bool(begun.user) or begun.denied or device.used_at is not None
