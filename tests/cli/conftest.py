"""A data directory with an office in it, and the ``admit`` command run on it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from admit.cli import main
from admit.cli.client import Client
from admit.cli.local import local
from admit.main import create, open_admit
from admit.settings import Settings
from admit.store.links import current_revision

BASTION = "yundun-bastionhost"
PASSWORD = "Secret-123"

Run = Callable[..., Result]
Write = Callable[[str, str], str]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that works on a data directory quiets the log of its process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def empty_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory made once, under the machine's clock, which is the commands' own."""
    directory = tmp_path_factory.mktemp("cli") / "data"
    create(Settings(data=directory))
    return directory


@pytest.fixture(scope="session")
def office_directory(empty_directory: Path) -> Path:
    """The same with the office in it."""
    directory = empty_directory.with_name("office")
    shutil.copytree(empty_directory, directory)
    furnish(Settings(data=directory))
    return directory


@pytest.fixture
def settings(tmp_path: Path, empty_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data directory of the test's own."""
    # What is set around the test is not what the test is about.
    for name in [name for name in os.environ if name.startswith(("ADMIT_", "ALIBABA_CLOUD_"))]:
        monkeypatch.delenv(name)
    return Settings(data=Path(shutil.copytree(empty_directory, tmp_path / "data")))


@pytest.fixture
def office(settings: Settings, office_directory: Path) -> None:
    """alice in the group dba, bob in none; the accounts root and deploy on the host db-1."""
    shutil.rmtree(settings.data)
    shutil.copytree(office_directory, settings.data)


@pytest.fixture
def run(settings: Settings) -> Run:
    """Run a command on the data directory."""

    def command(*words: str, typed: str | None = None) -> Result:
        asked = [*words, "--data", str(settings.data)]
        return CliRunner().invoke(main, asked, input=typed, prog_name="admit")

    return command


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    """The API of the data directory."""
    with local(settings) as found:
        yield found


@pytest.fixture
def bastion(client: Client) -> str:
    """The ID of the bastion host."""
    return bastion_of(client)


def bastion_of(client: Client) -> str:
    return str(client.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"])


def furnish(settings: Settings) -> None:
    """Put the office into a data directory."""
    with local(settings) as client:
        bastion = bastion_of(client)

        def made(action: str, answer: str, **parameters: object) -> str:
            return str(client.call(BASTION, action, InstanceId=bastion, **parameters)[answer])

        users = [
            made("CreateUser", "UserId", Source="Local", UserName=name, Password=PASSWORD)
            for name in ("alice", "bob")
        ]
        group = made("CreateUserGroup", "UserGroupId", UserGroupName="dba")
        client.call(BASTION, "AddUsersToGroup", InstanceId=bastion, UserGroupId=group, UserIds=users[:1])
        host = made(
            "CreateHost",
            "HostId",
            Source="Local",
            HostName="db-1",
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress="10.0.0.1",
        )
        for name in ("root", "deploy"):
            made("CreateHostAccount", "HostAccountId", HostId=host, ProtocolName="SSH", HostAccountName=name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file, and tell its path."""

    def written(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, "utf-8")
        return str(tmp_path / name)

    return written


def revision(settings: Settings) -> int:
    """The number of the newest policy change: equal before and after means nothing changed."""
    admit = open_admit(settings)
    try:
        with admit.store.read() as sql:
            return current_revision(sql)
    finally:
        admit.close()


def counts(result: Result) -> dict[tuple[str, str], tuple[int, ...]]:
    """Made, changed, unchanged and left out, by where and what."""
    assert "Traceback" not in result.stderr
    rows = [row.split("\t") for row in result.stdout.splitlines()[1:]]
    return {(where, what): tuple(map(int, numbers)) for where, what, *numbers in rows}
