"""The replica that the screens read from, if there is one: how far it is behind the primary."""

import time

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.reading import reading
from dashboard.data.settings import settings
from dashboard.data.source import primary
from dashboard.screens.operations import queries
from dashboard.widgets.times import span

_LATE_S = 60
"""If it is this far behind, it needs attention; a working replica follows within a second."""


def say_what_lags() -> None:
    """Warn if the screens are behind, or if that can't be told.

    The delay is counted from the receipt of the first delivery that the replica does not have yet.
    """
    if not settings().database_read_url:
        return
    with reading() as db:
        newest = queries.newest(db)
    try:
        with primary().read() as db:
            missing = queries.received_after(db, newest)
    except SQLAlchemyError:
        _warn(
            "It can't be told how far the replica is behind: the primary does not answer "
            "(`DATABASE_URL`). Until it does, nothing new is shown."
        )
        return
    lag_s = 0 if missing is None else time.time() - missing / 1000
    if lag_s > _LATE_S:
        _warn(
            f"Screens are {span(lag_s)} behind: the replica they read from (`DATABASE_READ_URL`) "
            "has not received what came since. Check its replication."
        )


def _warn(text: str) -> None:
    st.warning(text, icon=":material/sync_problem:")
