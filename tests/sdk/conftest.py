"""One server for all stories of a run, and the ways of calling it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before they are imported: what stands beside the tests asserts too, and shall say what it saw.
_STORIES = [f"stories.{path.stem}" for path in (Path(__file__).parent / "stories").glob("*.py")]
pytest.register_assert_rewrite(*(f"tests.sdk.{name}" for name in ("sdk", "server", "stage", *_STORIES)))

from tests.sdk.sdk import Way  # noqa: E402
from tests.sdk.server import Server, made, running  # noqa: E402
from tests.sdk.stage import Stage  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(made(tmp_path_factory.mktemp("sdk") / "data")) as server:
        yield server


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(params=list(Way), ids=lambda way: way.value)
def stage(request: pytest.FixtureRequest, server: Server, runner: asyncio.Runner) -> Stage:
    return Stage(server, request.param, runner)
