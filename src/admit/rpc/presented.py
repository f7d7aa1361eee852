"""Who asks: a bearer token of ours, or an access key by HTTP Basic; and whether RAM lets them."""

import base64
import hmac
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.control.callers import Caller, load_key, permit
from admit.control.signing_in.bearer_tokens import Stood, TokenRefused, stood_for
from admit.control.world import World
from admit.core.errors import AccessKeyInactive, AccessKeyNotFound
from admit.core.ram import Access
from admit.core.validity import FOREVER, SECOND, Millis, iso
from admit.rpc.dispatch import Peer
from admit.store.views import kept

CHALLENGE = 'Bearer realm="admit", Basic realm="admit", charset="UTF-8"'
"""What a caller is told who has not said, or not proven, who they are."""


class Unproven(Exception):
    """Nobody is proven to ask."""


class Presented(msgspec.Struct, frozen=True):
    """What a request to a door for programs shows, and what it asks for."""

    authorization: str
    """The header, as it came."""
    action: str
    """A RAM action of admit's own."""
    what: str
    """What that would be done with, such as ``space/shop``."""
    peer: Peer


@dataclass(frozen=True, slots=True)
class _LetIn:
    """What came of it."""

    caller: Caller
    second: int
    ends_at: Millis


def let_in(sql: Connection, world: World, presented: Presented) -> Caller:
    """Who asks, once they have proven who they are, and RAM lets them.

    Who asks all the time is asked once for each revision and each second: RAM tells no two moments of one
    second apart.

    Raises:
        Unproven: nobody is proven to ask.
        NoPermission: RAM does not let them.
    """
    now, known = world.clock.now(), kept(sql, "let in")
    if known is None:
        return _asked(sql, world, presented, now).caller
    found: _LetIn | None = known.get(presented)
    if found is None or found.second != now // SECOND or found.ends_at <= now:
        found = known[presented] = _asked(sql, world, presented, now)
    return found.caller


def _asked(sql: Connection, world: World, presented: Presented, now: Millis) -> _LetIn:
    stood = _proven(sql, world, presented.authorization, now)
    _permit(stood.caller, world, presented, now)
    return _LetIn(stood.caller, now // SECOND, stood.ends_at)


def _proven(sql: Connection, world: World, header: str, now: Millis) -> Stood:
    """Whom an ``Authorization`` header proves.

    Raises:
        Unproven: nobody.
    """
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        try:
            return stood_for(sql, world, value.strip(), now)
        except TokenRefused:
            raise Unproven from None
    if scheme.lower() == "basic":
        return Stood(_of_key(sql, world, value.strip()), FOREVER)
    raise Unproven


def _of_key(sql: Connection, world: World, encoded: str) -> Caller:
    try:
        key_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        known = load_key(sql, world, key_id)
    except (ValueError, AccessKeyNotFound, AccessKeyInactive):
        raise Unproven from None
    if not hmac.compare_digest(known.secret.encode(), secret.encode()):
        raise Unproven
    return known.caller


def _permit(caller: Caller, world: World, presented: Presented, now: Millis) -> None:
    """Return if RAM lets the caller do this.

    Raises:
        NoPermission: it does not.
    """
    conditions = {
        "acs:CurrentTime": iso(now),
        "acs:SourceIp": presented.peer.address,
        "acs:SecureTransport": "true" if presented.peer.secure else "false",
        "acs:PrincipalARN": caller.arn,
    }
    resource = f"acs:admit:{world.region}:{world.account_id}:{presented.what}"
    permit(caller, Access(f"admit:{presented.action}", (resource,), conditions))
