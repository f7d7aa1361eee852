"""Searches: who may, what they may, and how; complete, in pages that do not shift."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import msgspec

from admit.authzen.asking import Json, Unreadable, deed_of, entity_of, object_of
from admit.authzen.evaluation import Asking
from admit.authzen.parties import Space
from admit.control.answers.asked import Asked as Question
from admit.control.answers.asked import Found, Party, all_deeds, all_they_may, all_who_may, decided
from admit.control.names import NameFault
from admit.core.links import Kind, Ref
from admit.core.terms import Undecided
from admit.core.validity import Millis

PAGE = 1000
"""How many results a page has, unless fewer are asked for."""


class Result(NamedTuple):
    """One that a search found: granted, or granted only if a condition is met that cannot be judged."""

    entity: dict[str, str]
    undecided: tuple[Undecided, ...]

    @property
    def place(self) -> list[str]:
        """What it is sorted by."""
        return list(self.entity.values())


Search: TypeAlias = Callable[[Space, Json, Millis], list[Result]]
"""Every result, in an order that stays."""


class _Place(msgspec.Struct, array_like=True):
    """Where a page begins: how long pages are, after which result, and for which search."""

    limit: int
    after: list[str]
    search: str


def subjects(space: Space, body: Json, now: Millis) -> list[Result]:
    """Every subject of a type that may do something with a resource."""
    wanted = entity_of(body, "subject", identified=False)
    deed, resource = deed_of(body), entity_of(body, "resource")
    try:
        what = space.party("resource", resource)
        action = space.deed(resource.type, deed.name)
    except NameFault:
        return []
    asked = Question(_ANYBODY, what, action, deed.properties, object_of(body, "context"))
    parties = space.wanted("subject", wanted.type)
    return _entities(all_who_may(space.sql, asked, parties, now))


def resources(space: Space, body: Json, now: Millis) -> list[Result]:
    """Every resource of a type that a subject may do something with."""
    subject, deed = entity_of(body, "subject"), deed_of(body)
    wanted = entity_of(body, "resource", identified=False)
    try:
        who = space.party("subject", subject)
        action = space.deed(wanted.type, deed.name)
    except NameFault:
        return []
    asked = Question(who, _ANYBODY, action, deed.properties, object_of(body, "context"))
    parties = space.wanted("resource", wanted.type)
    return _entities(all_they_may(space.sql, asked, parties, now))


_ANYBODY = Party(Ref(Kind.TYPE, 0), "", "")
"""Stands where the search puts one after the other."""


def actions(space: Space, body: Json, now: Millis) -> list[Result]:
    """Everything that a subject may do with a resource."""
    subject, resource = entity_of(body, "subject"), entity_of(body, "resource")
    try:
        who, what = space.party("subject", subject), space.party("resource", resource)
    except NameFault:
        return []
    context, declared = object_of(body, "context"), space.deeds(resource.type)
    if what.ref.kind not in (Kind.RESOURCE, Kind.TYPE):
        allowed = decided(space.sql, Question(who, what), now).allowed
        return [Result({"name": name}, ()) for name in declared if allowed]
    found = all_deeds(space.sql, Question(who, what, context=context), declared, now)
    return [Result({"name": each.name}, each.undecided) for each in found]


def _entities(found: Iterable[Found]) -> list[Result]:
    results = [Result({"type": who.type, "id": who.id}, undecided) for who, undecided in found]
    return sorted(results, key=lambda each: each.place)


def page_of(search: Search, asking: Asking, body: Json) -> dict[str, Any]:
    """One page of what a search finds.

    A token holds how long its pages are, so that who sends it need not say so again, and after which
    result they go on, so that what is granted meanwhile neither repeats nor hides another.

    A result would be answered yes. What would be answered yes only if a condition were met that the search
    does not tell enough for stands beside the results, in the context, each on the page it would be on.

    Raises:
        Unreadable: the search cannot be read, or its token is not one for it.
    """
    # The same entities may be sent to search for either, and mean something else in each space.
    place = _place(body, f"{asking.space.name}:{search.__name__}")
    found = search(asking.space, body, asking.now)
    rest = [each for each in found if each.place > place.after]
    page = rest[: place.limit]
    more = _token(_Place(place.limit, page[-1].place, place.search)) if len(rest) > len(page) else ""
    answer = told(page)
    total = sum(not each.undecided for each in found)
    return {"page": {"next_token": more, "count": len(answer["results"]), "total": total}} | answer


def told(found: Iterable[Result]) -> dict[str, Any]:
    """What was found, as it is answered."""
    parts: dict[bool, list[Result]] = {False: [], True: []}
    for each in found:
        parts[bool(each.undecided)].append(each)
    context = (
        {"context": {"conditional": [_conditional(each) for each in parts[True]]}} if parts[True] else {}
    )
    return context | {"results": [each.entity for each in parts[False]]}


def _conditional(found: Result) -> dict[str, Any]:
    conditions = [{"condition": each.condition, "missing": each.missing} for each in found.undecided]
    return {**found.entity, "conditions": conditions}


def _place(body: Json, where: str) -> _Place:
    page = object_of(body, "page")
    limit, token, search = _limit(page), page.get("token"), _fingerprint(body, where)
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


def _fingerprint(body: Json, where: str) -> str:
    asked = {key: body.get(key) for key in ("subject", "action", "resource", "context")} | {"where": where}
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
