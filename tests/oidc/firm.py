"""A company whose people sign in to web applications, under a clock that stands still."""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from admit.oidc.provider import Provider
from tests.browsing import Answer, Pages
from tests.services.eiam.idaas import Idaas
from tests.system import System

PASSWORD = "Correct-Horse-7"
BACK = "https://wiki.example.com/callback"
HOME = "https://wiki.example.com/"
VERIFIER = "v" * 50
PART, MOST_SAID = 1 << 20, 128 << 20
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Told:
    """What an application's server was sent about people who are signed out."""

    port: int
    tokens: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What it answers; 200 when this is empty."""
    wordy: bool = False
    """Whether it goes on answering for as long as anybody listens, up to ``MOST_SAID``."""
    said: int = 0
    """How many bytes it was let say so."""
    let_go: threading.Event = field(default_factory=threading.Event)
    """Nobody listens to that any more."""
    heard: threading.Event = field(default_factory=threading.Event)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/logged-out"

    def wait(self, count: int = 1) -> list[str]:
        """The logout tokens, once so many have come."""
        while len(self.tokens) < count:
            self.heard.clear()
            if len(self.tokens) < count:
                assert self.heard.wait(20), f"{len(self.tokens)} logouts came, not {count}"
        return self.tokens


@contextmanager
def listening() -> Iterator[Told]:
    """An application's server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            self.send_response(told.statuses.pop(0) if told.statuses else 200)
            self.send_header("content-length", str(MOST_SAID if told.wordy else 0))
            self.end_headers()
            if told.wordy:
                self._go_on()
            told.tokens.append(parse_qs(text)["logout_token"][0])
            told.heard.set()

        def _go_on(self) -> None:
            with suppress(OSError):
                while told.said < MOST_SAID:
                    self.wfile.write(bytes(PART))
                    told.said += PART
            told.let_go.set()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told = Told(http.server_port)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            http.shutdown()
            thread.join()


@contextmanager
def running(provider: Provider) -> Iterator[asyncio.AbstractEventLoop]:
    """The door, open until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def both() -> None:
        await asyncio.gather(provider.run(), provider.keep_up())

    task = asyncio.run_coroutine_threadsafe(both(), loop)
    try:
        asyncio.run_coroutine_threadsafe(provider.sessions.look(), loop).result(20)
        yield loop
    finally:
        task.cancel()
        loop.call_soon_threadsafe(lambda: None)
        asyncio.run_coroutine_threadsafe(_settled(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _settled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


@dataclass
class Firm:
    """alice may sign in to the wiki, and tom may not."""

    idaas: Idaas
    told: Told
    loop: asyncio.AbstractEventLoop
    users: dict[str, str] = field(default_factory=dict)
    wiki: str = ""
    secret: str = ""

    @property
    def system(self) -> System:
        return self.idaas.system

    @property
    def path(self) -> str:
        return f"/oidc/{self.idaas.id}"

    @property
    def issuer(self) -> str:
        return f"{self.system.admit.world.url}{self.path}"

    def furnish(self) -> None:
        for name in ("alice", "tom"):
            mail = {"Email": f"{name}@example.com", "EmailVerified": True}
            self.users[name] = self.idaas.user(name, Password=PASSWORD, DisplayName=name.title(), **mail)
        self.wiki, self.secret = self.application("wiki")
        self.logout_uri(self.wiki, self.told.uri)
        self.grant("alice")

    def application(self, name: str, **config: Any) -> tuple[str, str]:
        """A new application and its secret."""
        app = self.idaas.application(name)
        grants = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
        said = {"RedirectUris": [BACK], "PostLogoutRedirectUris": [HOME], "GrantTypes": grants} | config
        self.configure(app, **said)
        made = self.idaas.call("CreateApplicationClientSecret", ApplicationId=app)
        return app, str(made["ApplicationClientSecret"]["ClientSecret"])

    def configure(self, app: str, **config: Any) -> None:
        self.idaas.call("SetApplicationSsoConfig", ApplicationId=app, OidcSsoConfig=config)

    def logout_uri(self, app: str, uri: str) -> None:
        self.system.call("admit", "SetApplicationLogoutUri", Application=app, LogoutUri=uri)

    def grant(self, name: str, app: str = "") -> None:
        self.idaas.call(
            "AuthorizeApplicationToUsers", ApplicationId=app or self.wiki, UserIds=[self.users[name]]
        )

    def revoke(self, name: str) -> None:
        self.idaas.call("RevokeApplicationFromUsers", ApplicationId=self.wiki, UserIds=[self.users[name]])

    def look(self) -> None:
        """Have the door deal with all that happened until now."""
        sessions = self.system.admit.oidc.sessions
        asyncio.run_coroutine_threadsafe(sessions.look(), self.loop).result(20)

    # -- the browser's side --------------------------------------------------------------------------

    def browser(self, name: str = "alice") -> Pages:
        """A browser in which somebody has signed in."""
        browser = Pages(self.system)
        assert browser.sign_in(name, PASSWORD).status == 303
        return browser

    def authorize(self, browser: Pages, **changed: str | None) -> Answer:
        """What a browser gets that the wiki sends to sign in; None leaves a parameter out."""
        return browser.get(f"{self.path}/authorize?{self.query(**changed)}")

    def query(self, **changed: str | None) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.wiki,
            "redirect_uri": BACK,
            "scope": "openid profile email groups",
            "state": "s-1",
            "nonce": "n-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changed
        return urlencode({name: value for name, value in asked.items() if value is not None})

    def code(self, name: str = "alice", **changed: str | None) -> str:
        """A code, as the browser brings it to the wiki."""
        sent = dict(parse_qsl(urlsplit(self.authorize(self.browser(name), **changed).place).query))
        assert sent["state"] == "s-1"
        return sent["code"]

    # -- the wiki's side -----------------------------------------------------------------------------

    def post(
        self, endpoint: str, fields: Mapping[str, Any], client: tuple[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask an endpoint as an application that shows its secret."""
        app, secret = client or (self.wiki, self.secret)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if secret:
            headers["authorization"] = "Basic " + base64.b64encode(f"{app}:{secret}".encode()).decode()
        status, body, _ = self.system.http(
            "POST", f"{self.path}/{endpoint}", headers, urlencode(fields).encode()
        )
        return status, json.loads(body)

    def redeem(self, code: str, /, **changed: str) -> tuple[int, dict[str, Any]]:
        """Ask for tokens with a code."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.post("token", asked | {"code_verifier": VERIFIER} | changed)

    def tokens(self, name: str = "alice", **changed: str | None) -> dict[str, Any]:
        """The tokens of a whole sign-in."""
        status, tokens = self.redeem(self.code(name, **changed))
        assert status == 200, tokens
        return tokens

    def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        return self.post("token", {"grant_type": "refresh_token", "refresh_token": token})

    def userinfo(self, access_token: str) -> tuple[int, dict[str, Any]]:
        headers = {"authorization": f"Bearer {access_token}"}
        status, body, _ = self.system.http("GET", f"{self.path}/userinfo", headers)
        return status, json.loads(body)

    def is_active(self, token: str) -> bool:
        status, answer = self.post("introspect", {"token": token})
        assert status == 200, answer
        return bool(answer["active"])

    def document(self, path: str) -> dict[str, Any]:
        status, body, _ = self.system.http("GET", path, {})
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def read(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token, checked with the published keys."""
        keys = KeySet.import_key_set(self.document(f"{self.path}/jwks"))
        found = jwt.decode(token, keys, algorithms=["RS256"])
        return dict(found.header), dict(found.claims)


@contextmanager
def firm(system: System) -> Iterator[Firm]:
    """A firm whose door is open until the block ends."""
    with listening() as told, running(system.admit.oidc) as loop:
        made = Firm(Idaas(system), told, loop)
        made.furnish()
        yield made
