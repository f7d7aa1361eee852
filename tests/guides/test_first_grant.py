"""The guide to the first grant, followed to the letter."""

from pathlib import Path

import pytest

from tests.guides.guide import GUIDES
from tests.guides.running import assert_leads_where_it_says, follower


@pytest.mark.timeout(180)
def test_whoever_follows_the_guide_to_the_first_grant_gets_there(tmp_path: Path) -> None:
    with follower(tmp_path) as reader:
        assert_leads_where_it_says((GUIDES / "first-grant.md").read_text("utf-8"), reader)
