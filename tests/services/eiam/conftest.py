"""What every test of IDaaS EIAM may ask for."""

import pytest

from tests.services.eiam.idaas import Idaas
from tests.system import System


@pytest.fixture
def idaas(system: System) -> Idaas:
    """An instance without anybody in it."""
    return Idaas(system)


@pytest.fixture
def pair(idaas: Idaas) -> dict[str, str]:
    """A rule and a group."""
    return {"AuthorizationRuleId": idaas.rule(), "GroupId": idaas.group("ops")}
