"""Who took data away, looked at raw events, derived again or erased: the newest, and all of it."""

import streamlit as st

from dashboard.data.reading import reading
from dashboard.screens.operations import queries
from dashboard.widgets.table import pager, place, table

_AT = "audit_at"
_SIZE = 20


def audit_box() -> None:
    """A page of the audit log, newest first, and the way to have it as a file."""
    st.caption(
        "Each export, raw view, replay, erasure and subject access file. Names and free text stand"
        " there as keyed hashes, alike for alike. Entries can't be changed."
    )
    with reading() as db:
        page = queries.audit(db, place(queries.AUDIT_ORDER, at=_AT), _SIZE)
    if not page.rows:
        st.text("Nothing yet.")
        return
    table(page.rows, ("at", "asked_by", "what", "filters", "rows"), "audit", choose=False)
    pager(page, at=_AT)
    st.link_button("Export", "/api/export/audit.csv", icon=":material/download:", type="tertiary")
