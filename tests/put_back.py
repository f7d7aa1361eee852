"""A PostgreSQL database that tests use one after another: between two of them it is put back as it was.

A copy for each of thousands of tests, and connections to it that must learn its catalogue first, took more
processor time than most of the tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import psycopg
from sqlalchemy import URL, Engine, make_url

from admit.store import engine as stores
from admit.store.connections import connected
from tests.databases import Cluster

_TABLES = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
_SEQUENCES = "select sequencename, coalesce(last_value, 1), last_value is not null from pg_sequences"
_CATALOGUE = ("pg_attribute", "pg_constraint", "pg_index", "pg_trigger", "pg_proc")
_NEWEST = "(select (count(*), max(xmin::text::bigint))::text from {})"
_SCHEMA = ", ".join(
    ("select (select sum(hashtext(relname::text)) from pg_class)", *map(_NEWEST.format, _CATALOGUE))
)
"""Changes with every change of the schema, and with none of rows."""


class Lasting:
    """One database, and the engine by which systems reach it: it keeps its connections from test to test."""

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster = cluster
        self._template = template
        self._make()

    @property
    def url(self) -> str:
        return self._cluster.url(self.name)

    def put_back(self) -> None:
        """Undo what a test has done. Where that was more than to write rows, or it still holds some, and
        where connections were cut, there is a new copy."""
        try:
            same = self._sql.execute(_SCHEMA).fetchone() == self._schema
            if same:
                self._sql.execute("select pg_temp.put_back()")
        except psycopg.Error:
            same = False
        if not same:
            self.close()
            self._make()

    def close(self) -> None:
        """Let go of the database, and drop it."""
        self._sql.close()
        Engine.dispose(self._engine)
        self._cluster.drop(self.name)

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Have systems reach it by the one engine, which they may close and which stays."""
        with mock.patch.object(stores, "connected", self._connected):
            yield

    def _connected(self, url: URL, *, is_sqlite: bool) -> Engine:
        return self._engine if url == self._engine.url else connected(url, is_sqlite=is_sqlite)

    def _make(self) -> None:
        self.name = self._cluster.new_database(self._template)
        self._engine = connected(make_url(self.url), is_sqlite=False)
        self._engine.dispose = lambda: None  # type: ignore[method-assign]
        self._sql = sql = self._cluster.connection(self.name)
        # Rows are put back without regard to which refers to which.
        sql.execute("set session_replication_role = replica")
        sql.execute("set lock_timeout = '2s'")
        tables = [name for (name,) in sql.execute(_TABLES)]
        # Who has written and not committed yet is waited for. To truncate would lock out readers as well, and
        # make new files, of which every connection learns anew: of a few rows it takes three times as long.
        steps = [f"lock table {', '.join(tables)} in share row exclusive mode;"]
        steps += [f"delete from {each};" for each in tables]  # noqa: S608 - names of ours
        for each in tables:
            if sql.execute(f"select from {each} limit 1").fetchone() is not None:
                sql.execute(f"create temp table kept_{each} as table {each}")
                steps.append(f"insert into {each} overriding system value table pg_temp.kept_{each};")
        steps += [f"perform setval('{name}', {at}, {was});" for name, at, was in sql.execute(_SEQUENCES)]
        body = " ".join(steps)
        sql.execute(
            f"create function pg_temp.put_back() returns void language plpgsql as $$ begin {body} end $$"
        )
        self._schema = sql.execute(_SCHEMA).fetchone()
