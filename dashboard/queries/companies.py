"""What Companies asks: who has been interested of late, and one company with its visitors.

A company's people are the leads who work there now. The page of companies reads the index on
`lead (company_key, last_seen)` alone; everything else is asked for the few companies shown.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Subquery, func, select

from dashboard.filters import Filters, company_conditions
from models.tables import COMPANY, DELIVERY, LEAD, PAGE_EVENT, SESSION

Row = dict[str, Any]

CHOICES = 200
RECENT_SESSIONS = 200
"""Sessions whose pages are looked through."""


def companies(
    db: Connection, filters: Filters, *, silent: bool = False, limit: int = 50, offset: int = 0
) -> list[Row]:
    """Companies, last visited first: their columns, and `leads`, `sessions`, `last_seen` (ms).

    `silent` adds those nobody visited from (past employers), after the others.
    Raises `FilterError` for filters of other tables.
    """
    interest = _interest()
    query = (
        select(*COMPANY.c, interest.c.last_seen)
        .select_from(_with(interest, silent=silent))
        .where(company_conditions(filters, interest.c.last_seen))
        # -1 stands for none: the databases do not agree on where nulls sort.
        .order_by(func.coalesce(interest.c.last_seen, -1).desc(), COMPANY.c.key)
        .limit(limit)
        .offset(offset)
    )
    rows = [dict(row) for row in db.execute(query).mappings()]
    counts = _counts(db, [row["key"] for row in rows])
    return [row | counts.get(row["key"], {"leads": 0, "sessions": 0}) for row in rows]


def count(db: Connection, filters: Filters, *, silent: bool = False) -> int:
    """How many companies there are to page through."""
    interest = _interest()
    query: Select[Any] = (
        select(func.count())
        .select_from(_with(interest, silent=silent))
        .where(company_conditions(filters, interest.c.last_seen))
    )
    return int(db.execute(query).scalar_one())


def choices(db: Connection) -> dict[str, list[str]]:
    """Values that companies have, by the name of the filter; the most frequent ones, A to Z."""
    columns = {
        "industry": COMPANY.c.industry,
        "funding": COMPANY.c.last_round_type,
        "country": COMPANY.c.country,
    }
    return {
        name: sorted(
            db.execute(
                select(column)
                .where(column.is_not(None))
                .group_by(column)
                .order_by(func.count().desc(), column)
                .limit(CHOICES)
            ).scalars()
        )
        for name, column in columns.items()
    }


def company(db: Connection, key: str) -> Row | None:
    """One company as in `companies`, with `first_seen` and `pageviews`; None when unknown."""
    found = db.execute(select(*COMPANY.c).where(COMPANY.c.key == key)).mappings().first()
    if found is None:
        return None
    visits = db.execute(
        select(
            func.count().label("leads"),
            func.coalesce(func.sum(LEAD.c.sessions), 0).label("sessions"),
            func.coalesce(func.sum(LEAD.c.pageviews), 0).label("pageviews"),
            func.min(LEAD.c.first_seen).label("first_seen"),
            func.max(LEAD.c.last_seen).label("last_seen"),
        ).where(LEAD.c.company_key == key)
    ).mappings()
    return dict(found) | dict(visits.one())


def visitors(db: Connection, key: str, limit: int = 100) -> list[Row]:
    """Its leads, last seen first, each with the landing page of the session heard of last."""
    query = (
        select(
            *LEAD.c["key", "full_name", "email", "email_validity", "job_title", "stage"],
            *LEAD.c["sessions", "pageviews", "first_seen", "last_seen", "last_page"],
            SESSION.c.landing_page,
        )
        .select_from(LEAD.outerjoin(SESSION, SESSION.c.sid == LEAD.c.last_sid))
        .where(LEAD.c.company_key == key)
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key)
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def pages(db: Connection, key: str, limit: int = 20) -> list[Row]:
    """Pages its people looked at in their latest sessions: `url`, `title`, `views`, `people`.

    `last_viewed` in ms; most viewed first. Sessions not finalized yet have sent no pages.
    """
    recent = (
        select(SESSION.c.sid, SESSION.c.lead)
        .join(LEAD, LEAD.c.key == SESSION.c.lead)
        .where(LEAD.c.company_key == key)
        .order_by(SESSION.c.last_activity.desc(), SESSION.c.sid)
        .limit(RECENT_SESSIONS)
        .subquery("recent")
    )
    views = func.count().label("views")
    query = (
        select(
            PAGE_EVENT.c.url,
            func.max(PAGE_EVENT.c.title).label("title"),
            views,
            func.count(recent.c.lead.distinct()).label("people"),
            func.max(PAGE_EVENT.c.ts).label("last_viewed"),
        )
        .join(recent, recent.c.sid == PAGE_EVENT.c.sid)
        .where(PAGE_EVENT.c.signal == "pageview", PAGE_EVENT.c.url.is_not(None))
        .group_by(PAGE_EVENT.c.url)
        .order_by(views.desc(), PAGE_EVENT.c.url)
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def received_at(db: Connection, webhook_id: str) -> int | None:
    """When a delivery came in, in ms; None when it is not in the ledger (any more)."""
    query = select(DELIVERY.c.received_at).where(DELIVERY.c.webhook_id == webhook_id)
    return db.execute(query).scalar_one_or_none()


def _interest() -> Subquery:
    return (
        select(LEAD.c.company_key, func.max(LEAD.c.last_seen).label("last_seen"))
        .where(LEAD.c.company_key.is_not(None))
        .group_by(LEAD.c.company_key)
        .subquery("interest")
    )


def _with(interest: Subquery, *, silent: bool) -> FromClause:
    return COMPANY.join(interest, interest.c.company_key == COMPANY.c.key, isouter=silent)


def _counts(db: Connection, keys: Sequence[str]) -> dict[str, Row]:
    query = (
        select(
            LEAD.c.company_key,
            func.count().label("leads"),
            func.sum(LEAD.c.sessions).label("sessions"),
        )
        .where(LEAD.c.company_key.in_(keys))
        .group_by(LEAD.c.company_key)
    )
    return {
        row.company_key: {"leads": row.leads, "sessions": int(row.sessions)}
        for row in db.execute(query)
    }
