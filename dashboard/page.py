"""What every page needs: a connection, the viewer's time zone, a heading, times in words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.queries import live
from dashboard.source import source
from models.database import is_lost

AWAY = "The database can't be reached just now. This page goes on by itself when it is back."

_TRY_AGAIN_S = 3
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for this page's queries, all of one consistent state.

    When the database is away, or not migrated yet, the viewer reads so, the rest of the page is
    left out, and the page runs again as soon as it is back. Raises any other
    error of the database: a fault of a query, which `errors` logs.
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
            live.version(db)
    except SQLAlchemyError:
        return
    st.rerun()


def heading(title: str, caption: str | None = None) -> None:
    """The page's one heading; both texts are ours, never from the data."""
    st.title(title, anchor=False)
    if caption:
        st.caption(caption)


def zone() -> ZoneInfo:
    """The viewer's time zone; UTC when the browser names none that is known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_time(ms: int | None) -> str:
    """Unix ms in the viewer's zone, `14 Feb 2025, 22:25`; `–` for none."""
    return f"{_at(ms).astimezone(zone()):%-d %b %Y, %H:%M}" if ms is not None else "–"


def utc_time(ms: int | None) -> str:
    """Unix ms in full, `2025-02-14 22:25:06.432 UTC`, to stand beside or behind a local time."""
    if ms is None:
        return "–"
    return f"{_at(ms):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d} UTC"


def ago(ms: int | None) -> str:
    """How long ago, in its largest unit: `12 s ago`, `6 d ago`; `just now` also for the future."""
    if ms is None:
        return "–"
    return f"{span(time.time() - ms / 1000)} ago" if ms / 1000 < time.time() - 1 else "just now"


def span(seconds: float) -> str:
    """A length of time in its largest unit: `53 s`, `12 min`, `3 h`, `6 d`."""
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit}"
    return "0 s"


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
