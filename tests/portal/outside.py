"""A provider outside that says who people are, and can be made to lie."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from admit.base.clock import Clock
from tests.browsing import Answer, Pages

CLIENT = "admit-client"
SECRET = "s3cret:/with?odd&signs"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Outside:
    """It, with what it says; each of its words can be changed by a test."""

    clock: Clock
    port: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    """What its tokens say besides, or instead."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """What it says of itself besides, or instead."""
    asked: dict[str, str] = field(default_factory=dict)
    """What the browser came with last."""
    redeemed: list[dict[str, str]] = field(default_factory=list)
    """What came for each code."""
    authorizations: list[str] = field(default_factory=list)
    refuses: bool = False
    """Whether it takes no code."""
    broken: bool = False
    """Whether it answers nothing that can be used."""
    token: str | None = None
    """A token to answer in place of one of its own."""
    read: list[str] = field(default_factory=list)
    """What it was asked of itself."""
    keys: Any = None
    """What it says its keys are, in place of its own."""
    tokens_made: int = 0
    """How many logout tokens it has made: each has a name of its own."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def come(self, place: str) -> None:
        """A browser comes with a request."""
        assert place.startswith(f"{self.issuer}/authorize?"), place
        self.asked = dict(parse_qsl(urlsplit(place).query))

    def said(self) -> dict[str, Any]:
        now = self.clock.now() // 1000
        honest = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked.get("nonce"),
            "preferred_username": "alice",
        }
        return {name: each for name, each in (honest | self.claims).items() if each is not None}

    def signed(self, key: RSAKey | None = None) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, self.said(), key or self.key, ["RS256"])

    def logout_token(
        self, key: RSAKey | None = None, header: dict[str, Any] | None = None, **said: Any
    ) -> str:
        """A token that says that somebody left; what is None is left out."""
        now = self.clock.now() // 1000
        self.tokens_made += 1
        honest = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "iat": now,
            "exp": now + 120,
            "jti": f"left-{self.tokens_made}",
            "events": {EVENT: {}},
        }
        claims = {name: each for name, each in (honest | said).items() if each is not None}
        head = {"alg": "RS256", "kid": self.key.kid, "typ": "logout+jwt"} | (header or {})
        return jwt.encode(head, claims, key or self.key, ["RS256", "HS256", "none"])

    def answer(self, path: str, body: bytes) -> tuple[int, Any]:
        if not body:
            self.read.append(path)
        if self.broken:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
            }
            return 200, told | self.metadata
        if path == "/keys":
            return 200, self.keys or {"keys": [self.key.as_dict(private=False)]}
        self.redeemed.append({name: each[0] for name, each in parse_qs(body.decode()).items()})
        if self.refuses:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token or self.signed(), "access_token": "x", "token_type": "Bearer"}


@contextmanager
def outside(clock: Clock) -> Iterator[Outside]:
    """A provider on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            made.authorizations.append(self.headers.get("authorization", ""))
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            status, told = made.answer(self.path, body)
            sent = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    made = Outside(clock)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        made.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            http.shutdown()
            thread.join()


def go(pages: Pages, provider: Outside, target: str = "/sign-in/oidc") -> dict[str, str]:
    """Go there; what the provider is asked."""
    sent = pages.get(target)
    assert sent.status == 303, sent.text
    provider.come(sent.place)
    return provider.asked


def back(pages: Pages, **answer: str) -> Answer:
    return pages.get(f"/sign-in/oidc/return?{urlencode(answer)}")


def signed_in(pages: Pages) -> bool:
    return pages.get("/home").status == 200


def came(pages: Pages, provider: Outside) -> Answer:
    """There and back, with what the provider says now."""
    asked = go(pages, provider)
    return back(pages, code="c-1", state=asked["state"])
