"""What the screens ask the database: one function a question, each an index range."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    case,
    func,
    literal,
    or_,
    select,
)

from dashboard.data.cut import cut
from dashboard.data.with_company import Row, of_company_named
from dashboard.screens.live.wanted import EVERYBODY, Wanted
from models.payloads.vocabulary import STAGES
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


WINDOW = 5_000
"""Leads heard of last among whom Live looks for those that fit its filters: a bound on its cost."""


def feed(db: Connection, limit: int = 100, wanted: Wanted = EVERYBODY) -> list[Row]:
    """Leads, newest heard of first, each with the session that was heard of last. Times in ms, UTC.

    With filters those of the newest `WINDOW` that fit. `stage`, landing page and source are that
    session's, so whoever comes back starts over. `visit_city` and `visit_country` are where it came
    from, `city` and `country` where the lead is.
    """
    query = (
        select(
            *LEAD.c["key", "email", "sessions", "heard_at", "last_sid", "company_key"],
            *LEAD.c["owner", "status"],
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
        .where(*_fit(wanted))
        .order_by(LEAD.c.heard_at.desc(), LEAD.c.key.desc())
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def _newest() -> Select[Any]:
    by = LEAD.c.heard_at.desc(), LEAD.c.key.desc()
    return select(LEAD.c.key).order_by(*by).limit(WINDOW)


_COUNTRY = func.coalesce(SESSION.c.country, LEAD.c.country)


def _fit(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Conditions on a lead with its last session; a visit without a score is no bot's."""
    if wanted == EVERYBODY:
        return []
    newest = _newest().subquery()
    found: list[ColumnElement[bool]] = [LEAD.c.key.in_(select(newest.c.key))]
    if wanted.stage:
        found.append(SESSION.c.stage == STAGES[wanted.stage])
    if wanted.company:
        found.append(COMPANY_NAME.in_([wanted.company]))
    if wanted.utm_campaign:
        found.append(SESSION.c.utm_campaign == wanted.utm_campaign)
    if wanted.country:
        found.append(_COUNTRY.in_([wanted.country]))
    if wanted.pid:
        found.append(SESSION.c.pid == wanted.pid)
    if wanted.min_bot_score:
        is_human = SESSION.c.bot_score >= wanted.min_bot_score
        found.append(or_(SESSION.c.bot_score.is_(None), is_human))
    if wanted.hot:
        found.append(SESSION.c.hot)
    return found


def offers(db: Connection) -> dict[str, Counter[Any]]:
    """What the newest `WINDOW` leads have under each filter's name, with how many of them."""
    newest = _newest().subquery()
    columns = {
        "company": COMPANY_NAME,
        "utm_campaign": SESSION.c.utm_campaign,
        "country": _COUNTRY,
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
    """How many leads Live looks among: all of them, `WINDOW` at most."""
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
    """Whose session it is; None when there is no such session."""
    return db.execute(select(SESSION.c.lead).where(SESSION.c.sid == sid)).scalar()


def _lead_with_last_session() -> FromClause:
    return _lead_with_session(LEAD.c.last_sid)


def _lead_with_session(sid: ColumnElement[str]) -> FromClause:
    return LEAD.outerjoin(SESSION, SESSION.c.sid == sid).outerjoin(
        COMPANY, COMPANY.c.key == LEAD.c.company_key
    )
