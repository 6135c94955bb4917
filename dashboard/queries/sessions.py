"""What the sessions screen asks: pages of sessions, how many a day, whose one is."""

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, tuple_

from dashboard.conditions import session_conditions
from dashboard.filters import Filters
from dashboard.queries import paging
from dashboard.queries.paging import Order, Page, Place
from models.tables import COMPANY, LEAD, SESSION

Row = dict[str, Any]

DAY_MS = 86_400_000

_LOOKED_AT = 5_000
_OFFERED = 50
"""Sessions looked at for values to offer, and how many are offered of each filter."""
_COMPANY_NAME = func.coalesce(COMPANY.c.name, COMPANY.c.domain, LEAD.c.company_name)
_WITH_LEAD = SESSION.join(LEAD, LEAD.c.key == SESSION.c.lead).outerjoin(
    COMPANY, COMPANY.c.key == LEAD.c.company_key
)
_OF_THE_LEAD = ("q", "company", "validity", "visit", "leads")
"""Filters whose conditions are on the lead or its company."""

_LISTED = (
    *SESSION.c["sid", "stage", "last_activity", "duration_seconds", "pageviews", "landing_page"],
    *SESSION.c["referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"],
    *SESSION.c["gclid", "fbclid", "country", "city", "device", "bot_score"],
    *LEAD.c["key", "full_name", "email"],
    _COMPANY_NAME.label("company"),
)


class Extent(NamedTuple):
    """How many sessions there are, with the first and last of their last activities (ms, UTC)."""

    total: int
    first: int | None
    last: int | None


def _where(query: Any, filters: Filters) -> Any:
    # Most questions are about sessions alone, and then one index answers them.
    about_lead = any(getattr(filters, name) is not None for name in _OF_THE_LEAD)
    source = _WITH_LEAD if about_lead else SESSION
    return query.select_from(source).where(session_conditions(filters))


def extent(db: Connection, filters: Filters) -> Extent:
    """What the filters leave. Raises `FilterError` for filters of other tables."""
    active = SESSION.c.last_activity
    query = _where(select(func.count(), func.min(active), func.max(active)), filters)
    return Extent(*db.execute(query).one())


ORDER = Order((SESSION.c.last_activity, SESSION.c.sid))
"""Newest activity first, ties by `sid`."""


def page(db: Connection, filters: Filters, *, place: Place | None = None, size: int = 100) -> Page:
    """A page of sessions, in `ORDER`. Raises `FilterError` like `extent`."""
    query = select(*_LISTED).select_from(_WITH_LEAD)
    nearby = query.where(session_conditions(filters, nearby=True)) if filters.q else None
    chosen = query.where(session_conditions(filters))
    return paging.page(db, chosen, ORDER, place, size=size, nearby=nearby)


def choices(db: Connection) -> dict[str, list[str]]:
    """Values worth offering as filters, by name: those of the newest sessions, most frequent first.

    Looks at so many sessions only, so it costs the same in a large database.
    """
    columns = SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
    newest = (
        select(*columns, SESSION.c.country)
        .order_by(SESSION.c.last_activity.desc(), SESSION.c.sid.desc())
        .limit(_LOOKED_AT)
    )
    found = db.execute(newest)
    names = list(found.keys())
    counts: list[Counter[str]] = [Counter() for _ in names]
    for row in found:
        for count, value in zip(counts, row, strict=True):
            if value is not None:
                count[value] += 1
    return {
        name: sorted(count, key=lambda value: (-count[value], value))[:_OFFERED]
        for name, count in zip(names, counts, strict=True)
    }


def top_campaigns(db: Connection, filters: Filters, limit: int = 6) -> list[str]:
    """The campaigns with most of these sessions, most first; ties by name."""
    campaign = SESSION.c.utm_campaign
    query = (
        _where(select(campaign), filters)
        .where(campaign.is_not(None))
        .group_by(campaign)
        .order_by(func.count().desc(), campaign)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def bars(
    db: Connection, filters: Filters, top: list[str], *, start: int, days: int
) -> dict[tuple[int, str | None, bool], int]:
    """How many sessions by (bar, campaign, whether it is one of `top` or none).

    A bar is `days` UTC days long; bar 0 begins at `start` (ms, UTC), none may lie before it. All
    campaigns outside `top` are together under `None, False`; sessions without one are `None, True`.
    """
    bar: ColumnElement[int] = ((SESSION.c.last_activity - start) // (days * DAY_MS)).label("bar")
    campaign = SESSION.c.utm_campaign
    shown = case((campaign.in_(top), campaign)).label("campaign")
    named = case((campaign.in_(top) | campaign.is_(None), literal(1)), else_=literal(0))
    query = (
        _where(select(bar, shown, named.label("named"), func.count()), filters)
        .where(SESSION.c.last_activity >= start)
        .group_by("bar", "campaign", "named")
    )
    return {(at, name, bool(is_named)): n for at, name, is_named, n in db.execute(query)}


def whose(db: Connection, sid: str) -> Row | None:
    """The lead of a session; `visit` is the session's number among the lead's, from 1.

    None when there is no such session.
    """
    query = (
        select(
            *LEAD.c["key", "full_name", "email", "job_title", "sessions"],
            _COMPANY_NAME.label("company"),
            *SESSION.c["sid", "started_at"],
        )
        .select_from(_WITH_LEAD)
        .where(SESSION.c.sid == sid)
    )
    found = db.execute(query).mappings().first()
    if found is None:
        return None
    earlier = tuple_(SESSION.c.started_at, SESSION.c.sid) < (found["started_at"], sid)
    before = select(func.count()).where(SESSION.c.lead == found["key"], earlier)
    return {**found, "visit": db.execute(before).scalar_one() + 1}
