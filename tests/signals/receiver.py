"""A receiver of security events of our own: it checks signatures, and dies and comes back as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

PART, MOST_SAID = 1 << 20, 128 << 20
JWKS = Callable[[], dict[str, Any]]


@dataclass
class Receiver:
    """Takes events over HTTP (RFC 8935)."""

    keys: JWKS
    """Where the transmitter's keys are read."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    """The claims of each event, in the order they came."""
    authorizations: set[str | None] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    """What to answer next instead of 202."""
    wordy: bool = False
    """Whether it goes on answering for as long as anybody listens, up to ``MOST_SAID``."""
    said: int = 0
    """How many bytes it was let say so."""
    port: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def fresh(self) -> list[dict[str, Any]]:
        """The events, each once: what comes again has the ID it had."""
        return list({each["jti"]: each for each in self.taken}.values())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen until the block ends; then nobody answers there."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.authorizations.add(self.headers["Authorization"])
                status = receiver.answers.pop(0) if receiver.answers else 202
                if status == 202:
                    receiver.take(body.decode(), self.headers["Content-Type"])
                self.send_response(status)
                self.send_header("Content-Length", str(MOST_SAID if receiver.wordy else 0))
                self.end_headers()
                with suppress(OSError):
                    while receiver.wordy and receiver.said < MOST_SAID:
                        self.wfile.write(bytes(PART))
                        receiver.said += PART

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def take(self, token: str, content_type: str) -> None:
        """Check an event as RFC 8417 and the profile for CAEP say, and keep it."""
        assert content_type == "application/secevent+jwt"
        decoded = jwt.decode(token, KeySet.import_key_set(self.keys()), algorithms=["RS256"])
        assert decoded.header["typ"] == "secevent+jwt"
        claims = dict(decoded.claims)
        assert not {"sub", "exp"} & claims.keys()
        assert {"iss", "jti", "iat", "aud", "txn", "sub_id", "events"} <= claims.keys()
        assert len(claims["events"]) == 1
        json.dumps(claims)
        self.taken.append(claims)
        self.arrived.set()
