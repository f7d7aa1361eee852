"""What the console says by way of tables is known in every language, as what its templates say is."""

import pytest

from admit.console import (
    bringing,
    callers,
    drawing,
    grant_rows,
    granting,
    grants,
    graph,
    live,
    reviews,
    showing,
    things,
)
from admit.console.deeds import deeds
from admit.console.menu import MENU
from admit.console.shelves import SHELVES, shelf_of
from admit.core.links import Kind
from admit.core.reviews import Refusal
from admit.core.system_policies import SYSTEM_POLICIES
from admit.pages.words import LANGUAGES, catalogue


def texts() -> set[str]:
    """Every text that stands in a table."""
    found = {title for title, _ in MENU} | {label for _, pages in MENU for _, label, _ in pages}
    for shelf in SHELVES:
        found |= {shelf.title, shelf.one, shelf.text}
    for sort in callers.SORTS:
        found |= {sort.title, sort.one, sort.text}
    found |= {policy.description for policy in SYSTEM_POLICIES}
    of_callers = callers.caller_deeds()
    for deed in (*deeds().done, *deeds().made, *of_callers.done, *of_callers.made):
        found |= {deed.label, deed.text}
        found |= {text for field in deed.fields for text in (field.label, field.hint)}
    found |= {text for deed in of_callers.done for field in deed.fields for _, text in field.options}
    for table in (
        granting.LENGTHS,
        granting.ENDS,
        grants.STATUSES,
        live.KINDS,
        reviews.PHASES,
        reviews.STATES,
    ):
        found |= {label for _, label in table}
    found |= {label for _, label, _ in grants.TABS} | {title for *_, title in things.SECTIONS}
    found |= {shelf_of(kind.word).one for kind in Kind}
    found |= {*bringing.LABELS.values(), *reviews.KINDS, *(refusal.value for refusal in Refusal)}
    found |= {said for said, _ in (*showing.EVENTS.values(), *showing.GRANTED.values())}
    found |= {*showing.DONE.values(), *drawing.TITLES, *graph.WORDS, *grant_rows.WORDS}
    return found | {"Who may use it", "May use", "Accounts"}


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_text_of_every_table_is_translated(language: str) -> None:
    assert sorted(texts() - {""} - set(catalogue(language))) == []
