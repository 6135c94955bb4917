"""Changes to segments and lists on their page: each is recorded before it is made."""

from collections.abc import Callable, Mapping

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.roles import SEGMENTS
from dashboard.data.reading import AWAY
from dashboard.data.source import primary
from models.audit import AuditError, changing
from models.filters.times import FilterError
from models.segments import lists, segments
from models.segments.lists import KeptList
from models.segments.naming import NotSavedError
from models.segments.segments import Segment
from models.storage.transient import is_lost

_OUTCOME = "segments_outcome"


def say_outcome() -> None:
    """Say why the last change could not be made, if so."""
    said = st.session_state.pop(_OUTCOME, None)
    if said:
        st.warning(said, icon=":material/block:")


def share(one: Segment) -> None:
    """Share a segment with everybody."""

    def act(db: Connection) -> None:
        segments.save(
            db, one.name, one.query, who=here().who, is_shared=True, may_manage=_may_manage()
        )

    _change("segment share", {"name": one.name}, act)


def lock(one: Segment, *, locked: bool) -> None:
    """Lock a segment, so that only people who may manage segments can change it; or unlock it."""

    def act(db: Connection) -> None:
        segments.save(
            db, one.name, one.query, who=here().who, locked=locked, may_manage=_may_manage()
        )

    _change("segment lock" if locked else "segment unlock", {"name": one.name}, act)


def delete_segment(one: Segment) -> None:
    """Delete a segment that no other one uses."""
    _change(
        "segment delete",
        {"name": one.name},
        lambda db: segments.remove(db, one.name, who=here().who, may_manage=_may_manage()),
    )


def hush(one: KeptList) -> None:
    """Keep a list's people out of Live and messages; or stop doing so."""
    said = {"name": one.name, "quiet": "no" if one.quiet else "yes"}
    _change("list quiet", said, lambda db: lists.hush(db, one.name, quiet=not one.quiet), ops=True)


def delete_list(one: KeptList) -> None:
    """Delete a list that no segment uses."""
    _change("list delete", {"name": one.name}, lambda db: lists.remove(db, one.name), ops=True)


def _may_manage() -> bool:
    return here().may(SEGMENTS)


def _change(
    what: str, said: Mapping[str, str], act: Callable[[Connection], object], *, ops: bool = False
) -> None:
    if ops and not _may_manage():
        st.session_state[_OUTCOME] = "This needs the role ops."
        return
    try:
        with changing(primary(), here().who, what, said=said) as (db, entry):
            act(db)
            entry.rows = 1
    except (NotSavedError, FilterError, AuditError) as error:
        st.session_state[_OUTCOME] = f"{str(error).rstrip('.').capitalize()}."
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        st.session_state[_OUTCOME] = AWAY
