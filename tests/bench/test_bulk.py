"""A system that is filled past the ledger is one like any other."""

import sqlite3
from contextlib import closing
from pathlib import Path

from admit.main import create, open_admit
from admit.settings import load
from bench import decisions
from bench.bulk import fill_in_bulk
from bench.figures import Measured
from bench.filling import Size


def indexes(database: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as sql:
        return set(sql.execute("select name, sql from sqlite_schema where type = 'index'"))


def test_what_is_filled_in_bulk_is_found_by_every_way_of_answering(tmp_path: Path) -> None:
    settings = load({"data": tmp_path / "data"})
    create(settings)
    made, measured = indexes(settings.database_file), Measured()
    admit = open_admit(settings)
    try:
        filled = fill_in_bulk(admit, Size(2_000))
        asked = filled.questions(200)
        # It raises where two of them differ.
        decisions.measure(admit, asked, "2,000 grants", measured)
    finally:
        admit.close()

    with closing(sqlite3.connect(settings.database_file)) as sql:
        sources = [source for (source,) in sql.execute("select source from links where stage = 1")]
    assert (len(sources), len(set(sources))) == (2_001, 211)
    assert indexes(settings.database_file) == made
    assert len(asked) > 100
    assert filled.people[-1].name == "person-199"
    assert [each.name for each in filled.accounts[:4]] == ["root", "deploy", "app", "root"]
