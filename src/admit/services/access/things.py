"""Everything that has a name, whatever service it is of: found, listed, and what it is joined to."""

from typing import Annotated, Any, Literal

from admit.control import names
from admit.core.errors import InvalidNextToken
from admit.core.links import Kind, Stage
from admit.core.validity import BEGINNING, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import marker, offset_of, place_of, token
from admit.rpc.shape import Shape, at_most
from admit.services.access.brief import (
    KINDS,
    Brief,
    KindName,
    Text,
    ThingId,
    briefs,
    fields,
    the_thing,
    the_thing_or_past,
)
from admit.services.access.errors import NotFound
from admit.services.access.granted import ListSize, status_of
from admit.services.access.listings import NextToken
from admit.services.access.vocabulary import At, Moment, access, end, past
from admit.store import changes, finding, neighbours
from admit.store import things as stored
from admit.store.things import Thing

SEARCHED = (
    Kind.PERSON,
    Kind.USER,
    Kind.GROUP,
    Kind.UNIT,
    Kind.HOST,
    Kind.HOST_ACCOUNT,
    Kind.DELIVERY_GROUP,
    Kind.APP,
    Kind.APPLICATION,
    Kind.RULE,
    Kind.CLOUD_ROLE,
)
"""What a search without kinds is about."""
_STAGES = {"join": Stage.JOIN, "grant": Stage.GRANT, "hold": Stage.HOLD}


@access.operation("list", errors=(NotFound, InvalidNextToken), slow=True)
class ListThings(Shape):
    """Lists people, users, groups, hosts and whatever else there is, by name; or was, at a moment.

    What is left out does not restrict. What there was is told and found by the names of then, and is in the
    order of those of now; what was called so then, and is not any more, comes first.

    Ours: a name as GrantAccess takes it, such as root@db-1 or group:dba, finds what it means.

    Ours: among more than 50000 things a text finds names that begin with it, and only if there are none
    names that contain it. These are looked for some at a time: as long as there is a NextToken, there may be
    more, although a page is short or empty.
    """

    kinds: Annotated[tuple[KindName, ...], at_most(20)] | None = None
    """Without any: people, users, groups, units and what is granted to them."""
    text: Text | None = None
    inside_kind: KindName | None = None
    inside_id: ThingId | None = None
    """Only what lives in this, such as the accounts of a host; with InsideKind."""
    blocked: bool = False
    """Only what is locked or disabled."""
    at: At | None = None
    """What there was at a moment, also of what is no more."""
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        things: tuple[Brief, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page."""
        kinds = SEARCHED if self.kinds is None else tuple(sorted({KINDS[word] for word in self.kinds}))
        place, at = place_of(self.next_token), past(self.at, call)
        found = finding.named_like(
            call.sql,
            kinds,
            self.text or None,
            blocked=self.blocked,
            parent=self._inside(call, at),
            after=None if place is None else _anchor(call, place[0]),
            at=at,
            limit=self.max_results,
        )
        page = found.things
        listed = [*self._by_id(call, kinds, page, at), *page] if place is None else page
        told = briefs(call, (thing.key for thing in listed), at)
        return self.Response(
            things=tuple(told[thing.key] for thing in listed),
            max_results=self.max_results,
            next_token=None if found.after is None else marker(found.after),
        )

    def _inside(self, call: Call, at: Millis | None) -> int | None:
        if self.inside_kind is None or self.inside_id is None:
            return None
        return the_thing(call, self.inside_kind, self.inside_id, at).key

    def _by_id(
        self, call: Call, kinds: tuple[Kind, ...], page: list[Thing], at: Millis | None
    ) -> list[Thing]:
        """What has the text for its id, or is meant by it, comes before what only has it in its name."""
        if not self.text or self.inside_id is not None or self.blocked:
            return []
        known = {thing.key for thing in page}
        meant = [*finding.with_id(call.sql, self.text, kinds, at), *_meant(call, self.text, kinds, at)]
        return [each for each in meant if each.key not in known]


def _meant(call: Call, text: str, kinds: tuple[Kind, ...], at: Millis | None) -> list[Thing]:
    """What a name such as ``root@db-1`` or ``group:dba`` means to the operations that take one."""
    if "@" not in text and ":" not in text:
        return []
    try:
        found = names.passed(call.sql, text, at)
    except names.NameFault:
        return []
    return [found] if found.kind in kinds else []


def _anchor(call: Call, key: int) -> Thing:
    found = stored.by_keys(call.sql, [key]).get(key)
    if found is None:
        raise InvalidNextToken
    return found


@access.operation("get", errors=(NotFound,), resources=("thing/{Kind}/{Id}",))
class DescribeThing(Shape):
    """Tells all that is kept of a thing, or was at a moment. Secrets are never told, only which there are."""

    kind: KindName
    id: ThingId
    at: At | None = None
    """What was kept of it then, and how much it was joined to; its secrets are those of now."""

    class Response(Shape):
        """The thing."""

        thing: Brief
        created_at: Moment
        changed_at: Moment
        details: dict[str, Any]
        """What its service keeps of it, by the names the ledger has."""
        secrets: tuple[str, ...]
        """What it has secrets for."""
        members: int
        """How much is joined to it, counted up to 10000; so the others."""
        memberships: int
        grants: int
        """How much it is granted."""
        holders: int
        """How much is granted it."""
        contains: int
        contained: int
        inside: int
        """How much lives in it, such as the accounts of a host."""

    def handle(self, call: Call) -> Response:
        """Read it."""
        at = past(self.at, call)
        thing = the_thing(call, self.kind, self.id, at)
        counts = {
            (stage, inward): neighbours.count(call.sql, thing.key, inward=inward, stage=stage, at=at)
            for stage in Stage
            for inward in (False, True)
        }
        return self.Response(
            thing=briefs(call, [thing.key], at)[thing.key],
            created_at=thing.created_at,
            changed_at=thing.changed_at,
            details=fields(thing),
            secrets=tuple(sorted(stored.secret_purposes(call.sql, thing.key))),
            members=counts[Stage.JOIN, True],
            memberships=counts[Stage.JOIN, False],
            grants=counts[Stage.GRANT, False],
            holders=counts[Stage.GRANT, True],
            contains=counts[Stage.HOLD, False],
            contained=counts[Stage.HOLD, True],
            inside=_inside(call, thing),
        )


_INSIDE = {Kind.HOST: Kind.HOST_ACCOUNT, Kind.CLOUD_ACCOUNT: Kind.CLOUD_ROLE}


def _inside(call: Call, thing: Thing) -> int:
    kind = _INSIDE.get(thing.kind)
    return 0 if kind is None else stored.child_counts(call.sql, [thing.key], kind).get(thing.key, 0)


class LinkTold(Shape):
    """A link, seen from one of its ends."""

    thing: Brief
    """What is at the other end."""
    stage: str
    """join, grant or hold."""
    status: str
    """active, ending, future or ended."""
    granted_at: Moment
    """Since when it is as it is."""
    granted_by: str
    """The ARN of who made or changed it."""
    start_time: Moment | None = None
    end_time: Moment | None = None


@access.operation("list", errors=(NotFound, InvalidNextToken), resources=("thing/{Kind}/{Id}",))
class ListLinks(Shape):
    """Lists what a thing is joined to: members, memberships, grants, what is granted it, what it contains."""

    kind: KindName
    id: ThingId
    direction: Literal["outward", "inward"]
    """outward: what it belongs to, is granted or contains. inward: its members, holders, containers."""
    stage: Literal["join", "grant", "hold"] | None = None
    """Only links of this stage of a path: who somebody is, what is granted, what that contains."""
    other_kind: KindName | None = None
    other_id: ThingId | None = None
    """With OtherKind: only the link with this thing, if there is one."""
    at: At | None = None
    """The links that stood at a moment, and the things as they were then."""
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        links: tuple[LinkTold, ...]
        total_count: int
        """Counted up to 10000."""
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page."""
        thing = the_thing_or_past(call, self.kind, self.id)
        offset = offset_of(self.next_token)
        inward, stage = self.direction == "inward", None if self.stage is None else _STAGES[self.stage]
        at, other = past(self.at, call), None
        if self.other_kind is not None and self.other_id is not None:
            other = the_thing_or_past(call, self.other_kind, self.other_id).key
        total = neighbours.count(call.sql, thing.key, inward=inward, stage=stage, at=at, other=other)
        found = neighbours.neighbours(
            call.sql,
            thing.key,
            inward=inward,
            stage=stage,
            at=at,
            other=other,
            offset=offset,
            limit=self.max_results,
        )
        things = briefs(call, (each.ref.key for each in found), at)
        actors = changes.actors(call.sql, sorted({each.added_in for each in found}))
        now = call.now if self.at is None else self.at
        return self.Response(
            links=tuple(
                LinkTold(
                    thing=things[each.ref.key],
                    stage=each.stage.name.lower(),
                    status=status_of(each.validity.start, each.validity.end, now),
                    granted_at=each.added_at,
                    granted_by=actors.get(each.added_in, ""),
                    start_time=None if each.validity.start == BEGINNING else each.validity.start,
                    end_time=end(each.validity.end),
                )
                for each in found
            ),
            total_count=total,
            max_results=self.max_results,
            next_token=token(offset, self.max_results, total),
        )
