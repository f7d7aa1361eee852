"""Breaking glass: what was agreed beforehand is taken at once in an emergency, loudly, for a time."""

from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy import Connection

from admit.control import names
from admit.control import things as verbs
from admit.control.access import person_behind
from admit.control.requests import access_requests
from admit.control.requests.access_requests import RequestDetails, recipient
from admit.control.things import New, named
from admit.control.world import World
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.events import GlassBroken
from admit.core.links import Kind
from admit.core.validity import FOREVER, HOUR, MINUTE, Millis
from admit.store import links, then, things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

log = structlog.get_logger("admit.break_glass")

SHORTEST: Millis = MINUTE
LONGEST: Millis = 24 * HOUR
"""For how long glass may be broken at most, whatever is agreed: an emergency is none the next day."""


class AgreementDetails(msgspec.Struct, kw_only=True):
    """What is kept of an agreement; its parent is the resource."""

    holder: int
    """The key of the user, or of the group whose users, who may break this glass."""
    holder_name: str
    lasting_ms: Millis
    """How long access lasts each time."""
    agreed_by: str
    """ARN."""
    ends_at: Millis = FOREVER
    """Until when the agreement holds."""
    note: str = ""


class GlassRefused(Exception):
    """There is no such agreement, or it is not for whoever asks, or holds no more: they are told alike."""


class GlassBrokenAlready(Exception):
    """What would be taken is held already, for as long or longer."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """Why glass is broken, and from where."""

    reason: str
    peer: str


def agree(tx: Tx, resource: Thing, details: AgreementDetails) -> Thing:
    """Agree that somebody may break glass; nobody is granted anything by it yet."""
    return verbs.add(tx, New(Kind.BREAK_GLASS, resource.key, resource.name, details))


def agreements(sql: Connection, at: Millis | None = None) -> list[Thing]:
    """All agreements, those that hold no more too, the oldest first; or those of a moment, as they were."""
    kind = Kind.BREAK_GLASS
    return things.find(sql, Where(kind)) if at is None else then.of_kind(sql, kind, at)


def open_to(sql: Connection, users: tuple[Thing, ...], now: Millis) -> list[Thing]:
    """The agreements by which one of some proven users may break glass now."""
    holders = {user.key for user in users}
    for user in users:
        groups = links.of(sql, user.key, inward=False, kind=Kind.GROUP)
        holders |= {ref.key for held, ref in groups if held.validity.holds_at(now)}
    return [each for each in agreements(sql) if _is_open(each.read(AgreementDetails), holders, now)]


def _is_open(details: AgreementDetails, holders: set[int], now: Millis) -> bool:
    return details.holder in holders and now < details.ends_at


def take(tx: Tx, world: World, users: tuple[Thing, ...], agreement_id: str, emergency: Emergency) -> Thing:
    """Break the glass of an agreement: the proven user has the resource at once, and everybody hears of it.

    It is a request that was approved beforehand, so that it stands among the others, and
    ends by itself like any grant.

    Raises:
        GlassRefused: none of the users may.
        GlassBrokenAlready: the user has the resource for as long already.
        GrantStandsLater: the user holds a grant that has not begun.
    """
    agreement = next((each for each in open_to(tx.sql, users, tx.now) if each.id == agreement_id), None)
    resource = None if agreement is None else things.by_key(tx.sql, agreement.parent)
    user = None if resource is None else recipient(tx.sql, users, resource)
    if agreement is None or resource is None or user is None:
        raise GlassRefused
    details = agreement.read(AgreementDetails)
    until = tx.now + details.lasting_ms
    end = access_requests.give(tx, user, resource, until)
    if end != until:
        raise GlassBrokenAlready
    label = names.labels(tx.sql, [resource.key])[resource.key].label
    taken = RequestDetails(
        resource=resource.key,
        label=label,
        reason=emergency.reason,
        lasting_ms=details.lasting_ms,
        state="approved",
        decided_at=tx.now,
        decided_by=details.agreed_by,
        ends_at=end,
        agreement=agreement.id,
    )
    made = verbs.add(tx, New(Kind.ACCESS_REQUEST, user.key, label, taken))
    person = things.by_key(tx.sql, person_behind(tx.sql, user.ref).key)
    tx.record(GlassBroken(named(agreement), named(person), named(resource), emergency.reason, end))
    _alarm(world, tx, (person, user), (resource, label), emergency)
    return made


def _alarm(
    world: World, tx: Tx, who: tuple[Thing, Thing], what: tuple[Thing, str], emergency: Emergency
) -> None:
    """Count, note and log it; the mail follows from the ledger."""
    (person, user), (resource, label) = who, what
    world.metrics.glass_broken.inc()
    log.warning("glass broken", person=person.name, resource=label, reason=emergency.reason)
    world.activities.note(
        Activity(
            tx.now,
            ActivityKind.GLASS_BROKEN,
            Outcome.OK,
            person.name,
            "break-glass",
            emergency.reason,
            person=Mention(person.name, person.key),
            user=Mention(user.name, user.key),
            resource=Mention(label, resource.key),
            request_id=tx.author.request_id,
            peer=emergency.peer,
        )
    )
