"""A real host, and a served admit in front of it."""

from collections.abc import Iterator

import pytest

from tests.ssh.office import Office, office, office_apart
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


@pytest.fixture(scope="session")
def office_of_a_gate_apart(tmp_path_factory: pytest.TempPathFactory, host: Target) -> Iterator[Office]:
    """The same with the gate as a process of its own."""
    with office_apart(tmp_path_factory.mktemp("apart"), host) as found:
        yield found


@pytest.fixture(params=["served_office", "office_of_a_gate_apart"], ids=["in one process", "apart"])
def either_office(request: pytest.FixtureRequest) -> Office:
    """The office with its gate in the serving process, and with a gate of its own."""
    found: Office = request.getfixturevalue(request.param)
    return found
