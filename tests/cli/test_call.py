"""Any operation, called and described from the command line."""

import json
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from admit.cli import main
from admit.cli.client import Client
from admit.settings import Settings
from tests.cli.conftest import BASTION, PASSWORD, Run, revision


def call(run: Run, *words: str) -> dict[str, object]:
    result = run("call", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


def test_the_answer_is_printed_as_json(run: Run):
    answer = call(run, BASTION, "DescribeInstances")

    assert answer["TotalCount"] == 1
    assert "RequestId" in answer


@pytest.mark.parametrize("service", ["bastionhost", BASTION])
def test_a_service_has_a_short_name(run: Run, service: str):
    assert call(run, service, "DescribeInstances")["TotalCount"] == 1


def test_a_value_may_follow_an_equals_sign(run: Run, bastion: str):
    made = call(run, "bastionhost", "CreateUserGroup", f"--InstanceId={bastion}", "--UserGroupName=a=b")
    told = call(
        run,
        "bastionhost",
        "GetUserGroup",
        "--InstanceId",
        bastion,
        "--UserGroupId",
        str(made["UserGroupId"]),
    )
    assert told["UserGroup"]["UserGroupName"] == "a=b"


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "words",
    [("--UserIds", '["{0}","{1}"]'), ("--UserIds.1", "{0}", "--UserIds.2", "{1}")],
    ids=["as JSON", "in dotted form"],
)
def test_a_list_is_given_either_way(run: Run, client: Client, bastion: str, words: tuple[str, ...]):
    users = [user["UserId"] for user in client.call(BASTION, "ListUsers", InstanceId=bastion)["Users"]]
    group = client.call(BASTION, "CreateUserGroup", InstanceId=bastion, UserGroupName="both")["UserGroupId"]
    filled = [word.format(*users) for word in words]
    answer = call(
        run, "bastionhost", "AddUsersToGroup", "--InstanceId", bastion, "--UserGroupId", group, *filled
    )

    assert [each["Code"] for each in answer["Results"]] == ["OK", "OK"]


def test_a_structure_is_given_as_json(run: Run, bastion: str):
    answer = call(
        run,
        "bastionhost",
        "AttachHostAccountsToUserGroup",
        "--InstanceId",
        bastion,
        "--UserGroupId",
        "99",
        "--Hosts",
        '[{"HostId":"98"}]',
    )
    assert [each["HostId"] for each in answer["Results"]] == ["98"]


def test_a_refusal_is_told_with_code_and_request_and_exit_code_4(run: Run):
    result = run("call", "bastionhost", "ListUsers")

    assert (result.exit_code, result.stdout) == (4, "")
    message, code = result.stderr.splitlines()
    assert message.startswith("admit: ")
    assert "InstanceId" in message
    assert code.startswith("admit: MissingParameter")
    assert ", request " in code


def test_a_secret_that_is_sent_is_not_told(run: Run, bastion: str):
    result = run(
        "call",
        "bastionhost",
        "CreateUser",
        *("--InstanceId", bastion, "--Source", "Nowhere", "--UserName", "eve", "--Password", PASSWORD),
    )
    assert result.exit_code == 4
    assert PASSWORD not in result.output


def test_a_call_is_signed_with_the_key_that_is_given(run: Run):
    result = run(
        "call",
        *("bastionhost", "DescribeInstances", "--access-key-id", "stranger", "--access-key-secret", "x"),
    )
    assert result.exit_code == 4
    assert "InvalidAccessKeyId.NotFound" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bastion", "ListUsers"), "'bastion' is not a service. There are admit,"),
        (("bastionhost", "ListUser"), "has no operation ListUser. Is it ListUsers"),
        (("bastionhost", "Zzz"), "has no operation Zzz.\n"),
        (("bastionhost", "ListUsers", "--instanceid", "x"), "no parameter instanceid. Is it InstanceId?"),
        (("bastionhost", "ListUsers", "x"), "'x' stands without a parameter's name"),
        (("bastionhost", "ListUsers", "--InstanceId"), "--InstanceId stands without a value"),
        (("bastionhost", "ListUsers", "--InstanceId=a", "--InstanceId=b"), "is given twice"),
        (("bastionhost",), "Missing argument 'ACTION'"),
    ],
)
def test_a_slip_is_told_before_anything_is_called(words: tuple[str, ...], said: str):
    # There is no such directory: nothing may be opened.
    result = CliRunner().invoke(main, ["call", *words, "--data", "/nowhere/at/all"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_describe_calls_nothing_and_tells_what_an_operation_takes():
    result = CliRunner().invoke(
        main, ["call", "bastionhost", "CreateHost", "--describe", "--data", "/nowhere"]
    )

    assert result.exit_code == 0
    required, optional = result.stdout.split("Optional:")
    assert required.startswith("yundun-bastionhost CreateHost\n\nCreates a host.")
    assert "--OSType" in required
    assert "One of Linux, Windows." in required
    assert "--HostPublicAddress" in optional
    assert "Refused with:" in optional


def test_describe_of_an_operation_without_parameters_or_errors_is_short():
    result = CliRunner().invoke(main, ["call", "sts", "GetCallerIdentity", "--describe"])

    assert result.exit_code == 0
    assert "Required:" not in result.stdout


# -- completion ------------------------------------------------------------------------------------


def completed(*words: str) -> list[str]:
    """What completes the last of the words."""
    found = ShellComplete(main, {}, "admit", "_ADMIT_COMPLETE").get_completions(list(words[:-1]), words[-1])
    assert all(item.help is None or "\n" not in item.help for item in found)
    return [item.value for item in found]


def test_services_are_completed_also_by_their_short_names():
    assert completed("call", "e") == ["eds-user", "eiam", "edsuser"]


def test_actions_are_completed_in_any_case():
    assert completed("call", "bastionhost", "describeinstances") == ["DescribeInstances"]
    assert completed("call", "nothing", "A") == []


def test_parameters_are_completed_and_each_only_once():
    assert completed("call", "bastionhost", "GetUserGroup", "--user") == ["--UserGroupId"]
    assert completed("call", "bastionhost", "GetUserGroup", "--UserGroupId", "1", "--user") == []


def test_options_are_completed_as_well():
    assert "--data" in completed("call", "bastionhost", "GetUserGroup", "--")
    assert completed("call", "bastionhost", "Nothing", "--desc") == ["--describe"]


def test_listed_values_are_completed():
    assert completed("call", "bastionhost", "CreateHost", "--OSType", "L") == ["Linux"]
    assert completed("call", "bastionhost", "CreateHost", "--HostName", "L") == []
    assert completed("call", "bastionhost", "Nothing", "--OSType", "L") == []


def test_the_command_takes_the_options_that_lead_to_a_system():
    command = main.get_command(click.Context(main), "call")

    assert command is not None
    assert {"data", "endpoint", "describe"} <= {parameter.name for parameter in command.params}


# -- values that must not stand on the command line --------------------------------------------------


def made_user(run: Run, bastion: str, password: str, typed: str | None = None) -> Result:
    user = ("--InstanceId", bastion, "--Source", "Local", "--UserName", "secretive")
    return run("call", "bastionhost", "CreateUser", *user, "--Password", password, typed=typed)


def test_a_password_is_read_from_a_file_or_from_standard_input(
    run: Run, bastion: str, client: Client, tmp_path: Path
):
    file = tmp_path / "password"
    # One of three letters is refused, so that what is read is seen by what is done.
    file.write_text("abc\n")
    short = made_user(run, bastion, f"@{file}")
    file.write_text(f"{PASSWORD}\n")
    user = json.loads(made_user(run, bastion, f"@{file}").stdout)["UserId"]
    client.call(BASTION, "DeleteUser", InstanceId=bastion, UserId=user)
    typed = made_user(run, bastion, "@-", typed=f"{PASSWORD}\n")

    assert (short.exit_code, typed.exit_code) == (4, 0)
    assert "8 to 128 characters" in short.stderr


def test_a_value_that_begins_with_an_at_sign_is_written_with_two(run: Run, bastion: str):
    group = ("--InstanceId", bastion, "--UserGroupName", "@@home")
    made = call(run, "bastionhost", "CreateUserGroup", *group)
    told = call(
        run, "bastionhost", "GetUserGroup", "--InstanceId", bastion, "--UserGroupId", str(made["UserGroupId"])
    )

    assert told["UserGroup"]["UserGroupName"] == "@home"


@pytest.mark.parametrize(
    ("value", "told"), [("@/no/such/file", "No such file"), ("@-", "nothing is left of it")]
)
def test_a_value_that_cannot_be_read_is_told_and_nothing_is_called(
    run: Run, bastion: str, settings: Settings, value: str, told: str
):
    before = revision(settings)
    result = made_user(run, bastion, value)

    assert result.exit_code == 2
    assert told in result.stderr
    assert revision(settings) == before


def test_a_file_that_is_no_text_is_told(run: Run, bastion: str, tmp_path: Path):
    (tmp_path / "password").write_bytes(b"\xff")

    assert "is not text" in made_user(run, bastion, f"@{tmp_path}/password").stderr


def test_the_secret_to_sign_with_is_read_from_a_file(run: Run, tmp_path: Path, client: Client):
    client.call("ram", "CreateUser", UserName="bob")
    key = client.call("ram", "CreateAccessKey", UserName="bob")["AccessKey"]
    (tmp_path / "secret").write_text(f"{key['AccessKeySecret']}\n")
    signed = ("--access-key-id", key["AccessKeyId"], "--access-key-secret", f"@{tmp_path}/secret")

    assert str(call(run, "sts", "GetCallerIdentity", *signed)["Arn"]).endswith("user/bob")
