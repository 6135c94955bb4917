"""What others say appears on the page within a second."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.source import source
from models.annotations.statements import newest

_SEEN = "said_seen"
_EVERY_S = 1.0


@st.fragment(run_every=_EVERY_S)
def watch_said() -> None:
    """Draw the page again when somebody has said something about a lead; one probe a second.

    Call this before the page reads anything, so that the next probe sees what is said meanwhile.
    """
    try:
        with source().read() as db:
            now = newest(db)
    except SQLAlchemyError:
        return  # the page itself says that the database is away
    before = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = now
    if before is not None and before != now:
        st.rerun()
