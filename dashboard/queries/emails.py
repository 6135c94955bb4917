"""What Emails asks: how good the addresses are, where and when, and which changed their status.

All of it looks at the addresses that leads of the filters hold. A list row is an address and a
lead, as in the export; the breakdowns count an address once, however many hold it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from dashboard.conditions import email_conditions
from dashboard.filters import VERDICTS, Filters
from dashboard.queries.paging import Order, Page, Place, page
from models.leads import ERROR, UNCHECKED
from models.tables import ADDRESS, COMPANY, EMAIL_CHECK, EVENT, LEAD, LEAD_ADDRESS

Row = dict[str, Any]

OTHER = "other"
STATUSES = (*VERDICTS, UNCHECKED, ERROR, OTHER)
"""What an address counts as: `error` when its newest check failed, whatever an older one said;
`other` for verdicts that Midbound may add."""


FETCHED = 5_000
"""Rows fetched at once."""


class Addresses(NamedTuple):
    """How good addresses are; each counts once, however many hold it.

    `by_status`: how many `addresses` have which `status`, `week` and `is_kept`. `week` is the
    Monday (UTC, ms) of the newest check, None for an address never checked; `is_kept`: the newest
    check failed, and the verdict of an older one stands. `by_domain`: `domain`, `status` and
    `addresses` of the companies that most addresses belong to. It is the holder's company's, so a
    private address counts for the employer. `rows`: how many rows `emails` has in all.
    """

    by_status: list[Row]
    by_domain: list[Row]
    rows: int


def addresses(db: Connection, filters: Filters, domains: int = 20) -> Addresses:
    """Count the addresses that leads of the filters hold; companies are `domains` at most.

    Raises `FilterError`, as all of these do, for filters of other tables.
    """
    # All time is said as 1970, which leaves nobody out.
    if replace(filters, since=filters.since or None).is_empty():
        return _all_addresses(db, domains)
    # Read once and counted here: in SQL each breakdown would look for them again, and sort them.
    rows = 0
    seen: set[str] = set()
    employed: set[tuple[str, str]] = set()
    by_status: Counter[Any] = Counter()
    by_domain: Counter[Any] = Counter()
    columns = LEAD_ADDRESS.c["address", "company_key", "status", "week", "is_kept"]
    for address, company_key, status, week, is_kept in db.execute(
        _held(filters, *columns), execution_options={"yield_per": FETCHED}
    ):
        rows += 1
        if address not in seen:
            seen.add(address)
            by_status[_known(status), week, bool(is_kept)] += 1
        if _is_domain(company_key) and (company_key, address) not in employed:
            employed.add((company_key, address))
            by_domain[company_key, _known(status)] += 1
    sizes: Counter[str] = Counter()
    for (domain, _), number in by_domain.items():
        sizes[domain] += number
    first = sorted(sizes, key=lambda domain: (-sizes[domain], domain))[:domains]
    return Addresses(_by_status(by_status), _by_domain(by_domain, first), rows)


def _all_addresses(db: Connection, domains: int) -> Addresses:
    """The same of all there are, which an index has in the order of each breakdown."""
    count = func.count(LEAD_ADDRESS.c.address.distinct()).label("addresses")
    rows = 0
    by_status: Counter[Any] = Counter()
    groups = LEAD_ADDRESS.c["status", "week", "is_kept"]
    held = func.count().label("held")
    for row in db.execute(select(*groups, count, held).group_by(*groups)):
        by_status[_known(row.status), row.week, bool(row.is_kept)] += row.addresses
        rows += row.held
    key = LEAD_ADDRESS.c.company_key
    sizes = select(key).where(key.is_not(None), ~key.contains(":")).group_by(key)
    first = list(db.execute(sizes.order_by(count.desc(), key).limit(domains)).scalars())
    groups = LEAD_ADDRESS.c["company_key", "status"]
    by_domain: Counter[Any] = Counter()
    for row in db.execute(select(*groups, count).where(key.in_(first)).group_by(*groups)):
        by_domain[row.company_key, _known(row.status)] += row.addresses
    return Addresses(_by_status(by_status), _by_domain(by_domain, first), rows)


def _is_domain(company_key: str | None) -> bool:
    # A company without a domain has another key (`models.identity.company_key`).
    return company_key is not None and ":" not in company_key


def _known(status: str) -> str:
    return status if status in STATUSES else OTHER


def _by_status(counted: Counter[Any]) -> list[Row]:
    return [
        {"status": status, "week": week, "is_kept": is_kept, "addresses": number}
        for (status, week, is_kept), number in counted.items()
    ]


def _by_domain(counted: Counter[Any], first: Sequence[str]) -> list[Row]:
    place = {domain: at for at, domain in enumerate(first)}
    rows = [
        {"domain": domain, "status": status, "addresses": number}
        for (domain, status), number in counted.items()
        if domain in place
    ]
    return sorted(rows, key=lambda row: (place[row["domain"]], row["status"]))


ORDER = Order(tuple(LEAD_ADDRESS.c["last_seen", "lead", "address"]))
"""Last seen first."""


def emails(
    db: Connection, filters: Filters, *, place: Place | None = None, size: int = 100
) -> Page:
    """Addresses and who holds them, in `ORDER`; `check_error`: why the newest check failed."""
    columns = (
        LEAD_ADDRESS.c.address.label("email"),
        LEAD.c.key.label("lead"),
        *LEAD.c["full_name", "last_seen"],
        COMPANY.c.domain.label("company_domain"),
        *ADDRESS.c["validity", "provider", "checked_at"],
        func.coalesce(ADDRESS.c.error_message, ADDRESS.c.error_code).label("check_error"),
    )
    nearby = _joined(filters, *columns, nearby=True) if filters.q else None
    return page(db, _joined(filters, *columns), ORDER, place, size=size, nearby=nearby)


def count(db: Connection, filters: Filters) -> int:
    """How many rows `emails` has in all."""
    held = _held(filters, LEAD_ADDRESS.c.address).subquery("held")
    return int(db.execute(select(func.count()).select_from(held)).scalar_one())


# By another name, for who holds an address may be asked of the same table.
_TURNED = ADDRESS.alias("turned")


def changed(db: Connection, filters: Filters, limit: int = 100) -> list[Row]:
    """Changes of verdict, newest first: `email`, `before`, `after`, and when each was given, ms.

    `before_at` is the last time that the old verdict was given, `after_at` the first of the new.
    At most `limit` addresses are looked at, those that changed last.
    """
    held = _held(filters, LEAD_ADDRESS.c.address)
    is_held = (
        # Few are looked up at once, many one by one until there are enough.
        _TURNED.c.address.in_(held)
        if filters.q or filters.company
        else held.where(LEAD_ADDRESS.c.address == _TURNED.c.address).exists()
    )
    turned = (
        select(_TURNED.c.address)
        .where(_TURNED.c.changed_at.is_not(None), is_held)
        .order_by(_TURNED.c.changed_at.desc(), _TURNED.c.address)
        .limit(limit)
    )
    addresses = list(db.execute(turned).scalars())
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


def _held(filters: Filters, *columns: ColumnElement[Any]) -> Select[Any]:
    """These columns of every address that the filters' leads hold; one table where that will do."""
    alone = {name: getattr(filters, name) for name in ("q", "company", "since", "until")}
    if filters == Filters(**alone):
        return select(*columns).select_from(LEAD_ADDRESS).where(email_conditions(filters))
    return _joined(filters, *columns)


def _joined(filters: Filters, *columns: ColumnElement[Any], nearby: bool = False) -> Select[Any]:
    # As an expression the key can only be given, not looked up: so SQLite begins at the addresses,
    # in the order of their index. What no condition or column needs of these tables the databases
    # leave out by themselves.
    source = (
        LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead.concat(""))
        .outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
        .outerjoin(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address)
    )
    conditions = email_conditions(filters, nearby=nearby)
    return select(*columns).select_from(source).where(conditions)
