"""Structured logs on stderr: one JSON object a line, counts and kinds, never payload or secret."""

import logging
import sys
from contextlib import suppress
from io import TextIOBase
from typing import TextIO, cast

import structlog


def configure_logs(level: str) -> None:
    """Send the product's logs, and what libraries log, to stderr from `level` on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _error_kind,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
    )
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s", force=True)
    handler = logging.getLogger().handlers[0]
    handler.setFormatter(_Formatter())
    # Their INFO lines name addresses and paths of requests: not ours to write down.
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic", "watchdog"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each request that is no HTTP: anybody could fill the disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class _Stderr(TextIOBase):
    """Standard error. It may be a file on a full disk: then a line is lost and its writer goes on.

    Raised there, the error would end the thread that only wanted to tell of the disk.
    """

    def write(self, line: str) -> int:
        with suppress(OSError):
            sys.stderr.write(line)
        return len(line)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _error_kind(
    _logger: object, _name: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception's class; its text may quote what it failed on."""
    error = line.pop("exc_info", None)
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
    return line


class _Formatter(logging.Formatter):
    """Library records in the same form; tracebacks by class only, for their text may quote data."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", dict(line))
        stamped["level"] = record.levelname.lower()
        return str(structlog.processors.JSONRenderer()(None, "", stamped))
