"""Leads: everyone who is known, searched and filtered; and one of them, whole (`?lead=<key>`)."""

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import RAW_EVENTS
from dashboard.annotations.watch import watch_said
from dashboard.data.paging import MOST_COUNTED
from dashboard.data.reading import reading
from dashboard.exports.button import export_button
from dashboard.filters.bar import filter_bar, say_bots
from dashboard.filters.from_url import address, say_ignored, values_of
from dashboard.screens import page_of
from dashboard.screens.details import lead_page
from dashboard.screens.details import queries as lead_queries
from dashboard.screens.details.personal_data import personal_data, say_what_was_done
from dashboard.screens.details.raw_event import delivery_that_says, raw_event
from dashboard.screens.details.rules_of import rules_of
from dashboard.screens.lead_actions import lead_actions, of_leads
from dashboard.screens.leads import queries
from dashboard.screens.leads.table import COLUMNS, LEADS
from dashboard.screens.live.glance import lead_beside
from dashboard.screens.operations.missing import missing_here
from dashboard.table.definition import rows
from dashboard.table.table import Opens, list_table, wanted_here
from dashboard.widgets import words
from dashboard.widgets.choice import pick_several
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.style import heading
from models.annotations.mentions import moved_to
from models.filters.finding import with_few

SHOWN_AT_FIRST = COLUMNS[:14]
TO_CALL = {"owner": "(none)", "status": "new", "validity": "sendable", "sort": "grade.desc"}
"""Whom nobody has taken and mail can be sent to, grade by grade; who is on a quiet list is not."""
# Visits that a lead's page shows at first, and adds with each further click.
VISITS = 20

_SHOWN, _LIST = "lead_visits_shown", "leads_list"
"""How many visits of whom; the list's address while one lead is shown."""


def _list() -> None:
    heading("Leads")
    chosen = filter_bar("leads", hides_bots=True)
    with st.container(horizontal=True, vertical_alignment="center", key="lead_list_tools"):
        count_place = st.container(horizontal=True, vertical_alignment="center", width="content")
        st.space("stretch")
        if st.button("To call", icon=":material/call:", help="Unowned, sendable, best first"):
            with reading() as db:
                quiet = queries.quiet_lists(db)
            not_on = {"list.not": quiet} if quiet else {}
            st.switch_page(page_of("leads"), query_params={**TO_CALL, **not_on})
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
        asked = with_few(db, chosen.asked)
        count, hidden = queries.count(db, asked), queries.bots(db, asked)
        wanted = wanted_here(LEADS, asked)
        page = rows(db, LEADS, wanted)
    with count_place:
        if count:
            # Not a caption: Streamlit's is too pale on a light page.
            total = words.at_least(count, MOST_COUNTED)
            st.markdown(f":gray[{total} {'lead' if count == 1 else 'leads'}]", width="content")
        say_bots(hidden)
    if not count:
        _say_why_empty(is_filtered=hidden > 0 or not chosen.filters.without("bots").is_empty())
        missing_here(next(iter(values_of(chosen.given, "q")), ""), f"?{chosen.filters.text()}")
        return
    list_table(
        LEADS,
        wanted,
        page,
        label="Leads",
        total=count,
        names=columns or SHOWN_AT_FIRST,
        opens=Opens("/leads?lead=", _open, lead_beside),
        export="leads",
        actions=lead_actions(of_leads),
    )


def _say_why_empty(*, is_filtered: bool) -> None:
    if is_filtered:
        st.info("No lead matches these filters. Remove one, or search for fewer words.")
        return
    st.info(
        "Nobody yet. Leads appear as soon as Midbound's webhook reaches your receiver. To see "
        "made-up ones first, run `visitor-desk simulate`."
    )


def _open(key: str) -> None:
    if "lead" not in st.query_params:
        st.session_state[_LIST] = address()
    # One step in the browser's history: filters would leave the address in a second one.
    st.switch_page(page_of("leads"), query_params={"lead": key})


def _back() -> None:
    st.query_params.from_dict(st.session_state.pop(_LIST, {}))


def _one(key: str) -> None:
    st.button("All leads", icon=":material/arrow_back:", type="tertiary", on_click=_back)
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
    rules_of(key)
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
            "Nobody is known under this key. It may be mistyped, or what was known about them "
            "was erased."
        )
        return
    st.info("More has become known since this link was made: they are kept under another key now.")
    if st.button("Open this lead", icon=":material/person:"):
        _open(now_under)


def _of_visit(sid: str) -> None:
    """Whose visit this is: what messages link to that must not name an address."""
    with reading() as db:
        found = lead_queries.session(db, sid)
    _one(found["lead"] if found else "")


def _page() -> None:
    watch_said()
    key = st.query_params.get("lead")
    sid = st.query_params.get("sid")
    if not (key or sid):
        _list()
        return
    say_ignored()
    if key:
        _one(key)
    elif sid:
        _of_visit(sid)


_page()
