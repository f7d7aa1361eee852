"""What became of the records of a file: counted, and told line by line."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from admit.imports.records import LineFault

Word: TypeAlias = Literal["made", "changed", "unchanged", "left out"]
WORDS: tuple[Word, ...] = get_args(Word)

Row: TypeAlias = tuple[str, str]
"""Where, and what: ``("bastion", "people")``."""


@dataclass(slots=True)
class Tally:
    """What became of the records, so far."""

    say: Callable[[str], None]
    """Tells a line to who is watching."""
    step: Callable[[], None]
    """One record is dealt with."""
    rows: dict[Row, Counter[Word]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, row: Row, word: Word, many: int = 1) -> None:
        """So many more became so."""
        self.rows.setdefault(row, Counter())[word] += many

    def leave_out(self, row: Row, fault: LineFault) -> None:
        """One was left out, and why."""
        self.count(row, "left out")
        self.fault(fault)

    def fault(self, fault: LineFault) -> None:
        """Something is wrong in the file, or refused."""
        self.faults.append(str(fault))
        self.say(str(fault))

    def note(self, note: LineFault) -> None:
        """Something was left unread on purpose."""
        self.notes.append(str(note))
        self.say(f"note: {note}")

    def take(self, other: "Apart") -> None:
        """What became of a record that was dealt with beside others."""
        for row, words in other.tally.rows.items():
            self.rows.setdefault(row, Counter()).update(words)
        self.faults += other.tally.faults
        self.notes += other.tally.notes
        for line in other.said:
            self.say(line)


class Apart:
    """A tally for a record that is dealt with beside others: what it says is said when it is taken."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.tally = Tally(say=self.said.append, step=lambda: None)
