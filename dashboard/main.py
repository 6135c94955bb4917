"""The script that Streamlit runs for every visitor of the dashboard: picks the page."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_ICON = (_HERE / "icon.svg").read_text(encoding="utf-8")
_WORDMARK = (_HERE / "wordmark.svg").read_text(encoding="utf-8")

st.set_page_config(page_title="Visitor Desk", page_icon=_ICON, layout="wide")
st.logo(_WORDMARK, size="medium")
st.navigation([st.Page("app_pages/live.py", title="Live", default=True)]).run()
