"""The reference that is computed from the code."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from admit.cli import docs, main
from admit.cli.docs import differences, pages
from admit.rpc.reference import MADE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    return pages()


def test_the_reference_of_the_repository_is_what_the_code_says(wanted: dict[str, str]):
    assert differences(ROOT / "docs/reference", wanted) == [], "make docs computes it"


def test_the_contents_lead_to_every_page(wanted: dict[str, str]):
    assert all(f"]({name})" in wanted["README.md"] for name in wanted if name != "README.md")


def test_every_page_says_that_it_is_computed(wanted: dict[str, str]):
    assert [name for name, text in wanted.items() if not text.startswith(f"{MADE}# ")] == []


def test_settings_metrics_and_events_have_their_rows(wanted: dict[str, str]):
    assert "| `http` | `ADMIT_HTTP` | host:port" in wanted["settings.md"]
    assert "| `admit_rpc_seconds` | histogram | `service`, `action`, `code` |" in wanted["metrics.md"]
    assert "| `admit_background_failures_total` | counter |" in wanted["metrics.md"]
    assert "| `ThingBlocked` | Something passes nothing on" in wanted["events.md"]


def written(directory: Path, *words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["docs", "--directory", str(directory), *words])
    return result.exit_code, result.stdout.splitlines()


def test_what_is_written_is_then_up_to_date(tmp_path: Path, wanted: dict[str, str]):
    assert written(tmp_path) == (0, sorted(wanted))
    assert written(tmp_path, "--check") == (0, [])
    assert written(tmp_path) == (0, [])


def test_a_check_names_what_differs_and_writes_nothing(tmp_path: Path):
    written(tmp_path)
    (tmp_path / "errors.md").write_text("changed", "utf-8")
    (tmp_path / "operations/sts.md").unlink()

    assert written(tmp_path, "--check") == (1, ["errors.md", "operations/sts.md"])
    assert (tmp_path / "errors.md").read_text("utf-8") == "changed"


def test_a_page_that_is_no_longer_computed_goes_and_one_written_by_hand_stays(tmp_path: Path):
    written(tmp_path)
    (tmp_path / "old.md").write_text(f"{MADE}# Old\n", "utf-8")
    (tmp_path / "hand.md").write_text("# By hand\n", "utf-8")

    assert written(tmp_path, "--check") == (1, ["old.md"])
    assert written(tmp_path) == (0, ["old.md"])
    assert [path.name for path in (tmp_path / "old.md", tmp_path / "hand.md") if path.exists()] == ["hand.md"]


def test_no_page_depends_on_the_machine(wanted: dict[str, str]):
    assert [name for name, text in wanted.items() if str(Path.home()) in text or str(ROOT) in text] == []
    assert docs.pages() == wanted
