"""Finding and making what RAM keeps by name: users, groups, roles, policies."""

from collections.abc import Callable

from admit.control import things as verbs
from admit.control.callers import PolicyDetails
from admit.control.things import New
from admit.core.errors import AdmitError
from admit.core.links import Kind
from admit.core.ram import MalformedPolicy, Policy, parse_policy
from admit.rpc.operation import Call
from admit.services.ram.errors import (
    GroupNotFound,
    MalformedPolicyDocument,
    PolicyNotFound,
    RoleNotFound,
    UserNotFound,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

# Names differ by more than case, and are found only as they are written: found in any case, a
# user whom a policy denies "user/admin" would get there by asking for "user/Admin".


def user(call: Call, name: str) -> Thing:
    """The user of this name.

    Raises:
        UserNotFound: there is none.
    """
    return _found(call, Kind.RAM_USER, name, UserNotFound)


def group(call: Call, name: str) -> Thing:
    """The group of this name.

    Raises:
        GroupNotFound: there is none.
    """
    return _found(call, Kind.RAM_GROUP, name, GroupNotFound)


def role(call: Call, name: str) -> Thing:
    """The role of this name.

    Raises:
        RoleNotFound: there is none.
    """
    return _found(call, Kind.RAM_ROLE, name, RoleNotFound)


def policy(call: Call, name: str, policy_type: str) -> Thing:
    """The policy of this name and type.

    Raises:
        PolicyNotFound: there is none.
    """
    found = things.by_name(call.sql, Kind.RAM_POLICY, call.world.account_key, name)
    if found is None or found.read(PolicyDetails).type != policy_type:
        raise PolicyNotFound(name, policy_type)
    return found


def _found(call: Call, kind: Kind, name: str, absent: type[AdmitError]) -> Thing:
    found = things.by_name(call.sql, kind, call.world.account_key, name)
    if found is None:
        raise absent(name)
    return found


def handle_of(name: str) -> str:
    """What two names share that differ in case only: one of the two is refused."""
    return name.lower()


def add(call: Call, new: New, taken: type[AdmitError]) -> Thing:
    """Make something of the account.

    Raises:
        AdmitError: ``taken``, if there is one of that name.
    """
    try:
        return verbs.add(call.tx, new)
    except HandleTaken:
        raise taken(new.name) from None


def require_room(call: Call, where: Where, most: int, exceeded: type[AdmitError]) -> None:
    """Return if there may be one more.

    Raises:
        AdmitError: ``exceeded``, if there are ``most`` already.
    """
    if things.count(call.sql, where) >= most:
        raise exceeded(most)


def checked(document: str, parse: Callable[[str, str], Policy] = parse_policy) -> str:
    """A policy document, once it follows the language.

    Raises:
        MalformedPolicyDocument: it does not.
    """
    try:
        parse("", document)
    except MalformedPolicy as malformed:
        raise MalformedPolicyDocument(malformed) from None
    return document
