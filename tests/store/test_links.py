"""The facts for a question: which links each scope brings, now and as they were at any moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from admit.control import grants, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import PERMANENT, Validity
from admit.store import links
from admit.store.authors import authors
from admit.store.engine import Author, Store, Tx
from admit.store.links import Scope, facts_about
from admit.store.things import Thing
from tests.store.writing import Details

SECOND = 1_000


@dataclass
class World:
    """A store with people, hosts and roles, and the moments at which something was done."""

    store: Store
    made: dict[str, Thing] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return self.store.clock.now()

    def do(self, body: Callable[[Tx], Any], actor: str = "admit") -> int:
        """Carry something out; returns the moment at which it was, and lets a second pass."""
        moment = self.now
        self.store.write_now(Author(actor, "test", "request"), body)
        self.store.clock.advance(SECOND)  # type: ignore[attr-defined]
        return moment

    def make(self, **kinds: Kind) -> None:
        """Make things of these names."""
        for name, kind in kinds.items():
            self.do(
                lambda tx, kind=kind, name=name: self.made.update(
                    {name: things.add(tx, New(kind, 0, name, Details()))}
                )
            )

    def grant(self, source: str, target: str, validity: Validity = PERMANENT, actor: str = "admit") -> int:
        return self.do(lambda tx: grants.grant(tx, self.made[source], self.made[target], validity), actor)

    def revoke(self, source: str, target: str) -> int:
        return self.do(lambda tx: grants.revoke(tx, self.made[source], self.made[target]))

    def facts(
        self, scope: Scope, subject: str | None = None, resource: str | None = None, as_of: int | None = None
    ) -> tuple[set[str], dict[str, str]]:
        """The links of a scope, as ``source>target``, and what is blocked."""
        names = {thing.ref: name for name, thing in self.made.items()}
        with self.store.read() as sql:
            known = facts_about(
                sql,
                scope,
                subject=None if subject is None else self.made[subject].ref,
                resource=None if resource is None else self.made[resource].ref,
                as_of=as_of,
            )
        assert len(known.links) == len(set(known.links))
        found = {f"{names[link.source]}>{names[link.target]}{_period(link.validity)}" for link in known.links}
        return found, {names[ref]: word for ref, word in known.blocked.items()}


def _period(validity: Validity) -> str:
    return "" if validity.permanent else f" {validity.start}-{validity.end}"


@pytest.fixture
def world(store: Store) -> World:
    """Two people with groups in common, and rules that lead to a role."""
    world = World(store)
    world.make(
        ann=Kind.PERSON, bob=Kind.PERSON, ann_u=Kind.USER, bob_u=Kind.USER, dba=Kind.GROUP, ops=Kind.GROUP
    )
    world.make(web=Kind.HOST, db=Kind.HOST, rule=Kind.RULE, project=Kind.PROJECT, role=Kind.CLOUD_ROLE)
    for step in (
        "ann>ann_u", "bob>bob_u", "ann_u>dba", "ann_u>ops", "bob_u>ops", "dba>db", "ops>web", "bob_u>db",
        "dba>rule", "rule>role", "rule>project", "project>role",
    ):  # fmt: skip
        world.grant(*step.split(">"))
    return world


ANNS = {"ann>ann_u", "ann_u>dba", "ann_u>ops"}
ROLES = {"rule>role", "rule>project", "project>role"}


SCOPED: dict[tuple[Scope, str | None, str | None], set[str]] = {
    (Scope.CHECK, "ann", "db"): {*ANNS, "dba>db"},
    (Scope.CHECK, "ann", "web"): {*ANNS, "ops>web"},
    (Scope.CHECK, "bob", "db"): {"bob>bob_u", "bob_u>ops", "bob_u>db"},
    (Scope.CHECK, "ann", "role"): {*ANNS, "dba>rule", *ROLES},
    (Scope.CHECK, "dba", "db"): {"dba>db"},
    (Scope.CHECK, "bob", "role"): {"bob>bob_u", "bob_u>ops", *ROLES},
    (Scope.CHECK, "web", "ann"): set(),
    (Scope.EXPLAIN, "ann", "db"): {*ANNS, "dba>db", "bob_u>db"},
    (Scope.FROM, "bob", None): {"bob>bob_u", "bob_u>ops", "bob_u>db", "ops>web"},
    (Scope.FROM, "rule", None): ROLES,
    (Scope.FROM, "web", None): set(),
    (Scope.TO, None, "db"): {"ann>ann_u", "bob>bob_u", "ann_u>dba", "dba>db", "bob_u>db"},
    (Scope.TO, None, "web"): {"ann>ann_u", "bob>bob_u", "ann_u>ops", "bob_u>ops", "ops>web"},
    (Scope.TO, None, "ann"): set(),
}


def test_a_scope_brings_the_links_it_is_about(world: World):
    assert {asked: world.facts(*asked)[0] for asked in SCOPED} == SCOPED


def test_a_scope_brings_the_same_links_when_they_are_long_gone(world: World):
    past = world.now - 1
    for name in ("dba", "bob_u", "ops", "rule", "project"):
        world.do(lambda tx, name=name: things.remove(tx, world.made[name]))

    assert {asked: world.facts(*asked, as_of=past)[0] for asked in SCOPED} == SCOPED
    assert {asked: world.facts(*asked)[0] for asked in SCOPED} != SCOPED


def test_facts_are_of_the_revision_they_were_read_at(world: World):
    with world.store.read() as sql:
        facts = facts_about(sql, Scope.FROM, subject=world.made["ann"].ref)
    assert facts.revision == 11 + 12


def test_units_that_nest_in_a_circle_are_walked_once(store: Store):
    world = World(store)
    world.make(user=Kind.USER, one=Kind.UNIT, two=Kind.UNIT, apps=Kind.DELIVERY_GROUP)
    for step in ("user>one", "one>two", "two>one", "two>apps"):
        world.grant(*step.split(">"))

    links_ = {"user>one", "one>two", "two>one", "two>apps"}
    assert world.facts(Scope.CHECK, "user", "apps") == (links_, {})
    assert world.facts(Scope.FROM, "user") == (links_, {})
    assert world.facts(Scope.TO, resource="apps", as_of=world.now) == (links_, {})


# -- history -----------------------------------------------------------------------------------------


@pytest.fixture
def pair(store: Store) -> World:
    """A group and a host that are not joined yet."""
    world = World(store)
    world.make(dba=Kind.GROUP, db=Kind.HOST)
    return world


def seen(pair: World, as_of: int | None) -> tuple[set[str], dict[str, str]]:
    """What every scope brings of the two, which must be the same."""
    found = pair.facts(Scope.CHECK, "dba", "db", as_of)
    assert pair.facts(Scope.FROM, "dba", as_of=as_of) == found
    assert pair.facts(Scope.TO, resource="db", as_of=as_of) == found
    if as_of is not None:
        assert pair.facts(Scope.EXPLAIN, "dba", "db", as_of) == found
    return found


def test_a_link_is_seen_from_the_moment_it_was_made_to_the_moment_it_was_taken_back(pair: World):
    added = pair.grant("dba", "db")
    removed = pair.revoke("dba", "db")
    again = pair.grant("dba", "db", Validity(5, 10))

    joined = ({"dba>db"}, {})
    assert seen(pair, added - 1) == (set(), {})
    assert seen(pair, added) == joined
    assert seen(pair, removed - 1) == joined
    assert seen(pair, removed) == (set(), {})
    assert seen(pair, again - 1) == (set(), {})
    assert seen(pair, again) == ({"dba>db 5-10"}, {})


def test_a_link_is_seen_with_the_ends_it_had(pair: World):
    group, host = pair.made["dba"], pair.made["db"]
    added = pair.grant("dba", "db", Validity(1, 5))
    changed = pair.do(lambda tx: grants.set_validity(tx, group, host, Validity(2, 9)))
    same = pair.do(lambda tx: grants.set_validity(tx, group, host, Validity(2, 9)))

    assert seen(pair, added) == ({"dba>db 1-5"}, {})
    assert seen(pair, changed - 1) == ({"dba>db 1-5"}, {})
    assert seen(pair, changed) == ({"dba>db 2-9"}, {})
    assert seen(pair, same) == ({"dba>db 2-9"}, {})


@pytest.mark.parametrize("name", ["dba", "db"])
def test_a_block_is_seen_while_it_stood(pair: World, name):
    thing = pair.made[name]
    pair.grant("dba", "db")
    off = pair.do(lambda tx: things.block(tx, thing, "locked"))
    on = pair.do(lambda tx: things.unblock(tx, thing, "locked"))
    off_again = pair.do(lambda tx: things.block(tx, thing, "disabled"))

    for moment, blocked in {
        off - 1: {},
        off: {name: "locked"},
        on - 1: {name: "locked"},
        on: {},
        off_again - 1: {},
        off_again: {name: "disabled"},
    }.items():
        assert seen(pair, moment) == ({"dba>db"}, blocked)
    assert seen(pair, None) == ({"dba>db"}, {name: "disabled"})


@pytest.mark.parametrize("name", ["dba", "db"])
def test_what_was_removed_is_still_seen_in_the_past(pair: World, name):
    pair.grant("dba", "db")
    pair.do(lambda tx: things.block(tx, pair.made[name], "locked"))
    removed = pair.do(lambda tx: things.remove(tx, pair.made[name]))

    assert seen(pair, removed - 1) == ({"dba>db"}, {name: "locked"})
    assert seen(pair, removed) == (set(), {})


def test_two_blocks_on_one_thing_are_both_lifted_before_it_is_free(pair: World):
    group = pair.made["dba"]
    pair.grant("dba", "db")
    pair.do(lambda tx: (things.block(tx, group, "locked"), things.block(tx, group, "disabled")))
    one = pair.do(lambda tx: things.unblock(tx, group, "locked"))
    other = pair.do(lambda tx: things.unblock(tx, group, "disabled"))

    assert pair.facts(Scope.CHECK, "dba", "db", as_of=one) == ({"dba>db"}, {"dba": "disabled"})
    assert pair.facts(Scope.CHECK, "dba", "db", as_of=other) == ({"dba>db"}, {})


def test_an_explanation_knows_what_was_taken_back_and_until_when_it_held(pair: World):
    pair.grant("dba", "db")
    removed = pair.revoke("dba", "db")

    assert pair.facts(Scope.CHECK, "dba", "db") == (set(), {})
    assert pair.facts(Scope.EXPLAIN, "dba", "db") == ({f"dba>db 0-{removed}"}, {})


def test_an_explanation_does_not_tell_of_what_was_taken_back_before_it_began_nor_after_it_had_ended(
    pair: World,
):
    group, host = pair.made["dba"], pair.made["db"]
    later = Validity(pair.now + 100 * SECOND, pair.now + 200 * SECOND)
    over = Validity(1, 5)
    pair.grant("dba", "db", later)
    pair.do(lambda tx: grants.set_validity(tx, group, host, over))
    pair.revoke("dba", "db")

    assert pair.facts(Scope.EXPLAIN, "dba", "db") == ({"dba>db 1-5"}, {})


def test_what_was_done_and_undone_within_one_moment_never_was(pair: World):
    group, host = pair.made["dba"], pair.made["db"]

    def body(tx: Tx) -> None:
        grants.grant(tx, group, host)
        things.block(tx, group, "locked")
        things.unblock(tx, group, "locked")
        grants.revoke(tx, group, host)

    moment = pair.do(body)
    assert seen(pair, moment) == seen(pair, None) == (set(), {})
    assert pair.facts(Scope.EXPLAIN, "dba", "db") == (set(), {})


# -- who made them -----------------------------------------------------------------------------------


def test_the_author_of_a_link_is_who_made_it_as_it_stands_or_stood(pair: World):
    group, host = pair.made["dba"], pair.made["db"]
    ends = (group.key, host.key)
    first = pair.grant("dba", "db", actor="ann")
    second = pair.do(lambda tx: grants.set_validity(tx, group, host, Validity(2, 9)), actor="bob")
    gone = pair.revoke("dba", "db")
    third = pair.grant("dba", "db", actor="eve")

    def told(at: int | None) -> dict:
        with pair.store.read() as sql:
            return authors(sql, [ends, (host.key, group.key)], at)

    assert told(None) == told(third) == {ends: ("eve", third)}
    assert told(first - 1) == told(gone) == {}
    assert told(first) == told(second - 1) == {ends: ("ann", first)}
    assert told(second) == {ends: ("bob", second)}


def test_each_link_has_its_own_author(pair: World):
    pair.make(a=Kind.HOST, b=Kind.HOST, c=Kind.HOST, d=Kind.HOST)
    made = {name: pair.grant("dba", name, actor=name) for name in "abcd"}
    pairs = {name: (pair.made["dba"].key, pair.made[name].key) for name in "abcd"}

    with pair.store.read() as sql:
        assert authors(sql, list(pairs.values())) == {pairs[name]: (name, made[name]) for name in "abcd"}
        assert authors(sql, []) == {}


def test_a_listing_of_links_has_an_order_and_pages(pair: World):
    pair.make(a=Kind.HOST, b=Kind.HOST, rule=Kind.RULE)
    for name in ("a", "b", "rule"):
        pair.grant("dba", name)

    def targets(**rest: Any) -> list[str]:
        names = {thing.key: name for name, thing in pair.made.items()}
        with pair.store.read() as sql:
            return [names[ref.key] for _, ref in links.of(sql, pair.made["dba"].key, inward=False, **rest)]

    assert targets() == ["a", "b", "rule"]
    assert targets(newest_first=True) == ["rule", "b", "a"]
    assert targets(kind=Kind.HOST, newest_first=True, limit=1, offset=1) == ["a"]
    assert targets(offset=2) == ["rule"]
