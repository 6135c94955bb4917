"""What the sessions screen asks: pages of sessions, how many a day, whose one is."""

from collections import Counter
from typing import Any

import numpy as np
from sqlalchemy import Connection, case, func, select

from dashboard.data import paging
from dashboard.data.activity import Activity, Extent, Range, activity, summed
from dashboard.data.cut import LIST_CHARS, cut
from dashboard.data.paging import Order, Page, Place
from dashboard.data.with_company import SESSION_WITH_LEAD
from dashboard.filters.from_url import Filters
from dashboard.filters.to_sql import session_conditions
from models.days import day_column, day_of
from models.settings import settings
from models.tables import COMPANY_NAME, LEAD, SESSION

_LOOKED_AT = 5_000
_OFFERED = 50
"""Sessions looked at for values to offer, and how many are offered of each filter."""
_OF_THE_LEAD = ("validity", "visit", "leads")
"""Filters whose conditions are on the lead's own row."""

_LISTED = (
    *SESSION.c["sid", "stage", "last_activity", "duration_seconds", "pageviews", "bot_score"],
    *cut(*SESSION.c["landing_page", "referrer", "gclid", "fbclid", "country", "city", "device"]),
    *cut(*SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]),
    *LEAD.c["key", "email"],
    *cut(LEAD.c.full_name, COMPANY_NAME.label("company")),
)


def _where(query: Any, filters: Filters) -> Any:
    # Most questions are about sessions alone, and then one index answers them.
    about_lead = any(getattr(filters, name) is not None for name in _OF_THE_LEAD)
    source = SESSION_WITH_LEAD if about_lead else SESSION
    return query.select_from(source).where(session_conditions(filters))


def counted(db: Connection, filters: Filters) -> Activity:
    """What the filters leave, counted by day and campaign.

    Days that are summed up answer for a mere range; any other filter looks at every session of it.
    Raises `FilterError` for filters of other tables.
    """
    span = Range(filters.since, filters.until)
    if filters == Filters(since=span.since, until=span.until):
        return activity(db, span)
    day = day_column(SESSION.c.last_activity, settings().zone(), *span).label("day")
    query = _where(select(day, SESSION.c.utm_campaign, func.count()), filters)
    found = db.execute(query.group_by("day", SESSION.c.utm_campaign)).all()
    days, sessions = np.array([(row[0], row[2]) for row in found], np.int64).reshape(-1, 2).T
    none = np.zeros_like(days)
    return Activity([(None, None, row[1], None) for row in found], days, sessions, none, none, none)


def extent(db: Connection, filters: Filters) -> Extent:
    """How many sessions the filters leave, and between which times. Raises like `counted`."""
    return counted(db, filters).extent()


ORDER = Order((SESSION.c.last_activity, SESSION.c.sid))
"""Newest activity first, ties by `sid`."""


def page(db: Connection, filters: Filters, *, place: Place | None = None, size: int = 100) -> Page:
    """A page of sessions, in `ORDER`. Raises `FilterError` like `extent`."""
    query = select(*_LISTED).select_from(SESSION_WITH_LEAD)
    nearby = query.where(session_conditions(filters, nearby=True)) if filters.q else None
    chosen = query.where(session_conditions(filters))
    return paging.page(db, chosen, ORDER, place, size=size, nearby=nearby)


def choices(db: Connection) -> dict[str, list[str]]:
    """Values worth offering as filters, by name: those of the newest sessions, most frequent first.

    Looks at so many sessions only, so it costs the same in a large database.
    """
    columns = SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
    # A longer text is no name to choose from a list, and cut short it would choose nobody.
    newest = (
        select(
            *(
                case((func.length(column) <= LIST_CHARS, column)).label(column.name)
                for column in (*columns, SESSION.c.country)
            )
        )
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


def top_campaigns(active: Activity, limit: int = 6) -> list[str]:
    """The campaigns with most of these sessions, most first; ties by name."""
    values, place = active.by("campaign")
    counts = summed(active.sessions, place, len(values)).tolist()
    named = [(-count, value) for value, count in zip(values, counts, strict=True) if value]
    return [value for _, value in sorted(named)[:limit]]


def bars(
    active: Activity, top: list[str], *, start: int, days: int
) -> dict[tuple[int, str | None, bool], int]:
    """How many sessions by (bar, campaign, whether it is one of `top` or none).

    A bar is `days` days long; bar 0 begins at `start` (ms, a day's begin), what is before it is
    left out. All campaigns outside `top` are together under `None, False`; sessions without one
    are `None, True`.
    """
    counts: Counter[tuple[int, str | None, bool]] = Counter()
    bar = (active.days - day_of(start, settings().zone())) // days
    for at, touch, sessions in zip(
        bar.tolist(), active.touches, active.sessions.tolist(), strict=True
    ):
        campaign = touch[2]
        named = campaign is None or campaign in top
        if at >= 0:
            counts[at, campaign if named else None, named] += sessions
    return dict(counts)
