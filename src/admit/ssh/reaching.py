"""From a session to its host: logged on with what is kept for the account, or with what the person typed."""

import msgspec
import structlog

from admit.porter.asks import Place, Refused, Session
from admit.ssh.connections import TargetConnection
from admit.ssh.kept_keys import KeptKey
from admit.ssh.targets import HostKeyRefused, Login, dial

log = structlog.get_logger("admit.ssh")


async def reach(session: Session, place: Place, typed: Login | None = None) -> TargetConnection:
    """A connection to a session's host that is logged on to.

    Raises:
        Refused: it cannot be had.
    """
    if not place.address:
        raise Refused(f"{place.host} has no address: ask an administrator to set one")
    login = typed or await _kept(session, place.login)
    try:
        try:
            return await dial(place, login)
        except HostKeyRefused as refused:
            if place.fingerprint:
                raise
            # The one that is pinned now is the one it showed first, unless somebody was faster.
            pinned = await session.pin(refused.shown.get_fingerprint())
            return await dial(msgspec.structs.replace(place, fingerprint=pinned), login)
    except HostKeyRefused as refused:
        raise _changed(place, refused) from None


async def _kept(session: Session, login: str) -> Login:
    found = await session.credentials()
    key = None if found.key is None else KeptKey(found.key, found.certificate, session.sign)
    return Login(login, key, found.password)


def _changed(place: Place, refused: HostKeyRefused) -> Refused:
    shown = refused.shown.get_fingerprint()
    log.warning("host key changed", host=place.host_id, pinned=place.fingerprint, shown=shown)
    return Refused(
        f"{place.host} shows another host key than the one that is pinned "
        f"({shown}): somebody may be in between, or it was installed anew. "
        f"Ask an administrator, who can clear it with `admit call admit SetHostKey`"
    )
