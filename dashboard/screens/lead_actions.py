"""What can be done with rows selected in a list: take their leads, mark them, list them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, Connection, Select, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.bearer import AWAY
from dashboard.annotations import acts
from dashboard.annotations.acts import Done, Whom
from dashboard.data.source import source
from dashboard.table.selected import Selected
from dashboard.widgets import words
from models.annotations.mentions import NoLeadError
from models.audit import AuditError
from models.filters.choosing import addresses_match, companies_match, visits_match
from models.filters.leads import leads_match
from models.filters.people import between
from models.filters.query import Question
from models.filters.times import FilterError
from models.segments import lists
from models.segments.naming import NotSavedError
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS, SESSION

Leads = Callable[[Selected], Select[Any]]
"""The keys of the leads that a selection of rows means."""

_SAID, _FRESH = "said_of_selected", "said_just_now"


def of_leads(chosen: Selected) -> Select[Any]:
    """The leads themselves."""
    return select(LEAD.c.key).where(_matches(chosen, leads_match, LEAD.c.key.in_))


def of_sessions(chosen: Selected) -> Select[Any]:
    """Whose visits these are."""
    return (
        select(SESSION.c.lead).where(_matches(chosen, visits_match, SESSION.c.sid.in_)).distinct()
    )


def of_companies(chosen: Selected) -> Select[Any]:
    """Who works at these companies."""
    companies = select(COMPANY.c.key).where(_matches(chosen, companies_match, COMPANY.c.key.in_))
    query = select(LEAD.c.key).where(LEAD.c.company_key.in_(companies))
    # A company's range is its people's.
    return query if chosen.every is None else query.where(between(LEAD.c.last_seen, chosen.every))


def of_emails(chosen: Selected) -> Select[Any]:
    """Who holds these addresses: a row is named by the address and its lead, with a tab between."""
    if chosen.every is None:
        keys = {key.partition("\t")[2] for key in chosen.keys}
        return select(LEAD.c.key).where(LEAD.c.key.in_(sorted(keys)))
    held = LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead)
    held = held.outerjoin(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address)
    rows = select(LEAD_ADDRESS.c.lead).select_from(held).where(addresses_match(chosen.every))
    return rows.distinct()


def _matches(
    chosen: Selected,
    by: Callable[[Question], ColumnElement[bool]],
    among: Callable[[Sequence[str]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    return among(chosen.keys) if chosen.every is None else by(chosen.every)


def lead_actions(leads: Leads) -> Callable[[Selected], None]:
    """What `list_table` shows above a list: actions on the leads that the selected rows mean."""
    return partial(_actions, leads)


def _actions(leads: Leads, chosen: Selected) -> None:
    if st.session_state.pop(_FRESH, False):
        st.rerun()  # the list beside it, too
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(said)
    if not chosen:
        return
    whom = Whom(query=leads(chosen))
    may_take_away = here().may(acts.TAKE_AWAY)
    with st.container(horizontal=True, vertical_alignment="center", key="lead_actions"):
        st.button(
            "Take",
            icon=":material/person_add:",
            key="take_selected",
            shortcut="t",
            help="They become yours, except those that somebody else has.",
            on_click=_do,
            args=(lambda: acts.take(here(), whom), "taken"),
        )
        with st.popover("Status", icon=":material/flag:", key="mark_selected"):
            for status, label in words.STATUSES.items():
                st.button(
                    label,
                    key=f"mark_{status}",
                    type="tertiary",
                    on_click=_do,
                    args=(partial(acts.mark, here(), whom, status), f"marked as {label}"),
                )
        if may_take_away:
            _add_to_list(whom)
        with st.popover("More", icon=":material/more_horiz:", key="more_selected"):
            st.button(
                "Release",
                type="tertiary",
                key="let_go_selected",
                on_click=_do,
                args=(lambda: acts.let_go(here(), whom), "let go"),
            )
            if may_take_away:
                owner = st.text_input("Give to", placeholder="ann@example.com", key="give_to")
                st.button(
                    "Give",
                    key="give_selected",
                    disabled=not owner,
                    on_click=_do,
                    args=(lambda: acts.give(here(), whom, owner), f"given to {owner}"),
                )


def _add_to_list(whom: Whom) -> None:
    with st.popover("Add to list", icon=":material/playlist_add:", key="list_selected"):
        try:
            with source().read() as db:
                known = _names(db)
        except SQLAlchemyError:
            st.warning(AWAY, icon=":material/cloud_off:")
            return
        name = st.selectbox(
            "List",
            known,
            index=None,
            accept_new_options=True,
            placeholder="Choose one, or write a new name",
            key="list_name",
        )
        st.button(
            "Add",
            key="list_add",
            disabled=not name,
            on_click=_do,
            args=(lambda: acts.add_to_list(here(), whom, name or ""), f"added to {name}"),
        )


def _names(db: Connection) -> list[str]:
    return [one.name for one in lists.lists(db)]


def _do(act: Callable[[], Done], did: str) -> None:
    st.session_state[_FRESH] = True
    try:
        st.session_state[_SAID] = f"{act().sentence(did)}."
    except AuditError as error:
        st.session_state[_SAID] = str(error)
    except SQLAlchemyError:
        st.session_state[_SAID] = AWAY
    except (FilterError, NoLeadError, NotSavedError) as error:
        st.session_state[_SAID] = f"{error}."
