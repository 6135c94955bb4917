"""What a table shows: its columns, its orders, and how a page of its rows is requested."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from dashboard.access.roles import Role
from dashboard.data.paging import MOST_COUNTED, Order, Page, Place
from dashboard.data.place_words import from_word, to_word
from dashboard.data.with_company import Row
from models.filters.query import Question

SIZE = 100
"""Rows per page by default."""

MOST = 200
"""Rows per page at most."""


class Sort(NamedTuple):
    """What a list is sorted by, as in the address: `name`, ascending or descending."""

    name: str
    descending: bool

    @property
    def text(self) -> str:
        """As in the address."""
        return f"{self.name}.{'desc' if self.descending else 'asc'}"


class Piece(NamedTuple):
    """Which rows of a list: those after a place, or after the first `skip` rows, in this order."""

    order: Order
    place: Place | None
    skip: int
    size: int


Ask = Callable[[Connection, Question, Piece, Mapping[str, str]], Page]
"""The query for a part of a list; the last argument has the list's own parameters."""


class Small(Protocol):
    """Gives the order by a column without an index; None for a column that can't be sorted."""

    def __call__(self, name: str, *, descending: bool) -> Order | None:
        """That order, in either direction."""
        ...


def _none_small(name: str, *, descending: bool) -> Order | None:  # noqa: ARG001 - as `Small` is
    return None


class TableDefinition(NamedTuple):
    """A table whose rows come from the server.

    `orders` are ways to sort by an index, by their names in the address; `columns_of` says by which
    columns they go, where that is not the name itself. `small` gives the order of any other column
    as long as there are fewer than `most_sorted` rows, None for one that has none. `number` counts
    them to `MOST_COUNTED`. `key` names a row, `opens` what it opens where that is something else.
    `more` are parameters beside the filters that the table has.
    """

    name: str
    need: Role
    columns: tuple[str, ...]
    orders: Mapping[str, Order]
    ask: Ask
    number: Callable[[Connection, Question, Mapping[str, str]], int]
    columns_of: Mapping[str, str] = {}
    small: Small = _none_small
    most_sorted: int = MOST_COUNTED
    shown: Callable[[Row], Row] = lambda row: row
    key: str = "key"
    opens: str | None = None
    more: tuple[str, ...] = ()

    @property
    def usual(self) -> Sort:
        """The first of its orders."""
        name, order = next(iter(self.orders.items()))
        return Sort(name, order.descending)

    def sort(self, text: str | None) -> Sort:
        """What a text in the address means; the default if it is not one of the table's orders."""
        name, _, way = (text or "").partition(".")
        order = self.orders.get(name) or self.small(name, descending=False)
        if order is None or way not in {"", "asc", "desc"}:
            return self.usual
        return Sort(name, order.descending if not way else way == "desc")

    def order(self, sort: Sort) -> Order:
        """The order itself."""
        by_index = self.orders.get(sort.name)
        if by_index and (sort.descending == by_index.descending or not by_index.is_one_way):
            return by_index.turned(descending=sort.descending)
        small = self.small(sort.name, descending=sort.descending)
        return small or self.order(self.usual)

    def sort_of(self, column: str) -> str | None:
        """The order, named as in the address, that a click on a column uses; None for none."""
        named = {self.columns_of.get(name, name): name for name in self.orders}
        if column in named:
            return named[column]
        return column if self.small(column, descending=False) else None


class Wanted(NamedTuple):
    """Which rows of a list are requested: a page of them, in this order."""

    asked: Question
    sort: Sort
    at: str | None = None
    skip: int = 0
    size: int = SIZE
    more: Mapping[str, str] = {}


def rows(db: Connection, definition: TableDefinition, wanted: Wanted) -> dict[str, Any]:
    """A page of a table in the form that the browser reads: for each row its key, what
    it opens if not itself, and its values; the number of the first (from 1), and the address
    parameters for the pages `before` and `after` and for the page itself.
    """
    sort = wanted.sort
    order = definition.order(sort)
    if (
        order.is_small
        and definition.number(db, wanted.asked, wanted.more) >= definition.most_sorted
    ):
        sort = definition.usual
        order = definition.order(sort)
    list_of = (wanted.asked.filters, sort.text, sorted(wanted.more.items()))
    place = from_word(wanted.at, list_of, order)
    piece = Piece(order, place, 0 if place else wanted.skip, wanted.size)
    found = definition.ask(db, wanted.asked, piece, wanted.more)
    if not found.rows and piece.skip:  # of another list, which was longer
        piece = piece._replace(skip=0)
        found = definition.ask(db, wanted.asked, piece, wanted.more)

    def word(to: Place | None) -> str | None:
        return to_word(to, list_of) if to else None

    shown = [definition.shown(row) for row in found.rows]
    return {
        "rows": [
            [row[definition.key], row[definition.opens] if definition.opens else None]
            + [row[name] for name in definition.columns]
            for row in shown
        ],
        "first": found.first,
        "before": word(found.before),
        "after": word(found.after),
        "at": word(place) if place and not place.is_back else _number(found.first),
        "sort": sort.text,
    }


MOST_SKIPPED = 10_000
"""The last row that can be reached by its number: all rows before it are read."""


def _number(first: int) -> str | None:
    """A page's beginning by row number, if the address has no place; None for the list's
    beginning.
    """
    return str(first) if 1 < first <= MOST_SKIPPED else None
