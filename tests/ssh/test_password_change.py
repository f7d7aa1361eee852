"""A password that must be changed, changed at the door by a plain client."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.ssh.office import PASSWORD, Office

NEW = "Better-horse-10"
ASKPASS = """#!/bin/sh
case "$1" in
*"New password"* | *"same again"* | *"new password"*) echo "$NEW" ;;
*) echo "$FORMER" ;;
esac
"""


@pytest.mark.parametrize("method", ["keyboard-interactive", "password"])
def test_who_must_change_the_password_does_so_at_the_door(
    served_office: Office, tmp_path: Path, method: str
) -> None:
    name = f"carol-{method}"
    office = served_office
    user = office.call(
        "CreateUser", Source="Local", UserName=name, Password=PASSWORD, NeedResetPassword="true"
    )["UserId"]
    office.ids[name] = user
    office.grant(name, "db-1", "account")
    askpass = tmp_path / "askpass"
    askpass.write_text(ASKPASS)
    askpass.chmod(0o700)

    def tried(former: str, new: str) -> subprocess.CompletedProcess[bytes]:
        asked = {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "FORMER": former, "NEW": new}
        said = (
            "BatchMode=no",
            "LogLevel=INFO",
            f"PreferredAuthentications={method}",
            "NumberOfPasswordPrompts=1",
        )
        # The first of two that contradict each other counts.
        line = ["ssh", *(word for each in said for word in ("-o", each)), *office.options()]
        line += ["-p", str(office.port), f"{name}+{office.target.account}+db-1@127.0.0.1", "echo in"]
        return subprocess.run(line, capture_output=True, check=False, timeout=50, env={**os.environ, **asked})

    refused = tried(PASSWORD, "weak")
    assert b"the new password is not taken" in refused.stderr
    changed = tried(PASSWORD, NEW)
    assert (changed.stdout, changed.returncode) == (b"in\n", 0), changed.stderr
    assert office.call("GetUser", UserId=user)["User"]["NeedResetPassword"] is False
    assert tried(NEW, "unasked").stdout == b"in\n"
