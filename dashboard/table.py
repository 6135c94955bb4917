"""Tables of rows: one way to write each kind of field, one way to choose a row, pages."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.fields import FIELDS, Field, column_config
from dashboard.page import span, zone
from dashboard.queries.paging import Order, Page, Place, from_word, to_word

ROW_PX = 33
PAGE = 100
_AT = "at"
"""The URL's word for the page of a list."""


def table(
    rows: Sequence[dict[str, Any]], names: Sequence[str], key: str, *, choose: bool = True
) -> dict[str, Any] | None:
    """Show rows (as the queries give them) with these fields; gives the row that was chosen.

    Cells are text or numbers on a canvas: no markup or link of the data takes effect.
    """
    frame = pd.DataFrame(
        {name: _cells(FIELDS[name], [_value(row, name) for row in rows]) for name in names}
    )
    event: Any = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=min(len(rows) + 1, 20) * ROW_PX + 3,
        column_config=column_config(names, zone()),
        placeholder=words.MISSING,
        on_select=cast("Literal['rerun']", "rerun" if choose else "ignore"),
        # A click anywhere in a row chooses it; the box before it is for the keyboard.
        selection_mode=["single-row", "single-cell"],
        lazy=False,
    )
    if not choose:
        return None
    selection = event["selection"]
    chosen = [*selection["rows"], *(place for place, _ in selection["cells"])]
    return rows[chosen[0]] if chosen and chosen[0] < len(rows) else None


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
