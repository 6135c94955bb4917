"""Queries of Companies: who has shown interest recently, and one company with its visitors.

A company's people are the leads who work there now. The page of companies reads only their index
(`ix_lead_company`); everything else is read for the few companies shown.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    func,
    select,
    tuple_,
)

from dashboard.data import paging
from dashboard.data.paging import Order, Page, Place, page, small_order
from dashboard.data.shortening import LIST_CHARS, PAGE_CHARS, cut, whole_json
from dashboard.data.with_company import Row
from models.facts.paths import page_of
from models.filters.choosing import companies_match, employees_match
from models.filters.people import between
from models.filters.query import Question
from models.scoring import company_order
from models.tables import COMPANY, LEAD, PAGE_EVENT, SESSION

RECENT_SESSIONS = 200
"""Sessions whose pages are looked through."""

_LOOKED_AT = 500  # people


class _Listed(NamedTuple):
    """Companies to list: where they come from, their last visit (ms), what they are sorted by."""

    source: FromClause
    last_seen: ColumnElement[Any]
    order: Order


_OTHER = LEAD.alias("other")


def _visited() -> _Listed:
    # Each company where its last visitor stands: the list is a read of the leads' index, in order.
    later = tuple_(*_OTHER.c["last_seen", "key"]) > tuple_(*LEAD.c["last_seen", "key"])
    is_last = ~exists().where(_OTHER.c.company_key == LEAD.c.company_key, later)
    on = and_(COMPANY.c.key == LEAD.c.company_key, is_last)
    return _Listed(LEAD.join(COMPANY, on), LEAD.c.last_seen, Order((LEAD.c.last_seen, LEAD.c.key)))


def _with_silent() -> _Listed:
    visits = (
        select(LEAD.c.company_key, func.max(LEAD.c.last_seen).label("last_seen"))
        .where(LEAD.c.company_key.is_not(None))
        .group_by(LEAD.c.company_key)
        .subquery("visits")
    )
    # Those without visits after all others: the databases do not agree on where nulls sort.
    order = Order((func.coalesce(visits.c.last_seen, -1, type_=BigInteger), COMPANY.c.key))
    source = COMPANY.outerjoin(visits, visits.c.company_key == COMPANY.c.key)
    return _Listed(source, visits.c.last_seen, order)


def _looked_up() -> _Listed:
    # Of few companies each one's last visitor is looked up, not all of them gone through.
    newest = _OTHER.c["last_seen", "key"]
    last = (
        select(_OTHER.c.key)
        .where(_OTHER.c.company_key == COMPANY.c.key)
        .order_by(*(column.desc() for column in newest))
        .limit(1)
        .correlate(COMPANY)
        .scalar_subquery()
    )
    # As an expression, or SQLite would go through all leads in its index's order.
    order = Order((LEAD.c.last_seen + 0, LEAD.c.key))
    return _Listed(COMPANY.join(LEAD, LEAD.c.key == last), LEAD.c.last_seen, order)


_VISITED, _WITH_SILENT, _LOOKED_UP = _visited(), _with_silent(), _looked_up()


def order(*, silent: bool) -> Order:
    """The list's default order: last visited first."""
    return (_WITH_SILENT if silent else _VISITED).order


_SMALL = frozenset({
    "name", "employee_count", "headcount_growth_yoy", "funding_total_usd", "last_round_type",
    "monthly_visitors", "country", "industry", "domain",
})  # fmt: skip
_OF_PEOPLE = {"intent": company_order.INTENT_KEY, "people_30d": company_order.PEOPLE_30D}
_NAME = func.coalesce(COMPANY.c.name, COMPANY.c.domain, COMPANY.c.key)


def small(name: str, *, descending: bool) -> Order | None:
    """The order by another column of the list; None for a column without one, such as a count made
    for each row.
    """
    if name == "grade":
        columns = (company_order.LETTER, company_order.INTENT_KEY, COMPANY.c.key)
        return Order(columns, descending, is_small=True)
    if name in _OF_PEOPLE:  # each company has some
        return Order((_OF_PEOPLE[name], COMPANY.c.key), descending, is_small=True)
    if name == "fit":
        return small_order(company_order.FIT, COMPANY.c.key, descending=descending)
    if name == "revenue":
        return small_order(COMPANY.c.revenue_max, COMPANY.c.key, descending=descending)
    if name not in _SMALL:
        return None
    value = _NAME if name == "name" else COMPANY.c[name]
    return small_order(value, COMPANY.c.key, descending=descending)


def companies(
    db: Connection,
    asked: Question,
    *,
    silent: bool = False,
    order: Order | None = None,
    place: Place | None = None,
    skip: int = 0,
    size: int = 50,
) -> Page:
    """A page of companies, last visited first or in another order: their columns, `leads`,
    `sessions`, `last_seen`.

    Times in ms. `silent` adds those that nobody visited from (past employers), after the others.
    """
    listed = _WITH_SILENT if silent else _VISITED
    chosen = companies_match(asked)
    nearby, by = None, order or listed.order
    if not silent and not asked.filters.is_empty():
        few = _few(db, asked, by)
        if few is None:
            # What many are is soon found where the list begins.
            nearby = _columns(listed, asked).where(companies_match(asked, nearby=True))
            chosen = LEAD.c.company_key.in_(_chosen(asked))
        else:
            listed, chosen = _LOOKED_UP, COMPANY.c.key.in_(few)
            if by.columns == _VISITED.order.columns:
                by = by._replace(columns=listed.order.columns)
    query = _columns(listed, asked).where(chosen)
    by = by._replace(columns=company_order.in_sql(db, by.columns, asked.when.ms))
    found = page(db, query, by, place, size=size, skip=skip, nearby=nearby)
    counts = _counts(db, [row["key"] for row in found.rows])
    none = {"leads": 0, "sessions": 0}
    return found._replace(rows=[row | counts.get(row["key"], none) for row in found.rows])


def _columns(listed: _Listed, asked: Question) -> Select[Any]:
    texts = ("domain", "name", "industry", "revenue_currency", "country", "last_round_type")
    query = select(
        *(column for column in COMPANY.c if column.name not in {*texts, "search", "profile"}),
        *cut(*(COMPANY.c[name] for name in texts)),
        whole_json(COMPANY.c.profile),
        listed.last_seen,
    )
    return query.select_from(listed.source).where(between(listed.last_seen, asked))


def _few(db: Connection, asked: Question, order: Order) -> list[str] | None:
    """The keys of the companies that match, if they are at most `order.most_read`; else None."""
    if _are_many(db, asked, min(order.near, _LOOKED_AT)):
        return None
    found = list(db.execute(_chosen(asked).limit(order.most_read + 1)).scalars())
    return found if len(found) <= order.most_read else None


def _are_many(db: Connection, asked: Question, looked_at: int) -> bool:
    """Whether many of so many people seen last work at such companies, which then need not all be
    gathered. Looked at are the people: a company may have thousands.
    """
    if asked.filters.is_empty() or asked.finds_few():
        return False
    employed = LEAD.join(COMPANY, COMPANY.c.key == LEAD.c.company_key)
    people = select(LEAD.c.key).select_from(employed).where(employees_match(asked))
    newest = _VISITED.order._replace(near=looked_at)
    return paging.are_many(db, newest, people.where(between(LEAD.c.last_seen, asked)))


def _chosen(asked: Question) -> Select[Any]:
    return select(COMPANY.c.key).where(companies_match(asked))


def count(
    db: Connection, asked: Question, *, silent: bool = False, looked_at: int = _LOOKED_AT
) -> int:
    """How many companies there are to page through; counts to `paging.MOST_COUNTED`."""
    if not silent and _are_many(db, asked, looked_at):
        rows = select(COMPANY.c.key).select_from(_VISITED.source)
        matching = (between(_VISITED.last_seen, asked), companies_match(asked, nearby=True))
        return paging.count(db, rows.where(*matching))
    query = _chosen(asked)
    is_ranged = asked.filters.sets("since", "until")
    return paging.count(db, query if silent and not is_ranged else query.where(*_seen(asked)))


def _seen(asked: Question) -> Iterator[ColumnElement[bool]]:
    """Conditions that somebody from a company was seen, most recently in the range."""
    theirs = select(1).where(LEAD.c.company_key == COMPANY.c.key).correlate(COMPANY)
    since, until = asked.since, asked.until
    yield exists(theirs if since is None else theirs.where(LEAD.c.last_seen >= since))
    if until is not None:
        yield ~exists(theirs.where(LEAD.c.last_seen > until))


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
            *LEAD.c["key", "email", "stage", "sessions", "pageviews", "first_seen", "last_seen"],
            *cut(*LEAD.c["full_name", "email_validity", "job_title", "last_page"]),
            *cut(SESSION.c.landing_page),
        )
        .select_from(LEAD.outerjoin(SESSION, SESSION.c.sid == LEAD.c.last_sid))
        .where(LEAD.c.company_key == key)
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key)
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def pages(
    db: Connection, key: str, limit: int = 20, *, of_sessions: int = RECENT_SESSIONS
) -> list[Row]:
    """Pages its people looked at in their latest sessions: `url`, `title`, `views`, `people`.

    A page is a host and a path (`models.facts.paths`); of its addresses the one seen most is given,
    without its query. `last_viewed` in ms; most viewed first. Sessions not finalized yet have sent
    no pages.
    """
    # The latest so many sessions are of so many people seen last: each has one as late as that.
    people = (
        select(LEAD.c.key)
        .where(LEAD.c.company_key == key)
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key)
        .limit(of_sessions)
    )
    recent = (
        select(SESSION.c.sid, SESSION.c.lead)
        .where(SESSION.c.lead.in_(people))
        .order_by(SESSION.c.last_activity.desc(), SESSION.c.sid)
        .limit(of_sessions)
        .subquery("recent")
    )
    query = (
        select(
            *cut(PAGE_EVENT.c.url, chars=PAGE_CHARS),
            recent.c.lead,
            *cut(func.max(PAGE_EVENT.c.title).label("title")),
            func.count().label("views"),
            func.max(PAGE_EVENT.c.ts).label("last_viewed"),
        )
        .join(recent, recent.c.sid == PAGE_EVENT.c.sid)
        .where(PAGE_EVENT.c.signal == "pageview", PAGE_EVENT.c.url.is_not(None))
        .group_by(PAGE_EVENT.c.url, recent.c.lead)
    )
    by_page: dict[Any, list[Any]] = {}
    for row in db.execute(query):
        by_page.setdefault(page_of(row.url) or row.url, []).append(row)
    found = [_page(seen) for seen in by_page.values()]
    return sorted(found, key=lambda page: (-page["views"], page["url"]))[:limit]


def _page(seen: Sequence[Any]) -> Row:
    """A page out of its rows, one an address and lead."""
    spellings = Counter[str]()
    for row in seen:
        spellings[re.split("[?#]", row.url, maxsplit=1)[0]] += row.views
    return {
        "url": min(spellings, key=lambda url: (-spellings[url], url))[:LIST_CHARS],
        "title": max((row.title for row in seen if row.title is not None), default=None),
        "views": spellings.total(),
        "people": len({row.lead for row in seen}),
        "last_viewed": max(row.last_viewed for row in seen),
    }


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
