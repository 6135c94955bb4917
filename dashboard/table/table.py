"""The table on a page: a list from the server with an open row next to it, or rows already
loaded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import EXPORTS
from dashboard.data.paging import MOST_COUNTED
from dashboard.data.with_company import Row
from dashboard.table.component import (
    MOUNT,
    TOO_MANY,
    UNSORTED,
    WORDS,
    Sortable,
    columns,
    is_large_first,
)
from dashboard.table.definition import MOST_SKIPPED, TableDefinition, Wanted
from dashboard.table.selected import Selected, selected
from dashboard.widgets.component import bounded
from models.annotations.export_memory import ITEMS
from models.filters.query import Question

_LONGEST_AT = 20_000


class Opens(NamedTuple):
    """What a row opens: `href` is the address of its own page without the key, `whole` goes there
    if that is on the same screen, `beside` shows it briefly next to the list (it gets the key, and
    a function to close it).
    """

    href: str
    whole: Callable[[str], None] | None = None
    beside: Callable[[str, Callable[[], None]], None] | None = None


def wanted_here(
    definition: TableDefinition,
    asked: Question,
    *,
    more: Mapping[str, str] | None = None,
    prefix: str = "",
) -> Wanted:
    """The rows that the page's address asks for: the place in the list, and its order."""
    word = _at(prefix)[0]
    sort = definition.sort(st.query_params.get(f"{prefix}sort"))
    wanted = Wanted(asked, sort, more=more or {})
    if word.isascii() and word.isdigit() and len(word) <= len(str(MOST_SKIPPED)):
        return wanted._replace(skip=min(max(int(word), 1), MOST_SKIPPED) - 1)
    return wanted._replace(at=word or None)


def _at(prefix: str) -> tuple[str, int | None]:
    """A page's place or number, and how many rows into that page the address points."""
    word, _, row = st.query_params.get(f"{prefix}at", "")[:_LONGEST_AT].partition(".")
    is_number = row.isascii() and row.isdigit() and len(row) < 4  # noqa: PLR2004 - no page has 1,000
    return word, int(row) if is_number else None


def data_of(
    definition: TableDefinition,
    wanted: Wanted,
    page: dict[str, Any],
    *,
    label: str,
    total: int,
    names: Sequence[str],
    opens: Opens | None = None,
    export: str | None = None,
    selects: bool = True,
    fills: bool = True,
    prefix: str = "",
) -> dict[str, Any]:
    """The table's data for a list, whatever is open in it; parameters as in `list_table`."""
    return {
        "name": definition.name,
        "label": label,
        "url": f"/api/rows/{definition.name}.json",
        "query": _query(wanted),
        "question": repr((wanted.asked.filters, sorted(wanted.more.items()))),
        "prefix": prefix,
        "columns": columns(
            names, definition.columns, [_sortable(definition, name, total) for name in names]
        ),
        "sorts": _sorts(definition),
        "page": page,
        "row": None,
        "total": total,
        "more": total >= MOST_COUNTED,
        "selects": selects,
        "opens": opens.href if opens else None,
        "beside": opens is not None and opens.beside is not None,
        "opened": None,
        "export": f"/api/export/{export}.csv" if export else None,
        # Each download is remembered.
        "options": [["since_last", "all"]] if export in ITEMS else [],
        "fills": fills,
        "words": WORDS,
        "closings": 0,
    }


@st.fragment
def list_table(
    definition: TableDefinition,
    wanted: Wanted,
    page: dict[str, Any],
    *,
    label: str,
    total: int,
    names: Sequence[str] | None = None,
    opens: Opens | None = None,
    export: str | None = None,
    actions: Callable[[Selected], None] | None = None,
    fills: bool = True,
    prefix: str = "",
) -> None:
    """Show a list; further rows come by the route. `page` is what `rows` gave for `wanted`.

    `names` are the columns shown, `total` how many rows there are (counted to `MOST_COUNTED`).
    `export` is the export that has just the rows selected, for whoever may have it; `actions` shows
    what else can be done with a selection, in a line above the table. A fragment: what is opened or
    selected runs the page not again.
    """
    key = f"table_{definition.name}"
    state: Any = st.session_state.get(key) or {}
    closed = f"{key}_closings"
    closings: int = st.session_state.get(closed, 0)

    def close() -> None:
        st.session_state[closed] = st.session_state.get(closed, 0) + 1

    chosen = selected(state.get("selected"), wanted.asked)
    if actions is not None:
        with st.container(key=f"{key}_actions"):
            actions(chosen)
    opened = state.get("opened")
    # After closing, the table still reports the row as open until the browser has caught up.
    is_open = (
        isinstance(opened, str)
        and opens is not None
        and opens.beside is not None
        and closings == st.session_state.get(f"{closed}_seen", 0)
    )
    st.session_state[f"{closed}_seen"] = closings
    may_export = export is not None and here().may(EXPORTS[export])
    word, row = _at(prefix)
    is_there = bool(page["rows"]) and (word or None) == page["at"]
    with beside(key, is_open=is_open) as (table_place, panel_place):
        with table_place:
            told = MOUNT(
                key=key,
                data=data_of(
                    definition,
                    wanted,
                    page,
                    label=label,
                    total=total,
                    names=names or definition.columns,
                    opens=opens,
                    export=export if may_export else None,
                    selects=may_export or actions is not None,
                    fills=fills,
                    prefix=prefix,
                )
                | {"row": row if is_there else None, "opened": opened, "closings": closings},
                default={"opened": None, "selected": None},
                on_opened_change=lambda: None,
                on_selected_change=lambda: None,
                on_whole_change=lambda: None,
            )
        if is_open and opens and opens.beside:
            with panel_place, st.container(key=f"panel_{definition.name}"):
                opens.beside(opened, close)
    if opens and opens.whole and told.whole:
        opens.whole(str(told.whole))


def _query(wanted: Wanted) -> str:
    return urlencode([*wanted.asked.filters.pairs(), *wanted.more.items()])


def _sorts(definition: TableDefinition) -> list[str]:
    named = {name for column in definition.columns if (name := definition.sort_of(column))}
    return sorted(f"{name}.{way}" for name in named for way in ("asc", "desc"))


def _sortable(definition: TableDefinition, column: str, total: int) -> Sortable:
    name = definition.sort_of(column)
    if name is None:
        return Sortable(None, why=UNSORTED)
    order = definition.orders.get(name)
    if order is not None:
        return Sortable(name, order.descending)
    if total >= MOST_COUNTED:
        return Sortable(None, why=TOO_MANY)
    return Sortable(name, is_large_first(column))


@contextmanager
def beside(
    key: str, *, is_open: bool, shares: tuple[int, int] = (7, 3)
) -> Iterator[tuple[Any, Any]]:
    """Containers for a table and for the panel next to it, whose key begins with `panel_`."""
    # Always two columns: a table that moved within the page would be created again.
    with st.container(key=f"beside_{key}"):
        table_place, panel_place = st.columns(shares if is_open else [1, 0.001], gap="small")
    yield table_place, panel_place


def opened_in(key: str) -> str | None:
    """Which row is open in the `table` with this key, before it is shown."""
    opened = (st.session_state.get(key) or {}).get("opened")
    # After a close the table still has it open until the browser has heard of that.
    is_closed = st.session_state.get(f"{key}_closings", 0) != st.session_state.get(f"{key}_seen", 0)
    return None if is_closed or not isinstance(opened, str) else opened


def close_in(key: str) -> None:
    """Close the row that is open in a `table`; for a button's `on_click`."""
    st.session_state[f"{key}_closings"] = st.session_state.get(f"{key}_closings", 0) + 1


def table(
    rows: Sequence[Row],
    names: Sequence[str],
    key: str,
    *,
    label: str,
    row_key: str | None = None,
    opens: Opens | None = None,
    sort: str | None = None,
    last: str | None = None,
) -> str | None:
    """Show rows that are all loaded, sorted in the browser; returns the key of the chosen row.

    `row_key` is the field that identifies a row; without it, none can be chosen. `sort` says which
    column they are already sorted by, as `Sort` writes it. `last` is the key of the row that stays
    last, such as the total.
    """
    opened = opened_in(key)
    data = {
        "name": key,
        "label": label,
        "url": None,
        "query": "",
        "question": key,
        "prefix": f"{key}_",
        "columns": columns(
            names,
            names,
            [Sortable(name, is_large_first(name)) for name in names],
            most=max((n for row in rows for n in _counts(row.get("trend"))), default=1) or 1,
        ),
        "sorts": [],
        "page": {
            "rows": [
                [str(row[row_key]) if row_key else str(place), None, *(row[name] for name in names)]
                for place, row in enumerate(rows)
            ],
            "first": 1,
            "before": None,
            "after": None,
            "at": None,
            "sort": sort or "",
        },
        "row": None,
        "total": len(rows),
        "more": False,
        "selects": False,
        "opens": opens.href if opens else ("" if row_key else None),
        "beside": row_key is not None and opens is None,
        "opened": opened,
        "export": None,
        "fills": False,
        "words": WORDS,
        "closings": st.session_state.get(f"{key}_closings", 0),
        "last": last,
    }
    st.session_state[f"{key}_seen"] = data["closings"]
    told = MOUNT(
        key=key,
        data=bounded(data),
        default={"opened": None},
        on_opened_change=lambda: None,
        on_whole_change=lambda: None,
    )
    if opens and opens.whole and told.whole:
        opens.whole(str(told.whole))
    return opened if row_key else None


def _counts(trend: Any) -> Iterator[int]:
    """The numbers of a trend: one list, or one for now and one for the range before."""
    for counts in trend.values() if isinstance(trend, Mapping) else [trend or ()]:
        yield from counts
