"""Steps from each schema to the next, run by Alembic; only ``admit migrate`` and ``restore`` import this."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

CONNECTION = "connection"
"""Under which ``env.py`` finds the connection to work on."""


def configuration() -> Config:
    """Alembic's settings: where the steps are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("file_template", "step_%%(rev)s")
    return config


def migrate(engine: Engine) -> None:
    """Bring a database to the newest schema, in one transaction; an empty one as well."""
    config = configuration()
    with engine.begin() as sql:
        config.attributes[CONNECTION] = sql
        command.upgrade(config, "head")
