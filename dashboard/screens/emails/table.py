"""The table of addresses, as its page and the route of rows show it."""

from collections.abc import Mapping

from sqlalchemy import Connection

from dashboard.access.roles import PAGES
from dashboard.data.paging import Page
from dashboard.data.with_company import Row
from dashboard.screens.emails import queries
from dashboard.table.definition import Piece, TableDefinition
from models.filters.query import Question
from models.payloads.vocabulary import UNCHECKED

COLUMNS = (
    "email", "validity", "full_name", "company_domain", "checked_at", "last_seen", "check_error",
    "provider",
)  # fmt: skip


def _page(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
    return queries.emails(db, asked, **piece._asdict())


def _shown(row: Row) -> Row:
    # An address contains no white space, so the two can be told apart.
    key = f"{row['email']}\t{row['lead']}"
    return row | {"key": key, "validity": row["validity"] or UNCHECKED}


EMAILS = TableDefinition(
    "emails",
    PAGES["emails"],
    COLUMNS,
    {"last_seen": queries.ORDER},
    ask=_page,
    number=lambda db, asked, _more: queries.some(db, asked),
    small=queries.small,
    shown=_shown,
    opens="lead",
)
