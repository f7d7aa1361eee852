"""Logs: an object a line for programs, and never the values of variables."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from admit.base import log

SECRET = "swordfish"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


def fail_with(secret: str) -> None:
    raise ValueError(f"a secret of {len(secret)} letters")


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_told_without_the_values_of_variables(capfd, as_json):
    log.configure(json=as_json)
    try:
        fail_with(SECRET)
    except ValueError:
        structlog.get_logger().exception("failed")

    told = capfd.readouterr().err
    assert "a secret of 9 letters" in told
    assert SECRET not in told


def test_a_line_for_people_stays_one_line_whatever_is_in_it(capfd):
    log.configure(json=False)
    structlog.get_logger().info("two\nlines", name="a b", bell="\x07", number=7)
    logging.getLogger("library").warning("of %s", "others")

    first, second = (line.partition(" [")[2] for line in capfd.readouterr().err.splitlines())
    assert first == r"info] 'two\nlines' name='a b' bell='\x07' number=7"
    assert second == "warning] of others logger=library"


def test_json_is_an_object_a_line_whatever_is_in_it(capfd):
    log.configure(json=True)
    structlog.get_logger().info("two\nlines", path=object, number=7)
    logging.getLogger("library").warning("of %s", "others")
    structlog.get_logger().debug("too much")

    first, second = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (first["event"], first["number"], first["level"]) == ("two\nlines", 7, "info")
    assert (second["event"], second["logger"], second["level"]) == ("of others", "library", "warning")


OFTEN = 1_780_000_000_123


def told_often(*, as_json: bool, level: str = "INFO") -> None:
    """Log twice what happens all the time: in a turn of a loop, and where there is no loop."""

    async def turn() -> None:
        log.often(structlog.get_logger(), OFTEN, "request", action="Get Group", status=200)
        log.often(structlog.get_logger(), OFTEN, "request", action="two\nlines", status=200)

    log.configure(json=as_json, level=level)
    asyncio.run(turn())
    asyncio.run(turn())
    log.often(structlog.get_logger(), OFTEN, "request", action="GetGroup", status=404)


def test_what_happens_all_the_time_is_logged_line_by_line(capfd):
    told_often(as_json=False)

    lines = capfd.readouterr().err.splitlines()
    at = "2026-05-28T20:26:40.123Z [info] request"
    turn = [f"{at} action='Get Group' status=200", rf"{at} action='two\nlines' status=200"]
    assert lines == [*turn, *turn, f"{at} action=GetGroup status=404"]


def test_what_happens_all_the_time_is_an_object_a_line_like_everything_else(capfd):
    told_often(as_json=True)
    structlog.get_logger().info("request", action="GetGroup", status=404)

    *often, seldom = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert [each["action"] for each in often] == ["Get Group", "two\nlines"] * 2 + ["GetGroup"]
    assert often[-1] == {**seldom, "timestamp": "2026-05-28T20:26:40.123Z"}


def test_what_happens_all_the_time_is_as_silent_as_everything_of_its_level(capfd):
    told_often(as_json=False, level="WARNING")

    assert capfd.readouterr().err == ""
