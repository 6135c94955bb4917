"""What the screens ask the database: one function a question, each one index range."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from models.tables import ADDRESS, COMPANY, LEAD, PROJECTION, SESSION

Row = dict[str, Any]


def version(db: Connection) -> int:
    """The number of the newest commit of derived rows; grows whenever a screen could change."""
    return int(db.execute(select(PROJECTION.c.version)).scalar_one())


def feed(db: Connection, limit: int = 100) -> list[Row]:
    """Leads, newest heard of first, each with the session heard of last. Times in ms, UTC.

    `stage`, page and source are that session's, so someone who comes back starts over; `country`
    and `city` are where it came from, else where the lead lives.
    """
    order = (LEAD.c.heard_at.desc(), LEAD.c.key.desc())
    query = _with_session(
        LEAD.c.full_name, LEAD.c.email, LEAD.c.email_validity, LEAD.c.job_title
    ).order_by(*order)
    return [_place_of_visit(dict(row)) for row in _rows(db, query.limit(limit))]


def lead(db: Connection, key: str) -> Row | None:
    """What is known of one lead, with the session heard of last; None when there is none (more).

    `furthest_stage` is over all sessions. Times in ms, UTC.
    """
    query = (
        _with_session(
            *LEAD.c["full_name", "email", "email_validity", "job_title", "phone", "linkedin_url"],
            *LEAD.c["pageviews", "first_seen", "last_seen", "last_page"],
            LEAD.c.stage.label("furthest_stage"),
            LEAD.c.city.label("home_city"),
            LEAD.c.country.label("home_country"),
            *SESSION.c["utm_term", "utm_content", "device", "browser", "landing_title"],
            ADDRESS.c.provider.label("checked_by"),
            ADDRESS.c.error_message,
        )
        .outerjoin(ADDRESS, ADDRESS.c.address == LEAD.c.email)
        .where(LEAD.c.key == key)
    )
    found = _rows(db, query)
    return dict(found[0]) if found else None


def _with_session(*columns: ColumnElement[Any]) -> Select[Any]:
    sources = LEAD.outerjoin(SESSION, SESSION.c.sid == LEAD.c.last_sid).outerjoin(
        COMPANY, COMPANY.c.key == LEAD.c.company_key
    )
    company = (COMPANY.c.name, LEAD.c.company_key, LEAD.c.company_name)
    return select(
        LEAD.c.key,
        *columns,
        *(column.label(f"company_{place}") for place, column in enumerate(company)),
        *LEAD.c["sessions", "heard_at", "city", "country"],
        *SESSION.c["stage", "landing_page", "referrer", "started_at"],
        *SESSION.c["utm_source", "utm_medium", "utm_campaign"],
        SESSION.c.city.label("visit_city"),
        SESSION.c.country.label("visit_country"),
    ).select_from(sources)


def _rows(db: Connection, query: Select[Any]) -> Sequence[Any]:
    return db.execute(query).mappings().all()
