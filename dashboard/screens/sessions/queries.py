"""What the sessions screen asks: pages of sessions, how many a day, whose one is."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection, func, select

from dashboard.data import paging
from dashboard.data.activity import Activity, Extent, Range, activity, summed
from dashboard.data.cut import cut
from dashboard.data.paging import Order, Page, Place, small_order
from dashboard.data.with_company import SESSION_WITH_LEAD
from models.days import day_column, day_of
from models.filters.choosing import visits_fit
from models.filters.query import Filters, Question
from models.settings import settings
from models.tables import COMPANY_NAME, LEAD, SESSION

_LISTED = (
    *SESSION.c["sid", "stage", "last_activity", "duration_seconds", "pageviews", "bot_score"],
    *cut(*SESSION.c["landing_page", "referrer", "gclid", "fbclid", "country", "city", "device"]),
    *cut(*SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]),
    *LEAD.c["key", "email"],
    *cut(LEAD.c.full_name, COMPANY_NAME.label("company")),
)


def counted(db: Connection, asked: Question) -> Activity:
    """What the filters leave, counted by day and campaign.

    Days that are summed up answer for a mere range, and without its likely bots, which are few; any
    other filter looks at every session of it.
    """
    others = asked.filters.without("since", "until")
    if others.is_empty():
        return activity(db, Range(asked.since, asked.until))
    if others == Filters.parse({"bots": "hide"}):
        every = Counter[_Bar]()
        for bar, sessions in _bars(activity(db, Range(asked.since, asked.until))):
            every[bar] += sessions
        every.subtract(_counted(db, asked.also("bots", "only")))
        return _as_activity(+every)
    return _as_activity(_counted(db, asked))


_Bar = tuple[int, str | None]
"""A day (since 1970) and a campaign."""


def _bars(active: Activity) -> Iterator[tuple[_Bar, int]]:
    for day, touch, sessions in zip(
        active.days.tolist(), active.touches, active.sessions.tolist(), strict=True
    ):
        yield (day, touch[2]), sessions


def _counted(db: Connection, asked: Question) -> Counter[_Bar]:
    zone = settings().zone()
    day = day_column(SESSION.c.last_activity, zone, asked.since, asked.until).label("day")
    query = select(day, SESSION.c.utm_campaign, func.count()).where(visits_fit(asked))
    found = db.execute(query.group_by("day", SESSION.c.utm_campaign))
    return Counter({(row[0], row[1]): row[2] for row in found})


def _as_activity(bars: Counter[_Bar]) -> Activity:
    counts = [(day, sessions) for (day, _), sessions in bars.items()]
    days, sessions = np.array(counts, np.int64).reshape(-1, 2).T
    none = np.zeros_like(days)
    touches = [(None, None, campaign, None) for _, campaign in bars]
    return Activity(touches, days, sessions, none, none, none)


def extent(db: Connection, asked: Question) -> Extent:
    """How many sessions the filters leave, and between which times."""
    return counted(db, asked).extent()


def bots(db: Connection, asked: Question) -> int:
    """How many sessions more there would be with likely bots; 0 where they are not hidden."""
    if asked.filters.one("bots") != "hide":
        return 0
    others = asked.also("bots", "only")
    query = select(func.count()).select_from(SESSION).where(visits_fit(others))
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
    """The order by any other column of the list; None for one that has none."""
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
    nearby = query.where(visits_fit(asked, nearby=True)) if is_joined else None
    chosen = query.where(visits_fit(asked))
    return paging.page(db, chosen, order, place, size=size, skip=skip, nearby=nearby)


def count(db: Connection, asked: Question) -> int:
    """How many sessions the filters leave; counts to `paging.MOST_COUNTED`."""
    return paging.count(db, select(SESSION.c.sid).where(visits_fit(asked)))


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
