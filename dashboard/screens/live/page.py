"""Live: who is on the site now, most recent event first, and the selected one next to the feed."""

from urllib.parse import urlencode

import streamlit as st

from dashboard.filters.from_url import address
from dashboard.filters.segment_dialog import has_no_segment, save_as_segment, save_as_territory
from dashboard.screens.live.component import live_feed
from dashboard.screens.live.glance import lead_beside

_FEED = "live"
_CLOSINGS, _CLOSED = "live_closings", "live_closed"

# An empty second column would still take its gap.
_ROOM = """
<style>
.st-key-live_page:not(:has(.st-key-live_panel)) [data-testid="stColumn"] + * {
  display: none;
}
</style>
"""


def _close() -> None:
    st.session_state[_CLOSINGS] = st.session_state.get(_CLOSINGS, 0) + 1


def _page() -> None:
    closings = st.session_state.get(_CLOSINGS, 0)
    selected: str | None = (st.session_state.get(_FEED) or {}).get("selected")
    # After a close the feed still has its selection until the browser has heard of it.
    is_open = closings == st.session_state.get(_CLOSED, 0)
    st.session_state[_CLOSED] = closings
    st.html(_ROOM)
    with st.container(key="live_page"):
        # Always two columns: a feed that moved within the page would be created again.
        feed_column, panel_column = st.columns(
            [7, 3] if selected and is_open else [1, 0.001], gap="small"
        )
    with feed_column:
        told = live_feed(
            key=_FEED,
            selected=selected,
            closings=closings,
            search=urlencode(address(), doseq=True),
            is_first=has_no_segment(),
        )
    if told.territory:
        save_as_territory(told.territory)
    if told.save:
        save_as_segment(told.save)
    if selected and is_open:
        with panel_column, st.container(key="live_panel"):
            lead_beside(selected, _close)


_page()
