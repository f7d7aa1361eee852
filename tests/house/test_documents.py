"""Decision records and change fragments have their form."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs/decisions"
PARTS = ("Context", "Decision", "Refused", "Would change our mind")
KINDS = ("added", "changed", "fixed", "removed", "security")


def faults_of_a_record(name: str, text: str) -> list[str]:
    """What a decision record lacks."""
    number, title = name[:4], text.partition("\n")[0]
    faults = [
        f"{name}: no part {part!r}" for part in PARTS if not re.search(rf"^{part}:", text, re.MULTILINE)
    ]
    if not title.startswith(f"# {number}. "):
        faults.append(f"{name}: the title does not begin with '# {number}. '")
    return faults


def faults_of_a_fragment(name: str, text: str) -> list[str]:
    """What is wrong with a change fragment."""
    faults = []
    if not re.fullmatch(rf"\d{{4}}\.({'|'.join(KINDS)})\.md", name):
        faults.append(f"{name}: not of the form NNNN.kind.md, kind one of {', '.join(KINDS)}")
    if not text.strip() or text.startswith("#"):
        faults.append(f"{name}: one to three sentences without a heading")
    return faults


def test_every_decision_record_has_its_number_and_its_four_parts():
    records = sorted(DECISIONS.glob("[0-9]*.md"))

    assert [record.name[:4] for record in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    assert [fault for r in records for fault in faults_of_a_record(r.name, r.read_text("utf-8"))] == []


def test_every_decision_record_is_in_the_list():
    listed = re.findall(r"\]\((\d{4}[^)]*\.md)\)", (DECISIONS / "README.md").read_text("utf-8"))

    assert listed == sorted(record.name for record in DECISIONS.glob("[0-9]*.md"))


def test_every_change_fragment_has_its_form():
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name != "README.md"]

    assert [f for path in fragments for f in faults_of_a_fragment(path.name, path.read_text("utf-8"))] == []


def test_a_record_that_lacks_a_part_or_bears_another_number_is_found():
    whole = "# 0001. One\n\nContext: a\n\nDecision: b\n\nRefused:\n- c\n\nWould change our mind: d\n"

    assert faults_of_a_record("0001-one.md", whole) == []
    assert len(faults_of_a_record("0002-one.md", whole)) == 1
    assert len(faults_of_a_record("0001-one.md", whole.replace("Refused:", ""))) == 1


def test_a_fragment_of_another_form_is_found():
    assert faults_of_a_fragment("0142.added.md", "A session ends when its grant does.\n") == []
    assert len(faults_of_a_fragment("142.added.md", "A session ends.\n")) == 1
    assert len(faults_of_a_fragment("0142.new.md", "# New\n")) == 2
