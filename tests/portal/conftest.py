"""A server where a provider outside proves people, for the modules that sign in by it."""

import shutil
from collections.abc import Iterator

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.base.sealing import Secret
from admit.core.validity import HOUR
from admit.main import open_admit
from admit.settings import Settings
from tests.browsing import Pages
from tests.conftest import Template
from tests.portal.outside import CLIENT, SECRET, Outside, outside
from tests.portal.people import Town
from tests.system import System


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def provider(clock: FakeClock) -> Iterator[Outside]:
    with outside(clock) as made:
        yield made


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, template: Template, clock: FakeClock, provider: Outside
) -> Iterator[Town]:
    """A server where the provider proves the bastion host's users; alice, and a namesake of eds-user."""
    data = tmp_path_factory.mktemp("town") / "data"
    shutil.copytree(template.directory, data)
    plain = System(open_admit(Settings(data=data), clock, Chance.seeded(2)), clock, template.founded)
    bastion = Town(plain).bastion.id
    plain.admit.close()
    settings = Settings(
        data=data,
        public_url="http://admit.test",
        sign_in_oidc_issuer=provider.issuer,
        sign_in_oidc_client_id=CLIENT,
        sign_in_oidc_client_secret=Secret(SECRET),
        sign_in_oidc_name="Example",
        sign_in_oidc_directories=(bastion, "ram"),
    )
    admit = open_admit(settings, clock, Chance.seeded(3))
    found = Town(System(admit, clock, template.founded))
    for name in ("alice", "bob"):
        found.bastion.user(name)
    users = [{"EndUserId": name, "OwnerType": "CreateFromManager"} for name in ("alice", "edsonly")]
    found.system.call("eds-user", "CreateUsers", Users=users)
    yield found
    admit.close()


@pytest.fixture
def honest(provider: Outside) -> Outside:
    """The provider, without what a test before has made it say."""
    provider.claims, provider.metadata, provider.token, provider.keys = {}, {}, None, None
    provider.refuses = provider.broken = False
    provider.redeemed.clear()
    return provider


@pytest.fixture
def pages(town: Town, honest: Outside) -> Pages:
    """A new browser; the server has forgotten what it knew of the provider."""
    honest.clock.advance(2 * HOUR)  # type: ignore[attr-defined]
    return Pages(town.system)
