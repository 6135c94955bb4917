"""Emails: how good the addresses are, overall, by company and by week, and the list of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from sqlalchemy import Connection

from dashboard.data.paging import MOST_COUNTED
from dashboard.data.reading import reading
from dashboard.data.with_company import Row
from dashboard.exports.button import export_button, may_export
from dashboard.filters.bar import Chosen, change_filters, filter_bar
from dashboard.filters.from_url import Given
from dashboard.filters.ranges import EVER
from dashboard.screens.emails import queries
from dashboard.screens.emails.changes import changed
from dashboard.screens.emails.status import MARKS, MEANING, bars_by_domain, bars_by_week, one_bar
from dashboard.screens.emails.table import EMAILS
from dashboard.screens.lead_actions import lead_actions, of_emails
from dashboard.screens.live.glance import lead_beside
from dashboard.table.definition import rows as rows_of
from dashboard.table.table import Opens, list_table, table, wanted_here
from dashboard.widgets.charts import show
from dashboard.widgets.style import heading
from dashboard.widgets.tile import tile
from dashboard.widgets.times import zone
from models.filters.finding import with_few
from models.filters.names import SENDABLE
from models.filters.query import Filters, Question
from models.payloads.vocabulary import ERROR

_CHANGES = ("email", "before", "after", "after_at", "before_at")
_DAYS = 30
_WEEKS = 26
_FRESH_S = 30
_SENDABLE: Given = {"validity": SENDABLE}
_ROW_PX, _AXIS_PX = 22, 40


_QUESTIONS: dict[str, Callable[[Connection, Question], Any]] = {
    "addresses": queries.addresses, "count": queries.count, "changed": changed,
}  # fmt: skip


@st.cache_data(ttl=_FRESH_S, max_entries=64, show_spinner=False)
def _counted(
    question: str,
    filters: Filters,  # noqa: ARG001 - part of the cache's key, as the following
    _asked: Question,
    database: str,  # noqa: ARG001 - part of the cache's key: a process may come to read another one
    _db: Connection,
) -> Any:
    """The result of one of the queries that go through all addresses, cached for a few seconds."""
    return _QUESTIONS[question](_db, _asked)


def _ask(db: Connection, question: str, asked: Question) -> Any:
    return _counted(question, asked.filters, asked, str(db.engine.url), db)


def _page(db: Connection) -> None:
    heading("Emails", "Which addresses you can write to, and what is wrong with the others.")
    chosen = filter_bar("emails", default_days=_DAYS)
    _say_range(chosen)
    # The statuses are what is broken down: a filter on one would leave one bar.
    asked = with_few(db, chosen.asked)
    around = asked.without("validity")
    with st.skeleton(height=320):
        counted = _ask(db, "addresses", around)
    if not counted.by_status:
        _say_empty(chosen)
        return
    _breakdown(counted.by_status, chosen.in_link())
    left, right = st.columns(2, gap="large")
    with left:
        _domains(counted.by_domain)
    with right:
        _weeks(counted.by_status)
        _changes(db, around)
    # With a filter on status the list is shorter than what is broken down.
    _addresses(db, chosen, asked, counted.rows if asked == around else None)


def _say_range(chosen: Chosen) -> None:
    if not chosen.is_default_range:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="emails_range"):
        st.caption(f"Addresses of people active in the last {_DAYS} days.", width="content")
        st.button("Last 12 months", type="tertiary", on_click=_since_days(365))
        st.button("All time", type="tertiary", on_click=_since, args=(EVER,))


def _since_days(days: int) -> Callable[[], None]:
    return lambda: _since((datetime.now(zone()) - timedelta(days=days)).date().isoformat())


def _since(date: str) -> None:
    change_filters(since=date, until=None)


def _say_empty(chosen: Chosen) -> None:
    if chosen.is_default_range and not chosen.in_link():
        st.info(
            f"Nobody active in the last {_DAYS} days has a known address. Look further back with "
            "the buttons above; if nothing appears there either, let Midbound's webhook send "
            "identity.qualified and identity.validated, or run `visitor-desk simulate`."
        )
    else:
        st.info("No address matches all of these filters. Remove one to see more.")


def _breakdown(counted: Sequence[Row], given: Given) -> None:
    """The counts, each status linked to its addresses among those that `given` matches."""
    numbers = dict.fromkeys(queries.STATUSES, 0)
    for row in counted:
        numbers[row["status"]] += row["addresses"]
    total = sum(numbers.values())
    kept = sum(row["addresses"] for row in counted if row["is_kept"])
    show(one_bar(numbers), "emails_all", height=36)
    with st.grid(3, min_column_width=150, key="emails_statuses"):
        for name in queries.STATUSES:
            if name == queries.OTHER and not numbers[name]:
                continue
            label, meaning = MEANING[name]
            also = f" {kept:,} keep an older verdict." if name == ERROR and kept else ""
            is_listed = bool(numbers[name]) and name != queries.OTHER
            listed = given | {"validity": name} if is_listed else None
            how = {"border": True, "height": "stretch", "gap": "xxsmall"}
            with tile(f"status_{name}", f"Addresses: {label}", "/emails", listed, **how):
                st.metric(f"{MARKS[name]} {label}", f"{numbers[name]:,}")
                st.caption(f"{numbers[name] / total:.1%} of {total:,}. {meaning}{also}")


def _domains(rows: Sequence[Row]) -> None:
    st.subheader("By company domain", anchor=False)
    if not rows:
        st.caption("Nobody's company is known yet; that comes with identity.enriched.")
        return
    count = len({row["domain"] for row in rows})
    which = "The domain" if count == 1 else f"The {count} domains"
    st.caption(f"{which} with the most addresses, by the person's employer.")
    show(bars_by_domain(rows), "emails_domains", height=count * _ROW_PX + _AXIS_PX)


def _weeks(counted: Sequence[Row]) -> None:
    st.subheader("By week", anchor=False)
    newest = sorted({row["week"] for row in counted} - {None})[-_WEEKS:]
    rows = [row for row in counted if row["week"] in newest]
    if not rows:
        st.caption("No address has been checked yet; checks come with identity.validated.")
        return
    st.caption(
        f"Each address counts in the week of its newest check. Weeks begin on Monday ({zone()})."
    )
    show(bars_by_week(rows), "emails_weeks", height=210)


def _changes(db: Connection, asked: Question) -> None:
    st.subheader("Changed status", anchor=False)
    rows = _ask(db, "changed", asked)
    if rows:
        table(rows, _CHANGES, "emails_changes", label="Changed status", sort="after_at.desc")
    else:
        st.caption("No later check has changed the verdict on any of these addresses.")


def _addresses(db: Connection, chosen: Chosen, asked: Question, found: int | None) -> None:
    if found is None:
        found = _ask(db, "count", asked)
    st.subheader("Addresses", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", key="emails_look"):
        st.caption(
            f"{found:,} {'row' if found == 1 else 'rows'}, one for each address and each person "
            "who uses it.",
            width="content",
        )
        export_button("emails", chosen)
        if may_export("emails"):
            st.link_button(
                "Export sendable",
                f"/api/export/emails.csv?{urlencode(chosen.given | _SENDABLE, doseq=True)}",
                icon=":material/mark_email_read:",
                type="tertiary",
                help="CSV of the valid and likely valid addresses among those that match the "
                "other filters.",
            )
    if not found:
        st.info("None of these addresses has this status.")
        return
    wanted = wanted_here(EMAILS, asked)
    list_table(
        EMAILS,
        wanted,
        rows_of(db, EMAILS, wanted),
        label="Addresses",
        total=min(found, MOST_COUNTED),
        opens=Opens("/leads?lead=", beside=lead_beside),
        export="emails",
        actions=lead_actions(of_emails),
        fills=False,
    )


with reading() as connection:
    _page(connection)
