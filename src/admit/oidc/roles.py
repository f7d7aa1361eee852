"""The page where somebody takes a temporary key for a cloud role that a rule leads them to."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from admit.control import decisions
from admit.control.decisions import Asker
from admit.control.eiam import cloud_roles
from admit.control.eiam.cloud_roles import Asked, RoleKey, RoleRefused
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.links import Kind
from admit.core.sessions import LASTING_DOOR
from admit.core.validity import iso
from admit.oidc.authorize import Authorize
from admit.oidc.entrance import NOT_GRANTED, Refusal
from admit.oidc.provider import Provider
from admit.pages.site import Site
from admit.store import things


@dataclass(frozen=True, slots=True)
class _Offer:
    """A role that somebody may have at this moment, and the key, once it is taken."""

    asked: Asked
    key: RoleKey | None = None
    fault: str = ""


class Roles:
    """The page of a role."""

    def __init__(self, site: Site, provider: Provider, authorize: Authorize) -> None:
        self._site = site
        self._provider = provider
        self._authorize = authorize

    async def show(self, request: Request) -> Response:
        """What the role is, and until when."""
        return await self._answered(request, await self._site.require(request), take=False)

    async def take(self, request: Request) -> Response:
        """A key, told this once."""
        signed_in = await self._site.require(request)
        await self._site.form(request, signed_in)
        return await self._answered(request, signed_in, take=True)

    async def _answered(self, request: Request, signed_in: SignedIn, *, take: bool) -> Response:
        role_id = request.path_params["role"]
        peer = request.client.host if request.client else ""
        found = await self._provider.on_thread(
            lambda: self._provider.read(lambda sql: self._offer(sql, role_id, signed_in, peer, take=take))
        )
        if isinstance(found, Refusal):
            return self._authorize.refused(request, signed_in, found, "")
        process = "" if found.key is None else as_process(found.key)
        values = {"signed_in": signed_in, "offer": found, "process": process}
        return self._site.page(request, "oidc/role.html", values)

    def _offer(
        self, sql: Connection, role_id: str, signed_in: SignedIn, peer: str, *, take: bool
    ) -> _Offer | Refusal:
        """The role, if it may be had; a role that is not there and one that is not granted are told alike."""
        world = self._provider.world
        now = world.clock.now()
        role = things.by_id_anywhere(sql, Kind.CLOUD_ROLE, role_id)
        asked = None if role is None else cloud_roles.ask(sql, list(signed_in.users), role, now)
        if asked is not None:
            asker = Asker(signed_in.name, LASTING_DOOR, peer=peer)
            labels = decisions.labels_of(sql, asked.decision)
            world.activities.note(decisions.noted(asked.decision, labels, asker, now))
        if asked is None or not asked.decision.allowed:
            return Refusal(signed_in.name, role_id, NOT_GRANTED, {})
        if not take:
            return _Offer(asked)
        try:
            return _Offer(asked, cloud_roles.give(sql, world, asked, None))
        except RoleRefused as refused:
            return _Offer(asked, fault=str(refused))


def as_process(key: RoleKey) -> str:
    """A key as the aliyun CLI and the SDKs read it from a credential process."""
    told = {
        "mode": "StsToken",
        "access_key_id": key.access_key_id,
        "access_key_secret": key.secret,
        "sts_token": key.token,
        "expiration": iso(key.ends_at),
    }
    return json.dumps(told, indent=2)
