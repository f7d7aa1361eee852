"""Settings: the only reader of files and environment."""

import os
from pathlib import Path
from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, each with what it means."""

    data: Path = Path("admit-data")
    """The data directory: database, sealed keys, certificates."""
    http: str = "127.0.0.1:8080"
    """Where plain HTTP is served, as host:port; empty for not at all."""
    https: str = "127.0.0.1:8443"
    """Where HTTPS is served, as host:port; empty for not at all."""
    database_url: str = ""
    """The database; by default SQLite in the data directory. ``postgresql+psycopg://…`` for PostgreSQL."""
    region: str = "cn-hangzhou"
    """The region this system says it is in."""
    propagation_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    """How much later than a grant the App Streaming client view honours it, in milliseconds."""

    @property
    def store_url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'admit.db'}"

    @property
    def key_file(self) -> Path:
        """The file with the keys that seal."""
        return self.data / "seal.key"

    @property
    def tls(self) -> Path:
        """The directory of the authority and its certificates."""
        return self.data / "tls"


ENVIRONMENT = os.environ
