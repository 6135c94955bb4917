"""Streamlit's log lines are written like all others: one JSON object each, limited, without foreign
text.

Streamlit gives each of its loggers (and uvicorn's) a handler of its own and keeps the records from
the root's: those would write a callback's `error_description` or an invalid frame in full,
traceback included, as often as somebody likes.
"""

import logging

from streamlit import logger as streamlits


def join_ours() -> None:
    """Let the root's handler write the records of existing loggers and of later ones."""
    # Private, because there is no setting: the release is pinned, and a test checks what is
    # written.
    streamlits.setup_formatter = _leave_to_root
    streamlits.update_formatter()


def _leave_to_root(logger: logging.Logger) -> None:
    handler = getattr(logger, "streamlit_console_handler", None)
    if handler is not None:
        logger.removeHandler(handler)
    logger.propagate = True
