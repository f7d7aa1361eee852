"""Searches: who may, what they may, and how; complete, in pages that do not shift."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from admit.authzen import native
from admit.authzen.asking import Json, Unreadable, deed_of, entity_of, object_of
from admit.authzen.evaluation import Asking
from admit.control.names import NameFault

PAGE = 1000
"""How many results a page has, unless fewer are asked for."""

Search: TypeAlias = Callable[[Asking, Json], list[dict[str, str]]]
"""Every result, in an order that stays."""


class _Place(msgspec.Struct, array_like=True):
    """Where a page begins: how long pages are, after which result, and for which search."""

    limit: int
    after: list[str]
    search: str


def subjects(asking: Asking, body: Json) -> list[dict[str, str]]:
    """Every subject of a type that may do something with a resource."""
    wanted, deed = entity_of(body, "subject", identified=False), deed_of(body)
    resource = entity_of(body, "resource")
    kind, usable = native.SUBJECTS.get(wanted.type), native.RESOURCES.get(resource.type)
    if kind is None or usable is None or deed.name != usable.action:
        return []
    try:
        what = native.resource(asking.sql, usable.kind, resource.id)
    except NameFault:
        return []
    found = native.those_who_may(asking.sql, kind, what.ref, asking.now)
    return _entities(wanted.type, native.ids(asking.sql, found).values())


def resources(asking: Asking, body: Json) -> list[dict[str, str]]:
    """Every resource of a type that a subject may do something with."""
    subject, deed = entity_of(body, "subject"), deed_of(body)
    wanted = entity_of(body, "resource", identified=False)
    kind, usable = native.SUBJECTS.get(subject.type), native.RESOURCES.get(wanted.type)
    if kind is None or usable is None or deed.name != usable.action:
        return []
    try:
        who = native.subject(asking.sql, kind, subject.id)
    except NameFault:
        return []
    found = native.what_they_may(asking.sql, who.ref, usable.kind, asking.now)
    return _entities(wanted.type, native.ids(asking.sql, found).values())


def actions(asking: Asking, body: Json) -> list[dict[str, str]]:
    """Everything that a subject may do with a resource."""
    subject, resource = entity_of(body, "subject"), entity_of(body, "resource")
    kind, usable = native.SUBJECTS.get(subject.type), native.RESOURCES.get(resource.type)
    if kind is None or usable is None:
        return []
    try:
        who = native.subject(asking.sql, kind, subject.id)
        what = native.resource(asking.sql, usable.kind, resource.id)
    except NameFault:
        return []
    allowed = native.decided(asking.sql, who.ref, what.ref, asking.now).allowed
    return [{"name": usable.action}] if allowed else []


def _entities(kind: str, found: Any) -> list[dict[str, str]]:
    return [{"type": kind, "id": each} for each in sorted(found)]


def page_of(search: Search, asking: Asking, body: Json) -> dict[str, Any]:
    """One page of what a search finds.

    A token holds how long its pages are, so that who sends it need not say so again, and after which
    result they go on, so that what is granted meanwhile neither repeats nor hides another.

    Raises:
        Unreadable: the search cannot be read, or its token is not one for it.
    """
    place = _place(body)
    found = search(asking, body)
    rest = [each for each in found if list(each.values()) > place.after]
    page = rest[: place.limit]
    more = _token(_Place(place.limit, list(page[-1].values()), place.search)) if len(rest) > len(page) else ""
    return {"page": {"next_token": more, "count": len(page), "total": len(found)}, "results": page}


def _place(body: Json) -> _Place:
    page = object_of(body, "page")
    limit, token, search = _limit(page), page.get("token"), _fingerprint(body)
    if token is None or token == "":
        return _Place(limit or PAGE, [], search)
    place = _read(token)
    if place.search != search or (limit and limit != place.limit):
        raise Unreadable("page.token belongs to another search: send it with the same one.")
    return place


def _limit(page: Json) -> int:
    limit = page.get("limit", 0)
    if limit is None:
        return 0
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise Unreadable("page.limit must be a whole number, 0 or greater.")
    return min(limit, PAGE)


def _fingerprint(body: Json) -> str:
    asked = {key: body.get(key) for key in ("subject", "action", "resource", "context")}
    encoded = msgspec.json.encode(asked, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]


def _token(place: _Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _read(token: object) -> _Place:
    if not isinstance(token, str):
        raise Unreadable("page.token must be a string.")
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(token + "=="), type=_Place)
    except (ValueError, msgspec.MsgspecError):
        raise Unreadable("page.token was not given out here.") from None
    if not 0 < place.limit <= PAGE:
        raise Unreadable("page.token was not given out here.")
    return place
