"""The alarm that intake has stopped, on every screen."""

import time

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.silence import Silence, silence
from dashboard.data.source import source
from dashboard.widgets.times import span
from models.storage.transient import is_lost

_AGAIN_S = 20.0


def in_words(found: Silence) -> str:
    """What to say about an unusual silence."""
    return (
        f"Nothing has come in for {span(found.lasts_ms / 1000)}. At this hour of the week, the "
        f"longest silence is usually {span(found.usual_ms / 1000)}. Is the receiver running, and "
        "does Midbound's webhook still point to it?"
    )


@st.fragment(run_every=_AGAIN_S)
def intake_alarm() -> None:
    """Say so above a page while nothing comes in although it should; refreshes by itself."""
    try:
        with source().read() as db:
            found = silence(db, int(time.time() * 1000))
    except SQLAlchemyError as error:  # the page says so itself
        if not is_lost(error):
            raise
        return
    if found:
        st.error(in_words(found), icon=":material/notifications_active:")
