"""Whom App Streaming grants to: convenience users, user groups, and users of an AD domain."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec

from admit.control import people
from admit.control.things import New
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import AnyCase, Shape, like
from admit.services.appstream.errors import UserNotFound
from admit.store import things
from admit.store.things import Thing, Where

AdDomain = Annotated[
    str,
    like("example.com", "The AD domain.", pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?!\n)$"),
]


class UserMeta(Shape):
    """What kind of users the names stand for."""

    type: AnyCase[Literal["ad", "simple"]] = "simple"
    """ad: users of an AD domain. simple: convenience users."""
    ad_domain: AdDomain | None = None
    """The domain; mandatory for AD users."""


class Account(msgspec.Struct, omit_defaults=True):
    """What App Streaming reads of a user, whoever made them."""

    source: Literal["simple", "ad"]
    email: str | None = None
    phone: str | None = None
    domain: str | None = None


def convenience_users(call: Call, names: Sequence[str]) -> list[Thing]:
    """The convenience users of these names, each once.

    Raises:
        UserNotFound: a name is nobody's.
    """
    found = []
    for name in dict.fromkeys(names):
        user = things.by_handle(call.sql, Kind.USER, call.world.account_key, name)
        # Users of AD domains live beside them, held by more than their name.
        if user is None or user.name != name:
            raise UserNotFound(name)
        found.append(user)
    return found


def ad_users(call: Call, domain: str, names: Sequence[str], *, make: bool) -> list[Thing]:
    """The users of a domain by these names; who is not known yet is made, or with ``make=False`` left out.

    The directory of the domain is not asked: that is the matter of who signs in.
    """
    found = []
    for name in dict.fromkeys(names):
        user = things.by_handle(call.sql, Kind.USER, call.world.account_key, _ad_handle(domain, name))
        if user is None and make:
            user = _make(call, domain, name)
        if user is not None:
            found.append(user)
    return found


def _make(call: Call, domain: str, name: str) -> Thing:
    details = Account("ad", domain=domain)
    wy_id = call.world.chance.text(16, "0123456789abcdef")
    parent, handle = call.world.account_key, _ad_handle(domain, name)
    return people.add_user(call.tx, New(Kind.USER, parent, name, details, wy_id, handle=handle))


def _ad_handle(domain: str, name: str) -> str:
    # AD names differ by more than case; no name of a convenience user holds a backslash.
    return f"{domain}\\{name}".casefold()


def users_meant(call: Call, names: Sequence[str], meta: UserMeta | None, *, make: bool) -> list[Thing]:
    """The users of these names, of the kind that is told; of a domain, see :func:`ad_users`.

    Raises:
        InvalidParameter: they are of a domain, and of which is not told.
        UserNotFound: a name is nobody's.
    """
    kind = meta or UserMeta()
    if kind.type == "simple":
        return convenience_users(call, names)
    if kind.ad_domain is None:
        raise InvalidParameter("UserMeta", "AdDomain is mandatory for AD users.")
    return ad_users(call, kind.ad_domain, names, make=make)


def users_named(call: Call, name: str) -> list[Thing]:
    """Every user of this name: the convenience user, and those of AD domains."""
    return things.find(call.sql, Where(Kind.USER, parent=call.world.account_key, name=name))


def user_groups(call: Call, ids: Sequence[str], parameter: str) -> list[Thing]:
    """The user groups of these ids, each once.

    Raises:
        InvalidParameter: of ``parameter``: an id is no group's.
    """
    found = []
    for group_id in dict.fromkeys(ids):
        group = things.by_id(call.sql, Kind.GROUP, call.world.account_key, group_id)
        if group is None:
            raise InvalidParameter(parameter, f"the user group {group_id} does not exist.")
        found.append(group)
    return found


def refuse_both(parameter: str, added: Iterable[str], removed: Iterable[str]) -> None:
    """Refuse what is to be authorized and unauthorized at once.

    Raises:
        InvalidParameter: of ``parameter``: something is in both lists.
    """
    both = sorted(set(added) & set(removed))
    if both:
        raise InvalidParameter(parameter, f"{both[0]} is to be authorized and unauthorized at once.")
