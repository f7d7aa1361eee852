"""The guide to operating, followed as far as one can without being root."""

import tomllib
from pathlib import Path

import pytest

from admit.settings import FILE, load
from tests.databases import cluster
from tests.guides.guide import GUIDES, blocks
from tests.guides.running import assert_leads_where_it_says, follower

OPERATING = (GUIDES / "operating.md").read_text("utf-8")
SERVER = "postgresql://admit:SECRET@db.example.com"


@pytest.mark.timeout(240)
def test_a_system_is_kept_as_the_guide_to_operating_says(tmp_path: Path) -> None:
    with cluster() as postgres, follower(tmp_path, _places(tmp_path)) as operator:
        for name in ("admit", "restored"):
            url = postgres.url(postgres.new_database()).replace("+psycopg", "")
            operator.places[f"{SERVER}/{name}"] = url
        assert_leads_where_it_says(OPERATING, operator)


def _places(home: Path) -> dict[str, str]:
    """Directories of root's, made below the operator's home."""
    places = {path: str(home / path.strip("/")) for path in ("/var/lib/", "/srv/backup", "/tmp/drill")}
    for path in places.values():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    for made in ("var/lib/admit", "srv/backup"):
        (home / made).mkdir(mode=0o700, parents=True)
    return {path: f"{here}/" if path.endswith("/") else here for path, here in places.items()}


@pytest.mark.parametrize(
    "text",
    [block.text for block in blocks(OPERATING) if block.language == "toml"],
    ids=lambda text: text[:20],
)
def test_every_file_of_settings_that_is_shown_can_be_used(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")

    settings = load({"data": tmp_path}, {})

    assert {name: str(getattr(settings, name)) for name in tomllib.loads(text)}
