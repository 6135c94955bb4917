"""Who exported data, looked at raw events, derived again or erased: the newest entries, and the
whole log."""

import streamlit as st

from dashboard.data.reading import reading
from dashboard.data.settings import now
from dashboard.screens.operations import lists
from dashboard.screens.operations.tables import AUDIT
from dashboard.table.definition import rows
from dashboard.table.table import list_table, wanted_here
from models.filters.query import Filters, Question

_PREFIX = "audit_"


def audit_box() -> None:
    """A page of the audit log, newest first, and a way to download it."""
    st.caption(
        "Every export, raw view, replay, erasure and subject access file. Names and free text "
        "appear as keyed hashes: the same text, the same hash. Entries can't be changed."
    )
    wanted = wanted_here(AUDIT, Question(Filters(), now()), prefix=_PREFIX)
    with reading() as db:
        total = lists.audited(db, wanted.asked)
        page = rows(db, AUDIT, wanted)
    if not total:
        st.text("Nothing yet.")
        return
    list_table(AUDIT, wanted, page, label="Audit", total=total, fills=False, prefix=_PREFIX)
    st.link_button("Export", "/api/export/audit.csv", icon=":material/download:", type="tertiary")
