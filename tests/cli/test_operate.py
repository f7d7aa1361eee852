"""`admit init`, and the words every command shares."""

import json
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from admit.base.clock import SystemClock
from admit.cli import COMMANDS, main
from admit.control.founding import Founded
from admit.main import open_admit
from admit.settings import Settings
from tests.system import System


def ran(*words: object) -> Result:
    clean = {"ADMIT_DATA": None, "ADMIT_DATABASE_URL": None}
    return CliRunner().invoke(main, [str(word) for word in words], env=clean, prog_name="admit")


def test_init_prints_what_a_first_call_needs_as_one_object(tmp_path):
    result = ran("init", "--data", tmp_path / "data", "--json")

    printed = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(printed) == [
        "data_dir", "account_id", "access_key_id", "access_key_secret",
        "admin_user", "admin_password", "ca_certificate",
    ]  # fmt: skip
    assert printed["data_dir"] == str(tmp_path / "data")
    assert Path(printed["ca_certificate"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert printed["admin_user"] == "admin"


def test_the_printed_key_signs_a_first_call_that_finds_something(tmp_path):
    printed = json.loads(ran("init", "--data", tmp_path / "data", "--json").stdout)
    admit = open_admit(Settings(data=tmp_path / "data"))
    founded = Founded(*(printed[name] for name in Founded.__dataclass_fields__))
    try:
        answer = System(admit, SystemClock(), founded).call("yundun-bastionhost", "DescribeInstances")
    finally:
        admit.close()

    assert [each["InstanceStatus"] for each in answer["Instances"]] == ["RUNNING"]


def test_init_tells_people_what_to_keep_and_what_to_do_next(tmp_path):
    told = ran("init", "--data", tmp_path / "data").stdout

    assert f"admit serve --data {tmp_path / 'data'}" in told
    assert "shown this once" in told


def test_only_the_owner_can_read_what_init_makes(tmp_path):
    ran("init", "--data", tmp_path / "data")
    private = {
        path.name for path in (tmp_path / "data").rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o77
    }

    assert private == {"ca.crt", "server.crt"}


def test_init_takes_its_directory_from_the_environment(tmp_path):
    result = CliRunner().invoke(main, ["init", "--json"], env={"ADMIT_DATA": str(tmp_path / "data")})

    assert json.loads(result.stdout)["data_dir"] == str(tmp_path / "data")


def test_init_refuses_a_data_directory_there_is_and_leaves_it_as_it_was(tmp_path):
    ran("init", "--data", tmp_path / "data")
    before = (tmp_path / "data/seal.key").read_bytes()
    again = ran("init", "--data", tmp_path / "data")

    assert again.exit_code == 4
    assert "is not empty" in again.stderr
    assert again.stdout == ""
    assert (tmp_path / "data/seal.key").read_bytes() == before


def test_init_refuses_a_name_no_certificate_can_be_for_and_leaves_nothing(tmp_path):
    result = CliRunner().invoke(
        main, ["init", "--data", str(tmp_path / "data")], env={"ADMIT_TLS_NAMES": "no host!"}
    )

    assert result.exit_code == 4
    assert "no host!" in result.stderr
    assert not (tmp_path / "data").exists()


def test_wrong_settings_are_a_usage_error_told_line_by_line(tmp_path):
    (tmp_path / "admit.toml").write_text("regoin = 1\nhttp = 7\n")
    result = ran("init", "--data", tmp_path)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2
    assert "Is it region?" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name):
    result = ran(name, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: admit ")
    with click.Context(main) as context:
        command = main.get_command(context, name)
    assert command is not None
    assert command.help


def test_a_command_there_is_not_is_a_usage_error():
    assert ran("nonsense").exit_code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_asks_admit(shell):
    assert "_ADMIT_COMPLETE" in ran("completion", shell).stdout


def test_the_shell_is_offered_the_commands():
    offered = CliRunner().invoke(
        main, [], env={"_ADMIT_COMPLETE": "bash_complete", "COMP_WORDS": "admit ver", "COMP_CWORD": "1"},
        prog_name="admit",
    )  # fmt: skip

    assert offered.stdout.split() == ["plain,verify"]
