"""Logs that nobody else can fill: lines of a kind are limited, texts from outside are left out."""

import json
import subprocess
import sys
from textwrap import dedent
from typing import Any

from models.logs import LINES_A_MINUTE, Limit
from tests.processes import ROOT


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_beyond_the_limit_are_counted_and_told_with_the_next_minutes_first() -> None:
    clock = Clock()
    limit = Limit(2, clock)
    assert [limit.left_out("refused") for _ in range(5)] == [0, 0, None, None, None]
    clock.now = 59
    assert limit.left_out("refused") is None
    clock.now = 60
    assert [limit.left_out("refused") for _ in range(3)] == [4, 0, None]


def test_a_kind_that_is_over_its_limit_leaves_the_others_theirs() -> None:
    limit = Limit(1, Clock())
    assert [limit.left_out(kind) for kind in ("a", "a", "b", "b")] == [0, None, 0, None]


def test_kinds_beyond_some_hundred_share_one() -> None:
    limit = Limit(1, Clock())
    written = sum(limit.left_out(str(number)) is not None for number in range(10_000))
    assert written == 501


def _logged(script: str) -> list[dict[str, Any]]:
    """The lines that a process writes: logs are set up once for the whole of it."""
    begin = (
        "import logging, structlog; from models.logs import configure_logs; configure_logs('INFO')"
    )
    command = [sys.executable, "-c", f"{begin}\n{dedent(script)}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_no_kind_of_line_can_fill_the_log() -> None:
    events = [
        line["event"]
        for line in _logged("""
            for number in range(500):
                structlog.get_logger().warning("refused", number=number)
                logging.getLogger("theirs").error(f"broken {number}")
        """)
    ]
    assert events.count("refused") == LINES_A_MINUTE
    assert len(events) == 2 * LINES_A_MINUTE


def test_a_librarys_line_has_its_own_words_and_nobody_elses() -> None:
    found = _logged(r"""
        log = logging.getLogger("theirs")
        log.error("Refused: %s", "\x1b[31mpeter@example.com")
        log.error("Half a\nmessage of %s", "x" * 9_000)
        log.error(ValueError("peter@example.com"))
        try:
            {}["peter@example.com"]
        except KeyError:
            log.exception("Broken")
    """)
    assert [line["event"] for line in found] == ["Refused: %s", "Half a", "ValueError", "Broken"]
    assert (found[-1]["error"], found[-1]["at"]) == ("KeyError", "<string>:10")
    assert "peter" not in str(found)
