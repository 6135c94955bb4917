"""What Emails asks: how good the addresses are, where and when.

All of it looks at the addresses that leads of the filters hold. A list row is an address and a
lead, as in the export; the breakdowns count an address once, however many hold it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.data import paging
from dashboard.data.paging import NEARBY, Order, Page, Place, page, small_order
from dashboard.data.settings import settings
from dashboard.data.shortening import cut
from dashboard.data.with_company import Row
from dashboard.screens.emails.held import (
    BY_HOLDER,
    COUNTED,
    FEW,
    ITS_ADDRESS,
    Held,
    held_by,
    is_summed_up,
    rows_held_by,
)
from models.days import day_column, days_of, monday_of
from models.filters.names import VERDICTS
from models.filters.query import Question
from models.payloads.vocabulary import ERROR, UNCHECKED
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS

OTHER = "other"
STATUSES = (*VERDICTS, UNCHECKED, ERROR, OTHER)
"""What an address counts as: `error` when its newest check failed, whatever an older one said;
`other` for verdicts that Midbound may add."""


MOST_READ = 100_000
"""Rows that are read to be counted: some 50 MB, for as long as it takes."""


class Addresses(NamedTuple):
    """How good addresses are; each counts once, however many hold it.

    `by_status`: how many `addresses` have which `status`, `week` and `is_kept`. `week` is the
    Monday (`models.days`) of the newest check, None for an address never checked; `is_kept`: the
    newest check failed, and the verdict of an older one stands. `by_domain`: `domain`, `status` and
    `addresses` of the companies that most addresses belong to. It is the holder's company's, so a
    private address counts for the employer. `rows`: how many rows `emails` has in all.
    """

    by_status: list[Row]
    by_domain: list[Row]
    rows: int


def addresses(
    db: Connection,
    asked: Question,
    domains: int = 20,
    *,
    most_read: int = MOST_READ,
    few: int = FEW,
) -> Addresses:
    """Count the addresses that leads of the filters hold; companies are `domains` at most."""
    if not asked.since:  # all time is said as 1970, which leaves nobody out
        asked = asked.without("since")
    held = held_by(db, asked, few=few)
    if is_summed_up(asked):
        return _asked(db, asked, held, held_by(db, asked, of_lead=True), domains)
    # Where each breakdown would look at the same leads again, they are read once.
    return _read(db, held, domains, most_read) or _asked(db, asked, held, held, domains)


def _read(db: Connection, held: Held, domains: int, most: int) -> Addresses | None:
    """By reading each row once; None when there are too many."""
    columns = (held.columns[name] for name in COUNTED)
    rows = db.execute(held.choose(*columns).limit(most + 1)).all()
    if len(rows) > most:
        return None
    # What is said of an address is the same whoever holds it.
    day = days_of(settings().zone())
    kinds = {
        address: (status, None if checked is None else monday_of(day(checked)), kept)
        for address, _, status, checked, kept in rows
    }
    employed = {(key, address, status) for address, key, status, _, _ in rows if _is_domain(key)}
    sizes = Counter(key for key, _, _ in employed)
    first = sorted(sizes, key=lambda key: (-sizes[key], key))[:domains]
    by_domain = Counter((key, status) for key, _, status in employed)
    return Addresses(_by_status(Counter(kinds.values())), _by_domain(by_domain, first), len(rows))


def _asked(db: Connection, asked: Question, held: Held, employed: Held, domains: int) -> Addresses:
    """By the database's counting. `employed`: with what only the lead may have."""
    status, count = _grouped(held.columns["status"], asked), _addresses_in(held)
    day = day_column(held.columns["checked_at"], settings().zone(), None, None)
    groups = (status, (day - (day + 3) % 7).label("week"), held.columns["is_kept"])
    query = held.choose(*groups, count, func.count()).group_by(*groups)
    found = db.execute(query).all()
    by_status = {tuple(group): number for *group, number, _ in found}
    rows = sum(number for *_, number in found)
    status, count = _grouped(employed.columns["status"], asked), _addresses_in(employed)
    # Of the bare column: of an expression Postgres can't tell how many rows it leaves.
    named = employed.columns["company_key"]
    key = _grouped(named, asked)
    sizes = employed.choose(key).where(named.is_not(None), ~named.contains(":")).group_by(key)
    first = list(db.execute(sizes.order_by(count.desc(), key).limit(domains)).scalars())
    query = employed.choose(key, status, count).where(key.in_(first)).group_by(key, status)
    by_domain = {(row[0], row[1]): row[2] for row in db.execute(query)}
    return Addresses(_by_status(by_status), _by_domain(by_domain, first), rows)


def _addresses_in(held: Held) -> ColumnElement[int]:
    return func.count(held.columns["address"].distinct()).label("addresses")


def _grouped(column: ColumnElement[Any], asked: Question) -> ColumnElement[Any]:
    """What to group by: of all addresses in the order of an index; of fewer as an expression, or
    SQLite would read all of them in that order, and not the fewer.
    """
    return column if asked.filters.is_empty() else column.concat("")


def _is_domain(company_key: str | None) -> bool:
    # A company without a domain has another key (`models.facts.keys.company_key`).
    return company_key is not None and ":" not in company_key


def _known(status: str) -> str:
    return status if status in STATUSES else OTHER


def _by_status(counted: Mapping[Any, int]) -> list[Row]:
    return [
        {"status": _known(status), "week": week, "is_kept": bool(is_kept), "addresses": number}
        for (status, week, is_kept), number in counted.items()
    ]


def _by_domain(counted: Mapping[Any, int], first: Sequence[str]) -> list[Row]:
    place = {domain: at for at, domain in enumerate(first)}
    rows = [
        {"domain": domain, "status": _known(status), "addresses": number}
        for (domain, status), number in counted.items()
        if domain in place
    ]
    return sorted(rows, key=lambda row: (place[row["domain"]], row["status"]))


ORDER = Order((LEAD.c.last_seen, LEAD.c.key, LEAD_ADDRESS.c.address), within=ITS_ADDRESS)
"""Last seen first."""

_CHECK_ERROR = func.coalesce(ADDRESS.c.error_message, ADDRESS.c.error_code)
_SORTED_AS = {
    "email": LEAD_ADDRESS.c.address,
    "validity": LEAD_ADDRESS.c.status,
    "full_name": LEAD.c.sort_name,
    "company_domain": COMPANY.c.domain,
    "checked_at": ADDRESS.c.checked_at,
    "check_error": _CHECK_ERROR,
    "provider": ADDRESS.c.provider,
}


def small(name: str, *, descending: bool) -> Order | None:
    """The order by any other column of the list; None for one that it does not have."""
    if name not in _SORTED_AS:
        return None
    order = small_order(_SORTED_AS[name], LEAD_ADDRESS.c.address, descending=descending)
    return order._replace(columns=(*order.columns, LEAD_ADDRESS.c.lead))


def emails(
    db: Connection,
    asked: Question,
    *,
    order: Order = ORDER,
    place: Place | None = None,
    skip: int = 0,
    size: int = 100,
    few: int = FEW,
) -> Page:
    """Addresses and who holds them, in `ORDER` or a `small` one; `check_error`: why the newest
    check failed.
    """
    columns = (
        LEAD_ADDRESS.c.address.label("email"),
        LEAD.c.key.label("lead"),
        LEAD.c.last_seen,
        *cut(LEAD.c.full_name, COMPANY.c.domain.label("company_domain")),
        *cut(*ADDRESS.c["validity", "provider"]),
        ADDRESS.c.checked_at,
        *cut(_CHECK_ERROR.label("check_error")),
    )
    query, nearby = rows_held_by(db, asked, *columns, few=few, near=order.near)
    return page(db, query, order, place, size=size, skip=skip, nearby=nearby)


def some(db: Connection, asked: Question, *, near: int = NEARBY) -> int:
    """How many rows `emails` has; counts to `paging.MOST_COUNTED`."""
    if is_summed_up(asked):
        held = held_by(db, asked)
        return paging.count(db, held.choose(held.columns["address"]))
    query, nearby = rows_held_by(db, asked, LEAD_ADDRESS.c.address, near=near)
    return paging.count(db, query, BY_HOLDER._replace(near=near), nearby)


def count(db: Connection, asked: Question) -> int:
    """How many rows `emails` has in all."""
    held = held_by(db, asked)
    rows = held.choose(held.columns["address"]).subquery("rows")
    return int(db.execute(select(func.count()).select_from(rows)).scalar_one())
