"""The addresses that leads of the filters hold, and who holds them: begun at the few who match, or
tested where the list begins where many do.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    literal,
    select,
    union_all,
)

from dashboard.data import paging
from dashboard.data.paging import NEARBY, Order
from models.filters.choosing import addresses_match, holders_match
from models.filters.leads import leads_match
from models.filters.query import Question
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS

FEW = 2_000
"""So many leads, or addresses, or fewer, are looked up at once."""

# As an expression the key can only be given, not looked up: so SQLite begins at the leads, in the
# order of their index, or at those that are chosen.
ITS_ADDRESS = LEAD_ADDRESS.c.lead == LEAD.c.key.concat("")

BY_HOLDER = Order(tuple(LEAD.c["last_seen", "key"]))
"""Of those who hold addresses: last seen first."""


class Held(NamedTuple):
    """Addresses that the filters' leads hold: the columns by which they are counted, and a query of
    some of these.
    """

    columns: Mapping[str, ColumnElement[Any]]
    choose: Callable[..., Select[Any]]


COUNTED = ("address", "company_key", "status", "checked_at", "is_kept")

_IS_COPIED = LEAD_ADDRESS.c.last_seen.is_not(None)
_COPIED_OR_NOT = union_all(
    select(*LEAD_ADDRESS.c["lead", *COUNTED, "last_seen"]).where(_IS_COPIED),
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


def held_by(db: Connection, asked: Question, *, of_lead: bool = False, few: int = FEW) -> Held:
    """What the filters choose; of one table where that will do. `of_lead`: what only the lead may
    have is counted, too.
    """
    if not is_summed_up(asked):
        columns = {name: LEAD_ADDRESS.c[name] for name in COUNTED}
        its = partial(_joined, asked, holders=_few_holders(db, asked, few))
        return Held(columns | {"company_key": LEAD.c.company_key}, its)
    needs_lead = of_lead or asked.filters.sets("since", "until")
    has_others = select(select(literal(1)).where(~_IS_COPIED).exists())
    source: FromClause = LEAD_ADDRESS
    if needs_lead and db.execute(has_others).scalar_one():
        source = _COPIED_OR_NOT

    def choose(*columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(source).where(holders_match(source, asked))

    return Held({name: source.c[name] for name in COUNTED}, choose)


def rows_held_by(
    db: Connection,
    asked: Question,
    *columns: ColumnElement[Any],
    few: int = FEW,
    near: int = NEARBY,
) -> tuple[Select[Any], Select[Any] | None]:
    """Columns of addresses and their holders, a row of each that matches: a query of all of them,
    and where they may be many the same to be tested row by row, for `paging`.

    At most `few` leads are looked up at once; of so many as `near` is told whether they are many.
    """
    holders = _few_holders(db, asked, few, near)
    query = _joined(asked, *columns, holders=holders)
    return query, _joined(asked, *columns, nearby=True) if holders is None else None


def _few_holders(db: Connection, asked: Question, few: int, near: int = NEARBY) -> list[str] | None:
    """The keys of the leads that match, whatever their addresses are worth; None when they are
    more, or when nothing is asked of a holder. Begun at the few, no database goes through all
    leads of a range for them.
    """
    asked = asked.without("validity")
    if asked.filters.without("since", "until").is_empty():
        return None
    nearby = select(LEAD.c.key).where(leads_match(asked, nearby=True))
    if not asked.finds_few() and paging.are_many(db, BY_HOLDER._replace(near=near), nearby):
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
        LEAD.join(LEAD_ADDRESS, ITS_ADDRESS)
        .outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
        .outerjoin(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address)
    )
    query = select(*columns).select_from(source)
    if holders is None:
        return query.where(addresses_match(asked, nearby=nearby))
    verdict = asked.asking(asked.filters.only("validity"))
    return query.where(LEAD.c.key.in_(holders), addresses_match(verdict))


def is_summed_up(asked: Question) -> bool:
    """Whether the table of who holds what tells all that is filtered by."""
    return asked.filters.without("q", "company", "since", "until").is_empty()
