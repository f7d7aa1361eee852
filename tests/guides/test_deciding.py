"""The guide to deciding from a program, followed to the letter."""

from pathlib import Path

import pytest

from tests.guides.guide import GUIDES
from tests.guides.running import assert_leads_where_it_says, follower


@pytest.mark.timeout(300)
def test_whoever_follows_the_guide_to_deciding_gets_there(tmp_path: Path) -> None:
    with follower(tmp_path) as reader:
        assert_leads_where_it_says((GUIDES / "deciding.md").read_text("utf-8"), reader)
