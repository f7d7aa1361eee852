"""What tests about several nodes may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Cluster, cluster
from tests.nodes.firm import Firm, founded
from tests.nodes.story import Story, told
from tests.ssh.target import target


@pytest.fixture(scope="package")
def server() -> Iterator[Cluster]:
    with cluster() as own:
        yield own


@pytest.fixture(scope="package")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("firm")


@pytest.fixture(scope="package")
def firm(server: Cluster, directory: Path) -> Firm:
    return founded(directory, server)


@pytest.fixture(scope="package")
def story(firm: Firm, directory: Path) -> Iterator[Story]:
    """Three servers, of which the one that does the timers dies, and then the database does."""
    ssh = ("--ssh", "127.0.0.1:0")
    with (
        target(directory / "target") as host,
        # The first to come has the lease.
        firm.served(*ssh) as (first,),
        firm.served(*ssh, many=2) as (second, third),
    ):
        yield told(firm, host, (first, second, third))
