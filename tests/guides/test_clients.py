"""The clients that the suite has are pointed at a server as the guide says."""

from pathlib import Path

import pytest

from tests.guides.guide import GUIDES, ROOT
from tests.guides.running import assert_leads_where_it_says, follower

BEGUN = """
```sh
export ADMIT_DATA=~/admit
admit init
```

```sh
admit serve
```
"""
"""As far as the guide to the first grant has led."""


@pytest.mark.timeout(180)
def test_python_and_admit_itself_reach_the_server_as_the_guide_to_clients_says(tmp_path: Path) -> None:
    guide = (GUIDES / "clients.md").read_text("utf-8")

    with follower(tmp_path) as reader:
        assert_leads_where_it_says(BEGUN + guide, reader)


def test_the_program_of_the_readme_finds_the_bastion_host(tmp_path: Path) -> None:
    with follower(tmp_path) as reader:
        assert_leads_where_it_says(BEGUN + (ROOT / "README.md").read_text("utf-8"), reader)
