"""The repository keeps the rules of the house; each failure lists every place at once."""

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.house.rules import (
    Breach,
    Rule,
    Source,
    every_test_asserts,
    every_test_runs,
    files_are_short,
    files_belong_to_no_machine,
    functions_are_short,
    imports_stand_at_the_top,
    modules_say_what_they_are,
    names_are_of_the_field,
    public_things_have_docstrings,
    unimported_modules,
)

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "src/admit/services"


def sources(paths: Iterable[Path]) -> list[Source]:
    found = [Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in sorted(paths)]
    assert found, "nothing to look at"
    return found


@cache
def modules(folder: str) -> list[Source]:
    """Every module below a folder; read once, and so parsed once, for all rules."""
    return sources((ROOT / folder).rglob("*.py"))


def kept(breaches: Iterable[Breach]) -> str:
    """Empty, or every breach on a line of its own."""
    return "\n".join(map(str, sorted(breaches)))


@pytest.mark.parametrize(
    "rule",
    [
        files_are_short,
        functions_are_short,
        imports_stand_at_the_top,
        modules_say_what_they_are,
        names_are_of_the_field,
        public_things_have_docstrings,
    ],
)
def test_the_source_keeps_the_rule(rule: Rule):
    assert kept(breach for source in modules("src") for breach in rule(source)) == ""


@pytest.mark.parametrize("rule", [imports_stand_at_the_top, every_test_asserts, every_test_runs])
def test_the_tests_keep_the_rule(rule: Rule):
    assert kept(breach for source in modules("tests") for breach in rule(source)) == ""


def test_every_module_of_a_service_is_imported_by_it():
    breaches = []
    for init in sources(SERVICES.glob("*/__init__.py")):
        folder = (ROOT / init.path).parent
        beside = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        breaches += unimported_modules(init, beside)

    assert kept(breaches) == ""


def test_no_file_of_the_repository_belongs_to_one_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    texts = [path for path in paths if b"\0" not in path.read_bytes()]

    assert kept(breach for source in sources(texts) for breach in files_belong_to_no_machine(source)) == ""


def test_the_locks_agree_on_every_version():
    pins: dict[str, set[str]] = {}
    for lock in sources((ROOT / "requirements").glob("*.lock")):
        for name, version in re.findall(r"^([a-z0-9._-]+)==(.+?)(?: ;.*| \\)?$", lock.text, re.MULTILINE):
            pins.setdefault(name, set()).add(version)

    assert len(pins) > 1
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}
