"""The chart above the table: the measure per day, for the largest rows or those chosen, with the
range before in the background.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from dashboard.screens.campaigns.report import Line, Report
from dashboard.screens.sessions.bars import hues_of, looks_of
from dashboard.widgets.charts import escape
from dashboard.widgets.days import Days
from models.days import date_of

Look = Literal["stacked", "lines"]

MOST_DRAWN = 6
"""Rows drawn by default: this many colours can be told apart."""

_LABEL_CHARS = 36


class Series(NamedTuple):
    """A line of the chart: its name, its colour, and its counts step by step."""

    name: str
    colour: str
    counts: list[int]


class Drawn(NamedTuple):
    """What the chart shows: series, and their total in the range before."""

    steps: list[str]
    series: list[Series]
    before: list[int]


def drawn(
    report: Report, names: Sequence[str], hues: Sequence[str], labels: Sequence[str]
) -> Drawn:
    """The rows with these names, each with its own colour; without names, the largest ones, and all
    others together.

    `labels` are the names of the report's lines, in their order.
    """
    *colours, grey = hues
    lines = list(zip(labels, report.lines, strict=True))
    wanted = [(name, line) for name, line in lines if name in names]
    shown = wanted or lines[:MOST_DRAWN]
    own = hues_of([name for name, _ in shown], colours)
    series = [Series(name, own[name], line.trend) for name, line in shown]
    if not wanted and len(lines) > MOST_DRAWN and report.total.trend:
        rest = _rest(report.total, [line for _, line in shown])
        series.append(Series("all others", grey, rest))
    before = _together([line.trend_before for _, line in shown])
    return Drawn(
        [] if report.drawn is None else _dates(report.drawn),
        series,
        before if wanted else report.total.trend_before,
    )


def _rest(total: Line, shown: Sequence[Line]) -> list[int]:
    # A lead whose touch changed within a step is not counted twice.
    told = _together([line.trend for line in shown])
    return [max(0, all_ - its) for all_, its in zip(total.trend, told, strict=True)]


def _together(trends: Sequence[Sequence[int]]) -> list[int]:
    return [sum(step) for step in zip(*trends, strict=True)] if all(trends) else []


def _dates(where: Days) -> list[str]:
    return [date_of(where.day + step * where.days).isoformat() for step in range(where.steps)]


def figure(shown: Drawn, look: Look, before: str) -> go.Figure:
    """Stacked bars or lines; `before` names the range in the background."""
    drawn_figure = go.Figure()
    if shown.before:
        drawn_figure.add_scatter(
            name=before,
            x=shown.steps,
            y=shown.before,
            mode="lines",
            line={"dash": "dot", "width": 2, "color": "#8b9693"},
            hovertemplate=f"{before}: %{{y:,}}<extra></extra>",
        )
    for one in shown.series:
        label = _short(one.name)
        hover = f"%{{x|%-d %b %Y}}<br>{label}: %{{y:,}}<extra></extra>"
        how = {"name": label, "x": shown.steps, "y": one.counts, "hovertemplate": hover}
        if look == "lines":
            drawn_figure.add_scatter(
                **how, mode="lines+markers", line={"color": one.colour, "width": 2}
            )
        else:
            drawn_figure.add_bar(**how, marker_color=one.colour)
    if shown.steps:
        first, last = (date.fromisoformat(shown.steps[end]) for end in (0, -1))
        drawn_figure.update_xaxes(tickformat=looks_of((last - first).days))
    return drawn_figure.update_layout(
        barmode="stack", hovermode="closest", legend_traceorder="normal"
    )


def _short(name: str) -> str:
    # A percent sign and a brace would begin one of Plotly's own placeholders.
    cut = name if len(name) <= _LABEL_CHARS else f"{name[: _LABEL_CHARS - 1]}…"
    return escape(cut).replace("%{", "%&#123;")
