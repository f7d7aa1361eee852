"""A walk through the database: pages as the facts of a whole question give them, now and at any moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from admit.control import grants, things
from admit.control.things import New
from admit.core import lists
from admit.core.facts import Source
from admit.core.links import STEPS, Kind, Ref
from admit.core.lists import Page, Span
from admit.core.validity import Validity
from admit.store import stored
from admit.store import things as stored_things
from admit.store.engine import Store, Tx
from admit.store.links import Scope, facts_about, find
from admit.store.stored import Stored
from admit.store.terms import PermissionDetails
from admit.store.things import Thing
from tests.store.writing import AUTHOR, Details

SECOND = 1_000
SUBJECTS = (Kind.PERSON, Kind.APPLICATION)
USABLE = (
    *(Kind.HOST, Kind.HOST_ACCOUNT, Kind.DELIVERY_GROUP, Kind.APP, Kind.APPLICATION, Kind.CLOUD_ROLE),
    Kind.RESOURCE,
)
KINDS = (
    *(Kind.PERSON, Kind.PERSON, Kind.GROUP, Kind.GROUP, Kind.UNIT, Kind.UNIT, Kind.UNIT),
    *(Kind.HOST, Kind.HOST_ACCOUNT, Kind.DELIVERY_GROUP, Kind.APP, Kind.APPLICATION, Kind.RULE),
    *(Kind.CLOUD_ROLE, Kind.PROJECT, Kind.PERMISSION, Kind.PERMISSION, Kind.RESOURCE),
)
CHANGES = 120


@dataclass
class Place:
    """A store in which links come and go, and the moments in between."""

    store: Store
    made: list[Thing] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)

    def do(self, body: Callable[[Tx], Any]) -> Any:
        done = self.store.write_now(AUTHOR, body)
        self.moments.append(self.store.clock.now())
        self.store.clock.advance(SECOND)  # type: ignore[attr-defined]
        return done

    def make(self, kind: Kind, parent: int = 0) -> Thing:
        # Every second permission stands on a condition, which nobody judges here.
        condition = "resource.open" if len(self.made) % 2 else ""
        kept = PermissionDetails(condition=condition) if kind is Kind.PERMISSION else Details()
        made: Thing = self.do(lambda tx: things.add(tx, New(kind, parent, kind.word, kept)))
        self.made.append(made)
        return made

    def change(self, chance: Random) -> None:
        """Let some link come or go, or something be switched off or on."""
        # That a user is in an account is written nowhere but in where they live.
        pairs = ((a, b) for a in self.made for b in self.made if a != b and b.kind is not Kind.ACCOUNT)
        source, target = chance.choice([(a, b) for a, b in pairs if b.kind in STEPS.get(a.kind, {})])
        start = self.store.clock.now() + chance.randrange(-20, 20) * SECOND
        period = chance.choice((Validity(), Validity(start, start + 40 * SECOND)))

        def turn(tx: Tx) -> None:
            if chance.random() < 0.1:
                (things.unblock if stored_things.block_words(tx.sql, source.key) else things.block)(
                    tx, source, "off"
                )
            elif find(tx.sql, source.ref, target.ref) is None:
                grants.grant(tx, source, target, period)
            else:
                grants.revoke(tx, source, target)

        self.do(turn)


@pytest.fixture
def place(store: Store) -> Place:
    place = Place(store)
    account = place.make(Kind.ACCOUNT)
    for kind in KINDS:
        place.make(kind)
    for number in range(6):
        place.make(Kind.USER, account.key if number % 2 else 0)
    chance = Random(7)  # noqa: S311 - the same changes each time
    for _ in range(CHANGES):
        place.change(chance)
    return place


def pages(listing: Callable[[Span], Page], kinds: tuple[Kind, ...]) -> Iterator[Page]:
    after: int | None = 0
    while after is not None:
        page = listing(Span(2, kinds, after))
        yield page
        after = page.after


Listing = Callable[[Ref, Source, int, Span], Page]


@pytest.mark.parametrize("first", [1, stored.FIRST_PAGE])
def test_a_page_is_the_same_from_little_as_from_all_there_is(
    place: Place, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "FIRST_PAGE", first)
    asked: list[tuple[Listing, Scope, str, tuple[Kind, ...], tuple[Kind, ...]]] = [
        (lists.who, Scope.TO, "resource", USABLE, SUBJECTS),
        (lists.what, Scope.FROM, "subject", (Kind.PERSON, Kind.USER), USABLE),
    ]
    told = 0
    for at in (None, *place.moments[::12]):
        now = place.store.clock.now() if at is None else at
        with place.store.read() as sql:
            for listing, scope, end, starts, kinds in asked:
                for start in (each.ref for each in place.made if each.kind in starts):
                    known = facts_about(sql, scope, **{end: start}, as_of=at)
                    whole = [*pages(lambda span: listing(start, known, now, span), kinds)]  # noqa: B023
                    some = [*pages(lambda span: listing(start, Stored(sql, start, at), now, span), kinds)]  # noqa: B023
                    assert some == whole
                    told += sum(len(page.reaches) for page in whole)
    assert told > 80
