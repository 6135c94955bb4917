"""What others say is on the page within a second."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.source import source
from models.sayings.statements import newest

_SEEN = "said_seen"
_EVERY_S = 1.0


@st.fragment(run_every=_EVERY_S)
def watch_said() -> None:
    """Draw the page anew when somebody has said something of a lead; one probe a second.

    Before the page reads anything: what is said meanwhile is then seen by the next probe.
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
