"""Leads: everyone who is known, searched and filtered; and one of them, whole (`?lead=<key>`)."""

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import RAW_EVENTS
from dashboard.data.paging import MOST_COUNTED
from dashboard.data.reading import reading
from dashboard.data.with_company import Row
from dashboard.exports.button import export_button
from dashboard.filters.bar import filter_bar, say_bots
from dashboard.filters.choice import pick, pick_several
from dashboard.screens import page_of
from dashboard.screens.leads import queries
from dashboard.screens.record import lead_page
from dashboard.screens.record import queries as lead_queries
from dashboard.screens.record.personal_data import personal_data, say_what_was_done
from dashboard.screens.record.raw_event import delivery_that_says, raw_event
from dashboard.widgets import words
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.style import heading
from dashboard.widgets.table import PAGE, pager, place, table
from models.sayings.mentions import moved_to

FILTERS = (
    "q", "since", "until", "new_since", "stage", "validity", "company", "country", "pid",
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "touch", "channel",
    "referrer_host", "page", "job_title", "seniority", "department", "industry", "min_employees",
    "max_employees", "min_growth", "funding", "company_country", "bots",
)  # fmt: skip
COLUMNS = (
    "who", "job_title", "company", "email", "email_validity", "stage", "sessions", "last_seen",
    "last_page", "country", "utm_campaign", "first_seen", "pageviews", "phone", "city",
    "company_domain", "linkedin_url", "utm_source", "utm_medium", "utm_term", "utm_content",
    "seniority", "department", "channel",
)  # fmt: skip
SHOWN_AT_FIRST = COLUMNS[:11]
_ORDERS = {
    "last_seen": "Latest seen first",
    "first_seen": "Newest first",
    "name": "By name",
    "sessions": "Most visits first",
}
# Visits that a lead's page shows at first, and adds with each further click.
VISITS = 20

_SHOWN = "lead_visits_shown"


def _list() -> None:
    heading("Leads")
    chosen = filter_bar(FILTERS, hides_bots=True)
    with st.container(horizontal=True, vertical_alignment="center", key="lead_list_tools"):
        count_place = st.container(width="stretch")
        order = pick("Sort by", _ORDERS, key="sort", width=190)
        with st.popover("Columns", icon=":material/view_column:", key="lead_columns"):
            columns = pick_several(
                "Columns, in this order",
                {name: FIELDS[name].label for name in COLUMNS},
                SHOWN_AT_FIRST,
                key="columns",
            )
        with st.container(width="content"):
            export_button("leads", chosen)
    with reading() as db:
        asked = chosen.asked
        count, hidden = queries.count(db, asked), queries.bots(db, asked)
        start = place(queries.ORDERS[order], chosen.filters, order)
        page = queries.leads(db, asked, order=order, place=start, size=PAGE)
    with count_place:
        say_bots(hidden)
    if not page.rows:
        _say_why_empty(is_filtered=hidden > 0 or not chosen.filters.without("bots").is_empty())
        return
    # Not a caption: Streamlit's is too pale on a light page.
    total = words.at_least(count, MOST_COUNTED)
    count_place.markdown(f":gray[{total} {'lead' if count == 1 else 'leads'}]")
    row = table([_shown(lead) for lead in page.rows], columns or SHOWN_AT_FIRST, "lead_table")
    pager(page, chosen.filters, order, total=total)
    if row:
        _open(row["key"])


def _shown(lead: Row) -> Row:
    # Where there is no address there is nothing unchecked.
    status = lead["email_validity"] if lead["email"] else words.MISSING
    return lead | {"who": words.who(lead), "email_validity": status}


def _say_why_empty(*, is_filtered: bool) -> None:
    if is_filtered:
        st.info("No lead fits these filters. Take one off, or search for less.")
        return
    st.info(
        "Nobody yet. Leads appear as soon as Midbound's webhook has reached your receiver; to see "
        "how it looks first, play some made-up visitors: `visitor-desk simulate`"
    )


def _open(key: str) -> None:
    # One step in the browser's history: filters would leave the address in a second one.
    st.switch_page(page_of("leads"), query_params={"lead": key})


def _one(key: str) -> None:
    if st.button("All leads", icon=":material/arrow_back:", type="tertiary"):
        del st.query_params["lead"]
        st.rerun()
    shown: dict[str, int] = st.session_state.setdefault(_SHOWN, {})

    def show_earlier() -> None:
        shown[key] = shown.get(key, VISITS) + VISITS

    with reading() as db:
        data = lead_page.page_data(db, key, shown.get(key, VISITS))
        now_under = None if data else moved_to(db, key)
    if data is None:
        if not say_what_was_done():
            _say_gone(now_under)
        return
    clicked = lead_page.show(key, data | {"raw": here().may(RAW_EVENTS)}, on_earlier=show_earlier)
    personal_data(key)
    if clicked.lead:
        _open(str(clicked.lead))
    if clicked.source:
        raw_event(str(clicked.source))
    elif clicked.address:
        with reading() as db:
            candidates = lead_queries.deliveries_with(db, key, str(clicked.address))
        raw_event(delivery_that_says(str(clicked.address), candidates))


def _say_gone(now_under: str | None) -> None:
    heading("Nobody here")
    if now_under is None:
        st.info(
            "Nobody is known under this key. It may have been mistyped, or what was known of them "
            "was erased."
        )
        return
    st.info("Since this link was made more became known: they are kept under another key now.")
    if st.button("Open this lead", icon=":material/person:"):
        _open(now_under)


def _page() -> None:
    key = st.query_params.get("lead")
    if key:
        _one(key)
    else:
        _list()


_page()
