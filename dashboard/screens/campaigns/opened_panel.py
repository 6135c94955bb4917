"""What is shown next to the table about the open row."""

import streamlit as st
from sqlalchemy import Connection

from dashboard.screens.campaigns.opened import NEWEST, opened
from dashboard.screens.campaigns.report import Line, Question, in_range
from dashboard.table.table import Opens, table
from dashboard.widgets import words

_PEOPLE = ("who", "job_title", "company", "stage", "visits", "last_seen")
_COMPANIES = ("company", "employee_count", "leads", "visits")
_PAGES = ("landing_page", "visits")


def show(db: Connection, asked: Question, line: Line) -> None:
    """Show the people, companies and landing pages of a row's sessions; people and companies link
    to their pages.
    """
    found = opened(db, in_range(db, asked.filters, asked.span, asked.who), asked.level, line.key)
    if found.is_cut:
        st.caption(f"From its newest {NEWEST:,} sessions.")
    people, companies, pages = st.tabs(["People", "Companies", "Landing pages"])
    with people:
        rows = [person | {"who": words.who(person)} for person in found.people]
        whole = Opens("/leads?lead=")
        table(rows, _PEOPLE, "campaign_people", label="People", row_key="key", opens=whole)
    with companies:
        whole = Opens("/companies?company=")
        rows = found.companies
        table(rows, _COMPANIES, "campaign_companies", label="Companies", row_key="key", opens=whole)
    with pages:
        table(found.pages, _PAGES, "campaign_pages", label="Landing pages")
