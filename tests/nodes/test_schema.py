"""A node and a schema that is not its own: an older node stops, an older database is not served."""

import psycopg
import pytest

from tests.databases import Cluster
from tests.nodes.firm import Firm, founded
from tests.served import ran
from tests.system import Refused

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def apart(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A system of its own: its schema is moved."""
    return founded(tmp_path_factory.mktemp("apart"), server)


def move(firm: Firm, version: str) -> str:
    """Say that the schema is another; returns which it was."""
    address = firm.url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as sql:
        row = sql.execute("select version_num from schema_version").fetchone()
        sql.execute("update schema_version set version_num = %s", (version,))
    assert row is not None
    return str(row[0])


def test_a_node_writes_nothing_once_the_schema_has_moved_on_and_stops_by_itself(apart: Firm) -> None:
    with apart.served() as (server,), apart.asking(server) as (asker,):
        assert asker.change("GrantAccess", "erin")
        known = move(apart, "9999")
        with pytest.raises((Refused, OSError)) as refused:
            asker.change("RevokeAccess", "erin")
        if isinstance(refused.value, Refused):
            assert (refused.value.status, refused.value.code) == (503, "ServiceUnavailable")
        assert server.process.wait(30) == 0
        move(apart, known)


def test_a_node_does_not_serve_a_schema_it_does_not_know_nor_one_that_is_older(apart: Firm) -> None:
    for version, told in (("9999", "made by a newer one"), ("0001", "run `admit migrate`")):
        known = move(apart, version)
        refused = ran(
            *("serve", "--data", str(apart.settings.data), "--http", "127.0.0.1:0", "--https", ""),
            ADMIT_DATABASE_URL=apart.url,
        )
        assert refused.returncode == 4
        assert told in refused.stderr
        move(apart, known)
