"""HTTP on a connection: requests that are here whole are answered while they are received."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from admit.base.replies import Application, Receive, Reply, Scope, Send


class AtOnceProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, but for what is usual and can be answered at once.

    An application that has ``at_once`` (:class:`admit.base.replies.AtOnce`) is asked for the answer to a
    request that came in one piece, and there is no task, no event and no message for it. Whatever is unusual
    about a request or its connection goes uvicorn's way.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        at_once: Callable[[Scope, bytes], Reply | Application] | None = getattr(self.app, "at_once", None)
        self._at_once = at_once
        self._whole: list[bytes] | None = None
        """What has come of the body of a request that may be here whole; None for any other."""
        self._answered = False
        """Whether one of the requests in the piece that is being read was answered at once."""
        self.idle: float | None = None
        """Since when it has waited after such an answer, by the loop's clock; after another uvicorn knows."""

    def data_received(self, data: bytes) -> None:
        """Feed the parser a piece."""
        self._answered = False
        super().data_received(data)
        if self._whole is not None and not self.transport.is_closing():
            # The rest of its body is still to come: as for any other.
            self._go_on(self.app, self._whole)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.idle = None

    def on_headers_complete(self) -> None:
        """Its head is there."""
        if self._at_once is not None and self._is_usual():
            self._tell_scope()
            self._whole = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of its body is there."""
        if self._whole is None:
            super().on_body(body)
        else:
            self._whole.append(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        whole = self._whole
        if whole is not None:
            found = self._asked(b"".join(whole))
            if isinstance(found, Reply):
                self._whole = None
                self._write(found)
                return
            self._go_on(found, whole)
        super().on_message_complete()

    def _is_usual(self) -> bool:
        """Whether a request is answered like nearly all are, and when nothing is before it."""
        parser, most = self.parser, self.limit_concurrency
        cycle: RequestResponseCycle | None = self.cycle
        return (
            not self._answered
            and (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.expect_100_continue
            and parser.get_http_version() == "1.1"
            and parser.get_method() != b"HEAD"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and (most is None or max(len(self.connections), len(self.tasks)) < most)
        )

    def _tell_scope(self) -> None:
        """What uvicorn tells of a request when it begins to answer it."""
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        self.scope["query_string"] = url.query or b""

    def _asked(self, body: bytes) -> Reply | Application:
        try:
            return self._at_once(self.scope, body)  # type: ignore[misc, arg-type]
        except Exception as raised:  # noqa: BLE001 - it is raised again where uvicorn logs it and answers
            return _raising(raised)

    def _go_on(self, app: Application, body: list[bytes]) -> None:
        """Let an application answer uvicorn's way, from as much of the body as is there."""
        self._whole = None
        usual, self.app = self.app, app
        super().on_headers_complete()
        self.app = usual
        for part in body:
            super().on_body(part)

    def _write(self, reply: Reply) -> None:
        parts = [STATUS_LINE[reply.status]]
        for name, value in (*self.server_state.default_headers, *reply.headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", reply.body)
        self.transport.write(b"".join(parts))
        self.server_state.total_requests += 1
        self._answered, self.idle = True, self.loop.time()


def _raising(raised: Exception) -> Application:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise raised

    return fail
