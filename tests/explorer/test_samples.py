"""Samples are run: what the explorer writes is what works."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import playwright
import pytest
from Tea.exceptions import TeaException

from admit.explorer.fields import fields_of
from admit.explorer.samples.asked import Asked, Server, camel, snake
from admit.explorer.samples.languages import BY_KEY, LANGUAGES
from admit.explorer.samples.terraform import RESOURCES
from tests.explorer.conftest import Target
from tests.explorer.test_fields import BY_ACTION, OPERATIONS, filled
from tests.served import SOURCE

BASTION = "yundun-bastionhost"
NASTY = 'o\'brien "x" $(id) `id` ${HOME} \\ %{if} \n </script> 你好'
"""A text that means something to every language."""
SEEDS: dict[tuple[str, str], dict[str, Any]] = {
    ("appstream-center", "AuthorizeInstanceGroup"): {
        "ProductType": "CloudApp",
        "AppInstanceGroupId": "aig-none",
        "AuthorizeUserIds": ["alice", "bob"],
        "UserMeta": {"Type": "simple"},
    },
    (BASTION, "AttachHostAccountsToUserGroup"): {
        "InstanceId": "bastionhost-none",
        "UserGroupId": "1",
        "Hosts": '[{"HostId":"1","HostAccountIds":["1"]}]',
    },
    ("eiam", "UpdateAuthorizationRuleGroupAttachment"): {
        "InstanceId": "idaas-none",
        "AuthorizationRuleId": "arrule-none",
        "GroupId": "group-none",
        "ValidityType": "time_bound",
        "ValidityPeriod": {"StartTime": 1_700_000_000_000, "EndTime": 1_800_000_000_000},
        "ClientToken": "token-1",
    },
}
"""The three central operations, about things that are not there: the server says so by name."""
ABSENT = ("NotFound", "Commodity.BizError.InvalidStatus")
"""How the services say that something is not there."""


def asked(product: str, action: str, values: dict[str, Any], address: str = "127.0.0.1:8080") -> Asked:
    operation = BY_ACTION[product, action]
    return Asked(operation, fields_of(operation), values, Server(address, secure=False))


def sample(language: str, call: Asked) -> str:
    code = BY_KEY[language].write(call)
    assert code is not None
    return code


def python(call: Asked, target: Target, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a Python sample prints, or the code of the refusal it meets."""
    return ran_python(sample("python", call), target, monkeypatch)


def ran_python(code: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same of code that is there already."""
    for name, value in target.environment.items():
        monkeypatch.setenv(name, value)
    out = io.StringIO()
    program = compile(code, "sample.py", "exec")
    try:
        with contextlib.redirect_stdout(out):
            exec(program, {"__name__": "__main__"})  # noqa: S102 - it is what the test is about
    except TeaException as refused:
        return str(refused.code)
    return out.getvalue()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.service.product}-{each.action}")
def test_the_python_sample_of_every_operation_calls_it(
    target: Target, operation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = fields_of(operation)
    values = {field.name: filled(field) for field in fields}
    call = Asked(operation, fields, values, Server(target.address, secure=False))

    said = python(call, target, monkeypatch)

    # The server has understood who calls what; that most of these things are not there is its answer.
    not_understood = (
        "InvalidAction",
        "InvalidVersion",
        "SignatureDoesNotMatch",
        "MissingParameter",
        "InternalError",
    )
    assert said
    assert not said.startswith(not_understood), said


@pytest.mark.parametrize(("product", "action"), SEEDS)
@pytest.mark.parametrize("language", ["curl", "admit"])
def test_the_shell_samples_of_the_central_operations_call_them(
    target: Target, tmp_path: Path, product: str, action: str, language: str
) -> None:
    script = tmp_path / "call.sh"
    script.write_text(sample(language, asked(product, action, SEEDS[product, action], target.address)))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", script],
        env={**target.environment, "PATH": path, "PYTHONPATH": str(SOURCE), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert any(each in done.stdout + done.stderr for each in ABSENT), done


@pytest.mark.parametrize(("product", "action"), SEEDS)
def test_the_python_samples_of_the_central_operations_call_them(
    target: Target, product: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = python(asked(product, action, SEEDS[product, action], target.address), target, monkeypatch)

    assert any(each in said for each in ABSENT)


@pytest.mark.parametrize("language", ["python", "curl", "admit"])
def test_a_text_that_means_something_to_a_language_is_a_text_in_it(
    target: Target, tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = asked("ram", "CreateGroup", {"GroupName": f"g-{language}", "Comments": NASTY}, target.address)
    if language == "python":
        python(call, target, monkeypatch)
    else:
        script = tmp_path / "call.sh"
        script.write_text(sample(language, call))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        subprocess.run(
            ["bash", script],
            env={**target.environment, "PATH": path, "PYTHONPATH": str(SOURCE), "HOME": str(tmp_path)},
            check=True,
            capture_output=True,
        )

    said = python(
        asked("ram", "GetGroup", {"GroupName": f"g-{language}"}, target.address), target, monkeypatch
    )

    assert repr(NASTY)[1:-1] in said or json.dumps(NASTY, ensure_ascii=False)[1:-1] in said


@pytest.mark.parametrize(("product", "action"), SEEDS)
def test_node_can_read_its_samples(tmp_path: Path, product: str, action: str) -> None:
    program = tmp_path / "call.js"
    values = {**SEEDS[product, action], "RegionId": NASTY}
    program.write_text(sample("node", asked(product, action, values)))

    # The browser's driver brings one along.
    node = Path(playwright.__file__).parent / "driver" / "node"

    assert subprocess.run([node, "--check", program], check=False).returncode == 0


def test_every_operation_has_samples_that_read_the_key_from_the_environment() -> None:
    for operation in OPERATIONS:
        fields = fields_of(operation)
        values = {field.name: filled(field) for field in fields}
        call = Asked(operation, fields, values, Server("gate:8443", secure=True))
        for language in LANGUAGES:
            code = language.write(call)
            if language.key != "terraform":
                assert code is not None
                assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET" in code


def test_terraform_is_told_only_where_it_has_a_resource() -> None:
    writes = BY_KEY["terraform"].write

    assert writes(asked(BASTION, "ListHosts", {"InstanceId": "b"})) is None
    assert all(operation in BY_ACTION for operation in RESOURCES)
    code = writes(
        asked(BASTION, "AttachHostAccountsToUserGroup", SEEDS[BASTION, "AttachHostAccountsToUserGroup"])
    )
    assert code is not None
    assert 'resource "alicloud_bastionhost_host_account_user_group_attachment" "example"' in code
    assert 'host_account_ids = ["1"]' in code


def test_terraform_reads_no_variable_from_a_text() -> None:
    code = BY_KEY["terraform"].write(asked("ram", "CreateGroup", {"GroupName": "${file(x)} %{if}"}))

    assert code is not None
    assert "$${file(x)} %%{if}" in code


@pytest.mark.parametrize(
    ("name", "snaked", "camelled"),
    [
        ("HostAccountIds", "host_account_ids", "hostAccountIds"),
        ("EndUserId", "end_user_id", "endUserId"),
        ("OSType", "ostype", "oSType"),
        ("SetPolicyIPAclConfig", "set_policy_ipacl_config", "setPolicyIPAclConfig"),
        ("ValidityPeriod", "validity_period", "validityPeriod"),
    ],
)
def test_names_are_written_as_each_language_writes_them(name: str, snaked: str, camelled: str) -> None:
    assert (snake(name), camel(name)) == (snaked, camelled)
