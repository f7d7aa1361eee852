"""What is kept of an IDaaS instance's accounts and groups: written by operations and outside directories."""

from typing import Any

import msgspec


class UserDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an account besides the name."""

    external_id: str
    primary_unit: str
    """ID of the primary organizational unit; all units, this one too, are links."""
    display_name: str | None = None
    description: str | None = None
    email: str | None = None
    email_verified: bool = False
    phone_region: str | None = None
    phone_number: str | None = None
    phone_number_verified: bool = False
    custom_fields: dict[str, str] = msgspec.field(default_factory=dict)
    change_password_at_logon: bool = False
    directory: dict[str, Any] | None = None
    """What an outside directory says of them, in its own words (SCIM); None if none does."""


class GroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a group besides the name."""

    external_id: str
    description: str | None = None
