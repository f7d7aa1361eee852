"""Guarding what a web application serves: as ASGI middleware, or as a decorator of any function.

    app = Guarded(app, admit, lambda scope: Question(whoever(scope), "read", f"page:{scope['path']}"))

It goes around any ASGI application (Starlette, FastAPI, Django). ``permitted`` goes around a function, a
view of Django for instance. Both stay closed where no answer comes.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

from admit.client import Admit, AsyncAdmit, Denied, Question, Refused, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
Scope: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[
    [Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any
]

DECISION = "admit.decision"
"""Under this name the application finds the decision in its scope."""


class Guarded:
    """An ASGI application behind a question: 403 where the answer is no, 503 where there is none."""

    def __init__(
        self, app: Application, admit: AsyncAdmit, question: Callable[[Scope], Question | None]
    ) -> None:
        """``question`` is what must be answered yes for a request; None for one that anybody may make."""
        self._app = app
        self._admit = admit
        self._question = question

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Let a request through, or not."""
        question = self._question(scope) if scope["type"] in ("http", "websocket") else None
        if question is not None:
            try:
                decision = await self._admit.ask(question)
            except (Unavailable, Refused):
                await _refuse(scope, send, 503, "Whether you may do this cannot be found out now.")
                return
            if not decision:
                await _refuse(scope, send, 403, "You may not do this.")
                return
            scope[DECISION] = decision
        await self._app(scope, receive, send)


async def _refuse(scope: Scope, send: Callable[[Any], Awaitable[None]], status: int, text: str) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted this is answered as 403.
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def permitted(admit: Admit, question: Callable[P, Question]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: the function is called only if the question, made of its arguments, is answered yes.

    Else it raises Denied; where there is no answer, Unavailable.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def guarded(*given: P.args, **named: P.kwargs) -> T:
            asked = question(*given, **named)
            decision = admit.ask(asked)
            if not decision:
                raise Denied(decision)
            return function(*given, **named)

        return guarded

    return decorate
