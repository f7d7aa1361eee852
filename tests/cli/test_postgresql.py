"""The commands on PostgreSQL, whichever database the run is about."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admit.cli import main
from tests.databases import Cluster, cluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server(postgres: Cluster | None) -> Iterator[Cluster]:
    if postgres is not None:
        yield postgres
    else:
        with cluster() as own:
            yield own


@pytest.fixture
def url(server: Cluster) -> str:
    return server.url(server.new_database())


def ran(url: str, command: str, data: Path) -> Result:
    variables = {"ADMIT_DATABASE_URL": url, "ADMIT_HTTP": "127.0.0.1:0", "ADMIT_HTTPS": ""}
    return CliRunner().invoke(main, [command, "--data", str(data)], env=variables, prog_name="admit")


def test_a_system_is_made_verified_migrated_and_examined(url, tmp_path):
    data = tmp_path / "data"

    assert ran(url, "init", data).exit_code == 0
    assert not (data / "admit.db").exists()
    assert "The ledger is whole" in ran(url, "verify", data).stdout
    assert "the newest schema" in ran(url, "migrate", data).stdout
    assert "ok\tledger" in ran(url, "doctor", data).stdout


def test_a_database_that_holds_an_admit_is_not_made_new_and_no_directory_is_left(url, tmp_path):
    ran(url, "init", tmp_path / "data")
    again = ran(url, "init", tmp_path / "other")

    assert again.exit_code == 4
    assert "holds an admit already" in again.stderr
    assert not (tmp_path / "other").exists()
    assert ran(url, "verify", tmp_path / "data").exit_code == 0


def test_a_database_without_an_admit_is_refused_and_left_empty(url, server, tmp_path):
    ran(server.url(server.new_database()), "init", tmp_path / "data")

    for command in ("verify", "migrate"):
        refused = ran(url, command, tmp_path / "data")
        assert refused.exit_code == 4
        assert "holds no admit" in refused.stderr


def test_a_server_that_does_not_answer_is_not_reachable(tmp_path):
    refused = ran("postgresql://admit:swordfish@127.0.0.1:1/admit", "init", tmp_path / "data")

    assert refused.exit_code == 3
    assert "The database cannot be used" in refused.stderr
    assert "swordfish" not in refused.stderr
    assert not (tmp_path / "data").exists()
