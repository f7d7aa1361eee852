"""The schema: made new, or reached step by step, it is the same; and no other is worked with."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text, update

from admit.base.clock import FakeClock
from admit.store import schema
from admit.store.engine import Store
from admit.store.migrations import configuration, migrate
from admit.store.review_tables import metadata
from admit.store.schema import NEWEST, VERSIONS, SchemaRefused, require_newest, version, version_of


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
