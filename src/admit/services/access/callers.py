"""Who may call operations, as it is or was at a moment: RAM's users, groups, roles and policies, and keys."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from admit.control.callers import KeyDetails, permit
from admit.core.errors import InvalidNextToken
from admit.core.links import Kind, Stage
from admit.core.ram import Access
from admit.core.ram_documents import MAX_VERSIONS
from admit.core.texts import printable
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, like
from admit.services.access.brief import Text, fields
from admit.services.access.errors import NotFound
from admit.services.access.granted import ListSize
from admit.services.access.listings import NextToken
from admit.services.access.vocabulary import At, Moment, access, past
from admit.store import finding, neighbours, renamed, then
from admit.store import things as stored
from admit.store.neighbours import Neighbour
from admit.store.things import Thing

CallerKind = Annotated[
    Literal["user", "group", "role", "policy"],
    like("user", "What of RAM is meant: user, group, role or policy."),
]
CallerName = Annotated[
    str,
    like(
        "ops",
        "A name or an ID. What has another name since is found by its ID.",
        min_length=1,
        max_length=128,
    ),
]
_KINDS = {
    "user": Kind.RAM_USER,
    "group": Kind.RAM_GROUP,
    "role": Kind.RAM_ROLE,
    "policy": Kind.RAM_POLICY,
}
LISTED_BY = {"user": "ListUsers", "group": "ListGroups", "role": "ListRoles", "policy": "ListPolicies"}
"""Which operation of RAM lists these, and which of them tell together what is told of one."""
TOLD_BY = {
    "user": ("GetUser", "ListAccessKeys", "ListGroupsForUser", "ListPoliciesForUser"),
    "group": ("GetGroup", "ListUsersForGroup", "ListPoliciesForGroup"),
    "role": ("GetRole", "ListPoliciesForRole"),
    "policy": ("GetPolicy", "ListEntitiesForPolicy", "ListPolicyVersions"),
}
MOST_JOINED = 2_000
"""How many users, groups or policies are told of one caller: RAM has no more of any."""
MOST_KEYS = 10


class CallerTold(Shape):
    """A user, a group, a role or a policy of RAM."""

    kind: CallerKind
    id: str
    name: str
    note: str
    """What it is called besides, or a description; may be empty."""
    created_at: Moment
    changed_at: Moment
    """When it last got other attributes."""
    type: str | None = None
    """Of a policy: System or Custom."""


@access.operation("list", errors=(InvalidNextToken,))
class ListCallers(Shape):
    """Lists RAM's users, groups, roles or the account's own policies, or those that there were at a moment.

    They are told and found by the names of then, in the order of those of now. With a text only those whose
    name contains it.

    Ours: RAM's own operations tell only of now. Who asks needs ram:ListUsers, ram:ListGroups, ram:ListRoles
    or ram:ListPolicies as well.
    """

    kind: CallerKind
    text: Text | None = None
    at: At | None = None
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        callers: tuple[CallerTold, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page."""
        _permit(call, (LISTED_BY[self.kind],), f"{self.kind}/*")
        place, at = place_of(self.next_token), past(self.at, call)
        found = finding.named_like(
            call.sql,
            [_KINDS[self.kind]],
            self.text or None,
            parent=call.world.account_key,
            after=None if place is None else _anchor(call, place[0]),
            at=at,
            limit=self.max_results,
        )
        told = _told(call, (thing.key for thing in found.things), at)
        return self.Response(
            callers=tuple(told[thing.key] for thing in found.things if told[thing.key].type != "System"),
            max_results=self.max_results,
            next_token=None if found.after is None else marker(found.after),
        )


def _permit(call: Call, operations: Iterable[str], what: str, owner: str | None = None) -> None:
    """Return if RAM lets the caller do all of these too.

    Raises:
        NoPermission: it does not: nobody sees by an operation of ours what RAM's own would not show them.
    """
    name = f"acs:ram:*:{owner or call.world.account_id}:{what}"
    for each in operations:
        permit(call.caller, Access(f"ram:{each}", (name,), call.conditions))


def _owner(call: Call, thing: Thing) -> str:
    return "system" if fields(thing).get("type") == "System" else call.world.account_id


def _anchor(call: Call, key: int) -> Thing:
    found = stored.by_keys(call.sql, [key]).get(key)
    if found is None:
        raise InvalidNextToken
    return found


_NOTES = ("display_name", "description", "comments")
_WORDS = {kind: word for word, kind in _KINDS.items()}


def _told(call: Call, keys: Iterable[int], at: Millis | None) -> dict[int, CallerTold]:
    found = then.by_keys(call.sql, sorted(set(keys)), at)
    return {key: _of(thing) for key, thing in found.items()}


def _of(thing: Thing) -> CallerTold:
    details = fields(thing)
    return CallerTold(
        kind=_WORDS[thing.kind],  # type: ignore[arg-type]
        id=thing.id,
        name=thing.name,
        note=printable(next((str(details[name]) for name in _NOTES if details.get(name)), "")),
        created_at=thing.created_at,
        changed_at=thing.changed_at,
        type=details.get("type"),
    )


class JoinedCaller(Shape):
    """What a caller is joined to, and since when."""

    caller: CallerTold
    since: Moment


class VersionTold(Shape):
    """A version of a policy; which is in force is told among the details of the policy."""

    version_id: str
    document: str
    created_at: Moment


class KeyTold(Shape):
    """An access key; its secret is told by nothing but what makes it."""

    access_key_id: str
    status: str
    """Active or Inactive."""
    created_at: Moment


@access.operation("get", errors=(NotFound,), resources=("caller/{Kind}/{Name}",))
class DescribeCaller(Shape):
    """Tells of a user, a group, a role or a policy of RAM what it may do and has, or had at a moment.

    Ours: RAM's own operations tell only of now. Who asks needs those that tell of now as well: of a user
    ram:GetUser, ram:ListAccessKeys, ram:ListGroupsForUser and ram:ListPoliciesForUser; of a group
    ram:GetGroup, ram:ListUsersForGroup and ram:ListPoliciesForGroup; of a role ram:GetRole and
    ram:ListPoliciesForRole; of a policy ram:GetPolicy, ram:ListEntitiesForPolicy and ram:ListPolicyVersions.
    RAM is asked by the name of now, or the last one.
    """

    kind: CallerKind
    name: CallerName
    at: At | None = None

    class Response(Shape):
        """It."""

        caller: CallerTold
        details: dict[str, Any]
        """What is kept of it by the names the ledger has: a policy's document, whom a role trusts."""
        policies: tuple[JoinedCaller, ...]
        """What is attached to it itself."""
        groups: tuple[JoinedCaller, ...]
        """Of a user: the groups it is in, whose policies count for it too."""
        members: tuple[JoinedCaller, ...]
        """Of a group: the users in it."""
        holders: tuple[JoinedCaller, ...]
        """Of a policy: what it is attached to."""
        keys: tuple[KeyTold, ...]
        """Of a user: its access keys."""
        versions: tuple[VersionTold, ...]
        """Of a policy: its versions, the oldest first."""

    def handle(self, call: Call) -> Response:
        """Read it."""
        at = past(self.at, call)
        kind, account = _KINDS[self.kind], call.world.account_key
        found = renamed.named(call.sql, kind, self.name, at, parent=account)
        # Whether there is one is told to nobody who may not know what.
        owner, name = (_owner(call, found[0]), found[0].name) if found else (None, self.name)
        _permit(call, TOLD_BY[self.kind], f"{self.kind}/{name}", owner)
        if not found:
            raise NotFound(f"There {'is' if at is None else 'was'} no {self.kind} {self.name}.")
        thing = then.as_of(call.sql, {found[0].key: found[0]}, at)[found[0].key]
        return self.Response(
            caller=_of(thing),
            details=fields(thing),
            policies=_joined(call, thing, Stage.GRANT, at),
            groups=_joined(call, thing, Stage.JOIN, at),
            members=_joined(call, thing, Stage.JOIN, at, inward=True),
            holders=_joined(call, thing, Stage.GRANT, at, inward=True),
            keys=_keys(call, thing, at),
            versions=_versions(call, thing, at),
        )


def _joined(
    call: Call, thing: Thing, stage: Stage, at: Millis | None, *, inward: bool = False
) -> tuple[JoinedCaller, ...]:
    found: list[Neighbour] = neighbours.neighbours(
        call.sql, thing.key, inward=inward, stage=stage, at=at, limit=MOST_JOINED
    )
    told = _told(call, (each.ref.key for each in found), at)
    joined = (JoinedCaller(caller=told[each.ref.key], since=each.added_at) for each in found)
    return tuple(sorted(joined, key=lambda each: (each.caller.kind, each.caller.name)))


def _keys(call: Call, thing: Thing, at: Millis | None) -> tuple[KeyTold, ...]:
    return tuple(
        KeyTold(access_key_id=key.id, status=key.read(KeyDetails).status, created_at=key.created_at)
        for key in _inside(call, thing, Kind.ACCESS_KEY, MOST_KEYS, at)
    )


def _versions(call: Call, thing: Thing, at: Millis | None) -> tuple[VersionTold, ...]:
    return tuple(
        VersionTold(version_id=each.id, document=str(fields(each)["document"]), created_at=each.created_at)
        for each in _inside(call, thing, Kind.RAM_POLICY_VERSION, MAX_VERSIONS, at)
    )


def _inside(call: Call, thing: Thing, kind: Kind, most: int, at: Millis | None) -> list[Thing]:
    """What of a kind lives in a thing, the oldest first."""
    found = finding.named_like(call.sql, [kind], None, parent=thing.key, at=at, limit=most).things
    kept = then.as_of(call.sql, {each.key: each for each in found}, at)
    return sorted(kept.values(), key=lambda each: each.key)
