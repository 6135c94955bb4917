"""The panel next to a list: a lead, or one of their visits, at a glance."""

from collections.abc import Callable

import streamlit as st

from dashboard.data.reading import reading
from dashboard.screens.details.queries import colleagues
from dashboard.screens.live import queries
from dashboard.screens.live.lead_panel import lead_panel

GONE = "This lead no longer exists: what was known about them belongs to another lead now."


def lead_beside(key: str, close: Callable[[], None]) -> None:
    """Show a lead with the session heard from last."""
    with reading() as db:
        lead = queries.lead(db, key)
        others = colleagues(db, lead) if lead else []
    if lead is None:
        st.info(GONE)
        return
    lead_panel(lead, others, on_close=close)


def session_beside(sid: str, close: Callable[[], None]) -> None:
    """Show a session, and whose it is."""
    with reading() as db:
        key = queries.lead_of(db, sid)
        lead = queries.lead(db, key, sid=sid) if key else None
        others = colleagues(db, lead) if lead else []
    if lead is None:
        st.info(GONE)
        return
    lead_panel(lead, others, on_close=close, sid=sid)
