"""What the screens ask the database: one function a question, each an index range."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, case, func, select

from dashboard.data.cut import cut
from dashboard.data.with_company import Row, of_company_named
from models.tables import (
    ADDRESS,
    COMPANY,
    COMPANY_NAME,
    LEAD,
    PAGE_EVENT,
    SESSION,
    SHORT_COMPANY_NAME,
)

_URL_CHARS = 2_000
"""Of an address in the feed: more than is linked there."""


def feed(db: Connection, limit: int = 100) -> list[Row]:
    """Leads, newest heard of first, each with the session that was heard of last. Times in ms, UTC.

    `stage`, landing page and source are that session's, so whoever comes back starts over.
    `visit_city` and `visit_country` are where it came from, `city` and `country` where the lead is.
    """
    query = (
        select(
            *LEAD.c["key", "email", "sessions", "heard_at", "last_sid", "company_key"],
            *cut(*LEAD.c["full_name", "email_validity", "job_title", "city", "country"]),
            case((SHORT_COMPANY_NAME, LEAD.c.company_name)).label("company_name"),
            *cut(COMPANY_NAME.label("company")),
            *SESSION.c["stage", "finalized", "started_at", "last_activity", "pageviews"],
            *SESSION.c["bot_score", "hot"],
            *cut(*SESSION.c["landing_page", "landing_title", "referrer"], chars=_URL_CHARS),
            *cut(*SESSION.c["utm_source", "utm_medium", "utm_campaign", "pid", "device"]),
            *cut(SESSION.c.city.label("visit_city"), SESSION.c.country.label("visit_country")),
        )
        .select_from(_lead_with_last_session())
        .order_by(LEAD.c.heard_at.desc(), LEAD.c.key.desc())
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def page_events(db: Connection, sids: Sequence[str], at_most: int) -> dict[str, list[Row]]:
    """The first page events, `at_most` each, of these sessions: signal, URL, time (ms).

    Sessions without any (not finalized yet) are left out.
    """
    query = (
        select(*PAGE_EVENT.c["sid", "ts"], *cut(*PAGE_EVENT.c["signal", "url"], chars=_URL_CHARS))
        .where(PAGE_EVENT.c.sid.in_(sids), PAGE_EVENT.c.place < at_most)
        .order_by(PAGE_EVENT.c.sid, PAGE_EVENT.c.place)
    )
    found: dict[str, list[Row]] = {}
    for sid, ts, signal, url in db.execute(query):
        found.setdefault(sid, []).append({"ts": ts, "signal": signal, "url": url})
    return found


def people_of(db: Connection, companies: Collection[str], since: int) -> dict[str, int]:
    """How many people of each of these companies (by key) were active since a time in ms, UTC."""
    return _people(db, LEAD.c.company_key, LEAD.c.company_key.in_(companies), since)


def people_at(db: Connection, names: Collection[str], since: int) -> dict[str, int]:
    """The same of companies that are known by name only."""
    return _people(db, LEAD.c.company_name, of_company_named(names), since)


def _people(
    db: Connection, company: ColumnElement[Any], condition: ColumnElement[bool], since: int
) -> dict[str, int]:
    query = (
        select(company.label("company"), func.count().label("people"))
        .where(condition, LEAD.c.last_seen >= since)
        .group_by(company)
    )
    return {row.company: row.people for row in db.execute(query)}


def lead(db: Connection, key: str) -> Row | None:
    """What a panel shows of one lead, with the session heard of last; None when there is none.

    `stage` is the furthest of any session. The `utm_*` are the last session's, like its page.
    Times in ms, UTC.
    """
    query = (
        select(
            *LEAD.c["key", "full_name", "email", "email_validity", "job_title", "phone"],
            *LEAD.c["linkedin_url", "city", "country", "stage", "sessions", "pageviews"],
            *LEAD.c["first_seen", "last_seen", "heard_at"],
            COMPANY_NAME.label("company"),
            COMPANY.c.domain.label("company_domain"),
            *ADDRESS.c["error_code", "error_message"],
            *SESSION.c["landing_page", "landing_title", "referrer", "device", "browser"],
            *SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"],
            SESSION.c.city.label("visit_city"),
            SESSION.c.country.label("visit_country"),
        )
        .select_from(
            _lead_with_last_session().outerjoin(ADDRESS, ADDRESS.c.address == LEAD.c.email)
        )
        .where(LEAD.c.key == key)
    )
    found = db.execute(query).mappings().first()
    return dict(found) if found else None


def _lead_with_last_session() -> FromClause:
    return LEAD.outerjoin(SESSION, SESSION.c.sid == LEAD.c.last_sid).outerjoin(
        COMPANY, COMPANY.c.key == LEAD.c.company_key
    )
