"""Tables of rows: one way to write each kind of field, one way to choose a row, pages."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import pandas as pd
import streamlit as st

from dashboard.data.paging import Order, Page, Place, from_word, to_word
from dashboard.widgets import words
from dashboard.widgets.component import component
from dashboard.widgets.fields import FIELDS, Field, column_config
from dashboard.widgets.times import span, zone

ROW_PX = 33
PAGE = 100
_ROWS, _CELLS, _HAND_OF = "_rows", "_cells", "hand_"
"""Beside a table's key: the rows it shows; the cell chosen last, and whether it was meant as a
choice; what moved there."""

_HAND = component(
    "table_hand", "<i></i>", beside=__file__, scripts=("table_hand.js",), style="table_hand.css"
)

_AT = "at"
"""The URL's word for the page of a list."""


def table(
    rows: Sequence[dict[str, Any]], names: Sequence[str], key: str, *, choose: bool = True
) -> dict[str, Any] | None:
    """Show rows (as the queries give them) with these fields; gives the row that was chosen.

    Cells are text or numbers on a canvas: no markup or link of the data takes effect. A click on a
    header sorts nothing where a row can be chosen: these are the rows of one page of a list.
    """
    picked = chosen_row(key, rows) if choose else None
    frame = pd.DataFrame(
        {name: _cells(FIELDS[name], [_value(row, name) for row in rows]) for name in names}
    )
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=min(len(rows) + 1, 20) * ROW_PX + 3,
        column_config=column_config(names, zone(), most=_most(rows)),
        placeholder=words.MISSING,
        on_select=cast("Literal['rerun']", "rerun" if choose else "ignore"),
        # Where columns can be chosen Streamlit does not sort by them; a chosen one means nothing.
        selection_mode=["single-row", "single-cell", "single-column"],
        lazy=False,
    )
    if choose:
        st.session_state[f"{key}{_ROWS}"] = list(rows)
        _HAND(
            key=f"{_HAND_OF}{key}",
            data={"table": key},
            on_by_change=lambda: None,
            on_open_change=lambda: None,
        )
    return picked


def chosen_row(key: str, rows: Sequence[dict[str, Any]] = ()) -> dict[str, Any] | None:
    """The row that is chosen in the table of this key; None for none.

    It is the row that stood there when the table was shown last, not the one that stands there by
    now; of a table that was not shown yet, one of `rows`. The box before a row
    chooses it, a click on any of its cells, and Enter on a cell; a cell that the keyboard only
    moves to (already with the Tab that leads into the table) does not.
    """
    selection: Any = (st.session_state.get(key) or {}).get("selection") or {}
    cells = selection.get("cells") or []
    hand: Any = st.session_state.get(f"{_HAND_OF}{key}") or {}
    before, is_meant = st.session_state.get(f"{key}{_CELLS}", ([], False))
    if cells != before:
        is_meant = hand.get("by") == "pointer"
    is_meant = is_meant or bool(hand.get("open"))
    st.session_state[f"{key}{_CELLS}"] = (cells, is_meant)
    places = [*(selection.get("rows") or []), *(at for at, _ in cells if is_meant)]
    shown: Sequence[dict[str, Any]] = st.session_state.get(f"{key}{_ROWS}") or rows
    return shown[places[0]] if places and places[0] < len(shown) else None


def _most(rows: Sequence[dict[str, Any]]) -> int:
    return max((number for row in rows for number in row.get("trend") or ()), default=1) or 1


def _value(row: dict[str, Any], name: str) -> Any:
    if name == "email_validity" and not row.get("email"):
        return words.MISSING  # no address, so none that is unchecked
    return row[name]


def _cells(field: Field, values: list[Any]) -> Any:
    match field.kind:
        case "time":
            # Beyond what a 64-bit count of nanoseconds holds (the year 2262) no time is shown.
            return pd.to_datetime(
                pd.Series(values, dtype="Int64"), unit="ms", utc=True, errors="coerce"
            )
        case "whole" | "decimal" | "percent" | "usd":
            return pd.Series(values, dtype="Float64")
        case "seconds":
            return [None if value is None else span(value) for value in values]
        case "stage":
            return [words.STAGES[value - 1] for value in values]
        case "validity":
            return [words.VALIDITY.get(value or "unchecked", (value,))[0] for value in values]
        case _:
            return values


def place(order: Order, *list_of: object, at: str = _AT) -> Place | None:
    """The place of the page that the URL names; the list's begin when it is another list's.

    `list_of`: what decides which rows the list has, such as its filters. `at`: the URL's word for
    it, where a screen has two lists.
    """
    return from_word(st.query_params.get(at), list_of, order)


def pager(page: Page, *list_of: object, total: str = "", at: str = _AT) -> None:
    """Which rows are shown, `total` of how many, and ways to those before and after; the page
    stands in the URL.
    """
    if not (page.before or page.after):
        return
    key = "pager" if at == _AT else f"pager_{at}"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        ways = (("First", "first_page", None), ("Previous", "chevron_left", page.before))
        for label, icon, to in (*ways, ("Next", "chevron_right", page.after)):
            st.button(
                label,
                key=f"{key}_{label.lower()}",
                icon=f":material/{icon}:",
                icon_position="right" if label == "Next" else "left",
                type="tertiary",
                disabled=not (page.after if label == "Next" else page.before),
                on_click=_go,
                args=(to, list_of, at),
            )
        of = f" of {total}" if total else ""
        last = page.first + len(page.rows) - 1
        st.markdown(f":gray[{page.first:,}–{last:,}{of}]", width="content")


def _go(to: Place | None, list_of: object, at: str) -> None:
    if to is None:
        st.query_params.pop(at, None)
    else:
        st.query_params[at] = to_word(to, list_of)
