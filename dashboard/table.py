"""Tables of rows: one way to write each kind of field, one way to choose a row, pages."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.fields import FIELDS, Field, column_config
from dashboard.page import span, zone

ROW_PX = 33
PAGE = 100


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


def pager(key: str, total: int, size: int = PAGE) -> int:
    """Page numbers for `total` rows; gives the offset of the page that is shown."""
    pages = max(1, -(-total // size))
    if pages == 1:
        return 0
    page = st.pagination(pages, key=key, bind="query-params")
    return (min(max(page, 1), pages) - 1) * size
