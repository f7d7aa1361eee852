"""A data directory with an office in it, and the ``admit`` command run on it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from admit.cli import main
from admit.cli.client import Client, local
from admit.main import create
from admit.settings import Settings
from tests.databases import Cluster

BASTION = "yundun-bastionhost"
PASSWORD = "Secret-123"

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that works on a data directory quiets the log of its process."""
    yield
    structlog.reset_defaults()


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
def settings(
    tmp_path: Path, empty_directory: Path, postgres: Cluster | None, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A data directory of the test's own."""
    # What is set around the test is not what the test is about.
    for name in [name for name in os.environ if name.startswith(("ADMIT_", "ALIBABA_CLOUD_"))]:
        monkeypatch.delenv(name)
    directory = tmp_path / "data"
    if postgres is None:
        shutil.copytree(empty_directory, directory)
        return Settings(data=directory)
    found = Settings(data=directory, database_url=postgres.new_database())
    create(found)
    monkeypatch.setenv("ADMIT_DATABASE_URL", found.database_url)
    return found


@pytest.fixture
def office(settings: Settings, office_directory: Path) -> None:
    """alice in the group dba, bob in none; the accounts root and deploy on the host db-1."""
    if settings.database_url:
        furnish(settings)
    else:
        shutil.rmtree(settings.data)
        shutil.copytree(office_directory, settings.data)


@pytest.fixture
def run(settings: Settings) -> Run:
    """Run a command on the data directory."""

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--data", str(settings.data)], prog_name="admit")

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
