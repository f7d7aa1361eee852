"""What people call things: ``root@db-1``, ``group:dba``, ``delivery-group:office``."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import Millis, iso
from admit.store import renamed, then
from admit.store.things import Thing
from admit.store.views import kept_of_each

PREFIXES = {
    "group": Kind.GROUP,
    "host": Kind.HOST,
    "delivery-group": Kind.DELIVERY_GROUP,
    "app": Kind.APPLICATION,
    "cloud-role": Kind.CLOUD_ROLE,
}
"""The kinds that are named with a prefix; a bare name is a person, ``account@host`` a host account."""


class NameFault(Exception):
    """A name that is not understood, names nothing, or more than one thing: ``kind``, and a text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


class Named(NamedTuple):
    """A thing, and what people call it."""

    thing: Thing
    label: str


def person(sql: Connection, name: str, at: Millis | None = None) -> Thing:
    """The person of this name: now, or who had it at a moment.

    Raises:
        NameFault: there is none.
    """
    return _only(lambda moment: renamed.named(sql, Kind.PERSON, name, moment), f"person {name}", at)


def subject(sql: Connection, text: str, parent: int, at: Millis | None = None) -> Thing:
    """A person, or with ``group:`` the group in a directory (``parent``).

    Raises:
        NameFault: it is not understood, or names nothing.
    """
    prefix, colon, name = text.partition(":")
    if not colon:
        return person(sql, text, at)
    if prefix != "group":
        raise NameFault("Value", f"{text!r} is not a subject: give a person's name, or group:NAME.")
    return _only(lambda moment: renamed.named(sql, Kind.GROUP, name, moment, parent=parent), text, at)


def resource(sql: Connection, text: str, at: Millis | None = None) -> Thing:
    """What a text such as ``root@db-1`` or ``app:wiki`` names; after a prefix an id will do as well.

    Raises:
        NameFault: it is not understood, or names nothing, or more than one thing.
    """
    prefix, colon, name = text.partition(":")
    if colon and prefix in PREFIXES and prefix != "group":
        kind = PREFIXES[prefix]
        return _only(lambda moment: renamed.named(sql, kind, name, moment), text, at)
    account, sign, host_name = text.partition("@")
    if not (account and sign and host_name):
        kinds = ", ".join(f"{prefix}:NAME" for prefix in PREFIXES if prefix != "group")
        raise NameFault("Value", f"{text!r} is not a resource: give ACCOUNT@HOST, {kinds}.")

    def accounts(moment: Millis | None) -> list[Thing]:
        hosts = renamed.named(sql, Kind.HOST, host_name, moment)
        # By host: every host of a large place may have an account of this name.
        found = (renamed.named(sql, Kind.HOST_ACCOUNT, account, moment, parent=host.key) for host in hosts)
        return [each for of_host in found for each in of_host]

    return _only(accounts, text, at)


PASSED = PREFIXES | {"rule": Kind.RULE, "unit": Kind.UNIT}
"""The kinds of which it may be asked who has a way through them, beside ``account@host``."""


def passed(sql: Connection, text: str, at: Millis | None = None) -> Thing:
    """What a text such as ``group:dba``, ``rule:build`` or ``root@db-1`` names: something ways lead through.

    Raises:
        NameFault: it is not understood, or names nothing, or more than one thing.
    """
    prefix, colon, name = text.partition(":")
    if not colon or prefix not in PASSED:
        return resource(sql, text, at)
    return _only(lambda moment: renamed.named(sql, PASSED[prefix], name, moment), text, at)


def _only(find: Callable[[Millis | None], list[Thing]], text: str, at: Millis | None) -> Thing:
    found = find(at)
    if not found:
        raise NameFault("NotFound", f"There is no {text}." if at is None else _absent(find(None), text, at))
    if len(found) > 1:
        ids = ", ".join(sorted(thing.id for thing in found))
        raise NameFault("Ambiguous", f"{text} names {len(found)} things: {ids}. Give an id instead.")
    return found[0]


def _absent(living: list[Thing], text: str, at: Millis) -> str:
    """That nothing was called so at a moment, and since when something is."""
    if not living:
        return f"There was no {text} at {iso(at)}."
    # It may be older than its name.
    since = min(thing.created_at for thing in living)
    how = f"it was made at {iso(since)}" if since > at else "it got that name later"
    return f"There was no {text} at {iso(at)}: {how}."


_WORDS = {kind: prefix for prefix, kind in PREFIXES.items()}


def labels(sql: Connection, keys: list[int], at: Millis | None = None) -> dict[int, Named]:
    """Things by key, each with what people call it, or called it at a past moment."""

    def find(keys: Sequence[int]) -> dict[int, Named]:
        found = then.by_keys(sql, keys, at)
        inside = [thing.parent for thing in found.values() if thing.kind in _NAMED_WITH_PARENT]
        parents = then.by_keys(sql, inside, at)
        return {key: Named(thing, printable(_label(thing, parents))) for key, thing in found.items()}

    return kept_of_each(sql, "labels", keys, find) if at is None else find(keys)


_NAMED_WITH_PARENT = frozenset({Kind.HOST_ACCOUNT, Kind.SUBJECT, Kind.RESOURCE})


def _label(thing: Thing, parents: dict[int, Thing]) -> str:
    match thing.kind:
        case Kind.HOST_ACCOUNT:
            return f"{thing.name}@{parents[thing.parent].name}"
        case Kind.SUBJECT | Kind.RESOURCE:
            return f"{parents[thing.parent].name}:{thing.name}"
        case Kind.TYPE:
            return f"{thing.name}:*"
        case Kind.PERSON | Kind.PERMISSION:
            return thing.name
    return f"{_WORDS.get(thing.kind, thing.kind.name.lower().replace('_', '-'))}:{thing.name}"
