"""Queries of Live: one function each, each an index range."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    case,
    func,
    literal,
    select,
)

from dashboard.data.shortening import cut
from dashboard.data.with_company import Row, of_company_named
from dashboard.screens.live.sifting.standing import LOWEST, Standing, standings
from dashboard.screens.live.wanted import EVERYBODY, Wanted
from models.filters.choosing import heard_match
from models.filters.lists import is_heard
from models.filters.query import Question
from models.tables import (
    ADDRESS,
    COMPANY,
    COMPANY_NAME,
    LEAD,
    LIST,
    PAGE_EVENT,
    SESSION,
    SHORT_COMPANY_NAME,
)

_URL_CHARS = 2_000
"""Of an address in the feed: more than is linked there."""


WINDOW = 5_000
"""How many of the leads heard from last Live searches for matches: a bound on its cost."""


class Match(NamedTuple):
    """A lead that matches, likely bots too, and when it was heard of (Unix ms); how they stand,
    where that is asked for.
    """

    heard_at: int
    key: str
    is_bot: bool
    standing: Standing | None = None


class Matching(NamedTuple):
    """Which of the newest leads match: their keys, in the viewer's order; how many there are, and
    how many likely bots are hidden.
    """

    keys: list[str]
    of: int
    bots: int


def matching(db: Connection, wanted: Wanted, since: int | None = None) -> Matching:
    """Who matches among the newest `WINDOW` leads, heard of since a time (Unix ms).

    Raises `FilterError` for a segment or list that is gone.
    """
    found = matches(db, wanted.asked(db), since=since, by_grade=wanted.by_grade)
    return shown(found, wanted, heard_of(db))


def shown(found: Sequence[Match], wanted: Wanted, of: int) -> Matching:
    """Whom of those that match a viewer is shown, so many having been heard of."""
    if wanted.by_grade:
        found = sorted(found, key=lambda one: (one.standing, one.heard_at, one.key), reverse=True)
    bots = [one.key for one in found if one.is_bot]
    match wanted.bots:
        case "show":
            return Matching([one.key for one in found], of, 0)
        case "only":
            return Matching(bots, of, 0)
        case _:
            return Matching([one.key for one in found if not one.is_bot], of, len(bots))


def matches(
    db: Connection, asked: Question, *, since: int | None = None, by_grade: bool = False
) -> list[Match]:
    """Who matches among the newest `WINDOW` leads, newest heard of first. `by_grade`: each with its
    standing.
    """
    conditions: list[ColumnElement[bool]] = []
    edge = _edge(db)
    if edge is not None:
        conditions.append(LEAD.c.heard_at >= edge)
    if since is not None:
        conditions.append(LEAD.c.heard_at >= since)
    if has_quiet_lists(db):
        conditions.append(is_heard(LEAD, asked))
    query = (
        select(LEAD.c.heard_at, LEAD.c.key, SESSION.c.is_bot)
        .select_from(LEAD.join(SESSION, SESSION.c.sid == LEAD.c.last_sid))
        .where(*conditions, heard_match(asked))
        .order_by(LEAD.c.heard_at.desc(), LEAD.c.key.desc())
        .limit(WINDOW)
    )
    found = [Match(*row) for row in db.execute(query)]
    if not by_grade:
        return found
    its = standings(db, [one.key for one in found], asked.when.ms)
    return [one._replace(standing=its.get(one.key, LOWEST)) for one in found]


def has_quiet_lists(db: Connection) -> bool:
    """Whether anybody may have to stay out of Live."""
    return db.execute(select(LIST.c.name).where(LIST.c.quiet).limit(1)).first() is not None


def newest_leads(db: Connection) -> dict[str, int]:
    """When the leads were heard of that Live looks among (Unix ms), by key, newest first."""
    rows = db.execute(_newest().add_columns(LEAD.c.heard_at))
    return {row.key: row.heard_at for row in rows}


def _edge(db: Connection) -> int | None:
    """When the last of the newest `WINDOW` leads was heard of (ms); None when there are fewer."""
    query = select(LEAD.c.heard_at).order_by(LEAD.c.heard_at.desc()).offset(WINDOW - 1).limit(1)
    return db.execute(query).scalar()


def hot_among(db: Connection, keys: Sequence[str]) -> int:
    """How many of these leads saw a hot page in the visit heard from last."""
    found = 0
    for start in range(0, len(keys), _MANY):
        its = keys[start : start + _MANY]
        query = select(func.count()).select_from(
            LEAD.join(SESSION, SESSION.c.sid == LEAD.c.last_sid)
        )
        found += db.execute(query.where(LEAD.c.key.in_(its), SESSION.c.hot)).scalar_one()
    return found


_MANY = 500


def feed(db: Connection, limit: int = 100, wanted: Wanted = EVERYBODY) -> list[Row]:
    """Leads, newest heard of first, each with the session that was heard of last. Times in ms, UTC.

    Those of the newest `WINDOW` that match. Raises what `matching` raises.
    """
    return rows_of(db, matching(db, wanted).keys[:limit])


def rows_of(db: Connection, keys: Sequence[str]) -> list[Row]:
    """These leads in their order. `stage`, landing page and source are those of the session heard
    of last, so whoever comes back starts over. `visit_city` and `visit_country` are where it came
    from, `city` and `country` where the lead is.
    """
    query = (
        select(
            *LEAD.c["key", "email", "sessions", "heard_at", "last_sid", "company_key"],
            *LEAD.c["owner", "status"],
            *cut(*LEAD.c["full_name", "email_validity", "job_title", "city", "country"]),
            case((SHORT_COMPANY_NAME, LEAD.c.company_name)).label("company_name"),
            *cut(COMPANY_NAME.label("company"), COMPANY.c.industry),
            COMPANY.c.employee_count.label("employees"),
            *SESSION.c["stage", "finalized", "started_at", "last_activity", "pageviews"],
            *SESSION.c["is_bot", "hot"],
            *cut(*SESSION.c["landing_page", "landing_title", "referrer"], chars=_URL_CHARS),
            *cut(*SESSION.c["utm_source", "utm_medium", "utm_campaign", "pid", "device"]),
            *cut(SESSION.c.city.label("visit_city"), SESSION.c.country.label("visit_country")),
        )
        .select_from(_lead_with_last_session())
        .where(LEAD.c.key.in_(keys))
    )
    found = {row["key"]: dict(row) for row in db.execute(query).mappings()}
    return [found[key] for key in keys if key in found]


def _newest() -> Select[Any]:
    by = LEAD.c.heard_at.desc(), LEAD.c.key.desc()
    return select(LEAD.c.key).order_by(*by).limit(WINDOW)


def offers(db: Connection) -> dict[str, Counter[Any]]:
    """What the newest `WINDOW` leads have under each filter's name, with how many of them."""
    newest = _newest().subquery()
    columns = {
        "company": COMPANY_NAME,
        "industry": COMPANY.c.industry,
        "utm_campaign": SESSION.c.utm_campaign,
        "country": SESSION.c.country,
        "pid": SESSION.c.pid,
    }
    query = (
        select(SESSION.c.stage, *cut(*(column.label(name) for name, column in columns.items())))
        .select_from(_lead_with_last_session())
        .where(LEAD.c.key.in_(select(newest.c.key)))
    )
    found: dict[str, Counter[Any]] = {name: Counter() for name in ("stage", *columns)}
    for row in db.execute(query).mappings():
        for name, value in row.items():
            if value is not None:
                found[name][value] += 1
    return found


def heard_of(db: Connection) -> int:
    """How many leads Live searches: all of them, at most `WINDOW`."""
    return db.execute(select(func.count()).select_from(_newest().subquery())).scalar_one()


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
    """How many people from each of these companies (by key) were active since a time in ms, UTC."""
    return _people(db, LEAD.c.company_key, LEAD.c.company_key.in_(companies), since)


def people_at(db: Connection, names: Collection[str], since: int) -> dict[str, int]:
    """The same for companies known only by name."""
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


def lead(db: Connection, key: str, *, sid: str | None = None) -> Row | None:
    """What a panel shows of one lead, with one session (`sid`), else the one heard of last; None
    when there is none.

    `stage` is the furthest of any session. The `utm_*` are the last session's, like its page.
    Times in ms, UTC.
    """
    query = (
        select(
            *LEAD.c["key", "full_name", "email", "email_validity", "job_title", "phone"],
            *LEAD.c["linkedin_url", "city", "country", "stage", "sessions", "pageviews"],
            *LEAD.c["first_seen", "last_seen", "heard_at", "owner", "status"],
            *LEAD.c["company_key", "company_name"],
            COMPANY_NAME.label("company"),
            COMPANY.c.domain.label("company_domain"),
            *ADDRESS.c["error_code", "error_message"],
            *SESSION.c["landing_page", "landing_title", "referrer", "device", "browser"],
            *SESSION.c["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"],
            SESSION.c.city.label("visit_city"),
            SESSION.c.country.label("visit_country"),
        )
        .select_from(
            _lead_with_session(LEAD.c.last_sid if sid is None else literal(sid)).outerjoin(
                ADDRESS, ADDRESS.c.address == LEAD.c.email
            )
        )
        .where(LEAD.c.key == key)
    )
    found = db.execute(query).mappings().first()
    return dict(found) if found else None


def lead_of(db: Connection, sid: str) -> str | None:
    """Whose session it is; None if there is no such session."""
    return db.execute(select(SESSION.c.lead).where(SESSION.c.sid == sid)).scalar()


def _lead_with_last_session() -> FromClause:
    return _lead_with_session(LEAD.c.last_sid)


def _lead_with_session(sid: ColumnElement[str]) -> FromClause:
    return LEAD.outerjoin(SESSION, SESSION.c.sid == sid).outerjoin(
        COMPANY, COMPANY.c.key == LEAD.c.company_key
    )
