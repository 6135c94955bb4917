"""What Emails asks: how good the addresses are, where and when, and which changed their status.

All of it looks at the addresses that leads of the filters hold. A list row is an address and a
lead, as in the export; the breakdowns count an address once, however many hold it.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from dashboard.filters import UNCHECKED, Filters, email_conditions
from models.tables import ADDRESS, COMPANY, EMAIL_CHECK, EVENT, LEAD, SESSION, SESSION_ADDRESS

Row = dict[str, Any]

VERDICTS = ("valid", "valid_catch_all", "catch_all", "invalid")
ERROR, OTHER = "error", "other"
STATUSES = (*VERDICTS, UNCHECKED, ERROR, OTHER)
"""What an address counts as: `error` when its newest check failed, whatever an older one said;
`other` for verdicts that Midbound may add."""

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
_MONDAY_MS = 4 * DAY_MS
"""The first Monday of the Unix epoch, 1970-01-05."""

_MS_DIGITS = 15
"""A rank begins with its as-of time in so many digits (`facts.rank`)."""

_FAILED = or_(ADDRESS.c.error_code.is_not(None), ADDRESS.c.error_message.is_not(None))
_STATUS: ColumnElement[str] = case(
    (_FAILED, ERROR),
    (ADDRESS.c.validity.in_(VERDICTS), ADDRESS.c.validity),
    (ADDRESS.c.validity.is_(None), UNCHECKED),
    else_=OTHER,
)
_LAST_CHECK = cast(func.substr(ADDRESS.c.check_rank, 1, _MS_DIGITS), BigInteger)


def by_status(db: Connection, filters: Filters) -> list[Row]:
    """How many `addresses` have which `status`, `week` and `is_kept`; one pass over all held.

    `week` is the Monday (UTC, ms) of the newest check, None for an address never checked;
    `is_kept`: the newest check failed, and the verdict of an older one stands.
    Raises `FilterError`, as all of these do, for filters of other tables.
    """
    held = (
        _held(
            filters,
            SESSION_ADDRESS.c.address,
            _STATUS.label("status"),
            ((_LAST_CHECK - _MONDAY_MS) // WEEK_MS).label("week"),
            and_(_FAILED, ADDRESS.c.validity.is_not(None)).label("is_kept"),
        )
        .distinct()
        .subquery("held")
    )
    groups = held.c["status", "week", "is_kept"]
    query = select(*groups, func.count().label("addresses")).group_by(*groups)
    return [
        dict(row)
        | {
            "week": None if row["week"] is None else int(row["week"]) * WEEK_MS + _MONDAY_MS,
            "is_kept": bool(row["is_kept"]),
        }
        for row in db.execute(query).mappings()
    ]


def by_domain(db: Connection, filters: Filters, limit: int = 20) -> list[Row]:
    """`domain`, `status` and `addresses` of the companies that most addresses belong to.

    The domain is the holder's company's, so a private address counts for the employer.
    """
    held = (
        _held(
            filters,
            COMPANY.c.domain.label("domain"),
            SESSION_ADDRESS.c.address,
            _STATUS.label("status"),
        )
        .where(COMPANY.c.domain.is_not(None))
        .distinct()
        .cte("held")
    )
    number = func.count().label("addresses")
    top = (
        select(held.c.domain, number)
        .group_by(held.c.domain)
        .order_by(number.desc(), held.c.domain)
        .limit(limit)
        .subquery("top")
    )
    query = (
        select(held.c.domain, held.c.status, func.count().label("addresses"))
        .join(top, top.c.domain == held.c.domain)
        .group_by(held.c.domain, held.c.status, top.c.addresses)
        .order_by(top.c.addresses.desc(), held.c.domain, held.c.status)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def emails(db: Connection, filters: Filters, *, limit: int = 100, offset: int = 0) -> list[Row]:
    """Addresses and who holds them, last seen first; `check_error`: why the newest check failed."""
    other, given = SESSION.alias(), SESSION_ADDRESS.alias()
    first = (
        select(func.min(other.c.sid))
        .join(given, given.c.sid == other.c.sid)
        .where(other.c.lead == LEAD.c.key, given.c.address == SESSION_ADDRESS.c.address)
        .scalar_subquery()
    )
    query = (
        _held(
            filters,
            SESSION_ADDRESS.c.address.label("email"),
            LEAD.c.key.label("lead"),
            *LEAD.c["full_name", "last_seen"],
            COMPANY.c.domain.label("company_domain"),
            *ADDRESS.c["validity", "provider", "checked_at"],
            func.coalesce(ADDRESS.c.error_message, ADDRESS.c.error_code).label("check_error"),
            # As an expression the key can only be given, not looked up: so SQLite begins at the
            # leads, in the order of their index, and not at all addresses there are.
            key=LEAD.c.key.concat(""),
        )
        # Of the sessions that gave it, one: DISTINCT would sort all rows to show a hundred.
        .where(SESSION.c.sid == first)
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key.desc(), SESSION_ADDRESS.c.address)
        .limit(limit)
        .offset(offset)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def count(db: Connection, filters: Filters) -> int:
    """How many rows `emails` has in all."""
    held = _held(filters, SESSION_ADDRESS.c.address, LEAD.c.key).distinct().subquery()
    return int(db.execute(select(func.count()).select_from(held)).scalar_one())


def changed(db: Connection, filters: Filters, limit: int = 100) -> list[Row]:
    """Changes of verdict, newest first: `email`, `before`, `after`, and when each was given, ms.

    `before_at` is the last time that the old verdict was given, `after_at` the first of the new.
    At most `limit` addresses are looked at, those checked last.
    """
    newest = func.max(EMAIL_CHECK.c.checked_at).label("newest")
    of_two_minds = (
        select(EMAIL_CHECK.c.address, newest)
        .where(EMAIL_CHECK.c.validity.is_not(None))
        .group_by(EMAIL_CHECK.c.address)
        .having(func.min(EMAIL_CHECK.c.validity) != func.max(EMAIL_CHECK.c.validity))
        .subquery("of_two_minds")
    )
    held = _held(filters, SESSION_ADDRESS.c.address).where(
        SESSION_ADDRESS.c.address == of_two_minds.c.address
    )
    wavering = (
        select(of_two_minds.c.address)
        .where(held.correlate(of_two_minds).exists())
        .order_by(of_two_minds.c.newest.desc(), of_two_minds.c.address)
        .limit(limit)
    )
    addresses = list(db.execute(wavering).scalars())
    checks = db.execute(
        select(*EMAIL_CHECK.c["address", "validity", "checked_at"])
        .join(EVENT, EVENT.c.webhook_id == EMAIL_CHECK.c.webhook_id)
        .where(EMAIL_CHECK.c.validity.is_not(None), EMAIL_CHECK.c.address.in_(addresses))
        # Ties go by the order of events, as where the verdict that stands is chosen.
        .order_by(
            *EMAIL_CHECK.c["address", "checked_at"],
            *EVENT.c["created", "event_id", "webhook_id"],
            EMAIL_CHECK.c.place,
        )
    )
    found = [
        change
        for address, its in groupby(checks.mappings(), lambda check: check["address"])
        for change in _changes(address, [dict(check) for check in its])
    ]
    return sorted(found, key=lambda change: (-change["after_at"], change["email"]))


def _changes(address: str, checks: Sequence[Row]) -> list[Row]:
    return [
        {
            "email": address,
            "before": old["validity"],
            "before_at": old["checked_at"],
            "after": new["validity"],
            "after_at": new["checked_at"],
        }
        for old, new in pairwise(checks)
        if old["validity"] != new["validity"]
    ]


def _held(
    filters: Filters, *columns: ColumnElement[Any], key: ColumnElement[Any] = LEAD.c.key
) -> Select[Any]:
    """These columns of every address a session of the filters' leads gave."""
    return (
        select(*columns)
        .select_from(LEAD)
        .join(SESSION, SESSION.c.lead == key)
        .join(SESSION_ADDRESS, SESSION_ADDRESS.c.sid == SESSION.c.sid)
        .join(COMPANY, COMPANY.c.key == LEAD.c.company_key, isouter=True)
        .join(ADDRESS, ADDRESS.c.address == SESSION_ADDRESS.c.address, isouter=True)
        .where(email_conditions(filters, ADDRESS.c.validity))
    )
