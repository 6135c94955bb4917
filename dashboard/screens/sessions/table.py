"""The table of sessions, as its page and the route of rows show it."""

from collections.abc import Mapping

from sqlalchemy import Connection

from dashboard.access.roles import PAGES
from dashboard.data.paging import Page
from dashboard.data.with_company import Row
from dashboard.screens.sessions import queries
from dashboard.table.definition import Piece, TableDefinition
from dashboard.widgets import words
from models.filters.query import Question

COLUMNS = (
    "who", "last_activity", "company", "stage", "shown_page", "utm_source", "utm_medium",
    "utm_campaign", "pageviews", "duration_seconds", "country", "city", "device", "bot_score",
    "shown_referrer", "click_ids", "utm_term", "utm_content",
)  # fmt: skip


def _page(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
    return queries.page(db, asked, **piece._asdict())


def _shown(row: Row) -> Row:
    clicks = [name for name in ("gclid", "fbclid") if row[name]]
    return row | {
        "who": words.who(row),
        "shown_page": _without_scheme(row["landing_page"]),
        "shown_referrer": _without_scheme(row["referrer"]),
        "click_ids": ", ".join(clicks) or None,
    }


def _without_scheme(url: str | None) -> str | None:
    for start in ("https://", "http://", "www."):
        url = url.removeprefix(start) if url else url
    return url


SESSIONS = TableDefinition(
    "sessions",
    PAGES["sessions"],
    COLUMNS,
    {"last_activity": queries.ORDER},
    ask=_page,
    number=lambda db, asked, _more: queries.count(db, asked),
    small=queries.small,
    shown=_shown,
    key="sid",
)
