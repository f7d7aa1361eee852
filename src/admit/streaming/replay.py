"""The page that plays recordings of screens, for whoever RAM lets see them."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admit.control.signing_in.web_sessions import SignedIn
from admit.pages.site import PageRefused, Site, with_protection
from admit.rpc.dispatch import Asked, Dispatcher, Peer
from admit.streaming.recording import NOVNC

ACTION = "GetRecording"


@dataclass(frozen=True, slots=True)
class Replays:
    """What the page is made with."""

    site: Site
    dispatcher: Dispatcher
    version: str
    """Of the service that has recordings."""

    async def page(self, request: Request) -> Response:
        """The player."""
        signed_in = await self._caller(request)
        values = {"signed_in": signed_in, "recording": request.path_params["recording"], "novnc": NOVNC}
        return self.site.page(request, "streaming/replay.html", values)

    async def part(self, request: Request) -> Response:
        """A part of a recording, as the API answers it: whoever asks must be permitted there."""
        signed_in = await self._caller(request)
        given = {"RecordingId": request.path_params["recording"]}
        if token := request.query_params.get("token"):
            given["NextToken"] = token
        asked = Asked(self.version, ACTION, given, self.site.sessions.whom(signed_in))
        peer = Peer(request.client.host if request.client else "", request.url.scheme == "https")
        answer = await self.dispatcher.answer_for(asked, peer, request.headers.get("host", ""))
        return with_protection(Response(answer.body, answer.status, media_type=answer.content_type))

    async def _caller(self, request: Request) -> SignedIn:
        signed_in = await self.site.require(request)
        if signed_in.caller is None:
            raise PageRefused(HTTPStatus.FORBIDDEN, "Recordings are for administrators.")
        return signed_in


def routes(site: Site, dispatcher: Dispatcher, version: str) -> list[BaseRoute]:
    """Where recordings are played."""
    replays = Replays(site, dispatcher, version)
    return [
        Route("/stream/recordings/{recording}", replays.page, methods=["GET"]),
        Route("/stream/recordings/{recording}/part", replays.part, methods=["GET"]),
    ]
