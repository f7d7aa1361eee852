"""Structured logs: one line per request, decision, session and batch."""

import logging
import sys
from typing import Any

import msgspec
import structlog


def configure(*, json: bool, level: str = "INFO") -> None:
    """Write logs to standard error: for people, or with ``json`` an object a line for programs.

    What libraries log goes the same way.
    """
    steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    factory: Any
    if json:
        steps += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_encode)]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        # The default formatter shows the values of all variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        colors = sys.stderr.isatty()
        steps.append(structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain))
        factory = structlog.WriteLoggerFactory(sys.stderr)
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_Forward()], level=max(getattr(logging, level), logging.WARNING), force=True
    )


class _Forward(logging.Handler):
    """Hands what was logged the standard library's way to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _encode(fields: object, **_options: object) -> bytes:
    # What msgspec does not know is shown as its text.
    return msgspec.json.encode(fields, enc_hook=str)
