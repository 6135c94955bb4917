"""Errors of pages: a line in the log and a sentence on the screen, linked by a number."""

import logging
import secrets
import traceback
from pathlib import Path
from typing import NamedTuple

import streamlit as st
import structlog

from models.storage.outage import log_fields
from models.storage.transient import is_lost

_ROOT = Path(__file__).parent.parent
_FRAMES = 6
"""How many places an error line names: the innermost ones in our code, which say where it
happened.
"""

_TRY_LATER, _FAULT = 503, 500

_log = structlog.get_logger("dashboard")


# Streamlit logs its own line before `failed` is called, with the error's text over many lines.
logging.getLogger("streamlit.error_util").addFilter(
    lambda record: record.getMessage() != "Uncaught app execution"
)


def log_error(error: BaseException) -> str:
    """Write one line about an error; returns its number, for the screen to show.

    It has the error's class and the places in our code that it came through, but not its text,
    which may quote a lead's data.
    """
    number = secrets.token_hex(4)
    _log.error("page_failed", id=number, **log_fields(error), at=_places(error))
    return number


class Answer(NamedTuple):
    """The answer to a request that failed: an HTTP status and a sentence."""

    status: int
    sentence: str


def answer_to(error: Exception, away: str) -> Answer:
    """The answer to a database error.

    503 with the sentence `away` if it can't be reached, which passes by itself. Anything else is
    our fault: a line in the log, and 500 with its number.
    """
    if is_lost(error):
        return Answer(_TRY_LATER, away)
    return Answer(_FAULT, f"This failed. The dashboard's log says why, under {log_error(error)}.")


def failed(error: Exception) -> bool:
    """Log an error that ended a page's run, and say so on the page; for `on_script_error`.

    Returns True, so that Streamlit shows nothing of its own.
    """
    say_failed(log_error(error))
    return True


def say_failed(number: str) -> None:
    """Say that a part of the page could not be shown, with the number of the line in the log."""
    st.error(
        f"This part of the page could not be shown. The dashboard's log says why, under {number}.",
        icon=":material/error:",
    )


def _places(error: BaseException) -> list[str]:
    """The innermost places of our own code, `dashboard/widgets/times.py:42 reading`."""
    ours = [
        f"{Path(frame.filename).relative_to(_ROOT)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_ours(Path(frame.filename))
    ]
    return ours[-_FRAMES:]


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(_ROOT) and "site-packages" not in file.parts
