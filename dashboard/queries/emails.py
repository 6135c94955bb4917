"""What Emails asks: how good the addresses are, where and when, and which changed their status.

All of it looks at the addresses that leads of the filters hold. A list row is an address and a
lead, as in the export; the breakdowns count an address once, however many hold it.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any

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


_ADDRESSES = func.count(LEAD_ADDRESS.c.address.distinct()).label("addresses")


def by_status(db: Connection, filters: Filters) -> list[Row]:
    """How many `addresses` have which `status`, `week` and `is_kept`.

    `week` is the Monday (UTC, ms) of the newest check, None for an address never checked;
    `is_kept`: the newest check failed, and the verdict of an older one stands.
    Raises `FilterError`, as all of these do, for filters of other tables.
    """
    groups = (
        _grouped(LEAD_ADDRESS.c.status, filters).label("status"),
        *LEAD_ADDRESS.c["week", "is_kept"],
    )
    query = _held(filters, *groups, _ADDRESSES).group_by(*groups)
    return [
        dict(row) | {"status": _known(row["status"]), "is_kept": bool(row["is_kept"])}
        for row in db.execute(query).mappings()
    ]


def _known(status: str) -> str:
    return status if status in STATUSES else OTHER


def by_domain(db: Connection, filters: Filters, limit: int = 20) -> list[Row]:
    """`domain`, `status` and `addresses` of the companies that most addresses belong to.

    The domain is the holder's company's, so a private address counts for the employer.
    """
    key = _grouped(LEAD_ADDRESS.c.company_key, filters)
    # A company without a domain has another key (`models.identity.company_key`).
    # Of the bare column: of an expression Postgres can't tell how many rows it leaves.
    named = LEAD_ADDRESS.c.company_key
    with_domain = named.is_not(None) & ~named.contains(":")
    held = _held(filters, key, _ADDRESSES).where(with_domain).group_by(key)
    keys = list(db.execute(held.order_by(_ADDRESSES.desc(), key).limit(limit)).scalars())
    groups = (
        key.label("company_key"),
        _grouped(LEAD_ADDRESS.c.status, filters).label("status"),
    )
    query = (
        _held(filters, *groups, _ADDRESSES)
        # Of some addresses as an expression: their own index has all that is asked.
        .where(key.in_(keys))
        .group_by(*groups)
    )
    found = [
        {"domain": row.company_key, "status": _known(row.status), "addresses": row.addresses}
        for row in db.execute(query)
    ]
    return sorted(found, key=lambda row: (keys.index(row["domain"]), row["status"]))


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


def _is_whole(filters: Filters) -> bool:
    return filters == Filters(since=filters.since) and not filters.since


def _grouped(column: ColumnElement[Any], filters: Filters) -> ColumnElement[Any]:
    """What to group by: of all addresses in the order of an index; of fewer as an expression, or
    SQLite would read all of them in that order, and not the fewer.
    """
    return column if _is_whole(filters) else column.concat("")


def _held(filters: Filters, *columns: ColumnElement[Any]) -> Select[Any]:
    """These columns of every address that the filters' leads hold; one table where that will do."""
    if _is_whole(filters):
        return select(*columns).select_from(LEAD_ADDRESS)
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
