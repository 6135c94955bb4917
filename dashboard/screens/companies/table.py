"""The table of companies, as its page and the route of rows show it. With past employers it is
another table, with an order of its own.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from dashboard.access.roles import PAGES
from dashboard.data.paging import Page
from dashboard.data.with_company import Row
from dashboard.screens.companies import queries
from dashboard.screens.companies.card import revenue
from dashboard.screens.companies.interest import with_scores
from dashboard.table.definition import Piece, TableDefinition
from models.filters.query import Question

COLUMNS = (
    "name", "grade", "fit", "intent", "people_30d", "last_seen", "leads", "sessions",
    "employee_count", "headcount_growth_yoy", "revenue", "funding_total_usd", "last_round_type",
    "monthly_visitors", "country", "industry", "domain",
)  # fmt: skip


def _shown(row: Row) -> Row:
    return row | {"name": row["name"] or row["domain"] or row["key"], "revenue": revenue(row)}


def _table(name: str, *, silent: bool) -> TableDefinition:
    def page(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
        return with_scores(db, queries.companies(db, asked, silent=silent, **piece._asdict()))

    return TableDefinition(
        name,
        PAGES["companies"],
        COLUMNS,
        {"last_seen": queries.order(silent=silent)},
        ask=page,
        number=lambda db, asked, _more: queries.count(db, asked, silent=silent),
        small=queries.small,
        shown=_shown,
    )


COMPANIES = _table("companies", silent=False)
"""Those that somebody visited from."""

EMPLOYERS = _table("employers", silent=True)
"""All that are known, including past employers."""
