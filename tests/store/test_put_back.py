"""The database that tests use one after another is as it was, whatever the one before has done."""

from contextlib import closing

import psycopg
import pytest

from tests.databases import Cluster
from tests.put_back import Lasting


def contents(sql: psycopg.Connection) -> dict[str, list[tuple]]:
    """All rows of all tables, in the order in which they stand there, and where the numbers are."""
    found = sql.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    rows = {name: sql.execute(f"table {name}").fetchall() for (name,) in found}
    return rows | {"numbers": sql.execute("select * from pg_sequences").fetchall()}


def test_rows_and_numbers_are_put_back(server: Cluster, created: str) -> None:
    lasting = Lasting(server, created)
    with server.connection(lasting.name) as sql:
        before = contents(sql)
        name = lasting.name
        sql.execute("set session_replication_role = replica")
        for table, rows in before.items():
            if rows and table != "numbers":
                sql.execute(f"delete from {table}")  # noqa: S608 - a name of ours
        for (sequence,) in sql.execute("select sequencename from pg_sequences").fetchall():
            sql.execute(f"select nextval('{sequence}')")
        changed = contents(sql)
        lasting.put_back()

        assert changed != before
        assert (contents(sql), lasting.name) == (before, name)
    lasting.close()


def test_a_schema_that_was_changed_is_not_gone_on_with(server: Cluster, created: str) -> None:
    lasting = Lasting(server, created)
    for change in (
        "create table planted (n int)",
        "alter table revision rename to planted",
        "alter table revision add column planted int",
        "create function planted() returns int language sql as 'select 1'",
    ):
        name = lasting.name
        with server.connection(name) as sql:
            sql.execute(change)
        lasting.put_back()

        assert lasting.name != name, change
        with server.connection(lasting.name) as sql:
            assert "planted" not in contents(sql)
    lasting.close()


@pytest.mark.parametrize("holding", ["lock table revision", "update revision set n = n"])
def test_who_still_holds_rows_keeps_nobody_waiting(server: Cluster, created: str, holding: str) -> None:
    lasting = Lasting(server, created)
    name = lasting.name
    with closing(server.connection(name)) as sql:
        sql.execute("begin")
        sql.execute(holding)  # type: ignore[arg-type]
        lasting.put_back()

    assert lasting.name != name
    lasting.close()
