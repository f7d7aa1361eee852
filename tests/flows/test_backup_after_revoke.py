"""A system in which something was taken back is as sound as any other."""

from pathlib import Path

from click.testing import CliRunner

from admit.cli import main
from tests.system import System


def test_a_system_with_a_past_can_be_backed_up_and_examined(system: System, tmp_path: Path) -> None:
    if not system.admit.store.is_sqlite:
        return
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "alice", "Email": "alice@example.com"}])
    group = system.call("eds-user", "CreateGroup", GroupName="dba")["GroupId"]
    system.call("eds-user", "UserBatchJoinGroup", GroupId=group, EndUserIds=["alice"])
    system.call("eds-user", "UserBatchQuitGroup", GroupId=group, EndUserIds=["alice"])
    settings = system.admit.settings

    run = CliRunner().invoke(main, ["backup", str(tmp_path / "copy"), "--data", str(settings.data)])

    assert run.exit_code == 0, run.output
