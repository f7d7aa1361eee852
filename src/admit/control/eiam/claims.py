"""What an application is told of somebody who signs in to it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from admit.control.eiam.applications import OidcConfig
from admit.core.links import Kind
from admit.store import links as stored_links
from admit.store import things
from admit.store.things import Thing


class _Account(msgspec.Struct):
    """What is read of an account for its claims."""

    external_id: str = ""
    display_name: str | None = None
    email: str | None = None
    email_verified: bool = False
    phone_region: str | None = None
    phone_number: str | None = None
    phone_number_verified: bool = False


def _phone(account: _Account) -> str | None:
    return f"+{account.phone_region or ''}{account.phone_number}" if account.phone_number else None


_EXPRESSIONS: Mapping[str, Callable[[Connection, Thing, _Account], object]] = {
    "user.userid": lambda _sql, user, _account: user.id,
    "user.username": lambda _sql, user, _account: user.name,
    "user.displayName": lambda _sql, _user, account: account.display_name,
    "user.email": lambda _sql, _user, account: account.email,
    "user.phoneNumber": lambda _sql, _user, account: _phone(account),
    "user.userExternalId": lambda _sql, _user, account: account.external_id or None,
    "user.groups": lambda sql, user, _account: groups_of(sql, user),
}
SUBJECTS = ("user.userid", "user.username", "user.email", "user.userExternalId")
"""The expressions whose value names one account of an instance."""


def is_expression(text: str) -> bool:
    """Whether a text is an expression whose value can be told: ``user.…``, or a text in double quotes."""
    return text in _EXPRESSIONS or _literal(text) is not None


def _literal(text: str) -> str | None:
    quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted and '"' not in text[1:-1] and "\\" not in text else None


def groups_of(sql: Connection, user: Thing) -> list[str]:
    """The names of the groups an account is a member of."""
    keys = [ref.key for _, ref in stored_links.of(sql, user.key, inward=False, kind=Kind.GROUP)]
    return sorted(group.name for group in things.by_keys(sql, keys).values())


def subject(sql: Connection, user: Thing, config: OidcConfig) -> str | None:
    """What an application calls somebody; None if they have no such attribute."""
    value = _EXPRESSIONS[config.subject](sql, user, user.read(_Account))
    return value if isinstance(value, str) and value else None


def claims(sql: Connection, user: Thing, scope: str, config: OidcConfig) -> dict[str, Any]:
    """The claims about somebody that a scope asks for, without the subject. What is not known is left out."""
    account, asked = user.read(_Account), scope.split()
    told: dict[str, object] = {}
    if "profile" in asked:
        told |= {"name": account.display_name or user.name, "preferred_username": user.name}
        told["updated_at"] = user.changed_at // 1000
    if "email" in asked and account.email:
        told |= {"email": account.email, "email_verified": account.email_verified}
    if "phone" in asked and account.phone_number:
        told |= {"phone_number": _phone(account), "phone_number_verified": account.phone_number_verified}
    if "groups" in asked:
        told["groups"] = groups_of(sql, user)
    for custom in config.claims:
        literal = _literal(custom.expression)
        if literal is None:
            told[custom.name] = _EXPRESSIONS[custom.expression](sql, user, account)
        else:
            told[custom.name] = literal
    return {name: value for name, value in told.items() if value is not None}
