"""The panel next to a list: a lead, or one of their visits, at a glance."""

from collections.abc import Callable

import streamlit as st

from dashboard.data.reading import reading
from dashboard.data.settings import now
from dashboard.screens.details.queries import colleagues
from dashboard.screens.live import queries
from dashboard.screens.live.lead_panel import lead_panel
from models.scoring.reasons.breakdown import breakdowns
from models.segments.members import entries_of

GONE = "This lead no longer exists: what was known about them belongs to another lead now."


def lead_beside(key: str, close: Callable[[], None]) -> None:
    """Show a lead with the session heard from last."""
    _beside(key, None, close)


def session_beside(sid: str, close: Callable[[], None]) -> None:
    """Show a session, and whose it is."""
    _beside(None, sid, close)


def _beside(key: str | None, sid: str | None, close: Callable[[], None]) -> None:
    with reading() as db:
        if sid is not None:
            key = queries.lead_of(db, sid)
        lead = queries.lead(db, key, sid=sid) if key else None
        if lead is None:
            st.info(GONE)
            return
        others = colleagues(db, lead)
        why = breakdowns(db, [lead["key"]], now().ms).get(lead["key"])
        lists = sorted({entry["list"] for entry in entries_of(db, lead["key"])})
    lead_panel(lead, others, on_close=close, why=why, lists=lists, sid=sid)
