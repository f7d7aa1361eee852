"""What every test of the door to web applications may ask for."""

from collections.abc import Iterator

import pytest

from tests.oidc import firm as firms
from tests.oidc.firm import Firm
from tests.system import System


@pytest.fixture
def firm(system: System) -> Iterator[Firm]:
    """A firm where alice may sign in to the wiki."""
    with firms.firm(system) as made:
        yield made
