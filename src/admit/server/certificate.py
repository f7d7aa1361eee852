"""The HTTPS server's certificate: the data directory's own, renewed in time, or the operator's."""

import shutil
import ssl
from pathlib import Path

from admit.base.authority import (
    LOCAL_NAMES,
    AuthorityFiles,
    AuthorityRefused,
    certificate_names,
    create_authority,
    days_left,
    renew_server_certificate,
)
from admit.core.validity import SECOND, Millis, iso
from admit.settings import Settings

RENEWED_AT_DAYS = 30
"""Our own certificate is renewed when fewer days are left."""
AUTHORITY_DUE_AT_DAYS = 90
"""A new authority is due when fewer days are left of ours: every client must be told to trust it."""


def context(settings: Settings, now: Millis) -> ssl.SSLContext:
    """What the HTTPS server needs for its handshakes.

    Raises:
        AuthorityRefused: the certificate or its key cannot be used.
    """
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    refresh(settings, made, now)
    return made


def refresh(settings: Settings, made: ssl.SSLContext, now: Millis) -> int:
    """Renew our own certificate if it is time, load the one in use, and return its days left.

    Raises:
        AuthorityRefused: the certificate or its key cannot be used.
    """
    certificate, key = files(settings)
    if settings.tls_certificate is None and _is_due(settings, certificate, now):
        renew_server_certificate(settings.tls, settings.server_names, now)
    try:
        made.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:
        why = error.strerror or str(error)
        raise AuthorityRefused(f"{certificate} cannot be used with {key}: {why}.") from None
    return days_left(certificate, now)


def renew_authority(settings: Settings, now: Millis) -> Path | None:
    """Make a new authority and a server certificate by it; returns where the old files are now, if any.

    Nothing may be serving meanwhile. Clients trust nothing by the new one before they are given it.

    Raises:
        AuthorityRefused: a certificate of the operator's own is served, or a name that cannot be in one.
    """
    if settings.tls_certificate is not None:
        raise AuthorityRefused(
            f"HTTPS is served by your own certificate, {settings.tls_certificate}: renew that."
        )
    draft = settings.tls.with_name("tls.new")
    # Left over if the last attempt broke off.
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    create_authority(draft, settings.server_names, now)
    kept = None
    if settings.tls.exists():
        kept = settings.tls.with_name(f"tls-until-{iso(now).replace(':', '')}-{now % SECOND:03}")
        settings.tls.rename(kept)
    draft.rename(settings.tls)
    return kept


def files(settings: Settings) -> tuple[Path, Path]:
    """The server certificate in use, and its key."""
    if settings.tls_certificate is not None and settings.tls_key is not None:
        return settings.tls_certificate, settings.tls_key
    own = AuthorityFiles(settings.tls)
    return own.server_certificate, own.server_key


def _is_due(settings: Settings, certificate: Path, now: Millis) -> bool:
    if not certificate.exists() or days_left(certificate, now) < RENEWED_AT_DAYS:
        return True
    wanted = {name.lower() for name in (*LOCAL_NAMES, *settings.server_names)}
    return set(certificate_names(certificate)) != wanted


def _no_password() -> str:
    # OpenSSL would ask for one at the terminal.
    return ""
