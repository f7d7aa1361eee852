"""A server that samples call."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.served import ran, serving


@dataclass(frozen=True)
class Target:
    """Where samples call, and with which key."""

    address: str
    key_id: str
    secret: str
    admin: tuple[str, str]
    """The administrator's name and password."""

    @property
    def environment(self) -> dict[str, str]:
        return {"ALIBABA_CLOUD_ACCESS_KEY_ID": self.key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.secret}


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data: Path = tmp_path_factory.mktemp("explored") / "data"
    first = json.loads(ran("init", "--data", str(data), "--json").stdout)
    with serving(data) as served:
        admin = (first["admin_user"], first["admin_password"])
        yield Target(served.urls["http"], first["access_key_id"], first["access_key_secret"], admin)
