"""Structured logs: one line per request, decision, session and batch."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import msgspec
import structlog

from admit.core.validity import SECOND, Millis, iso


def configure(*, json: bool, level: str = "INFO") -> None:
    """Write logs to standard error: for people, or with ``json`` an object a line for programs.

    What libraries log goes the same way.
    """
    _often.form = None
    steps: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    factory: Any = structlog.BytesLoggerFactory(sys.stderr.buffer)
    if json:
        steps += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_encode)]
        _often.form = _often_object
    elif sys.stderr.isatty():
        # The default formatter shows the values of all variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        steps.append(structlog.dev.ConsoleRenderer(exception_formatter=plain))
        factory = structlog.WriteLoggerFactory(sys.stderr)
    else:
        # What is laid out for the eye costs as much as answering a request does.
        steps += [structlog.processors.format_exc_info, _line]
        _often.form = _often_line
    if getattr(logging, level) > logging.INFO:
        _often.form = None
    _often.write = factory().info
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_Forward()], level=max(getattr(logging, level), logging.WARNING), force=True
    )


class _Often:
    """Where lines go that are written so often that what structlog does for one would be felt."""

    form: Callable[[str, str, dict[str, object]], bytes] | None = None
    """Writes a line of a moment, an event and its fields; None leaves it to structlog."""
    write: Callable[[bytes], object]

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, line: bytes) -> None:
        """Have a line written with all others of this turn of the loop."""
        # Each writing lets go of the interpreter's lock, and another thread takes it.
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write(line)
            return
        if not self._waiting or loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._leave)
        self._waiting.append(line)

    def _leave(self) -> None:
        lines, self._waiting = self._waiting, []
        if lines:
            self.write(b"\n".join(lines))


_often = _Often()


def often(log: Any, now: Millis, event: str, **fields: object) -> None:
    """Log a line of what happens all the time. It looks like any other, and takes a fourth of its time."""
    if _often.form is None:
        log.info(event, **fields)
    else:
        _often.take(_often.form(f"{iso(now)[:-1]}.{now % SECOND:03}Z", event, fields))


def _often_line(at: str, event: str, fields: dict[str, object]) -> bytes:
    return f"{at} [info] {event} {_listed(fields)}".encode("utf-8", "backslashreplace")


def _often_object(at: str, event: str, fields: dict[str, object]) -> bytes:
    return _encode({**fields, "event": event, "level": "info", "timestamp": at})


def _listed(fields: Mapping[str, object]) -> str:
    """``name=value …``, without those that are None."""
    told = [f"{name}={value}" for name, value in fields.items() if value is not None]
    together = " ".join(told)
    # Most lines have nothing in them that would have to be shown otherwise.
    if together.isprintable() and together.count(" ") < len(told):
        return together
    return " ".join([f"{name}={_shown(str(value))}" for name, value in fields.items() if value is not None])


class _Forward(logging.Handler):
    """Hands what was logged the standard library's way to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _line(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> bytes:
    """``time [level] event name=value …``, and below it the traceback if there is one."""
    at, level, event = fields.pop("timestamp"), fields.pop("level"), fields.pop("event")
    below = fields.pop("exception", "")
    rest = _listed(fields)
    head = f"{at} [{level}] {event if str(event).isprintable() else _shown(str(event))} {rest}".rstrip()
    return (f"{head}\n{below}" if below else head).encode("utf-8", "backslashreplace")


def _shown(text: str) -> str:
    return text if text.isprintable() and " " not in text else repr(text)


def _encode(fields: object, **_options: object) -> bytes:
    # What msgspec does not know is shown as its text.
    return msgspec.json.encode(fields, enc_hook=str)
