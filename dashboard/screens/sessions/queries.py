"""Queries of the sessions screen: pages of sessions, how many per day, whose one is."""

from collections import Counter

import numpy as np
from sqlalchemy import Connection, func, select

from dashboard.data import paging
from dashboard.data.activity import Extent, Level, Spelled, chosen
from dashboard.data.paging import Order, Page, Picked, Place, small_order
from dashboard.data.settings import settings
from dashboard.data.shortening import cut
from dashboard.data.with_company import SESSION_WITH_LEAD
from models.days import begin_of, day_column, day_of, end_of
from models.filters.choosing import finds_few_visits, visits_match
from models.filters.query import Question
from models.tables import COMPANY_NAME, LEAD, SESSION

_LISTED = (
    *SESSION.c["sid", "stage", "last_activity", "duration_seconds", "pageviews", "bot_score"],
    *cut(*SESSION.c["landing_page", "referrer", "gclid", "fbclid", "country", "city", "device"]),
    *cut(*SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]),
    *LEAD.c["key", "email"],
    *cut(LEAD.c.full_name, COMPANY_NAME.label("company")),
)


Counts = Counter[tuple[int, str | None]]
"""Sessions by day (since 1970) and campaign, in its most common spelling."""


def counted(db: Connection, asked: Question) -> Counts:
    """What matches the filters. Daily summaries answer for a range alone, with or without likely
    bots; any other filter looks at every session in the range.
    """
    if asked.filters.without("since", "until", "bots").is_empty():
        level: Level = "campaign"
        active = chosen(db, asked, (level,))
        names, place = active.values["campaign"].names(), active.places["campaign"]
        bars, counts = np.unique(active.days * len(names) + place, return_counts=True)
        found = zip(bars.tolist(), counts.tolist(), strict=True)
        return Counter({(bar // len(names), names[bar % len(names)]): n for bar, n in found})
    zone = settings().zone()
    day = day_column(SESSION.c.last_activity, zone, asked.since, asked.until).label("day")
    query = select(day, SESSION.c.utm_campaign, func.count()).where(visits_match(asked))
    rows = db.execute(query.group_by("day", SESSION.c.utm_campaign)).all()
    spelled = Spelled("campaign")
    at = [spelled.place(campaign, count) for _, campaign, count in rows]
    names = spelled.names()
    by_day: Counts = Counter()
    for place_of, (found_on, _, count) in zip(at, rows, strict=True):
        by_day[found_on, names[place_of]] += count
    return by_day


def ends(counts: Counts) -> Extent:
    """How many there are, and between which times."""
    if not counts:
        return Extent(0, None, None)
    days = [day for day, _ in counts]
    zone = settings().zone()
    return Extent(counts.total(), begin_of(min(days), zone), end_of(max(days), zone))


def extent(db: Connection, asked: Question) -> Extent:
    """How many sessions match the filters, and between which times."""
    return ends(counted(db, asked))


def bots(db: Connection, asked: Question) -> int:
    """How many more sessions there would be with likely bots; 0 if they are not hidden."""
    if asked.filters.one("bots") != "hide":
        return 0
    others = asked.also("bots", "only")
    query = select(func.count()).select_from(SESSION).where(visits_match(others))
    return int(db.execute(query).scalar_one())


ORDER = Order((SESSION.c.last_activity, SESSION.c.sid))
"""Newest activity first, ties by `sid`; the one order that an index has."""

_SORTED_AS = {
    "who": LEAD.c.sort_name,
    "company": COMPANY_NAME,
    "shown_page": SESSION.c.landing_page,
    "shown_referrer": SESSION.c.referrer_host,
}
_SMALL = frozenset({
    "stage", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "pageviews",
    "duration_seconds", "country", "city", "device", "bot_score", *_SORTED_AS,
})  # fmt: skip


def small(name: str, *, descending: bool) -> Order | None:
    """The order by any other column of the list; None for a column without one."""
    if name not in _SMALL:
        return None
    value = _SORTED_AS[name] if name in _SORTED_AS else SESSION.c[name]
    return small_order(value, SESSION.c.sid, descending=descending)


def page(
    db: Connection,
    asked: Question,
    *,
    order: Order = ORDER,
    place: Place | None = None,
    skip: int = 0,
    size: int = 100,
) -> Page:
    """A page of sessions, in `ORDER` or a `small` one."""
    query = select(*_LISTED).select_from(SESSION_WITH_LEAD)
    is_joined = not asked.filters.without("since", "until", "bots").is_empty()
    chosen = visits_match(asked)
    if order.is_small or not is_joined:
        return paging.page(db, query.where(chosen), order, place, size=size, skip=skip)
    nearby = None if finds_few_visits(asked) else query.where(visits_match(asked, nearby=True))
    keys = select(SESSION.c.sid).where(chosen)
    return paging.page(
        db,
        query,
        order,
        place,
        size=size,
        skip=skip,
        nearby=nearby,
        picked=Picked(keys, keys),
        is_far=not asked.finds_few(),
    )


def count(db: Connection, asked: Question) -> int:
    """How many sessions match the filters; counts to `paging.MOST_COUNTED`."""
    query = select(SESSION.c.sid).where(visits_match(asked))
    if asked.filters.without("since", "until", "bots").is_empty():
        return paging.count(db, query)
    if asked.finds_few():
        return paging.count(db, query)
    nearby = select(SESSION.c.sid).where(visits_match(asked, nearby=True))
    return paging.count(db, query, ORDER, nearby)


def top_campaigns(counts: Counts, limit: int = 6) -> list[str]:
    """The campaigns with most of these sessions, most first; ties by name."""
    named = Counter[str]()
    for (_, campaign), count in counts.items():
        if campaign:
            named[campaign] += count
    return sorted(named, key=lambda name: (-named[name], name))[:limit]


def bars(
    counts: Counts, top: list[str], *, start: int, days: int
) -> dict[tuple[int, str | None, bool], int]:
    """How many sessions by (bar, campaign, whether it is one of `top` or none).

    A bar is `days` days long; bar 0 begins at `start` (ms, the beginning of a day), and earlier
    sessions are left out. All campaigns outside `top` are together under `None, False`; sessions
    without one are `None, True`.
    """
    found: Counter[tuple[int, str | None, bool]] = Counter()
    first = day_of(start, settings().zone())
    for (day, campaign), count in counts.items():
        at, is_named = (day - first) // days, campaign is None or campaign in top
        if at >= 0:
            found[at, campaign if is_named else None, is_named] += count
    return dict(found)
