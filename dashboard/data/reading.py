"""Reading for a page: a connection, and what is shown while the database is away."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.source import source
from models.storage.transient import is_lost
from models.storage.version import version

AWAY = "The database can't be reached right now. This page continues by itself once it is back."

_TRY_AGAIN_S = 3


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for this page's queries, all in one consistent state.

    If the database is away, or not migrated yet, the page says so, the rest of it is left out, and
    it runs again as soon as the database is back. Raises any other database error: a fault in a
    query, which `errors` logs.
    """
    try:
        with source().read() as db:
            yield db
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        st.warning(AWAY, icon=":material/cloud_off:")
        _try_again()
        st.stop()


@st.fragment(run_every=_TRY_AGAIN_S)
def _try_again() -> None:
    try:
        with source().read() as db:
            version(db)
    except SQLAlchemyError as error:
        if is_lost(error):
            return
    st.rerun()
