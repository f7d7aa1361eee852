"""Who may be meant at a door: users by their names and keys."""

from collections.abc import Iterable

from sqlalchemy import Connection

from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import links, things
from admit.store.things import Thing, Where


def named(sql: Connection, name: str) -> list[Thing]:
    """The bastion users called so, or whose person is called so."""
    users = called(sql, name)
    places = things.by_keys(sql, [user.parent for user in users])
    return [user for user in users if places[user.parent].kind is Kind.BASTION]


def called(sql: Connection, name: str) -> list[Thing]:
    """The users of any service that are called so, or whose person is called so."""
    found = {user.key: user for user in things.find(sql, Where(Kind.USER, names=(name,)))}
    person = things.by_handle(sql, Kind.PERSON, 0, name)
    if person is not None:
        theirs = [ref.key for _, ref in links.of(sql, person.key, inward=False, kind=Kind.USER)]
        found |= things.by_keys(sql, theirs)
    return list(found.values())


def usable(sql: Connection, users: Iterable[Thing], now: Millis) -> list[Thing]:
    """Those of some living users who are not locked, and within their time."""
    found = []
    for user in users:
        ((held, person),) = links.of(sql, user.key, inward=True, kind=Kind.PERSON)
        blocked = things.block_words(sql, user.key) | things.block_words(sql, person.key)
        if not blocked and held.validity.holds_at(now):
            found.append(user)
    return found


def holders(sql: Connection, name: str, fingerprint: str, now: Millis) -> tuple[Thing, ...]:
    """The usable users of a name that hold a public key."""
    keys = things.find(sql, Where(Kind.USER_PUBLIC_KEY, names=(fingerprint,)))
    holders = {key.parent for key in keys}
    users = named(sql, name)
    return tuple(user for user in usable(sql, users, now) if user.key in holders)
