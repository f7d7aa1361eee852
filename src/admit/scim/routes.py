"""Every path of the door, and what is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection as Sql
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admit.control.eiam import provisioning
from admit.control.eiam.provisioning import Connection
from admit.control.world import World
from admit.scim import schemas
from admit.scim.faults import Fault
from admit.scim.projection import projected
from admit.scim.schemas import LIST, TYPES, Type
from admit.scim.service import Service, page_asked
from admit.store.engine import Author, Store, Tx

T = TypeVar("T")

PLACE = "/scim/v2"
KIND = "application/scim+json"
LONGEST = 1024 * 1024
TAKEN = ("application/scim+json", "application/json", "")
Answer = Callable[[Request, Service], Awaitable[Response]]


def routes(store: Store, world: World) -> Sequence[BaseRoute]:
    """The paths, ready to be served."""
    return Door(store, world).routes()


class Door:
    """Answers outside directories."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._base = f"{world.url}{PLACE}"

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        paths: list[tuple[str, dict[str, Answer]]] = [
            ("/ServiceProviderConfig", {"GET": self._configuration}),
            ("/ResourceTypes", {"GET": self._resource_types}),
            ("/ResourceTypes/{id}", {"GET": self._resource_type}),
            ("/Schemas", {"GET": self._schemas}),
            ("/Schemas/{id}", {"GET": self._schema}),
            ("/.search", {"POST": self._search_all}),
        ]
        for kind in TYPES:
            paths += [
                (f"/{kind.plural}", {"GET": self._list(kind), "POST": self._add(kind)}),
                (f"/{kind.plural}/.search", {"POST": self._search(kind)}),
                (
                    f"/{kind.plural}/{{id}}",
                    {
                        "GET": self._read(kind),
                        "PUT": self._change(kind, Service.replace),
                        "PATCH": self._change(kind, Service.patch),
                        "DELETE": self._remove(kind),
                    },
                ),
            ]
        found: list[BaseRoute] = [
            Route(PLACE + path, self._answered(methods), methods=ALL) for path, methods in paths
        ]
        return [*found, Route(PLACE + "/{rest:path}", self._answered({}), methods=ALL)]

    # -- every request -------------------------------------------------------------------------------

    def _answered(self, methods: Mapping[str, Answer]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                connection = await self._connection(request)
                if not methods:
                    raise Fault(404, "There is nothing here.")
                if request.method not in methods:
                    raise Fault(405, f"{request.method} is not for this.")
                return await methods[request.method](request, Service(self._world, connection, self._base))
            except Fault as fault:
                headers = {"WWW-Authenticate": "Bearer"} if fault.status == UNAUTHORIZED else {}
                return _json(fault.told(), fault.status, headers)

        return answer

    async def _connection(self, request: Request) -> Connection:
        """The directory that shows its token.

        Raises:
            Fault: it shows none that is good.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        found = None
        if kind.lower() == "bearer":
            now = self._world.clock.now()
            found = await self._view(lambda sql: provisioning.connection(sql, token.strip(), now))
        if found is None:
            raise Fault(UNAUTHORIZED, "Show the token of a connection.")
        return found

    async def _view(self, body: Callable[[Sql], T]) -> T:
        def read() -> T:
            with self._store.read() as sql:
                return body(sql)

        return await asyncio.to_thread(read)

    async def _write(self, service: Service, verb: str, body: Callable[[Tx], T]) -> T:
        name = service.connection.thing.name
        author = Author(f"scim:{name}", f"scim:{verb}", self._world.chance.request_id())
        return await asyncio.wrap_future(self._store.write(author, body))

    # -- resources -----------------------------------------------------------------------------------

    def _list(self, kind: Type) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            return await self._page(service, (kind,), dict(request.query_params))

        return answer

    def _search(self, kind: Type) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            return await self._page(service, (kind,), await _body(request))

        return answer

    async def _search_all(self, request: Request, service: Service) -> Response:
        return await self._page(service, TYPES, await _body(request))

    async def _page(self, service: Service, kinds: Sequence[Type], said: Mapping[str, Any]) -> Response:
        asked = page_asked(said)

        def body(sql: Sql) -> dict[str, Any]:
            return service.page(sql, kinds, asked)

        told = await self._view(body)
        told["Resources"] = [
            projected(each, said.get("attributes"), said.get("excludedAttributes"))
            for each in told["Resources"]
        ]
        return _json(told)

    def _read(self, kind: Type) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            told = await self._view(lambda sql: service.read(sql, kind, request.path_params["id"]))
            return _json(_asked_of(request, told))

        return answer

    def _add(self, kind: Type) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            body = await _body(request)
            told = await self._write(service, f"Create{kind.name}", lambda tx: service.add(tx, kind, body))
            return _json(_asked_of(request, told), 201, {"Location": told["meta"]["location"]})

        return answer

    def _change(self, kind: Type, verb: Callable[..., dict[str, Any]]) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            body, resource_id = await _body(request), request.path_params["id"]
            told = await self._write(
                service, f"Update{kind.name}", lambda tx: verb(service, tx, kind, resource_id, body)
            )
            return _json(_asked_of(request, told))

        return answer

    def _remove(self, kind: Type) -> Answer:
        async def answer(request: Request, service: Service) -> Response:
            resource_id = request.path_params["id"]
            await self._write(service, f"Delete{kind.name}", lambda tx: service.remove(tx, kind, resource_id))
            return Response(status_code=204)

        return answer

    # -- what this is --------------------------------------------------------------------------------

    async def _configuration(self, _request: Request, _service: Service) -> Response:
        return _json(schemas.configuration(self._base))

    async def _resource_types(self, _request: Request, _service: Service) -> Response:
        return _json(_listed(schemas.resource_types(self._base)))

    async def _resource_type(self, request: Request, _service: Service) -> Response:
        return _json(_one(schemas.resource_types(self._base), request.path_params["id"]))

    async def _schemas(self, _request: Request, _service: Service) -> Response:
        return _json(_listed(schemas.schemas(self._base)))

    async def _schema(self, request: Request, _service: Service) -> Response:
        return _json(_one(schemas.schemas(self._base), request.path_params["id"]))


ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
UNAUTHORIZED = 401


def _json(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(told), status, headers=dict(headers or {}), media_type=KIND)


def _asked_of(request: Request, told: Mapping[str, Any]) -> dict[str, Any]:
    query = request.query_params
    return projected(told, query.get("attributes"), query.get("excludedAttributes"))


def _listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": len(found),
        "startIndex": 1,
        "itemsPerPage": len(found),
        "Resources": found,
    }


def _one(among: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    found = next((each for each in among if each["id"].lower() == wanted.lower()), None)
    if found is None:
        raise Fault(404, f"Resource {wanted} not found.")
    return found


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Fault: there is none.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in TAKEN:
        raise Fault(415, f"Send {KIND}.")
    text = b""
    async for piece in request.stream():
        text += piece
        if len(text) > LONGEST:
            raise Fault(413, "The body is too long.")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Fault(400, f"This is not JSON: {error}.", "invalidSyntax") from None
    if not isinstance(found, dict):
        raise Fault(400, "Send an object.", "invalidSyntax")
    return found
