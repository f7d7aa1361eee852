"""A real host, and a served admit in front of it."""

from collections.abc import Iterator

import pytest

from tests.ssh.office import Office, office
from tests.ssh.target import Target, target


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A running sshd."""
    with target(tmp_path_factory.mktemp("host")) as found:
        yield found


@pytest.fixture(scope="session")
def served_office(tmp_path_factory: pytest.TempPathFactory, host: Target) -> Iterator[Office]:
    """An office that tests leave as they find it."""
    with office(tmp_path_factory.mktemp("office"), host) as found:
        yield found
