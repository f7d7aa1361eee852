"""asciicast v2, read as strictly as its description allows (docs.asciinema.org/manual/asciicast/v2, 2024)."""

import json
import re
from typing import Any

SIZE = re.compile(r"[1-9][0-9]*x[1-9][0-9]*")
HEADER: dict[str, type | tuple[type, ...]] = {
    "version": int,
    "width": int,
    "height": int,
    "timestamp": int,
    "duration": (int, float),
    "idle_time_limit": (int, float),
    "command": str,
    "title": str,
    "env": dict,
    "theme": dict,
}


class NotACast(Exception):
    """It is none. The text says where and why."""


def strictly(octets: bytes) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    """The header and the events.

    Raises:
        NotACast: a line is cut, is no JSON, is no UTF-8, or is not what stands at its place.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotACast(f"no UTF-8: {error}") from None
    if not text.endswith("\n"):
        raise NotACast("the last line is cut")
    # JSON knows one end of line: U+2028 and the like are text.
    first, *rest = text[:-1].split("\n")
    return _header(_json(first, 1)), list(_events(rest))


def _json(line: str, number: int) -> Any:
    try:
        found = json.loads(line, parse_constant=lambda name: _refuse(number, name))
    except ValueError as error:
        raise NotACast(f"line {number}: {error}") from None
    if re.search(r"[\ud800-\udfff]", json.dumps(found, ensure_ascii=False)):
        raise NotACast(f"line {number}: half a character")
    return found


def _refuse(number: int, name: str) -> None:
    raise NotACast(f"line {number}: {name} is no JSON")


def _header(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get("version") != 2:
        raise NotACast("line 1: no header of version 2")
    for name in ("width", "height"):
        if type(found.get(name)) is not int or found[name] < 1:
            raise NotACast(f"line 1: no {name}")
    for name, value in found.items():
        if name not in HEADER or isinstance(value, bool) or not isinstance(value, HEADER[name]):
            raise NotACast(f"line 1: {name}")
    if any(not isinstance(value, str) for value in found.get("env", {}).values()):
        raise NotACast("line 1: env")
    return found


def _events(lines: list[str]) -> Any:
    latest = 0.0
    for number, line in enumerate(lines, 2):
        event = _json(line, number)
        if not isinstance(event, list) or len(event) != 3:
            raise NotACast(f"line {number}: no event of three")
        moment, code, content = event
        if type(moment) not in (int, float) or moment < latest:
            raise NotACast(f"line {number}: time runs backwards")
        if code not in ("o", "i", "m", "r") or not isinstance(content, str):
            raise NotACast(f"line {number}: an event of an unknown kind")
        if code == "r" and not SIZE.fullmatch(content):
            raise NotACast(f"line {number}: a size that is none")
        latest = moment
        yield moment, code, content
