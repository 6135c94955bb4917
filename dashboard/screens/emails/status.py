"""What an address counts as, in words and in charts: one colour per status everywhere."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.screens.emails.queries import OTHER, STATUSES
from dashboard.widgets import words
from dashboard.widgets.charts import escape
from models.days import DAY_MS, date_of
from models.payloads.vocabulary import ERROR

MEANING = words.VALIDITY | {
    ERROR: ("Check failed", "The newest check could not be completed."),
    OTHER: ("Other", "A verdict that this version does not know."),
}
"""Label and meaning of each status."""

_COLOUR = {
    "valid": "green", "valid_catch_all": "green", "catch_all": "yellow", "invalid": "red",
    "unchecked": "gray", ERROR: "orange", OTHER: "violet",
}  # fmt: skip
_HATCHED = "valid_catch_all"
"""Shares its colour with `valid`; hatched in charts, a half-filled mark next to words."""

MARKS = {
    status: f":{colour}[{'◐' if status == _HATCHED else '●'}]" for status, colour in _COLOUR.items()
}
"""The sign before a status's label, in Streamlit's Markdown: with the charts' colour."""

_CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
_THEME: dict[str, Any] = tomllib.loads(_CONFIG.read_text(encoding="utf-8"))["theme"]
_VIOLET = "#8a5a9e"

_LONGEST_LABEL = 30
_MOST_TICKS = 7
_FEWEST_WEEKS = 7
_WEEK_MS = 7 * DAY_MS
_HALF_A_WEEK = 4  # in whole days, as the axis has dates

Row = dict[str, Any]


def one_bar(numbers: Mapping[str, int]) -> go.Figure:
    """All addresses as one bar, one segment per status."""
    total = sum(numbers.values())
    figure = _stacked()
    for status in STATUSES:
        label, _ = MEANING[status]
        share = f"{numbers[status]:,} ({numbers[status] / total:.1%})"
        figure.add_bar(
            y=[0],
            x=[numbers[status]],
            orientation="h",
            marker=_marker(status),
            hovertemplate=f"{label}: {share}<extra></extra>",
        )
    figure.update_xaxes(visible=False, range=[0, total])
    figure.update_yaxes(visible=False)
    return figure


def bars_by_domain(rows: Sequence[Row]) -> go.Figure:
    """One bar per domain, in the order of the rows from the top (`emails.queries.Addresses`)."""
    domains = list(dict.fromkeys(row["domain"] for row in rows))
    figure = _stacked()
    for status in STATUSES:
        of_status = _sums((row for row in rows if row["status"] == status), "domain")
        figure.add_bar(
            y=list(range(len(domains))),
            x=[of_status[domain] for domain in domains],
            orientation="h",
            marker=_marker(status),
            customdata=[escape(domain) for domain in domains],
            hovertemplate=f"%{{customdata}}<br>{MEANING[status][0]}: %{{x:,}}<extra></extra>",
        )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(range(len(domains))),
        ticktext=[escape(_short(domain)) for domain in domains],
        ticklabelstandoff=6,
        showgrid=False,
    )
    figure.update_xaxes(**_counts(rows, "domain"))
    return figure


def bars_by_week(rows: Sequence[Row]) -> go.Figure:
    """One bar per week (of `emails.queries.Addresses`), at its Monday."""
    weeks = sorted({row["week"] for row in rows})
    figure = _stacked()
    for status in STATUSES:
        of_status = _sums((row for row in rows if row["status"] == status), "week")
        figure.add_bar(
            x=[date_of(week) for week in weeks],
            y=[of_status[week] for week in weeks],
            width=_WEEK_MS * 0.7,
            marker=_marker(status),
            hovertemplate=f"%{{x|%-d %b %Y}}<br>{MEANING[status][0]}: %{{y:,}}<extra></extra>",
        )
    ticks = weeks[:: -(-len(weeks) // _MOST_TICKS)]
    # One or two weeks alone would be as wide as the chart.
    start = min(weeks[0], weeks[-1] - 7 * _FEWEST_WEEKS) - _HALF_A_WEEK
    figure.update_xaxes(
        type="date",
        range=[date_of(start), date_of(weeks[-1] + _HALF_A_WEEK)],
        tickvals=[date_of(week) for week in ticks],
        ticktext=[f"{date_of(week):%-d %b}" for week in ticks],
    )
    figure.update_yaxes(**_counts(rows, "week"))
    return figure


def _counts(rows: Sequence[Row], by: str) -> dict[str, Any]:
    """An axis of whole numbers: with few of them, ticks would otherwise be at fractions."""
    longest = max(_sums(rows, by).values())
    step = {"dtick": 1} if longest <= _MOST_TICKS else {}
    return {"rangemode": "tozero", "tickformat": ",d"} | step


def _sums(rows: Iterable[Row], by: str) -> Counter[Any]:
    sums = Counter[Any]()
    for row in rows:
        sums[row[by]] += row["addresses"]
    return sums


def _stacked() -> go.Figure:
    figure = go.Figure()
    figure.update_layout(barmode="stack", showlegend=False)
    return figure


def _marker(status: str) -> dict[str, Any]:
    theme = "dark" if st.context.theme.type == "dark" else "light"
    colour = _THEME[theme].get(f"{_COLOUR[status]}Color", _VIOLET)
    if status != _HATCHED:
        return {"color": colour}
    pattern = {
        "shape": "/",
        "fgcolor": colour,
        "bgcolor": f"{colour}44",
        "size": 5,
        "solidity": 0.35,
    }
    return {"color": colour, "pattern": pattern}


def _short(domain: str) -> str:
    return domain if len(domain) <= _LONGEST_LABEL else f"{domain[:_LONGEST_LABEL]}…"
