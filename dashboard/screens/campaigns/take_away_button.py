"""The button for downloading Campaigns' chart and numbers, for people who may have them."""

from urllib.parse import urlencode

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import CAMPAIGN_FILES
from dashboard.filters.bar import Chosen
from dashboard.screens.campaigns.report import Question

_FILES = (
    ("table.csv", "Table, CSV", ":material/table:"),
    ("chart.csv", "Chart's numbers, CSV", ":material/bar_chart:"),
    ("chart.svg", "Chart, SVG picture", ":material/image:"),
)


def show(asked: Question, chosen: Chosen, look: str, names: list[str]) -> None:
    """Show the button; the files contain what the page shows."""
    if not here().may(CAMPAIGN_FILES):
        return
    options = {
        "by": asked.level,
        "touch": asked.touch,
        "against": asked.against,
        "measure": asked.measure,
        "look": look,
        "rows": names,
    }
    query = urlencode({**chosen.given, **options}, doseq=True)
    with st.popover("Export", icon=":material/download:", key="export_campaigns"):
        for name, label, icon in _FILES:
            st.link_button(label, f"/api/campaigns/{name}?{query}", icon=icon, width="stretch")
