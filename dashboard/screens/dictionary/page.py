"""Data dictionary: what every field of every event means, searched by `q`, of one `event`."""

import streamlit as st

from dashboard.filters.from_url import say_ignored
from dashboard.screens.dictionary.component import dictionary_table
from dashboard.screens.dictionary.sections import dictionary
from dashboard.widgets.style import heading
from models.payloads.events import EVENTS

_NOTHING = (
    "No field contains all of these words. Search for part of a name, a meaning or an example."
)


def _page() -> None:
    heading(
        "Data dictionary",
        "Every field in Midbound's five events, what it means, and where Visitor Desk shows it.",
    )
    say_ignored(own=("q",))
    named = st.query_params.get("event")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(
            "Search",
            key="q",
            bind="query-params",
            type="search",
            live="300ms",
            placeholder="campaign, revenue, 38.7223…",
            width=360,
        )
        event = st.selectbox(
            "Event",
            tuple(EVENTS),
            index=None,
            key="event",
            bind="query-params",
            placeholder="All events",
            width=300,
        )
    if named and named not in EVENTS:
        st.caption("Ignored: there is no such event.")
    found = dictionary(query or "", event)
    if not found:
        st.info(_NOTHING)
        return
    dictionary_table(found, query=query or "", event=event)


_page()
