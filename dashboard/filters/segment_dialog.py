"""Saving a page's filters as a segment."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.dialog import dialog_for
from dashboard.access.roles import SEGMENTS, Role
from dashboard.data.reading import AWAY
from dashboard.data.source import primary
from dashboard.widgets.words import as_code
from models.audit import AuditError, changing, filters_said
from models.filters.names import FILTERS
from models.filters.query import Filters
from models.filters.times import FilterError
from models.segments import segments
from models.segments.naming import NotSavedError
from models.storage.transient import is_lost

_FIRST = "My territory"
_OPERATORS = {"is": "is", "not": "is not", "has": "contains"}


def in_words(filters: Filters) -> list[str]:
    """Filters in words, one line of Markdown each."""
    return [
        f"{FILTERS[one.name].label} {_OPERATORS[one.operator]} "
        + " or ".join(as_code(value) for value in one.values)
        for one in filters
    ]


@dialog_for(Role.VIEWER, "Save as segment", "Sign in to save segments.", icon=":material/bookmark:")
def save_as_segment(query: str) -> None:
    """Ask for a title, and save these filters under a name made from it."""
    try:
        filters = Filters.from_text(query)
    except FilterError as error:
        st.text(f"{error}.")
        return
    if filters.is_empty():
        st.text("Set a filter first: a segment is whoever matches your filters.")
        return
    st.markdown("  \n".join(in_words(filters)))
    with st.form("segment", border=False):
        first = _FIRST if has_no_segment() else ""
        title = st.text_input("Title", value=first, max_chars=segments.LONGEST_TITLE)
        shared = st.toggle("Share with everybody", help="Otherwise only you see it.")
        if st.form_submit_button("Save", type="primary", width="stretch"):
            _save(title, query, is_shared=shared)


def has_no_segment() -> bool:
    """Whether whoever is looking has no personal segment: the first one is usually their territory.
    False while the database is away.
    """
    try:
        with primary().read() as db:
            return all(one.owner != here().who for one in segments.segments(db, here().who))
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        return False


def save_as_territory(query: str) -> None:
    """Save these filters as the first segment of whoever is looking, without asking for more."""
    try:
        is_set = not Filters.from_text(query).is_empty()
    except FilterError as error:
        st.toast(f"{error}.", icon=":material/error:")
        return
    if is_set and here().may(Role.VIEWER) and has_no_segment():
        _save(_FIRST, query, is_shared=False)


def _save(title: str, query: str, *, is_shared: bool) -> None:
    if not title.strip():
        st.text("Give it a title.")
        return
    who, filters = here().who, Filters.from_text(query)
    readable, people = filters_said(filters)
    try:
        with primary().read() as db:
            name = segments.free_name(db, title)
        said = readable | {"name": name, "shared": "yes" if is_shared else "no"}
        with changing(primary(), who, "segment save", said=said, names=people) as (db, entry):
            segments.save(
                db,
                name,
                query,
                who=who,
                title=title,
                is_shared=is_shared,
                may_manage=here().may(SEGMENTS),
            )
            entry.rows = 1
    except (NotSavedError, FilterError, AuditError) as error:
        st.text(f"{str(error).rstrip('.')}.")
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        st.warning(AWAY, icon=":material/cloud_off:")
    else:
        st.toast("Saved. You find it in the side bar.", icon=":material/bookmark_added:")
        st.rerun()
