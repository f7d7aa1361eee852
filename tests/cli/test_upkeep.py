"""`admit verify`, `backup`, `restore`, `migrate` and `doctor`, as they are called."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admit.base.directory import held
from admit.cli import main
from admit.main import create
from admit.settings import Settings
from admit.store.schema import NEWEST
from tests.served import ran as served_to_its_end


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("upkeep") / "data"
    create(Settings(data=directory))
    return directory


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, by way of a backup."""
    assert ran("backup", tmp_path / "made", "--with-keys", "--data", made).exit_code == 0
    assert ran("restore", tmp_path / "made", "--data", tmp_path / "data").exit_code == 0
    return tmp_path / "data"


def ran(*words: object, **environment: str) -> Result:
    clean = {"ADMIT_DATA": None, "ADMIT_DATABASE_URL": None, **environment}
    return CliRunner().invoke(main, [str(word) for word in words], env=clean, prog_name="admit")


def sql(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "admit.db")) as database:
        database.execute(statement)
        database.commit()


def test_verify_prints_the_head_that_it_takes_back(made):
    first = ran("verify", "--data", made, "--json")
    head = json.loads(first.stdout)["head"]

    assert (first.exit_code, json.loads(first.stdout)["whole"]) == (0, True)
    assert f"head {head}" in ran("verify", "--data", made).stdout
    assert ran("verify", "--data", made, "--head", head).exit_code == 0
    assert ran("verify", "--data", made, "--head", "00" * 31 + "01").exit_code == 1
    assert ran("verify", "--data", made, "--head", "nothing").exit_code == 2


def test_verify_names_the_first_bad_revision_and_exits_with_no(data):
    sql(data, "update transactions set actor = 'mallory' where revision = 1")

    told, as_json = ran("verify", "--data", data), ran("verify", "--data", data, "--json")
    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert "broken after 0 good entries. Revision 1 does not fit" in told.stdout
    assert json.loads(as_json.stdout)["fault"].startswith("Revision 1 ")


def test_backup_says_whether_the_keys_are_in_it(made, tmp_path):
    without = ran("backup", tmp_path / "without", "--data", made)
    with_keys = ran("backup", tmp_path / "with", "--data", made, "--with-keys")
    as_json = json.loads(ran("backup", tmp_path / "json", "--data", made, "--json").stdout)

    assert "The keys are not in it" in without.stdout
    assert "The keys are in it" in with_keys.stdout
    assert as_json["file"] == str(tmp_path / "json")
    assert as_json["schema"] == NEWEST
    assert as_json["with_keys"] is False


def test_a_drill_a_backup_without_keys_comes_back_with_the_keys_kept_apart(made, tmp_path):
    ran("backup", tmp_path / "backup", "--data", made)

    refused = ran("restore", tmp_path / "backup", "--data", tmp_path / "new")
    restored = ran("restore", tmp_path / "backup", "--data", tmp_path / "new", "--keys", made)

    assert refused.exit_code == 4
    assert "holds no keys" in refused.stderr
    assert restored.exit_code == 0
    assert "Its ledger is whole" in restored.stdout
    assert "new one" not in restored.stdout
    assert ran("verify", "--data", tmp_path / "new").exit_code == 0


def test_restore_and_backup_refuse_what_exists(made, data, tmp_path):
    assert ran("backup", tmp_path / "made", "--data", made).exit_code == 4
    assert ran("restore", tmp_path / "made", "--data", data).exit_code == 4


def test_restore_prints_what_it_made_as_one_object(made, tmp_path):
    ran("backup", tmp_path / "backup", "--with-keys", "--data", made)
    printed = json.loads(ran("restore", tmp_path / "backup", "--data", tmp_path / "new", "--json").stdout)

    assert printed["data_dir"] == str(tmp_path / "new")
    assert printed["new_authority"] is False
    assert printed["entries"] > 0


def test_a_new_authority_is_made_and_the_old_one_kept_aside(data):
    old = {file.name: file.read_bytes() for file in (data / "tls").iterdir()}

    told = ran("renew-authority", "--data", data)
    again = json.loads(ran("renew-authority", "--data", data, "--json").stdout)

    assert told.exit_code == 0
    assert f"trust {data / 'tls/ca.crt'}" in told.stdout
    kept = [folder for folder in data.glob("tls-until-*") if folder != Path(again["kept"])]
    assert {file.name: file.read_bytes() for file in kept[0].iterdir()} == old
    assert again["ca_certificate"] == str(data / "tls/ca.crt")
    assert (data / "tls/ca.crt").read_bytes() not in old.values()
    assert (data / "tls/ca.key").stat().st_mode & 0o777 == 0o600


def test_a_new_authority_is_not_made_beneath_a_server_that_is_serving(data):
    with held(data):
        refused = ran("renew-authority", "--data", data)

    assert refused.exit_code == 4
    assert "stop that first" in refused.stderr


def test_a_certificate_of_your_own_is_not_renewed(data):
    own = {"ADMIT_TLS_CERTIFICATE": str(data / "own.pem"), "ADMIT_TLS_KEY": str(data / "own.key")}
    refused = ran("renew-authority", "--data", data, **own)

    assert refused.exit_code == 4
    assert "renew that" in refused.stderr


def test_a_system_that_lost_its_authority_gets_a_new_one(data):
    shutil.rmtree(data / "tls")

    assert ran("renew-authority", "--data", data).exit_code == 0
    assert (data / "tls/server.crt").exists()


def test_migrate_says_that_there_is_nothing_to_do(made):
    assert "the newest schema" in ran("migrate", "--data", made).stdout
    assert json.loads(ran("migrate", "--data", made, "--json").stdout) == {"before": NEWEST, "now": NEWEST}


def test_a_schema_nobody_knows_is_refused_by_every_command_that_reads(data):
    sql(data, "update schema_version set version_num = '9999'")

    for command in ("migrate", "verify"):
        refused = ran(command, "--data", data)
        assert refused.exit_code == 4
        assert "made by a newer one" in refused.stderr
    served = served_to_its_end("serve", "--data", str(data), "--http", "127.0.0.1:0", "--https", "")
    assert served.returncode == 4
    assert "made by a newer one" in served.stderr


@pytest.mark.parametrize("command", ["verify", "migrate"])
def test_what_is_not_there_is_not_reachable(tmp_path, command):
    absent = ran(command, "--data", tmp_path / "absent")

    assert absent.exit_code == 3
    assert str(tmp_path / "absent") in absent.stderr
    assert not (tmp_path / "absent").exists()


def test_the_doctor_lists_every_check_and_exits_with_no_if_one_fails(data):
    nowhere = {"ADMIT_HTTP": "127.0.0.1:0", "ADMIT_HTTPS": "127.0.0.1:0"}
    well = ran("doctor", "--data", data, **nowhere)
    (data / "seal.key").chmod(0o644)
    ill = ran("doctor", "--data", data, "--json", **nowhere)

    assert well.exit_code == 0
    assert well.stdout.splitlines()[0].split("\t") == ["state", "check", "what was found"]
    assert "ok\tdatabase\t" in well.stdout
    assert ill.exit_code == 1
    assert {"key file": "fail"}.items() <= {
        each["check"]: each["state"] for each in json.loads(ill.stdout)
    }.items()


def test_postgresql_is_told_its_own_way_to_a_backup(made, tmp_path):
    refused = ran(
        "backup", tmp_path / "backup", "--data", made, ADMIT_DATABASE_URL="postgresql+psycopg://db/admit"
    )

    assert refused.exit_code == 4
    assert "pg_dump" in refused.stderr
