"""Segments: filters saved under a name, and lists of companies and people."""

from functools import partial

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.access.roles import SEGMENTS
from dashboard.data.reading import reading
from dashboard.data.settings import now
from dashboard.filters.from_url import say_ignored
from dashboard.filters.segment_dialog import in_words
from dashboard.screens.segments import changes
from dashboard.screens.segments.import_dialog import import_list
from dashboard.widgets.component import key_of
from dashboard.widgets.style import heading
from dashboard.widgets.times import utc_time
from dashboard.widgets.words import as_code, as_text
from models.filters.query import Filters
from models.filters.times import FilterError
from models.segments.asking import asked
from models.segments.lists import KeptList, lists
from models.segments.members import count
from models.segments.segments import Segment, segments


def _page() -> None:
    heading("Segments")
    say_ignored()
    st.caption(
        "A segment is a saved set of filters; who is in it is worked out afresh each time. Set "
        "filters on any list, then save them in the side bar."
    )
    changes.say_outcome()
    with reading() as db:
        shown = segments(db, here().who)
        for one in shown:
            _segment(db, one)
        if not shown:
            st.info("There are no segments yet.", icon=":material/bookmark:")
        known = lists(db)
    _lists(known)


def _segment(db: Connection, one: Segment) -> None:
    try:
        filters = one.filters
        found = count(db, asked(db, Filters.parse({"segment": one.name}), now(), who=here().who))
        leads = _many(found, "lead", "leads")
        said = "  \n".join(in_words(filters))
    except FilterError as error:
        leads, said = "nobody", f"It no longer works: {as_code(str(error))}"
    whose = "yours" if one.owner else "shared, locked" if one.locked else "shared"
    with st.container(border=True, key=key_of("kept", one.name)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_text(one.title)}** · {leads} · {whose}", width="stretch")
            _hands(one)
        st.markdown(said)
        st.caption(f"Name in addresses and commands: {as_code(one.name)}")


def _hands(one: Segment) -> None:
    """What whoever is looking may do with a segment."""
    may_manage = here().may(SEGMENTS)
    may_change = one.owner is not None or not one.locked or may_manage
    st.link_button("Leads", f"/leads?segment={_quoted('segment', one.name)}", type="tertiary")

    def button(label: str, icon: str, act: partial[None]) -> None:
        st.button(
            label,
            key=key_of(label, one.name),
            icon=f":material/{icon}:",
            type="tertiary",
            on_click=act,
        )

    if one.owner is not None:
        button("Share", "group", partial(changes.share, one))
    elif may_manage:
        label, icon = ("Unlock", "lock_open") if one.locked else ("Lock", "lock")
        button(label, icon, partial(changes.lock, one, locked=not one.locked))
    if may_change:
        lost = "The filters are lost; the leads stay."
        _delete("segment", one.name, lost, partial(changes.delete_segment, one))


def _delete(kind: str, name: str, lost: str, act: partial[None]) -> None:
    """Ask before what nobody can bring back."""
    key = key_of(f"ask_{kind}", name)
    with st.popover("Delete", icon=":material/delete:", type="tertiary", key=key):
        st.text(lost)
        key = key_of(f"delete_{kind}", name)
        st.button("Delete it", type="primary", key=key, on_click=act)


def _lists(known: list[KeptList]) -> None:
    may_manage = here().may(SEGMENTS)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Lists", width="stretch")
        if may_manage and st.button("Import a list", icon=":material/upload:"):
            import_list()
    st.caption(
        "Customers, open deals, competitors: companies and people by domain, email address or "
        "LinkedIn profile. Those on a quiet list stay out of Live."
    )
    for one in known:
        with st.container(
            border=True,
            horizontal=True,
            vertical_alignment="center",
            key=key_of("list", one.name),
        ):
            said = [_many(one.entries, "entry", "entries"), _many(one.leads, "lead", "leads")]
            said += ["quiet"] if one.quiet else []
            st.markdown(
                f"**{as_text(one.name)}** · {' · '.join(said)}",
                width="stretch",
                help=f"Imported {utc_time(one.imported_at)}",
            )
            st.link_button("Leads", f"/leads?list={_quoted('list', one.name)}", type="tertiary")
            if may_manage:
                st.button(
                    "Loud" if one.quiet else "Quiet",
                    key=key_of("quiet", one.name),
                    icon=":material/volume_up:" if one.quiet else ":material/volume_off:",
                    type="tertiary",
                    on_click=partial(changes.hush, one),
                )
                entries = _many(one.entries, "entry", "entries")
                lost = f"Lost with it: {entries}. The leads stay."
                _delete("list", one.name, lost, partial(changes.delete_list, one))
    if not known:
        st.info("There are no lists yet.", icon=":material/list_alt:")


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _quoted(parameter: str, name: str) -> str:
    return Filters.parse({parameter: name}).text().partition("=")[2]


_page()
