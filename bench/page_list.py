"""Every page of the console, of home and of the explorer, as somebody at a large system asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from admit.console.deeds import deeds
from admit.console.shelves import SHELVES
from admit.core.events import Named
from admit.core.validity import Millis
from bench.furnishing import Furnished

TABS = {
    "person": ("reaches", "memberships", "sessions", "history", "details"),
    "user": ("memberships", "members", "grants", "history", "details"),
    "group": ("members", "grants", "history", "details"),
    "host": ("reached", "inside", "sessions", "history", "details"),
    "host account": ("reached", "holders", "sessions", "history", "details"),
    "bastion": ("history", "details"),
}
STATUSES = ("current", "active", "ending", "future", "ended", "any", "unused")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page: what it is called in the table, and its address."""

    name: str
    target: str
    part: str = ""
    """The element that it follows into, where a page that is there asks for it by script."""


def _to(place: str, **query: object) -> str:
    return f"{place}?{urlencode({name: str(value) for name, value in query.items()})}"


def console(known: Furnished) -> Iterator[Asked]:
    """What those meet who manage access."""
    yield Asked("console", "/console")
    yield from _finding(known)
    yield from _grants(known)
    for name, thing in _around(known):
        yield Asked(f"reach, {name}", _to("/console/reach", kind=thing.kind.word, id=thing.id))
    yield Asked("reach, nobody yet", "/console/reach")
    yield Asked("reach, somebody then", _then("/console/reach", known.person, known.at))
    for place in (
        "requests",
        "break-glass",
        "reviews",
        "reviews/new",
        "recordings",
        "import",
        "ram",
        "health",
    ):
        yield Asked(place, f"/console/{place}")
    yield Asked("requests, all", "/console/requests?state=any")
    for state in ("", "any", "kept"):
        named, asked = f"a review {state}".rstrip(), {"state": state} if state else {}
        yield Asked(named, _to(f"/console/reviews/{known.review}", **asked))
        yield Asked(f"{named}, then", _to(f"/console/reviews/{known.review}", **asked, at=known.at))
    for place in ("", "/requests", "/reviews", "/ram"):
        yield Asked(f"console{place}, then", _to(f"/console{place}", at=known.at))
    counted = _to("/console", at=known.at, counts=1)
    yield Asked("console, then, counted", counted, part="div#counts")
    yield Asked("console, then, counted without script", counted)
    yield from _watching(known)
    for shelf in SHELVES:
        yield Asked(f"shelf of {shelf.slug}", shelf.place)
        yield Asked(f"shelf of {shelf.slug}, then", _to(shelf.place, at=known.at))
        yield Asked(f"shelf of {shelf.slug}, found", _to(shelf.place, q="person-7777"))
        yield Asked(f"shelf of {shelf.slug}, found nowhere", _to(shelf.place, q="nowhere"))
        yield Asked(f"shelf of {shelf.slug}, blocked", _to(shelf.place, status="blocked"))
    for each in deeds().made:
        yield Asked(f"new {each.kind}, {each.slug}", f"/console/new/{each.slug}")
    places = {shelf.kind: shelf.place for shelf in SHELVES}
    for name, thing in _around(known):
        for tab in TABS[thing.kind.word]:
            yield Asked(f"{name}, {tab}", _to(f"{places[thing.kind.word]}/{thing.id}", tab=tab))
        then = _to(f"{places[thing.kind.word]}/{thing.id}", at=known.at)
        yield Asked(f"{name}, then", then)


def _around(known: Furnished) -> Iterator[tuple[str, Named]]:
    yield "somebody", known.person
    yield "a user", known.user
    yield "a group", known.group
    yield "the group of everybody", known.everybody
    yield "a host", known.host
    yield "an account everybody may use", known.account
    yield "the bastion host", known.bastion


def _then(place: str, thing: Named, at: Millis) -> str:
    return _to(place, kind=thing.kind.word, id=thing.id, at=at)


def _finding(known: Furnished) -> Iterator[Asked]:
    for text in ("person-77", known.person.name, "nowhere", "77"):
        yield Asked(f"search for {text}", _to("/console/search", q=text))
    for kind in ("person", "subject", "resource"):
        for text in ("p", "host-4", "nowhere"):
            yield Asked(f"suggest a {kind} for {text}", _to("/console/suggest", q=text, **{"for": kind}))


def _grants(known: Furnished) -> Iterator[Asked]:
    for status in STATUSES:
        yield Asked(f"grants, {status}", _to("/console/grants", status=status))
    for kind in ("hosts", "streams", "web", "cloud"):
        yield Asked(f"grants, {kind}", _to("/console/grants", kind=kind))
    for text in (known.person.name, known.host.name, "everybody", "nowhere", "root"):
        yield Asked(f"grants, with {text}", _to("/console/grants", q=text))
    yield Asked("grants, then", _to("/console/grants", at=known.at))
    who, what = known.granted
    ends = {"who_kind": who.kind.word, "who": who.id, "what_kind": what.kind.word, "what": what.id}
    yield Asked("a grant", _to("/console/grants/one", **ends))
    big = {"who_kind": known.everybody.kind.word, "who": known.everybody.id}
    mine = {"what_kind": known.account.kind.word, "what": known.account.id}
    yield Asked("a grant to everybody", _to("/console/grants/one", **big, **mine))
    names = {"subject": f"group:{known.everybody.id}", "resource": f"{known.account.id}@{known.host.id}"}
    yield Asked("a new grant", _to("/console/grants/new", **names))
    yield Asked("revoking a grant to everybody", _to("/console/grants/revoke", **names))
    one = {"person": known.person.name, "resource": f"{known.account.name}@{known.host.name}"}
    yield Asked("explain", _to("/console/explain", **one))
    yield Asked("explain, then", _to("/console/explain", **one, at=known.at))


def _watching(known: Furnished) -> Iterator[Asked]:
    for state in ("live", "ended", "any"):
        yield Asked(f"sessions, {state}", _to("/console/sessions", state=state))
    yield Asked("sessions of somebody", _to("/console/sessions", state="any", person=known.person.name))
    label = f"{known.account.name}@{known.host.name}"
    yield Asked("sessions at an account", _to("/console/sessions", state="any", resource=label))
    yield Asked("a session", f"/console/sessions/{known.session}")
    for query in ({}, {"kind": "session-opened"}, {"outcome": "refused"}, {"outcome": "failed"}):
        yield Asked(f"activity {' '.join(query.values())}", _to("/console/activity", **query))
    yield Asked("activity of somebody", _to("/console/activity", person=known.person.name))
    yield Asked("activity at an account", _to("/console/activity", resource=label))
    yield Asked("ledger", "/console/ledger")
    yield Asked("ledger, then", _to("/console/ledger", at=known.at))


def home() -> Iterator[Asked]:
    """What people meet."""
    yield Asked("home", "/home")
    yield Asked("home, found", "/home?q=root")
    yield Asked("home, the last of it", "/home?hosts=12")
    for place in ("now", "ask", "requests", "reviews", "settings"):
        yield Asked(f"home, {place}", f"/home/{place}")


def reviewing(known: Furnished) -> Iterator[Asked]:
    """What somebody meets who is to decide on very many grants."""
    yield from home()
    yield Asked("home, a review", f"/home/reviews/{known.review}")
    yield Asked("home, all of a review", f"/home/reviews/{known.review}?all&after=40000")


def explorer() -> Iterator[Asked]:
    """Trying the API."""
    yield Asked("explorer", "/explorer")
    yield Asked("explorer, found", "/explorer?q=grant")
    for place in ("yundun-bastionhost/AttachHostAccountsToUserGroup", "admit/ListThings"):
        yield Asked(f"explorer, {place.partition('/')[2]}", f"/explorer/{place}")
