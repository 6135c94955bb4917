"""Segments in the side bar: one click filters the open list, another one removes the filter."""

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.data.settings import now
from dashboard.data.source import source
from dashboard.filters.from_url import parameters
from dashboard.filters.segment_dialog import save_as_segment
from dashboard.widgets.component import key_of
from dashboard.widgets.going import go_to
from dashboard.widgets.words import as_text
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.segments.asking import asked
from models.segments.members import MOST_COUNTED, count
from models.segments.segments import Segment, segments
from models.storage.transient import is_lost

_AGAIN_S = 30.0
"""Time between two updates of the counts; together with `_KEPT_S`, none is older than a minute."""

_KEPT_S = 25

_MOST = 30
"""How many segments the side bar shows; the page of segments has all."""

LISTS = frozenset({"live", "leads", "sessions", "companies", "emails", "campaigns"})
"""Screens that take a segment; on others, and on a page of one row of theirs, a click leads to
Leads."""

_OF_ONE = {"leads": {"lead", "sid"}, "sessions": {"sid"}, "companies": {"company"}}
"""Parameters with which a screen shows one instead of its list."""


def side_bar(page: str) -> None:
    """Show the segments of whoever is looking, next to the page with this name."""
    with st.container(key="segments"):
        _segments(page)


@st.fragment(run_every=_AGAIN_S)
def _segments(page: str) -> None:
    with st.container(gap=None):
        _listed(page)


def _listed(page: str) -> None:
    try:
        with source().read() as db:
            shown = segments(db, here().who)
            counts = {one.name: _counted(db, one) for one in shown[:_MOST]}
    except SQLAlchemyError as error:  # the page says so itself
        if not is_lost(error):
            raise
        return
    given = parameters() if page in LISTS else {}
    if shown or given:
        st.caption("Segments")
    is_list = page in LISTS and not _OF_ONE.get(page, set()) & st.query_params.keys()
    chosen = st.query_params.get_all("segment") if is_list else []
    for one in shown[:_MOST]:
        is_on = one.name in chosen
        icon = ":material/lock:" if one.locked else ":material/bookmark:"
        label = f"{as_text(one.title)} · {counts[one.name]}"
        whose = "Shared" if one.owner is None else "Yours"
        pressed = st.button(
            label,
            key=key_of("segment", one.name),
            icon=icon,
            type="primary" if is_on else "tertiary",
            help=f"{whose}. {'Remove this filter' if is_on else 'Show only these'}.",
        )
        if pressed:
            _take(one.name, is_on=is_on, is_list=is_list)
    if given and page != "live":  # which has its own button: its filters are kept in the browser
        query = Filters.parse(_pairs()).text() if _is_usable() else ""
        if st.button("Save as segment", key="save_segment", icon=":material/bookmark_add:"):
            save_as_segment(query)


def _pairs() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in parameters().items()
        for value in ([values] if isinstance(values, str) else values)
    ]


def _is_usable() -> bool:
    try:
        Filters.parse(_pairs())
    except FilterError:
        return False
    return True


def _take(name: str, *, is_on: bool, is_list: bool) -> None:
    if not is_list:
        go_to(f"/leads?{Filters.parse({'segment': name}).text()}")
        return
    left = [other for other in st.query_params.get_all("segment") if other != name]
    names = left if is_on else [*left, name]
    if names:
        st.query_params["segment"] = names
    else:
        st.query_params.pop("segment", None)
    st.rerun()


def _counted(db: Connection, one: Segment) -> str:
    """How many leads are in a segment, in words; a dash if it no longer works."""
    try:
        question = asked(db, Filters.parse({"segment": one.name}), now(), who=here().who)
    except FilterError:
        return "–"
    found = _count(db, str(db.engine.url), question.segments, question)
    return f"{found:,}" if found < MOST_COUNTED else f"{MOST_COUNTED:,}+"


@st.cache_data(ttl=_KEPT_S, max_entries=512, show_spinner=False)
def _count(
    _db: Connection,
    url: str,  # noqa: ARG001 - for the cache's key
    asked: object,  # noqa: ARG001 - as above
    _question: Question,
) -> int:
    return count(_db, _question, at_most=MOST_COUNTED)
