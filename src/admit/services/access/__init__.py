"""admit's own service, admit 2026-11-01: who may use what, why, until when."""

from admit.services.access import checks, errors, grants, listings, people
from admit.services.access.vocabulary import access

__all__ = ["access", "checks", "errors", "grants", "listings", "people"]
