"""A copy that takes in change after change is what a new copy would be, and holds nothing it need not."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from admit.authzen.asking import asked_of
from admit.authzen.evaluation import answer_to
from admit.authzen.parties import Space
from admit.base.clock import FakeClock
from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import PERMANENT, Validity
from admit.store import copying
from admit.store import things as stored
from admit.store.copying import Copied, copied, take_in
from admit.store.engine import Store, Tx
from admit.store.things import Thing
from tests.control.live.watched import Place
from tests.system import System


class Letter(msgspec.Struct):
    """Details that concern nobody elsewhere."""

    email: str = "alice@example.com"


@pytest.fixture
def copy(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 'copy.db'}", FakeClock(), b"")
    store.create()
    store.replica.most_bytes = 2**20
    return store


def follow(system: System, copy: Store, after: int | None) -> Copied:
    with system.admit.store.read() as sql:
        # As it travels.
        new = msgspec.json.decode(msgspec.json.encode(copied(sql, after)), type=Copied)
    if new.whole:
        copy.replica.drop()
    with copy.engine.begin() as sql:
        take_in(sql, new)
    with copy.read() as sql:
        copy.replica.keep(sql)
    return new


def rows(store: Store) -> tuple[object, ...]:
    """All that a copy of it would have, in order."""
    with store.read() as sql:
        new = copied(sql, None)
    by_key = sorted(new.things, key=lambda row: row.key)
    return new.revision, by_key, sorted(new.links), sorted(new.blocks)


def change(place: Place, random: Random) -> None:
    """Something of what can happen to a policy."""
    users = [place.things[name] for name in ("alice", "dba", "ops")]
    targets = [place.things[name] for name in ("root", "app", "db-1")]
    one, other = random.choice(users), random.choice(targets)
    joined: tuple[Thing, Thing] = (place.things["alice"], random.choice(users[1:]))

    def body(tx: Tx) -> None:
        pair = random.choice([(one, other), joined])
        now = tx.now
        match random.randrange(5):
            case 0:
                if not grants.grant(tx, *pair, random.choice([PERMANENT, Validity(now, now + 1000)])):
                    grants.revoke(tx, *pair)
            case 1:
                grants.revoke(tx, *pair)
            case 2 if "locked" not in stored.block_words(tx.sql, one.key):
                things.block(tx, one, "locked")
            case 3 if "locked" in stored.block_words(tx.sql, one.key):
                things.unblock(tx, one, "locked")
            case _:
                new = New(Kind.GROUP, place.things["bastion"].key, f"g-{random.random()}", Letter())
                made = things.add(tx, new)
                if random.random() < 0.5:
                    things.remove(tx, made)

    place.write(body)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_copy_has_taken_in_is_what_a_new_one_has(system: System, copy: Store, seed: int) -> None:
    place, random = Place(system), Random(seed)  # noqa: S311 - a repeatable one is wanted
    stands = follow(system, copy, None).revision
    for _ in range(12):
        for _ in range(random.randrange(4)):
            change(place, random)
        new = follow(system, copy, stands)
        assert not new.whole
        stands = new.revision
        assert rows(copy) == rows(system.admit.store)
        index = copy.replica.newest
        assert index is not None
        assert index.revision == stands
        for resource in ("root@db-1", "app@db-1"):
            asked = {
                "subject": {"type": "person", "id": "alice"},
                "action": {"name": "connect"},
                "resource": {"type": "host-account", "id": resource},
            }
            assert answered(copy, asked, place) == answered(system.admit.store, asked, place)


def answered(store: Store, asked: dict[str, object], place: Place) -> dict[str, object]:
    with store.read() as sql:
        return answer_to(Space(sql, "default"), asked_of(asked), place.system.clock.now()).answer


def test_nothing_leaves_that_decisions_do_not_ask_for(system: System, copy: Store) -> None:
    place = Place(system)
    new = New(Kind.USER, place.things["bastion"].key, "carol", Letter("carol@example.com"))
    place.write(lambda tx: people.add_user(tx, new))
    before = system.revision() - 1
    with system.admit.store.read() as sql:
        whole = msgspec.json.encode(copied(sql, None))
        since = msgspec.json.encode(copied(sql, before))
    assert b"carol" in whole
    assert b"carol" in since
    for secret in (b"example.com", b"LTAI", b"email"):
        assert secret not in whole
        assert secret not in since


def test_who_is_too_far_behind_or_ahead_is_given_everything(
    system: System, copy: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(system)
    follow(system, copy, None)
    monkeypatch.setattr(copying, "MOST_CHANGES", 2)
    for _ in range(3):
        place.write(lambda tx: things.block(tx, place.things["dba"], f"word-{tx.revision}"))
    assert follow(system, copy, system.revision() - 3).whole
    assert follow(system, copy, system.revision() + 1).whole
    assert not follow(system, copy, system.revision()).whole
    assert rows(copy) == rows(system.admit.store)
