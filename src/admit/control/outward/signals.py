"""Shared signals: what other systems are told, as signed security events, when access changes or ends."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from joserfc import jwt
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.eiam.signing_keys import SigningKey
from admit.control.things import New
from admit.control.world import World
from admit.core.events import LinkAdded, LinkChanged, LinkRemoved, Named, SessionEnded, ThingChanged
from admit.core.links import Kind, Stage, stage_of
from admit.core.sessions import Outcome
from admit.core.validity import BEGINNING, FOREVER, SECOND, Millis
from admit.store import changes, things
from admit.store.changes import Change
from admit.store.engine import Tx
from admit.store.things import Thing, Where

SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification"
GRANT_ADDED, GRANT_CHANGED, GRANT_REMOVED = (
    f"urn:admit:event-type:{what}" for what in ("grant-added", "grant-changed", "grant-removed")
)
SUPPORTED = (SESSION_REVOKED, GRANT_ADDED, GRANT_CHANGED, GRANT_REMOVED)
"""What a stream may have; verification is sent when it is asked for."""

Status: TypeAlias = Literal["enabled", "paused", "disabled"]

PUSH = "push authorization"
"""The purpose a receiver's authorization header is kept under."""


class StreamDetails(msgspec.Struct, omit_defaults=True):
    """A stream besides its secret: to whom, what, and whether."""

    owner: str
    """The principal ID of the caller whose it is."""
    endpoint: str
    audience: str
    requested: tuple[str, ...]
    status: Status = "enabled"
    reason: str = ""
    verification: str | None = None
    """The state that was given when a verification was asked for last."""
    verifications: int = 0


def streams(sql: Connection, world: World, owner: str | None = None) -> list[Thing]:
    """Every stream, or those of one owner, the oldest first."""
    found = things.find(sql, Where(Kind.SIGNAL_STREAM, world.account_key))
    return [each for each in found if owner in (None, each.read(StreamDetails).owner)]


def follower_of(stream: Thing) -> str:
    """What a stream's place in the change log is kept under."""
    return f"signals:{stream.id}"


def create(tx: Tx, world: World, details: StreamDetails, authorization: str | None) -> Thing:
    """Make a stream. It tells what happens from now on."""
    stream_id = world.chance.text(20)
    made = verbs.add(tx, New(Kind.SIGNAL_STREAM, world.account_key, details.endpoint, details, id=stream_id))
    keep_authorization(tx, world, made, authorization)
    changes.set_cursor(tx.sql, follower_of(made), tx.revision)
    return made


def change(tx: Tx, stream: Thing, details: StreamDetails) -> Thing:
    """Give a stream other details. What happened while it was disabled is not told."""
    before = stream.read(StreamDetails)
    if before.status == "disabled" and details.status != "disabled":
        changes.set_cursor(tx.sql, follower_of(stream), tx.revision - 1)
    return verbs.change(tx, stream, name=details.endpoint, details=details)


def keep_authorization(tx: Tx, world: World, stream: Thing, authorization: str | None) -> None:
    """Keep what the receiver wants to be shown with each push, or forget it."""
    if authorization is None and things.sealed(tx.sql, stream.key, PUSH) is None:
        return
    sealed = None
    if authorization is not None:
        sealed = world.sealer.seal(authorization.encode(), f"{PUSH}:{stream.id}")
    verbs.keep_secret(tx, stream, PUSH, sealed)


def authorization_of(sql: Connection, world: World, stream: Thing) -> str | None:
    """What the receiver wants to be shown with each push."""
    sealed = things.sealed(sql, stream.key, PUSH)
    return None if sealed is None else world.sealer.open(sealed, f"{PUSH}:{stream.id}").decode()


def remove(tx: Tx, stream: Thing) -> None:
    """End a stream."""
    verbs.remove(tx, stream)
    changes.forget_cursor(tx.sql, follower_of(stream))


def claims(world: World, stream: Thing, change: Change) -> dict[str, Any] | None:
    """What a stream is told of a change: the claims of one security event; None if nothing.

    A change that is told again has the same ``jti``, so that the receiver knows it.
    """
    details = stream.read(StreamDetails)
    told = _told(world, stream, change)
    if told is None or told[0] not in (*details.requested, VERIFICATION):
        return None
    event, subject, payload = told
    return {
        "iss": world.url,
        "jti": f"{stream.id}.{change.revision}.{change.ordinal}",
        "iat": change.at // SECOND,
        "aud": details.audience,
        "txn": change.request_id or str(change.revision),
        "sub_id": subject,
        "events": {event: payload},
    }


_Told: TypeAlias = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""The kind of an event, whom it is about, and what it says."""

_BY_ITSELF = frozenset({Outcome.CLOSED, Outcome.STOPPED})
"""Ends of sessions that nobody brought about but the person, or the gate."""


def _told(world: World, stream: Thing, change: Change) -> _Told | None:
    match change.event:
        case SessionEnded() as ended if ended.outcome not in _BY_ITSELF:
            return SESSION_REVOKED, _session(world, ended), _revoked(ended)
        case ThingChanged(thing, fields) if thing.key == stream.key and "verifications" in fields:
            state = stream.read(StreamDetails).verification
            return VERIFICATION, _opaque(stream.id), {} if state is None else {"state": state}
        case LinkAdded(source, target, start, end) if _grants(source, target):
            return GRANT_ADDED, _opaque(_id(source)), _grant(change, source, target, (start, end))
        case LinkChanged(source, target, start, end) if _grants(source, target):
            return GRANT_CHANGED, _opaque(_id(source)), _grant(change, source, target, (start, end))
        case LinkRemoved(source, target) if _grants(source, target):
            return GRANT_REMOVED, _opaque(_id(source)), _grant(change, source, target, None)
    return None


def _grants(source: Named, target: Named) -> bool:
    # What callers may do with the API is nobody else's business.
    return target.kind is not Kind.RAM_POLICY and stage_of(source.kind, target.kind) is Stage.GRANT


def _opaque(text: str) -> dict[str, str]:
    return {"format": "opaque", "id": text}


def _id(thing: Named) -> str:
    return f"{thing.kind.word}:{thing.id}"


def _session(world: World, ended: SessionEnded) -> dict[str, Any]:
    user = {"format": "iss_sub", "iss": world.url, "sub": ended.person.name}
    return {"format": "complex", "user": user, "session": _opaque(ended.session)}


def _revoked(ended: SessionEnded) -> dict[str, Any]:
    by_hand = ended.outcome == Outcome.ENDED
    return {
        "event_timestamp": ended.ended_at // SECOND,
        "initiating_entity": "admin" if by_hand else "policy",
        "reason_admin": {"en": f"{ended.outcome}: {ended.reason}"},
        "resource": _thing(ended.resource),
        "door": ended.door,
    }


def _thing(thing: Named) -> dict[str, str]:
    return {"kind": thing.kind.word, "id": thing.id, "name": thing.name}


def _grant(
    change: Change, source: Named, target: Named, period: tuple[Millis, Millis] | None
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "event_timestamp": change.at // SECOND,
        "initiating_entity": "admin",
        "subject": _thing(source),
        "resource": _thing(target),
        "by": change.actor,
        "action": change.action,
        "revision": change.revision,
    }
    if period is not None and period[0] != BEGINNING:
        told["start"] = period[0] // SECOND
    if period is not None and period[1] != FOREVER:
        told["end"] = period[1] // SECOND
    return told


def signed(key: SigningKey, told: Mapping[str, Any]) -> str:
    """A security event token (RFC 8417)."""
    header = {"typ": "secevent+jwt", "alg": "RS256", "kid": key.id}
    return jwt.encode(header, dict(told), key.private)
