"""The script that Streamlit runs for every visitor of the dashboard: picks the page."""

from pathlib import Path

import streamlit as st

from dashboard.look import look

_HERE = Path(__file__).parent / "assets"
_ICON = (_HERE / "icon.svg").read_text(encoding="utf-8")
_WORDMARK = (_HERE / "wordmark.svg").read_text(encoding="utf-8")

st.set_page_config(page_title="Visitor Desk", page_icon=_ICON, layout="wide")
look()
st.logo(_WORDMARK, size="medium")
st.navigation(
    [
        st.Page("app_pages/live.py", title="Live", default=True),
        st.Page("app_pages/leads.py", title="Leads", url_path="leads"),
        st.Page("app_pages/sessions.py", title="Sessions", url_path="sessions"),
        st.Page("app_pages/companies.py", title="Companies", url_path="companies"),
        st.Page("app_pages/emails.py", title="Emails", url_path="emails"),
        st.Page("app_pages/campaigns.py", title="Campaigns", url_path="campaigns"),
        st.Page("app_pages/dictionary.py", title="Data dictionary", url_path="dictionary"),
        st.Page("app_pages/operations.py", title="Operations", url_path="operations"),
    ]
).run()
