"""Who asks: a bearer token of ours, or an access key by HTTP Basic; and whether RAM lets them."""

import base64
import hmac

from sqlalchemy import Connection

from admit.control.callers import Caller, load_key, permit
from admit.control.signing_in import bearer_tokens
from admit.control.signing_in.bearer_tokens import TokenRefused
from admit.control.world import World
from admit.core.errors import AccessKeyInactive, AccessKeyNotFound
from admit.core.ram import Access
from admit.core.validity import iso
from admit.rpc.dispatch import Peer

CHALLENGE = 'Bearer realm="admit", Basic realm="admit", charset="UTF-8"'
"""What a caller is told who has not said, or not proven, who they are."""


class Unproven(Exception):
    """Nobody is proven to ask."""


def caller_of(sql: Connection, world: World, header: str) -> Caller:
    """Whom an ``Authorization`` header proves.

    Raises:
        Unproven: nobody.
    """
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        try:
            return bearer_tokens.caller_of(sql, world, value.strip(), world.clock.now())
        except TokenRefused:
            raise Unproven from None
    if scheme.lower() == "basic":
        return _of_key(sql, world, value.strip())
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


def permit_to(caller: Caller, world: World, action: str, what: str, peer: Peer) -> None:
    """Return if RAM lets the caller do this with something of admit's own, such as ``space/shop``.

    Raises:
        NoPermission: it does not.
    """
    conditions = {
        "acs:CurrentTime": iso(world.clock.now()),
        "acs:SourceIp": peer.address,
        "acs:SecureTransport": "true" if peer.secure else "false",
        "acs:PrincipalARN": caller.arn,
    }
    resource = f"acs:admit:{world.region}:{world.account_id}:{what}"
    permit(caller, Access(f"admit:{action}", (resource,), conditions))
