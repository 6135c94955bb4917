"""Errors of pages: a line in the log and a sentence on the screen, tied by a number."""

import logging
import secrets
import traceback
from pathlib import Path
from typing import NamedTuple

import streamlit as st
import structlog

from models.storage.outage import log_fields
from models.storage.passing import is_lost

_ROOT = Path(__file__).parent.parent
_FRAMES = 6
"""Places named of an error: the innermost of ours, which say where it happened."""

_TRY_LATER, _FAULT = 503, 500

_log = structlog.get_logger("dashboard")


# Streamlit's own line comes before `failed` is asked, with the error's text over many lines.
logging.getLogger("streamlit.error_util").addFilter(
    lambda record: record.getMessage() != "Uncaught app execution"
)


def log_error(error: BaseException) -> str:
    """Write one line about an error; gives its number, for the screen to show.

    It tells the error's kind and the places in our code that it came through. Its text stays out,
    for it may quote a lead's data.
    """
    number = secrets.token_hex(4)
    _log.error("page_failed", id=number, **log_fields(error), at=_places(error))
    return number


class Told(NamedTuple):
    """How a request that failed is answered: an HTTP status, and a sentence."""

    status: int
    sentence: str


def told(error: Exception, away: str) -> Told:
    """What to say of an error of the database.

    503 with the sentence `away` when it can't be reached, which passes by itself. Anything else is
    a fault of ours: a line in the log, and 500 with its number.
    """
    if is_lost(error):
        return Told(_TRY_LATER, away)
    return Told(_FAULT, f"This failed. The dashboard's log says why, under {log_error(error)}.")


def failed(error: Exception) -> bool:
    """Log an error that ended a page's run, and say so in its place; for `on_script_error`.

    Gives True: Streamlit shows nothing of its own.
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
