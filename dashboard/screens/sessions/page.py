"""Sessions: the marketers' table, and one session with its pages (`?sid=<sid>`)."""

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.access.roles import RAW_EVENTS
from dashboard.data.activity import Extent, any_at_all
from dashboard.data.reading import reading
from dashboard.exports.button import export_button
from dashboard.filters.bar import Chosen, change_filters, filter_bar, say_bots
from dashboard.filters.from_url import address, say_ignored
from dashboard.filters.ranges import EVER
from dashboard.screens.details import session_page
from dashboard.screens.details.raw_event import raw_event
from dashboard.screens.lead_actions import lead_actions, of_sessions
from dashboard.screens.live.glance import session_beside
from dashboard.screens.sessions import bars as session_bars
from dashboard.screens.sessions import queries
from dashboard.screens.sessions.table import SESSIONS
from dashboard.table.definition import rows
from dashboard.table.table import Opens, list_table, wanted_here
from dashboard.widgets.charts import show_rows
from dashboard.widgets.days import Days, drawn, end_of_today
from dashboard.widgets.style import heading
from dashboard.widgets.times import zone
from models.filters.finding import with_few
from models.filters.query import Filters, Question
from models.storage.version import version

_READY = ("utm_campaign", "utm_source", "utm_medium")
_DAYS = 30
_MOST_BARS = 100

# The list's address while one session is shown.
_LIST = "sessions_list"


def _open(sid: str) -> None:
    st.session_state[_LIST] = address()
    st.query_params.from_dict({"sid": sid})
    st.rerun()


def _back() -> None:
    st.query_params.from_dict(st.session_state.pop(_LIST, {}))


def _show_everything() -> None:
    change_filters(since=EVER, until=None)


@st.cache_data(max_entries=32, show_spinner=False)
def _overview(
    _db: Connection,
    state: tuple[str, int],  # noqa: ARG001 - database and data version, for the cache's key
    filters: Filters,  # noqa: ARG001 - as above
    _asked: Question,
    end: int,
    minute: int,  # noqa: ARG001 - some filters mean other visits as time goes by
) -> tuple[Extent, Days | None, list[str], session_bars.Counts]:
    """Total and bars, cached while nothing changes: they look at every session in a range."""
    counted = queries.counted(_db, _asked)
    extent = queries.ends(counted)
    days = drawn(_asked.since, _asked.until, extent, end, most=_MOST_BARS)
    if days is None:
        return extent, None, [], {}
    top = queries.top_campaigns(counted)
    return extent, days, top, queries.bars(counted, top, start=days.start, days=days.days)


def _list(db: Connection) -> None:
    heading("Sessions")
    state = (str(db.engine.url), version(db))
    chosen = filter_bar("sessions", default_days=_DAYS, ready=_READY, hides_bots=True)
    asked = with_few(db, chosen.asked)
    minute = asked.when.ms // 60_000 if chosen.filters.sets("live") else 0
    extent, days, top, bars = _overview(db, state, chosen.filters, asked, end_of_today(), minute)
    with st.container(horizontal=True, vertical_alignment="center", key="sessions_said"):
        st.caption(_said(chosen, extent.total, days), width="content")
        if chosen.is_default_range and extent.total:
            st.button("Show everything", type="tertiary", on_click=_show_everything)
        say_bots(queries.bots(db, asked))
        st.space("stretch")
        with st.container(width="content"):
            export_button("sessions", chosen)
    if not extent.total or days is None:
        _say_empty(db, chosen)
        return
    said = f"Sessions a {days.word()} by campaign"
    show_rows(*session_bars.bars(bars, top, days), "sessions_bars", alt=said)
    wanted = wanted_here(SESSIONS, asked)
    list_table(
        SESSIONS,
        wanted,
        rows(db, SESSIONS, wanted),
        label="Sessions",
        total=extent.total,
        opens=Opens("/sessions?sid=", _open, session_beside),
        export="sessions",
        actions=lead_actions(of_sessions),
    )


def _said(chosen: Chosen, total: int, days: Days | None) -> str:
    count = f"{total:,} {'session' if total == 1 else 'sessions'}"
    when = f" in the last {_DAYS} days" if chosen.is_default_range else ""
    by = f", by {days.word()} ({zone()}) and campaign" if days else ""
    return f"{count}{when}{by}."


def _say_empty(db: Connection, chosen: Chosen) -> None:
    if not any_at_all(db):
        st.info(
            "No sessions yet. They appear as soon as Midbound's webhook comes in. To see made-up "
            "ones first, run `visitor-desk simulate`."
        )
        return
    if chosen.is_default_range:
        st.info(f"No matching session in the last {_DAYS} days; there may be earlier ones.")
        st.button("Show everything", on_click=_show_everything)
        return
    st.info("No session matches all of these filters. Remove one to see more.")


def _one(db: Connection, sid: str) -> None:
    st.button("All sessions", icon=":material/arrow_back:", type="tertiary", on_click=_back)
    data = session_page.page_data(db, sid)
    if data is None:
        heading("No such session")
        st.info(
            "No session is known under this address. *All sessions* takes you back to the list."
        )
        return
    clicked = session_page.show(data | {"raw": here().may(RAW_EVENTS)})
    if clicked.source:
        raw_event(str(clicked.source))


def _page() -> None:
    sid = st.query_params.get("sid")
    with reading() as db:
        if sid:
            say_ignored()
            _one(db, sid)
        else:
            _list(db)


_page()
