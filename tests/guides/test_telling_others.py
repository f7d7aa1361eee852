"""The guide to telling others, followed to the letter."""

from pathlib import Path

import pytest

from tests.guides.guide import GUIDES
from tests.guides.running import assert_leads_where_it_says, follower


@pytest.mark.timeout(180)
def test_whoever_follows_the_guide_to_telling_others_gets_there(tmp_path: Path) -> None:
    with follower(tmp_path) as reader:
        assert_leads_where_it_says((GUIDES / "telling-others.md").read_text("utf-8"), reader)
