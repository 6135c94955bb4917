"""Structured logs on stderr: one JSON object per line, counts and kinds, never payloads or secrets.

Anybody who can reach us can cause log lines, so lines of one kind are limited (`Limit`), and text
from outside that a library would write is left out.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import TextIOBase
from typing import TextIO, cast

import structlog

LINES_A_MINUTE = 60
"""Lines of one kind that are written per minute; the rest are counted."""

_KINDS = 500
_LONGEST = 300
_MINUTE_S = 60.0
_OTHERS = ("others",)


class Limit:
    """This many lines a minute of each kind; the rest are counted, and the next line has the count.

    A kind must be ours, such as an event's name, never text from outside; beyond some hundred
    kinds, the rest share one, so that this needs little memory whatever happens. Safe for threads.
    """

    def __init__(
        self, a_minute: int = LINES_A_MINUTE, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the number of lines, and a clock in seconds."""
        self._a_minute = a_minute
        self._now = now
        self._lock = threading.Lock()
        self._began: dict[tuple[str, ...], float] = {}
        self._counts: dict[tuple[str, ...], int] = {}

    def left_out(self, *kind: str) -> int | None:
        """None if a line of this kind is one too many; else how many were left out since the last
        one."""
        with self._lock:
            if kind not in self._counts and len(self._counts) >= _KINDS:
                kind = _OTHERS
            now, count = self._now(), self._counts.get(kind, 0)
            if now - self._began.get(kind, float("-inf")) >= _MINUTE_S:
                self._began[kind], self._counts[kind] = now, 1
                return max(0, count - self._a_minute)
            self._counts[kind] = count + 1
            return 0 if count < self._a_minute else None


_limit = Limit()


def configure_logs(level: str) -> None:
    """Send the product's logs, and what libraries log, to stderr from `level` on."""
    structlog.configure(
        processors=[
            _within_limit,
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
    handler.addFilter(_is_within_limit)
    # Their INFO lines have addresses and paths of requests, which we must not write down.
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic", "watchdog"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each request that is not HTTP: anybody could fill the disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class _Stderr(TextIOBase):
    """Standard error. It may be a file on a full disk: then a line is lost and its writer
    continues.

    If the error were raised, it would end a thread that only wanted to report the disk.
    """

    def write(self, line: str) -> int:
        with suppress(OSError):
            sys.stderr.write(line)
        return len(line)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _within_limit(
    _logger: object, _name: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    left_out = _limit.left_out("ours", str(line.get("event")))
    if left_out is None:
        raise structlog.DropEvent
    if left_out:
        line["left_out"] = left_out
    return line


def _is_within_limit(record: logging.LogRecord) -> bool:
    """Whether a library's record is written: limited by where it comes from, because texts vary."""
    left_out = _limit.left_out(record.name, record.filename, str(record.lineno))
    record.left_out = left_out
    return left_out is not None


def _error_kind(
    _logger: object, _name: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception's class; its text may quote what it failed on."""
    error = line.pop("exc_info", None)
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
    return line


class _Formatter(logging.Formatter):
    """Library records in the same form, without text from outside.

    A record's arguments may be a stranger's text (what a provider supposedly answered, the address
    that was requested), and so may a traceback's; the record's own text is the library's. Where in
    the source it came from makes up for what is missing.
    """

    def format(self, record: logging.LogRecord) -> str:
        said = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        line: dict[str, str | int] = {
            "event": (said.strip().splitlines() or [""])[0][:_LONGEST],
            "logger": record.name,
            "at": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        if left_out := getattr(record, "left_out", 0):
            line["left_out"] = left_out
        stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", dict(line))
        stamped["level"] = record.levelname.lower()
        return str(structlog.processors.JSONRenderer()(None, "", stamped))
