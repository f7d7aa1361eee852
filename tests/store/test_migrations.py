"""The schema: made new, or reached step by step, it is the same; and no other is worked with."""

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, inspect, text, update

from admit.base.clock import FakeClock
from admit.core.events import Event, GrantReviewed, LinkAdded, Named, SessionEndOrdered, ThingAdded
from admit.core.links import Kind
from admit.core.validity import FOREVER
from admit.store import schema
from admit.store.changes import entries
from admit.store.engine import Store
from admit.store.ledger import GENESIS, Entry, chain
from admit.store.migrations import CONNECTION, configuration, migrate
from admit.store.review_tables import metadata
from admit.store.schema import NEWEST, VERSIONS, SchemaRefused, require_newest, version, version_of
from admit.store.tables import links, things
from admit.store.verification import verify

ALICE, GROUP = Named(Kind.USER, 7, "u-7", "alice"), Named(Kind.GROUP, 8, "ug-8", "dba")


def _entry(revision: int, ordinal: int, event: Event) -> Entry:
    fact = msgspec.json.encode(event).decode()
    return Entry(revision, ordinal, 5, "root", "test:Call", f"request-{revision}", type(event).__name__, fact)


OLD_ENTRIES = [
    _entry(1, 0, ThingAdded(ALICE, 0)),
    _entry(1, 1, ThingAdded(GROUP, 0)),
    _entry(2, 0, LinkAdded(ALICE, GROUP, 0, FOREVER)),
    _entry(2, 1, SessionEndOrdered("s-1", ALICE, GROUP, "enough")),
]


def to_version(engine: Engine, reached: str) -> None:
    """Make the tables as an older version had them."""
    config = configuration()
    with engine.begin() as sql:
        config.attributes[CONNECTION] = sql
        command.upgrade(config, reached)


def put_old(sql: Connection, entry: Entry, sealed: bytes) -> None:
    """Write an entry as it was written with a hash of its own."""
    values = {f"v{place}": value for place, value in enumerate((*entry, sealed))}
    sql.execute(text("insert into changes values (:v0, :v1, :v2, :v3, :v4, :v5, :v6, :v7, :v8)"), values)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_engine(request, tmp_path):
    """Makes engines of fresh, empty databases."""
    stores = []

    def make() -> Engine:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / f'{len(stores)}.db'}"
        else:
            server = request.getfixturevalue("server")
            url = server.url(server.new_database())
        stores.append(Store(url, FakeClock(), b"key"))
        return stores[-1].engine

    yield make
    for store in stores:
        store.close()


def shape(engine: Engine) -> dict[str, object]:
    """All that the database itself says of its tables."""
    found: dict[str, object] = {}
    with engine.connect() as sql:
        inspector = inspect(sql)
        for table in inspector.get_table_names():
            found[table] = (
                [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
                inspector.get_pk_constraint(table),
                inspector.get_unique_constraints(table),
                sorted(str(_index(each)) for each in inspector.get_indexes(table)),
                engine.dialect.name != "sqlite" and inspector.get_table_comment(table),
                engine.dialect.name == "sqlite" and inspector.get_table_options(table),
            )
        if engine.dialect.name == "sqlite":
            made = sql.execute(text("select name, sql from sqlite_master where type = 'index'"))
            found[""] = sorted((name, how.lower()) for name, how in made if how)
    return found


def _index(found) -> dict[str, object]:
    return {**found, "dialect_options": {key: str(value) for key, value in found["dialect_options"].items()}}


# SQLite does not tell of an index on an expression but by the text it was made with, which is compared.
@pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index",
    "ignore:autogenerate skipping metadata-specified expression-based index",
)
def test_the_steps_lead_to_the_very_tables_of_a_new_database(new_engine):
    upgraded, new = new_engine(), new_engine()
    migrate(upgraded)
    schema.create(new)

    with upgraded.connect() as sql:
        context = MigrationContext.configure(sql, opts={"version_table": version.name})
        assert compare_metadata(context, metadata) == []
    assert shape(upgraded) == shape(new)


def test_a_database_reached_step_by_step_can_be_worked_with_and_migrated_again(new_engine):
    engine = new_engine()
    migrate(engine)
    migrate(engine)

    with engine.connect() as sql:
        require_newest(sql)
        assert sql.execute(text("select n from revision")).scalar_one() == 0


def test_a_ledger_with_a_hash_for_each_entry_verifies_after_the_step(new_engine):
    engine, sealed = new_engine(), GENESIS
    to_version(engine, "0012")
    with engine.begin() as sql:
        for thing in (ALICE, GROUP):
            values = {"key": thing.key, "kind": int(thing.kind), "id": thing.id, "name": thing.name}
            sql.execute(insert(things).values(**values, parent=0, details="{}", created_at=5, changed_at=5))
        link = {"source": ALICE.key, "stage": 0, "target": GROUP.key, "starts_at": 0, "ends_at": FOREVER}
        sql.execute(insert(links).values(**link, added_at=5, added_in=2))
        for entry in OLD_ENTRIES:
            sealed = chain(b"key", sealed, entry)
            values = {f"v{place}": value for place, value in enumerate((*entry, sealed))}
            sql.execute(
                text("insert into changes values (:v0, :v1, :v2, :v3, :v4, :v5, :v6, :v7, :v8)"), values
            )
        sql.execute(text("update revision set n = 2, head = :head"), {"head": sealed})

    migrate(engine)

    with engine.connect() as sql:
        found = verify(sql, b"key", chain(b"key", GENESIS, OLD_ENTRIES[0]))
        stored = list(entries(sql))
    assert (found.fault, found.entries, found.head) == (None, 4, sealed.hex())
    assert [each.entry for each in stored] == OLD_ENTRIES
    assert [each.about for each in stored] == [(7, None), (8, None), (7, 8), (7, 8)]


@pytest.mark.parametrize("altered", ["set fact = '{}'", "set actor = 'mallory'", "set at = 4"])
def test_an_old_entry_that_was_altered_is_found_after_the_step(new_engine, altered):
    engine = new_engine()
    to_version(engine, "0012")
    with engine.begin() as sql:
        put_old(sql, OLD_ENTRIES[0], chain(b"key", GENESIS, OLD_ENTRIES[0]))
        sql.execute(text("update changes " + altered))

    migrate(engine)

    with engine.connect() as sql:
        assert "Revision 1 does not fit" in (verify(sql, b"key").fault or "")


def test_who_had_kept_what_was_ended_later_is_found_in_the_ledger(new_engine):
    engine, review = new_engine(), Named(Kind.REVIEW, 9, "rv-9", "Q4")
    to_version(engine, "0012")
    with engine.begin() as sql:
        put = text("insert into review_items values (9, :item, 7, 8, 1, 0, 9, 1, 1, :verdict, 5, 'bob', '')")
        for number, verdict in ((1, "end"), (2, "keep")):
            sql.execute(put, {"item": number, "verdict": verdict})
        for revision, number, verdict, by in (
            (1, 1, "keep", "olga"),
            (2, 2, "keep", "bob"),
            (3, 1, "end", "bob"),
        ):
            event = GrantReviewed(review, number, ALICE, GROUP, verdict, by, "seen")
            put_old(sql, _entry(revision, 0, event), GENESIS)

    migrate(engine)

    kept = text("select number, verdict, kept_at, kept_by, kept_comment from review_items order by number")
    with engine.connect() as sql:
        found = [tuple(row) for row in sql.execute(kept)]
    assert found == [(1, "end", 5, "olga", "seen"), (2, "keep", None, None, None)]


def test_a_step_that_fails_leaves_the_database_as_it_was(new_engine):
    engine = new_engine()
    with engine.begin() as sql:
        sql.execute(text("create table messages (x integer)"))
    before = shape(engine)

    with pytest.raises(Exception, match="messages"):
        migrate(engine)

    assert shape(engine) == before


def test_the_known_versions_are_the_steps_there_are(new_engine):
    script = ScriptDirectory.from_config(configuration())

    assert tuple(step.revision for step in reversed(list(script.walk_revisions()))) == VERSIONS


def test_an_empty_database_is_refused_with_the_way_to_a_new_one(new_engine):
    with new_engine().connect() as sql:
        assert not inspect(sql).has_table(version.name)
        with pytest.raises(SchemaRefused, match="admit init"):
            require_newest(sql)


@pytest.mark.parametrize(
    ("found", "told"), [("0000", "`admit migrate`"), ("9999", "made by a newer one"), (NEWEST, None)]
)
def test_a_database_of_another_version_is_refused_with_what_to_do(new_engine, monkeypatch, found, told):
    monkeypatch.setattr(schema, "VERSIONS", ("0000", *VERSIONS))
    engine = new_engine()
    schema.create(engine)
    with engine.begin() as sql:
        sql.execute(update(version).values(version_num=found))

    with engine.connect() as sql:
        if told is None:
            require_newest(sql)
            assert version_of(sql) == NEWEST
        else:
            with pytest.raises(SchemaRefused, match=told):
                require_newest(sql)


def test_a_database_that_holds_an_admit_is_not_made_new(new_engine):
    engine = new_engine()
    schema.create(engine)

    with pytest.raises(SchemaRefused, match="holds an admit already"):
        schema.create(engine)
