"""The table of leads, as its page and the route of rows show it."""

from collections.abc import Mapping

from sqlalchemy import Connection

from dashboard.access.roles import PAGES
from dashboard.data.paging import Page
from dashboard.data.with_company import Row
from dashboard.screens.leads import queries
from dashboard.table.definition import Piece, TableDefinition
from dashboard.widgets import words
from models.filters.names import STATUSES
from models.filters.query import Question
from models.payloads.vocabulary import UNCHECKED
from models.scoring.reasons.best import best

COLUMNS = (
    "who", "grade", "intent", "why", "job_title", "company", "email", "email_validity", "fit",
    "sessions", "last_seen", "last_page", "country", "utm_campaign", "stage", "first_seen",
    "pageviews", "phone", "city", "company_domain", "linkedin_url", "utm_source", "utm_medium",
    "utm_term", "utm_content", "fit_known", "scoring_version", "seniority", "department", "channel",
    "owner", "status",
)  # fmt: skip


def _page(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
    page = queries.leads(db, asked, **piece._asdict())
    reasons = best(db, [row["key"] for row in page.rows], asked.when.ms)
    said = {key: of.timed for key, of in reasons.items()}
    rows = [row | {"why": said.get(row["key"])} for row in page.rows]
    return page._replace(rows=rows)


def _shown(lead: Row) -> Row:
    # Where there is no address there is nothing unchecked.
    status = (lead["email_validity"] or UNCHECKED) if lead["email"] else None
    said = words.STATUSES[lead["status"] or STATUSES[0]]
    return lead | {"who": words.who(lead), "email_validity": status, "status": said}


LEADS = TableDefinition(
    "leads",
    PAGES["leads"],
    COLUMNS,
    queries.ORDERS,
    ask=_page,
    number=lambda db, asked, _more: queries.count(db, asked),
    columns_of={"name": "who"},
    small=queries.small,
    shown=_shown,
)
