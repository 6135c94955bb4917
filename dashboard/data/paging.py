"""Pages of a list by where the one before ended, so that a late page costs what the first one does.

A page's place is the sort values of the row that it begins after (or, going back, ends before). It
stands in the URL as one word (`place_words`).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Text,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
)

from dashboard.data.with_company import Row
from models.storage.rows import items_of

NEARBY = 2_000
"""Rows of the list's own order that a search looks through before it asks the index of words:
what many have is soon found among them, what few have is few in the index."""

_FAR = 10
"""How many times as far it looks where it is known to find many."""

MOST_SORTED = 2_000
"""Rows that are read and sorted here, and not found by an index of the order."""

MOST_COUNTED = 10_000
"""Rows of a long list that are counted: all of them would cost more the more there are."""

_SORTED_BY = "sorted_by_"


class Order(NamedTuple):
    """What a list is sorted by, all the same way; together they name one row, and none is null.

    `is_small`: no index has this order, so it is for fewer than `MOST_COUNTED` rows.
    `within`: which rows of the columns' tables the list is of, where these have others.
    `near`: as `NEARBY`; `most_read`: as `MOST_SORTED`.
    `is_one_way`: the index has it this way only, for rows without a value come last.
    """

    columns: tuple[ColumnElement[Any], ...]
    descending: bool = True
    is_small: bool = False
    within: ColumnElement[bool] | None = None
    near: int = NEARBY
    is_one_way: bool = False
    most_read: int = MOST_SORTED

    def turned(self, *, descending: bool) -> "Order":
        """The same, the one way or the other."""
        return self._replace(descending=descending)


def small_order(
    value: ColumnElement[Any], key: ColumnElement[Any], *, descending: bool = False
) -> Order:
    """By a column that no index is sorted by, small letters as capitals; rows without a value come
    last either way. `key` settles ties.
    """
    is_text = isinstance(value.type, String)
    # Of the column's own kind: a page's place is none of the list's when a value is of another.
    nothing: Any = value.type.python_type()
    written = func.lower(value, type_=value.type) if is_text else value
    missing = case((value.is_(None), 0 if descending else 1), else_=1 if descending else 0)
    return Order(
        (missing, func.coalesce(written, nothing, type_=value.type), key), descending, is_small=True
    )


class Place(NamedTuple):
    """Where a page lies: from the list's row number `first` (from 1) on, after the row of these
    sort `values`; or, `is_back`, up to that number, before it.
    """

    first: int
    values: tuple[Any, ...]
    is_back: bool = False


class Picked(NamedTuple):
    """Which rows a page is of: their keys alone, and the same with what they are sorted by."""

    keys: Select[Any]
    sorted: Select[Any]


class Page(NamedTuple):
    """Rows of a list, the number of the first (from 1), and the places before and after them."""

    rows: list[Row]
    first: int
    before: Place | None
    after: Place | None


def page(
    db: Connection,
    query: Select[Any],
    order: Order,
    place: Place | None = None,
    *,
    size: int,
    skip: int = 0,
    nearby: Select[Any] | None = None,
    picked: Picked | None = None,
    is_far: bool = True,
) -> Page:
    """A page of at most `size` rows of a query that has no order yet. Without a place it begins
    after the first `skip` rows, each of which is read: that is for some thousands at most.

    `nearby` is the same query for a few rows: it may test each row. When given it is tried first,
    on the next `order.near` rows of the first of its tables, then, if `is_far`, on ten times as
    many. With `picked` the query has no conditions of its own: it is asked for the rows that
    `picked` chose, from as few tables as say which they are. The order's last column must name a
    row by itself then.
    """
    is_back = place is not None and place.is_back
    order_now = order.turned(descending=order.descending != is_back)
    start = place.values if place else None
    if place is None and skip:
        place = Place(skip + 1, ())
    if skip or order.is_small:
        nearby = None
    if (found := _near(db, nearby, order_now, size=size, start=start)) is not None:
        return _page(found, order, place, size)
    if not is_far:
        nearby = None
    # Many are not far apart, but for those that all stand at the list's end.
    far = order_now._replace(near=_FAR * order.near)
    if picked is None or order.is_small:
        found = _near(db, nearby, far, size=size, start=start)
        if found is None:
            found = _rows(db, query, order_now, size=size, start=start, skip=skip)
        return _page(found, order, place, size)
    keys = list(db.execute(picked.keys.limit(order.most_read + 1)).scalars())
    if len(keys) <= order.most_read:
        values = _values(db, order_now, keys, start)[skip : skip + size + 1]
    else:
        if (found := _near(db, nearby, far, size=size, start=start)) is not None:
            return _page(found, order, place, size)
        chosen = _rows(db, picked.sorted, order_now, size=size, start=start, skip=skip)
        values = [
            tuple(row[f"{_SORTED_BY}{n}"] for n in range(len(order.columns))) for row in chosen
        ]
    return _page(_rows_of(db, query, order_now, values), order, place, size)


def _near(
    db: Connection,
    nearby: Select[Any] | None,
    order: Order,
    *,
    size: int,
    start: tuple[Any, ...] | None,
) -> list[Row] | None:
    """The rows of a page when they all stand among the list's next `order.near`; else None."""
    if nearby is None:
        return None
    edge = _edge(db, order, start, order.near)
    found = _rows(db, nearby, order, size=size, start=start, edge=edge)
    return found if len(found) > size or edge is None else None


def _values(
    db: Connection, order: Order, keys: Sequence[str], start: tuple[Any, ...] | None
) -> list[tuple[Any, ...]]:
    """The sort values of the rows with these keys, in order, from `start` on. Read by the keys, and
    sorted here: a database without statistics would go through the whole list in order.
    """
    among = items_of(json.dumps([[key] for key in keys], ensure_ascii=False), "chosen")
    wanted = select(among.c.value.op("->>", return_type=Text())(0))
    query = select(*order.columns).where(order.columns[-1].in_(wanted))
    if order.within is not None:
        query = query.where(order.within)
    values = [tuple(row) for row in db.execute(query)]
    if start:
        values = [one for one in values if (one < start if order.descending else one > start)]
    return sorted(values, reverse=order.descending)


def _rows_of(
    db: Connection, query: Select[Any], order: Order, values: Sequence[tuple[Any, ...]]
) -> list[Row]:
    """The rows with these sort values, in their order."""
    if not values:
        return []
    named = tuple(column.label(f"{_SORTED_BY}{n}") for n, column in enumerate(order.columns))
    found = query.add_columns(*named).where(order.columns[-1].in_([one[-1] for one in values]))
    by_key = {row[named[-1].name]: dict(row) for row in db.execute(found).mappings()}
    return [by_key[one[-1]] for one in values if one[-1] in by_key]


def _edge(
    db: Connection, order: Order, start: tuple[Any, ...] | None, within: int
) -> tuple[Any, ...] | None:
    """The sort values so many rows on; None when the list ends before. Reads an index alone."""
    query = select(*order.columns)
    if order.within is not None:
        query = query.where(order.within)
    if start:
        query = query.where(_beyond(order, start))
    found = db.execute(query.order_by(*_by(order)).offset(within).limit(1)).first()
    return tuple(found) if found else None


def _rows(
    db: Connection,
    query: Select[Any],
    order: Order,
    *,
    size: int,
    start: tuple[Any, ...] | None,
    skip: int = 0,
    edge: tuple[Any, ...] | None = None,
) -> list[Row]:
    # By their names, so that what has to be worked out is worked out once a row.
    named = tuple(column.label(f"{_SORTED_BY}{n}") for n, column in enumerate(order.columns))
    query = query.add_columns(*named)
    if start:
        query = query.where(_beyond(order, start))
    if edge:
        query = query.where(_up_to(order, edge))
    query = query.order_by(*_by(order._replace(columns=named))).limit(size + 1)
    found = db.execute(query.offset(skip) if skip else query).mappings()
    return [dict(row) for row in found]


def _by(order: Order) -> list[ColumnElement[Any]]:
    return [column.desc() if order.descending else column for column in order.columns]


def _beyond(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a row comes after the one of these values."""
    here, there = _compared(order.columns, values)
    is_less = order.descending
    return and_(*_from(order, values, is_less=is_less), here < there if is_less else here > there)


def _up_to(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a row is the one of these values, or comes before it."""
    here, there = _compared(order.columns, values)
    is_less = not order.descending
    return and_(*_from(order, values, is_less=is_less), here <= there if is_less else here >= there)


def _from(order: Order, values: Sequence[Any], *, is_less: bool) -> Iterator[ColumnElement[bool]]:
    """Where in the first table's index to begin: of columns of two tables Postgres can't tell,
    and of an expression SQLite can't."""
    tables = [getattr(column, "table", None) for column in order.columns]
    own = 1 if tables[0] is None else sum(table is tables[0] for table in tables)
    if own < len(tables):
        here, there = _compared(order.columns[:own], values[:own])
        yield here <= there if is_less else here >= there


def _compared(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    there = (literal(v, c.type) for c, v in zip(columns, values, strict=True))
    return tuple_(*columns), tuple_(*there)


def _page(found: list[Row], order: Order, place: Place | None, size: int) -> Page:
    more, rows = len(found) > size, found[:size]
    is_back = place is not None and place.is_back
    if is_back:
        rows.reverse()
    first = place.first if place else 1
    if is_back:
        first = max(1, first - len(rows) + 1) if more else 1
    names = [f"{_SORTED_BY}{n}" for n in range(len(order.columns))]

    def values(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in names)

    before = after = None
    if rows and (more if is_back else place is not None):
        before = Place(first - 1, values(rows[0]), is_back=True)
    if rows and (more or is_back):
        after = Place(first + len(rows), values(rows[-1]))
    return Page([_without(row, names) for row in rows], first, before, after)


def _without(row: Row, names: Sequence[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def count(
    db: Connection,
    query: Select[Any],
    order: Order | None = None,
    nearby: Select[Any] | None = None,
    most: int = MOST_COUNTED,
) -> int:
    """How many rows a query has, `most` when it has more.

    `nearby` is the same query for a few rows: it may test each row. Where it finds many among the
    first `order.near` of the list it is counted, for it ends as soon as there are enough.
    """
    if nearby is not None and order is not None and are_many(db, order, nearby):
        query = nearby
    some = query.limit(most).subquery("some")
    return int(db.execute(select(func.count()).select_from(some)).scalar_one())


_MANY = 0.05
"""The share of rows from which on they are counted row by row."""


def are_many(db: Connection, order: Order, nearby: Select[Any]) -> bool:
    """Whether many of the first `order.near` rows match: those that `nearby`, a query of the
    order's tables, has. Of a shorter list there are not many.
    """
    edge = _edge(db, order, None, order.near)
    if edge is None:
        return False
    some = nearby.where(~_beyond(order, edge)).limit(int(order.near * _MANY)).subquery("some")
    found = db.execute(select(func.count()).select_from(some)).scalar_one()
    return int(found) >= order.near * _MANY
