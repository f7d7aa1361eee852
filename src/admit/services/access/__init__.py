"""admit's own service, admit 2026-11-01: who may use what, why, until when."""

from admit.services.access import (
    activities,
    bearer_tokens,
    break_glass,
    checks,
    errors,
    grants,
    host_keys,
    listings,
    offers,
    people,
    recordings,
    requests,
    sessions,
    sign_in,
)
from admit.services.access.vocabulary import access

__all__ = [
    "access",
    "activities",
    "bearer_tokens",
    "break_glass",
    "checks",
    "errors",
    "grants",
    "host_keys",
    "listings",
    "offers",
    "people",
    "recordings",
    "requests",
    "sessions",
    "sign_in",
]
