"""What the lead list asks: one function a question. Times are Unix ms, UTC."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from dashboard.conditions import keys_found, lead_conditions
from dashboard.filters import UTM, Filters
from dashboard.queries import paging
from dashboard.queries.cut import cut
from dashboard.queries.paging import Order, Page, Place, page
from models.tables import COMPANY, COMPANY_NAME, LEAD, SHORT_COMPANY_NAME

Row = dict[str, Any]

WITH_COMPANY = LEAD.outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)

ORDERS = {
    "last_seen": Order((LEAD.c.last_seen, LEAD.c.key)),
    "first_seen": Order((LEAD.c.first_seen, LEAD.c.key)),
    "name": Order((LEAD.c.sort_name, LEAD.c.key), descending=False),
    "sessions": Order((LEAD.c.sessions, LEAD.c.key)),
}
"""Ways to sort the list, each by an index; the key settles ties."""


def leads(
    db: Connection,
    filters: Filters,
    *,
    order: str = "last_seen",
    place: Place | None = None,
    size: int = 100,
) -> Page:
    """A page of the leads that the filters choose, in one of `ORDERS`."""
    query = select(
        *LEAD.c["key", "email", "stage", "sessions", "pageviews", "first_seen", "last_seen"],
        *cut(*LEAD.c["full_name", "first_name", "last_name", "email_validity", "phone"]),
        *cut(*LEAD.c["linkedin_url", "job_title", "city", "country", "last_page"]),
        *cut(*(LEAD.c[name] for name in UTM)),
        *cut(COMPANY_NAME.label("company"), COMPANY.c.domain.label("company_domain")),
    ).select_from(WITH_COMPANY)
    chosen = lead_conditions(filters)
    if not filters.q:
        return page(db, query.where(chosen), ORDERS[order], place, size=size)
    nearby = query.where(lead_conditions(filters, nearby=True))
    # Of thousands that a word finds an index says which are the first; their columns would be
    # carried through the sorting otherwise, and the joined table keeps Postgres from the index.
    picked = select(LEAD.c.key).where(chosen)
    return page(db, query, ORDERS[order], place, size=size, nearby=nearby, picked=picked)


def count(db: Connection, filters: Filters) -> int:
    """How many leads the filters choose; counts to `paging.MOST_COUNTED`."""
    if filters.q and filters == Filters(q=filters.q):
        return paging.count(db, keys_found(filters.q))
    return paging.count(db, select(LEAD.c.key).where(lead_conditions(filters)))


def of_company_named(names: Collection[str]) -> ColumnElement[bool]:
    """Whether a lead's company is known by name only, and by one of these; served by an index."""
    return and_(SHORT_COMPANY_NAME, LEAD.c.company_name.in_(names))


def rows(db: Connection, query: Select[Any]) -> list[Row]:
    """The rows of a query as dicts."""
    return [dict(row) for row in db.execute(query).mappings()]
