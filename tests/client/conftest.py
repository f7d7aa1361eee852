"""What tests of the Python library may ask for."""

from collections.abc import Iterator

import pytest

from tests.client.shop import Shop, opened


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("client") / "data") as found:
        yield found
