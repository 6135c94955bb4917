"""Queries of the lead page, one function each. Times are Unix ms, UTC."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_

from dashboard.data.shortening import LIST_CHARS, PAGE_CHARS, cut, whole_json
from dashboard.data.with_company import SESSION_WITH_LEAD, WITH_COMPANY, Row, of_company_named, rows
from models.facts.ranks import SEPARATOR, delivery_of
from models.facts.visits import UTM
from models.payloads.vocabulary import VALIDITY_ORDER
from models.tables import (
    ADDRESS,
    COMPANY,
    COMPANY_NAME,
    DELIVERY,
    EMAIL_CHECK,
    EVENT,
    LEAD,
    PAGE_EVENT,
    PERSON,
    SESSION,
    SESSION_ADDRESS,
)

PAGE_EVENTS = 200
"""Page events read of a session: a browser can send any number."""

_EVENTS = 2000
_ADDRESSES = 100
_CHECKS = 200
_COLLEAGUES = 8
_CANDIDATES = 25


def lead(db: Connection, key: str) -> Row | None:
    """One lead, with profile and company as JSON text and the rank of each; None if there is no
    such lead.

    The profile's columns begin with `person_`, the company's with `company_`.
    """
    query = (
        select(
            *LEAD.columns,
            COMPANY_NAME.label("company"),
            PERSON.c.headline,
            PERSON.c.profile.label("person_profile"),
            PERSON.c.rank.label("person_rank"),
            PERSON.c.enriched_at.label("person_at"),
            *(
                PERSON.c[name].label(f"person_{name}")
                for name in (
                    "full_name", "first_name", "last_name", "job_title", "city", "country",
                    "company_key",
                )
            ),
            COMPANY.c.profile.label("company_profile"),
            COMPANY.c.rank.label("company_rank"),
            COMPANY.c.enriched_at.label("company_at"),
            *(
                COMPANY.c[name].label(f"company_{name}")
                for name in (
                    "domain", "industry", "employee_count", "revenue_min", "revenue_max",
                    "revenue_currency", "founded_year", "country", "funding_total_usd",
                    "last_round_type", "headcount_growth_yoy", "monthly_visitors",
                )
            ),
        )
        .select_from(WITH_COMPANY.outerjoin(PERSON, PERSON.c.url == LEAD.c.key))
        .where(LEAD.c.key == key)
    )  # fmt: skip
    return next(iter(rows(db, query)), None)


def emails(db: Connection, key: str) -> list[Row]:
    """A lead's addresses, beginning with the one that is shown, each with kind, verdict and
    deliveries.

    `kind` is 1 for professional, 2 for personal, 3 for neither; `delivery` is behind the verdict,
    `check_delivery` behind the newest check.
    """
    query = (
        select(
            SESSION_ADDRESS.c.address,
            func.min(SESSION_ADDRESS.c.kind).label("kind"),
            *(
                func.max(ADDRESS.c[name]).label(name)
                for name in (
                    "validity", "provider", "checked_at", "rank", "check_rank", "error_code",
                    "error_message",
                )
            ),
        )
        .select_from(
            SESSION.join(SESSION_ADDRESS, SESSION_ADDRESS.c.sid == SESSION.c.sid).outerjoin(
                ADDRESS, ADDRESS.c.address == SESSION_ADDRESS.c.address
            )
        )
        .where(SESSION.c.lead == key)
        .group_by(SESSION_ADDRESS.c.address)
        # As an expression; otherwise Postgres walks through all addresses in order until it has
        # enough of theirs.
        .order_by(SESSION_ADDRESS.c.address.concat(""))
        .limit(_ADDRESSES)
    )  # fmt: skip
    found = rows(db, query)
    for row in found:
        row["delivery"] = _check_delivery(row.pop("rank"))
        row["check_delivery"] = _check_delivery(row.pop("check_rank"))
    # An unknown verdict ranks like none, as when the shown address is chosen.
    unknown = VALIDITY_ORDER[None]
    found.sort(key=lambda e: (VALIDITY_ORDER.get(e["validity"], unknown), e["kind"], e["address"]))
    return found


def _check_delivery(rank: str | None) -> str | None:
    """A check's rank ends with its place within the event; the delivery comes before that."""
    return delivery_of(rank.rpartition(SEPARATOR)[0]) if rank else None


def checks(
    db: Connection, addresses: Collection[str], webhook_ids: Collection[str] | None = None
) -> list[Row]:
    """Checks on these addresses, newest first; only those of these deliveries, if any are given."""
    query = (
        select(EMAIL_CHECK)
        .where(EMAIL_CHECK.c.address.in_(addresses))
        .order_by(EMAIL_CHECK.c.checked_at.desc(), EMAIL_CHECK.c.webhook_id, EMAIL_CHECK.c.place)
        .limit(_CHECKS)
    )
    if webhook_ids is not None:
        query = query.where(EMAIL_CHECK.c.webhook_id.in_(webhook_ids))
    return rows(db, query) if addresses else []


_LONG = {
    "landing_page", "landing_title", "referrer", "user_agent", "utm_source", "utm_medium",
    "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid", "city", "region", "country",
    "timezone", "device", "browser", "ip", "asn_name", "pid",
}  # fmt: skip
"""Columns of a session that a visitor's browser fills with whatever it likes."""


def _of_session() -> list[ColumnElement[Any]]:
    return [
        *(c for c in SESSION.columns if c.name not in {"identity", "stages"} | _LONG),
        *cut(*(c for c in SESSION.columns if c.name in _LONG), chars=PAGE_CHARS),
    ]


def sessions(db: Connection, key: str, limit: int) -> list[Row]:
    """A lead's sessions, newest first."""
    query = (
        select(*_of_session())
        .where(SESSION.c.lead == key)
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(limit)
    )
    return rows(db, query)


def session(db: Connection, sid: str) -> Row | None:
    """One session; None when there is none."""
    query = select(*_of_session())
    return next(iter(rows(db, query.where(SESSION.c.sid == sid))), None)


class Touches(NamedTuple):
    """Where a lead came from: the first session of all, the first and the last that name a
    campaign."""

    visit: Row | None
    first: Row | None
    last: Row | None


def touches(db: Connection, key: str) -> Touches:
    """Where a lead came from; all None if there is no such lead."""
    tagged = or_(*(SESSION.c[name].is_not(None) for name in UTM))
    query = select(*cut(*SESSION.c["landing_page", "referrer", *UTM], chars=PAGE_CHARS))
    query = (
        query.add_columns(*SESSION.c["sid", "rank", "vid_rank", "started_at"])
        .where(SESSION.c.lead == key)
        .limit(1)
    )
    first = query.order_by(SESSION.c.started_at, SESSION.c.sid)
    last = query.order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())

    def one(statement: Select[Any]) -> Row | None:
        return next(iter(rows(db, statement)), None)

    return Touches(one(first), one(first.where(tagged)), one(last.where(tagged)))


def page_events(db: Connection, sids: Collection[str]) -> dict[str, list[Row]]:
    """The page events of sessions, by sid, in the order of time; one more than `PAGE_EVENTS` shows
    that there are others.
    """
    query = (
        select(
            *(c for c in PAGE_EVENT.columns if c.name not in {"url", "title", "outlink", "props"}),
            *cut(*PAGE_EVENT.c["url", "title", "outlink"], chars=LIST_CHARS * 8),
            whole_json(PAGE_EVENT.c.props, chars=PAGE_CHARS),
        )
        .where(PAGE_EVENT.c.sid.in_(sids), PAGE_EVENT.c.place <= PAGE_EVENTS)
        .order_by(PAGE_EVENT.c.sid, PAGE_EVENT.c.ts, PAGE_EVENT.c.place)
    )
    return _by_sid(rows(db, query) if sids else [])


def events(db: Connection, sids: Collection[str]) -> dict[str, list[Row]]:
    """What came in about sessions, by sid, in the order of `created`."""
    query = (
        select(EVENT)
        .where(EVENT.c.sid.in_(sids))
        .order_by(EVENT.c.created, EVENT.c.event_id, EVENT.c.webhook_id)
        .limit(_EVENTS)
    )
    return _by_sid(rows(db, query) if sids else [])


def colleagues(db: Connection, lead: Row) -> list[Row]:
    """The other leads of a lead's company, latest seen first, at most eight."""
    if lead["company_key"]:
        same = LEAD.c.company_key == lead["company_key"]
    elif lead["company_name"]:
        same = of_company_named([lead["company_name"]])
    else:
        return []
    query = (
        select(
            *LEAD.c["key", "email", "sessions", "last_seen"],
            *cut(*LEAD.c["full_name", "job_title", "last_page"]),
        )
        .where(same, LEAD.c.key != lead["key"])
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key.desc())
        .limit(_COLLEAGUES)
    )
    return rows(db, query)


def delivery(db: Connection, webhook_id: str) -> Row | None:
    """A delivery as in the ledger, with a packed body; `type` once derived."""
    query = (
        select(
            *DELIVERY.c["webhook_id", "received_at", "webhook_timestamp", "webhook_signature"],
            DELIVERY.c.body,
            EVENT.c.type,
        )
        .select_from(DELIVERY.outerjoin(EVENT, EVENT.c.webhook_id == DELIVERY.c.webhook_id))
        .where(DELIVERY.c.webhook_id == webhook_id)
    )
    return next(iter(rows(db, query)), None)


def deliveries_with(db: Connection, key: str, address: str) -> list[Row]:
    """The first deliveries of a lead's sessions in which an address was seen, oldest first."""
    query = (
        select(DELIVERY.c["webhook_id"], DELIVERY.c.body)
        .select_from(
            SESSION_ADDRESS.join(SESSION, SESSION.c.sid == SESSION_ADDRESS.c.sid)
            .join(EVENT, EVENT.c.sid == SESSION.c.sid)
            .join(DELIVERY, DELIVERY.c.webhook_id == EVENT.c.webhook_id)
        )
        .where(SESSION_ADDRESS.c.address == address, SESSION.c.lead == key)
        .order_by(EVENT.c.created, EVENT.c.webhook_id)
        .limit(_CANDIDATES)
    )
    return rows(db, query)


def _by_sid(listed: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in listed:
        found.setdefault(row["sid"], []).append(row)
    return found


def whose(db: Connection, sid: str) -> Row | None:
    """The lead of a session; `visit` is the session's number among the lead's, from 1.

    None if there is no such session.
    """
    query = (
        select(
            *LEAD.c["key", "full_name", "email", "job_title", "sessions"],
            COMPANY_NAME.label("company"),
            *SESSION.c["sid", "started_at"],
        )
        .select_from(SESSION_WITH_LEAD)
        .where(SESSION.c.sid == sid)
    )
    found = db.execute(query).mappings().first()
    if found is None:
        return None
    earlier = tuple_(SESSION.c.started_at, SESSION.c.sid) < (found["started_at"], sid)
    before = select(func.count()).where(SESSION.c.lead == found["key"], earlier)
    return {**found, "visit": db.execute(before).scalar_one() + 1}


def received_at(db: Connection, webhook_id: str) -> int | None:
    """When a delivery came in, in ms; None if it is not in the ledger (any longer)."""
    query = select(DELIVERY.c.received_at).where(DELIVERY.c.webhook_id == webhook_id)
    return db.execute(query).scalar_one_or_none()
