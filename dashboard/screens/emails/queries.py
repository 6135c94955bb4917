"""What Emails asks: how good the addresses are, where and when, and which changed their status.

All of it looks at the addresses that leads of the filters hold. A list row is an address and a
lead, as in the export; the breakdowns count an address once, however many hold it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    literal,
    select,
    union_all,
)

from dashboard.data import paging
from dashboard.data.paging import NEARBY, Order, Page, Place, page, small_order
from dashboard.data.settings import settings
from dashboard.data.shortening import cut
from dashboard.data.with_company import Row
from models.days import day_column, days_of, monday_of
from models.filters.choosing import addresses_match, finds_few_people, holders_match
from models.filters.leads import leads_match
from models.filters.names import VERDICTS
from models.filters.query import Question
from models.payloads.vocabulary import ERROR, UNCHECKED
from models.tables import ADDRESS, COMPANY, EMAIL_CHECK, EVENT, LEAD, LEAD_ADDRESS

OTHER = "other"
STATUSES = (*VERDICTS, UNCHECKED, ERROR, OTHER)
"""What an address counts as: `error` when its newest check failed, whatever an older one said;
`other` for verdicts that Midbound may add."""


MOST_READ = 100_000
"""Rows that are read to be counted: some 50 MB, for as long as it takes."""

FEW = 2_000
"""So many leads, or addresses, or fewer, are looked up at once."""


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
    held = _held(db, asked, few=few)
    if _is_summed_up(asked):
        return _asked(db, asked, held, _held(db, asked, of_lead=True), domains)
    # Where each breakdown would look at the same leads again, they are read once.
    return _read(db, held, domains, most_read) or _asked(db, asked, held, held, domains)


def _is_summed_up(asked: Question) -> bool:
    """Whether the table of who holds what tells all that is filtered by."""
    return asked.filters.without("q", "company", "since", "until").is_empty()


def _read(db: Connection, held: "_Held", domains: int, most: int) -> Addresses | None:
    """By reading each row once; None when there are too many."""
    columns = (held.columns[name] for name in _COUNTED)
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


def _asked(
    db: Connection, asked: Question, held: "_Held", employed: "_Held", domains: int
) -> Addresses:
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


def _addresses_in(held: "_Held") -> ColumnElement[int]:
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


# As an expression the key can only be given, not looked up: so SQLite begins at the leads, in the
# order of their index, or at those that are chosen.
_ITS_ADDRESS = LEAD_ADDRESS.c.lead == LEAD.c.key.concat("")

ORDER = Order((LEAD.c.last_seen, LEAD.c.key, LEAD_ADDRESS.c.address), within=_ITS_ADDRESS)
"""Last seen first."""

_BY_HOLDER = Order(tuple(LEAD.c["last_seen", "key"]))

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
    holders = _few_holders(db, asked, few, order.near)
    query = _joined(asked, *columns, holders=holders)
    nearby = _joined(asked, *columns, nearby=True) if holders is None else None
    return page(db, query, order, place, size=size, skip=skip, nearby=nearby)


def some(db: Connection, asked: Question, *, near: int = NEARBY) -> int:
    """How many rows `emails` has; counts to `paging.MOST_COUNTED`."""
    if _is_summed_up(asked):
        held = _held(db, asked)
        return paging.count(db, held.choose(held.columns["address"]))
    holders = _few_holders(db, asked, FEW, near)
    query = _joined(asked, LEAD_ADDRESS.c.address, holders=holders)
    nearby = _joined(asked, LEAD_ADDRESS.c.address, nearby=True) if holders is None else None
    return paging.count(db, query, _BY_HOLDER._replace(near=near), nearby)


def count(db: Connection, asked: Question) -> int:
    """How many rows `emails` has in all."""
    held = _held(db, asked)
    rows = held.choose(held.columns["address"]).subquery("rows")
    return int(db.execute(select(func.count()).select_from(rows)).scalar_one())


# By another name, for who holds an address may be asked of the same table.
_TURNED = ADDRESS.alias("turned")


def changed(db: Connection, asked: Question, limit: int = 100, few: int = FEW) -> list[Row]:
    """Changes of verdict, newest first: `email`, `before`, `after`, and when each was given, ms.

    `before_at` is the last time that the old verdict was given, `after_at` the first of the new.
    At most `limit` addresses are looked at, those that changed last.
    """
    held = _held(db, asked, few=few)
    address = held.columns["address"]
    # Of more than a `few`, those that have changed are looked at one by one until there are enough.
    # Several may hold one and the same: counted is who holds what.
    first = list(db.execute(held.choose(address).limit(few + 1)).scalars())
    is_held = _TURNED.c.address.in_(set(first)) if len(first) <= few else _has_holder(asked)
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


def _has_holder(asked: Question) -> ColumnElement[bool]:
    """Whether somebody who matches holds the address that has turned; begins at the address."""
    source = LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead).outerjoin(
        ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address
    )
    matching = select(literal(1)).select_from(source).where(addresses_match(asked, nearby=True))
    return matching.where(LEAD_ADDRESS.c.address == _TURNED.c.address).exists()


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


class _Held(NamedTuple):
    """Addresses that the filters' leads hold: the columns by which they are counted, and a query of
    some of these.
    """

    columns: Mapping[str, ColumnElement[Any]]
    choose: Callable[..., Select[Any]]


_COUNTED = ("address", "company_key", "status", "checked_at", "is_kept")

_IS_COPIED = LEAD_ADDRESS.c.last_seen.is_not(None)
_COPIED_OR_NOT = union_all(
    select(*LEAD_ADDRESS.c["lead", *_COUNTED, "last_seen"]).where(_IS_COPIED),
    select(
        *LEAD_ADDRESS.c["lead", "address"],
        LEAD.c.company_key,
        *LEAD_ADDRESS.c["status", "checked_at", "is_kept"],
        LEAD.c.last_seen,
    )
    .select_from(LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead))
    .where(~_IS_COPIED),
).subquery("held")
"""All rows of `lead_address`, those of leads that hold very many with what only the lead has."""


def _held(db: Connection, asked: Question, *, of_lead: bool = False, few: int = FEW) -> _Held:
    """What the filters choose; of one table where that will do. `of_lead`: what only the lead may
    have is counted, too.
    """
    if not _is_summed_up(asked):
        columns = {name: LEAD_ADDRESS.c[name] for name in _COUNTED}
        joined = partial(_joined, asked, holders=_few_holders(db, asked, few))
        return _Held(columns | {"company_key": LEAD.c.company_key}, joined)
    needs_lead = of_lead or asked.filters.sets("since", "until")
    has_others = select(select(literal(1)).where(~_IS_COPIED).exists())
    held: FromClause = LEAD_ADDRESS
    if needs_lead and db.execute(has_others).scalar_one():
        held = _COPIED_OR_NOT

    def choose(*columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(held).where(holders_match(held, asked))

    return _Held({name: held.c[name] for name in _COUNTED}, choose)


def _few_holders(db: Connection, asked: Question, few: int, near: int = NEARBY) -> list[str] | None:
    """The keys of the leads that match, whatever their addresses are worth; None when they are
    more, or when nothing is asked of a holder. Begun at the few, no database goes through all
    leads of a range for them.
    """
    asked = asked.without("validity")
    if asked.filters.without("since", "until").is_empty():
        return None
    nearby = select(LEAD.c.key).where(leads_match(asked, nearby=True))
    is_few = asked.finds_few() or finds_few_people(asked)
    if not is_few and paging.are_many(db, _BY_HOLDER._replace(near=near), nearby):
        return None
    keys = select(LEAD.c.key).where(leads_match(asked)).limit(few + 1)
    found = list(db.execute(keys).scalars())
    return found if len(found) <= few else None


def _joined(
    asked: Question,
    *columns: ColumnElement[Any],
    nearby: bool = False,
    holders: Sequence[str] | None = None,
) -> Select[Any]:
    # What no condition or column needs of these tables the databases leave out by themselves.
    source = (
        LEAD.join(LEAD_ADDRESS, _ITS_ADDRESS)
        .outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
        .outerjoin(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address)
    )
    query = select(*columns).select_from(source)
    if holders is None:
        return query.where(addresses_match(asked, nearby=nearby))
    verdict = asked.asking(asked.filters.only("validity"))
    return query.where(LEAD.c.key.in_(holders), addresses_match(verdict))
