"""Every restriction of a listing selects what it says, alone and with any other, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admit.base.clock import FakeClock
from admit.control import grants, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import Validity
from admit.store import things as stored
from admit.store.engine import Store, Tx
from admit.store.things import Thing, Where
from tests.store.conftest import LEDGER_KEY
from tests.store.writing import AUTHOR


class Details(msgspec.Struct, omit_defaults=True):
    """What a listing may ask for."""

    city: str | None = None
    open: bool | None = None
    note: str | None = None


@dataclass(frozen=True)
class Known:
    """The population: who there is, and the moment at which they were made."""

    store: Store
    key: dict[str, int]
    now: int


GROUPS = {
    "alpha": Details(city="Köln", open=True, note="50%_off"),
    "Alpine": Details(city="Rome", open=True, note="%"),
    "al_pha": Details(city="Köln", note="a\\b"),
    "beta": Details(city="köln", open=True),
    "bell": Details(),
}


def _populate(store: Store, clock: FakeClock) -> dict[str, int]:
    made: dict[str, Thing] = {}

    def make(kind: Kind, parent: int, name: str, details: Details) -> None:
        made[name] = store.write_now(
            AUTHOR, lambda tx: things.add(tx, New(kind, parent, name, details, f"id-{name}", name.upper()))
        )
        clock.advance(10)

    for name, details in GROUPS.items():
        make(Kind.GROUP, 7 if name.startswith("b") else 3, name, details)
    make(Kind.GROUP, 3, "gone", Details(city="Köln"))
    make(Kind.USER, 3, "ann", Details(city="Köln"))
    make(Kind.HOST, 3, "db-1", Details(city="Köln"))
    now = clock.now()

    def join(tx: Tx) -> None:
        ann, host = made["ann"], made["db-1"]
        grants.grant(tx, ann, made["alpha"])
        grants.grant(tx, ann, made["Alpine"], Validity(now, now + 100))
        grants.grant(tx, ann, made["al_pha"], Validity(now + 50, now + 100))
        grants.grant(tx, ann, made["beta"])
        grants.grant(tx, made["alpha"], host)
        grants.grant(tx, made["bell"], host)
        things.block(tx, made["alpha"], "locked")
        things.block(tx, made["al_pha"], "disabled")
        things.block(tx, made["beta"], "locked")

    def part(tx: Tx) -> None:
        grants.revoke(tx, made["ann"], made["beta"])
        grants.revoke(tx, made["bell"], made["db-1"])
        things.unblock(tx, made["beta"], "locked")
        things.remove(tx, made["gone"])

    store.write_now(AUTHOR, join)
    clock.advance(10)
    store.write_now(AUTHOR, part)
    clock.advance(10)
    changed = Details(city="Bonn", open=False, note="50x off")
    store.write_now(AUTHOR, lambda tx: things.change(tx, made["Alpine"], details=changed))
    return {name: thing.key for name, thing in made.items()} | {"": now}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    clock = FakeClock()
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('where') / 'admit.db'}"
    else:
        server, created = request.getfixturevalue("server"), request.getfixturevalue("created")
        url = server.url(server.new_database(created))
    store = Store(url, clock, LEDGER_KEY)
    if request.param == "sqlite":
        store.create()
    keys = _populate(store, clock)
    yield Known(store, keys, keys.pop(""))
    store.close()


Restriction = tuple[str, Callable[[Known], Any], set[str]]
EVERY = set(GROUPS)
RESTRICTIONS: list[Restriction] = [
    ("parent", lambda _: 3, {"alpha", "Alpine", "al_pha"}),
    ("parent", lambda _: 99, set()),
    # Keys are given out from 1: those inside 3 and 7 are in things that are inside 3 themselves.
    ("grandparent", lambda _: 3, EVERY),
    ("grandparent", lambda _: 7, set()),
    ("ids", lambda _: ["id-alpha", "id-bell", "id-gone", "id-ann"], {"alpha", "bell"}),
    ("ids", lambda _: ("id-beta",), {"beta"}),
    ("ids", lambda _: [], set()),
    ("keys", lambda k: [k.key["alpha"], k.key["ann"], 10**15], {"alpha"}),
    ("keys", lambda _: [], set()),
    ("handle", lambda _: "AL_PHA", {"al_pha"}),
    ("handle", lambda _: "al_pha", set()),
    ("handle", lambda _: "GONE", set()),
    ("name", lambda _: "alpha", {"alpha"}),
    ("name", lambda _: "Alpha", set()),
    ("name", lambda _: "gone", set()),
    ("names", lambda _: ["alpha", "bell", "gone", "ann"], {"alpha", "bell"}),
    ("names", lambda _: [], set()),
    ("name_prefix", lambda _: "al", {"alpha", "al_pha"}),
    ("name_prefix", lambda _: "al_", {"al_pha"}),
    ("name_prefix", lambda _: "", EVERY),
    ("name_contains", lambda _: "pha", {"alpha", "al_pha"}),
    ("name_contains", lambda _: "_", {"al_pha"}),
    ("name_contains", lambda _: "%", set()),
    ("details", lambda _: {"city": "Köln"}, {"alpha", "al_pha"}),
    ("details", lambda _: {"city": None}, EVERY),
    ("details", lambda _: {"open": True}, {"alpha", "beta"}),
    ("details", lambda _: {"open": False}, {"Alpine"}),
    ("details", lambda _: {"city": "Köln", "open": True}, {"alpha"}),
    ("details", lambda _: {"street": "x"}, set()),
    ("details_in", lambda _: {"city": ["Köln", "Bonn"]}, {"alpha", "Alpine", "al_pha"}),
    ("details_in", lambda _: {"city": []}, set()),
    ("details_contain", lambda _: {"city": "öln"}, {"alpha", "al_pha", "beta"}),
    ("details_contain", lambda _: {"note": "%_"}, {"alpha"}),
    ("details_contain", lambda _: {"note": "\\"}, {"al_pha"}),
    ("details_contain", lambda _: {"note": None}, EVERY),
    ("details_prefix", lambda _: {"note": "50"}, {"alpha", "Alpine"}),
    ("details_prefix", lambda _: {"note": "50%"}, {"alpha"}),
    ("details_prefix", lambda _: {"note": None}, EVERY),
    ("linked_to", lambda k: k.key["db-1"], {"alpha"}),
    ("linked_from", lambda k: k.key["ann"], {"alpha", "Alpine", "al_pha"}),
    ("linked_from", lambda k: k.key["db-1"], set()),
    ("not_linked_to", lambda k: k.key["db-1"], EVERY - {"alpha"}),
    ("not_linked_from", lambda k: k.key["ann"], {"beta", "bell"}),
    ("after", lambda _: 0, EVERY),
    ("after", lambda k: k.key["al_pha"], {"beta", "bell"}),
    ("held_at", lambda k: k.now, {"alpha", "Alpine"}),
    ("held_at", lambda k: k.now + 50, {"alpha", "Alpine", "al_pha"}),
    ("held_at", lambda k: k.now + 100, {"alpha"}),
    ("held_at", lambda k: k.now - 1, {"alpha"}),
    ("not_held_at", lambda k: k.now, EVERY - {"alpha", "Alpine"}),
    ("not_held_at", lambda k: k.now + 100, EVERY - {"alpha"}),
    ("after", lambda k: k.key["Alpine"], {"al_pha", "beta", "bell"}),
    ("after", lambda k: k.key["bell"], set()),
    ("blocked", lambda _: "locked", {"alpha"}),
    ("blocked", lambda _: "asleep", set()),
    ("not_blocked", lambda _: "locked", EVERY - {"alpha"}),
    ("not_blocked", lambda _: "disabled", EVERY - {"al_pha"}),
]  # fmt: skip


def selected(known: Known, where: Where) -> list[str]:
    """The names a listing has, which are as many as are counted."""
    with known.store.read() as sql:
        found = stored.find(sql, where)
        assert stored.count(sql, where) == len(found)
    return [thing.name for thing in found]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    RESTRICTIONS,
    ids=[f"{n}-{number}" for number, (n, _, _) in enumerate(RESTRICTIONS)],
)
def test_a_restriction_selects_what_it_says(known: Known, name: str, value, expected: set[str]):
    assert set(selected(known, Where(Kind.GROUP, **{name: value(known)}))) == expected


def test_every_restriction_is_tried():
    assert {name for name, _, _ in RESTRICTIONS} == {each.name for each in msgspec.structs.fields(Where)} - {
        "kind",
        "order",
    }


@given(several=st.lists(st.sampled_from(RESTRICTIONS), max_size=4, unique_by=lambda each: each[0]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_restrictions_together_select_what_each_of_them_does(known: Known, several: list[Restriction]):
    where = Where(Kind.GROUP, **{name: value(known) for name, value, _ in several})

    assert set(selected(known, where)) == EVERY.intersection(*(expected for _, _, expected in several))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("oldest", ["alpha", "Alpine", "al_pha", "beta", "bell"]),
        ("newest", ["bell", "beta", "al_pha", "Alpine", "alpha"]),
        ("changed", ["Alpine", "beta", "al_pha", "alpha", "bell"]),
    ],
)
def test_a_listing_has_its_order(known: Known, order, expected):
    assert selected(known, Where(Kind.GROUP, order=order)) == expected


def test_names_come_in_the_order_of_names_and_pages_follow_each_other(known: Known):
    where = Where(Kind.GROUP, name_prefix="", names=["bell", "beta", "alpha"], order="name")
    with known.store.read() as sql:
        pages = [stored.find(sql, where, offset=offset, limit=2) for offset in (0, 2, 4)]

    assert [[thing.name for thing in page] for page in pages] == [["alpha", "bell"], ["beta"], []]


def test_things_of_another_kind_are_not_selected(known: Known):
    assert selected(known, Where(Kind.USER, details={"city": "Köln"})) == ["ann"]


@pytest.mark.parametrize("value", ["' or 1=1 --", '"', "\\", "%", "$.city", "Köln'"])
def test_a_value_is_never_read_as_sql(known: Known, value: str):
    for where in (
        Where(Kind.GROUP, name=value),
        Where(Kind.GROUP, ids=[value]),
        Where(Kind.GROUP, details={"city": value}),
        Where(Kind.GROUP, details_contain={"city": value}),
        Where(Kind.GROUP, blocked=value),
    ):
        assert selected(known, where) == []
