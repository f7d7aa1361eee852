"""Logs: an object a line for programs, and never the values of variables."""

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
