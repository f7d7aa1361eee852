"""A copy that PostgreSQL keeps is read from while it is as new as it must be, and else is not."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, text

from admit.base.clock import SystemClock
from admit.control import things
from admit.control.things import New
from admit.core.links import Kind
from admit.store.engine import Store
from admit.store.links import current_revision
from tests.databases import Cluster
from tests.nodes.firm import AUTHOR, Nothing, founded

pytestmark = pytest.mark.postgres


class Copied:
    """A database, and its copy."""

    def __init__(self, store: Store, copy: Cluster, address: str) -> None:
        self.store = store
        self.copy = copy
        self._address = address
        self._count = 0

    def grow(self) -> int:
        """Change something; the revision there is then."""
        self._count += 1
        new = New(Kind.GROUP, 1, f"group-{self._count}", Nothing())
        self.store.write_now(AUTHOR, lambda tx: things.add(tx, new))
        return self.revision()

    def revision(self) -> int:
        with self.store.read() as sql:
            return current_revision(sql)

    def say(self, what: str) -> None:
        """Say something to the copy itself."""
        with psycopg.connect(self._address, autocommit=True) as sql:
            sql.execute(f"select {what}()")  # type: ignore[arg-type]

    def caught_up(self, revision: int) -> None:
        """Return once the copy shows a revision."""
        with psycopg.connect(self._address, autocommit=True) as sql:
            while sql.execute("select n from revision").fetchone() != (revision,):
                pass


@pytest.fixture(scope="module")
def copied(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    firm = founded(tmp_path_factory.mktemp("copied"), server)
    with server.copied() as copy:
        url = firm.url.replace(str(server.directory), str(copy.directory))
        store = Store(firm.url, SystemClock(), b"key", url)
        yield Copied(store, copy, url.replace("+psycopg", ""))
        store.close()


def is_copy(sql: Connection) -> bool:
    return bool(sql.execute(text("select pg_is_in_recovery()")).scalar_one())


def test_what_takes_long_is_read_from_the_copy_once_it_is_as_new(copied: Copied) -> None:
    assert copied.store.reads_elsewhere
    revision = copied.grow()
    copied.caught_up(revision)
    with copied.store.read_at(revision) as sql:
        assert (is_copy(sql), current_revision(sql)) == (True, revision)


def test_a_copy_that_is_behind_is_not_read(copied: Copied) -> None:
    before = copied.revision()
    copied.caught_up(before)
    copied.say("pg_wal_replay_pause")
    revision = copied.grow()
    with copied.store.read_at(revision) as sql:
        assert (is_copy(sql), current_revision(sql)) == (False, revision)
    with copied.store.read_at(before) as sql:
        assert (is_copy(sql), current_revision(sql)) == (True, before)
    copied.say("pg_wal_replay_resume")


def test_a_copy_that_is_away_is_done_without(copied: Copied) -> None:
    copied.copy.stop()
    with copied.store.read_at(0) as sql:
        assert not is_copy(sql)
