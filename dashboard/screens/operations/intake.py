"""Intake in figures and charts: what Operations draws from its queries' rows."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.screens.operations.queries import NEWEST, part, within
from dashboard.widgets import words
from dashboard.widgets.times import milliseconds, span, utc_time
from models.days import DAY_MS
from models.payloads.events import EVENTS
from models.projection.summing import HOUR_MS

Row = dict[str, Any]


class Period(NamedTuple):
    """How far back to look, and whether a bar is an hour or a day of the desk's zone."""

    label: str
    length_ms: int
    by_day: bool


PERIODS = {
    "24h": Period("24 hours", DAY_MS, by_day=False),
    "7d": Period("7 days", 7 * DAY_MS, by_day=True),
    "30d": Period("30 days", 30 * DAY_MS, by_day=True),
    "1y": Period("12 months", 365 * DAY_MS, by_day=True),
}

OUTCOMES = {
    "quarantined": "Quarantined",
    "duplicate": "Duplicate",
    "conflict": "Different body",
}
"""What can become of a delivery other than being derived."""


def since(period: Period, now_ms: int) -> int:
    """Where a period begins: a whole hour, so that its first bar is whole."""
    return (now_ms - period.length_ms) // HOUR_MS * HOUR_MS


def bars(
    rows: Iterable[Row], by: str, period: Period, now_ms: int, zone: ZoneInfo
) -> tuple[list[datetime], dict[str, list[int]]]:
    """Counts of rows (of `.intake`) by bar and by the value of a column.

    Returns the bars' beginnings, without gaps, in the desk's zone, and a list of counts per value.
    """
    counted: dict[str, Counter[datetime]] = {}
    for row in rows:
        bar = beginning(row["hour"], period, zone)
        counted.setdefault(row[by], Counter())[bar] += row["count"]
    places = beginnings(period, now_ms, zone)
    return places, {value: [count[bar] for bar in places] for value, count in counted.items()}


def beginnings(period: Period, now_ms: int, zone: ZoneInfo) -> list[datetime]:
    """Where each bar of a period begins, as the zone's clock shows it."""
    # Half hours: in some zones, an hour begins at half past in UTC.
    halves = range(since(period, now_ms), now_ms + 1, HOUR_MS // 2)
    return list(dict.fromkeys(beginning(half, period, zone) for half in halves))


def beginning(ms: int, period: Period, zone: ZoneInfo) -> datetime:
    """Where the bar begins that an hour (its begin, in ms) is part of."""
    at = datetime.fromtimestamp(ms / 1000, zone).replace(tzinfo=None)
    return at.replace(hour=0, minute=0) if period.by_day else at.replace(minute=0)


def chart(
    rows: Iterable[Row],
    by: str,
    names: dict[str, tuple[str, str]],
    *,
    period: Period,
    now_ms: int,
    zone: ZoneInfo,
) -> go.Figure:
    """The same as stacked bars; `names` gives label and colour of each value, in their order."""
    places, counts = bars(rows, by, period, now_ms, zone)
    figure = go.Figure()
    for value, (label, colour) in names.items():
        if value in counts:
            figure.add_bar(
                x=places,
                y=counts[value],
                name=label,
                marker_color=colour,
                marker_line_width=0,
                hovertemplate="%{y:,}",
            )
    figure.update_layout(barmode="stack", hovermode="x unified", legend_traceorder="normal")
    figure.update_yaxes(rangemode="tozero", tickformat=",d")
    figure.update_xaxes(tickformat="%-d %b" if period.by_day else "%H:%M\n%-d %b")
    return figure


def short(kind: str) -> str:
    """`resolved` for `identity.resolved`."""
    return kind.removeprefix("identity.")


def by_type(rows: Iterable[Row]) -> dict[str, int]:
    """Derived deliveries of each event type: known ones in the order of the pipeline, whether any
    came or not, then the others.
    """
    counts = Counter[str]()
    for row in rows:
        if row["outcome"] == "derived":
            counts[row["type"]] += row["count"]
    return {kind: counts[kind] for kind in [*EVENTS, *sorted(counts.keys() - EVENTS.keys())]}


UNKNOWN_TYPE = "unknown type"


def charted(rows: Iterable[Row]) -> list[Row]:
    """Rows (of `.intake`) with all unknown types under one name, because a chart has room for only
    one.
    """
    return [row if row["type"] in EVENTS else row | {"type": UNKNOWN_TYPE} for row in rows]


def by_bound(rows: Iterable[Row]) -> Counter[int]:
    """Deliveries of all hours by the bound (ms) of their lag, from `.commit_lags`."""
    counts = Counter[int]()
    for row in rows:
        counts[row["within_ms"]] += row["count"]
    return counts


class Tile(NamedTuple):
    """One number of the strip."""

    label: str
    value: str
    meaning: str


def tiles(answers: dict[str, Any], waiting: Row, aside: int, now_ms: float) -> tuple[Tile, ...]:
    """The strip: the state of intake, from the results of `queries`, by name."""
    outcomes = Counter[str]()
    for row in answers["intake"]:
        outcomes[row["outcome"]] += row["count"]
    lags, clocks = answers["lags"], answers["clocks"]
    backwards = sum(row["backwards"] for row in answers["stages"])
    most, slowest = part(lags, 0.95), lags[-1] if lags else None
    newest = waiting["received_at"]
    commits = by_bound(answers["commit_lags"])
    return (
        Tile(
            "Since the last event",
            words.MISSING if newest is None else span(max(0, now_ms - newest) / 1000),
            f"It was received {utc_time(newest)}.",
        ),
        Tile(
            "Deliveries",
            f"{outcomes.total():,}",
            "Everything received in this period, duplicates included.",
        ),
        Tile(
            "Duplicates",
            f"{outcomes['duplicate'] + outcomes['conflict']:,}",
            f"Received again in this period, {outcomes['conflict']:,} of them with a different "
            "body. The first one counts.",
        ),
        Tile("Quarantined", f"{aside:,}", "Set aside because they can't be read; all time."),
        Tile(
            "Receipt lag",
            milliseconds(part(lags, 0.5)),
            f"From an event's creation to its receipt, over the newest {len(lags):,} of this "
            f"period: half were faster. 95% were faster than {milliseconds(most)}; the slowest "
            f"took {milliseconds(slowest)}.",
        ),
        Tile(
            "Commit lag",
            milliseconds(within(commits, 0.5)),
            "From a delivery's receipt to its commit, which Midbound waits for: half of the "
            f"{commits.total():,} in this period took no longer. 99% took at most"
            f" {milliseconds(within(commits, 0.99))}, the slowest"
            f" {milliseconds(within(commits, 1))}.",
        ),
        Tile("Waiting", at_least(waiting["count"]), "Kept in the ledger, not derived yet."),
        Tile(
            "Wrong clocks",
            f"{clocks['future'] + clocks['late'] + backwards:,}",
            f"Of {clocks['events']:,} events, {clocks['future']:,} are dated in the future and "
            f"{clocks['late']:,} more than a day before they arrived: a wrong clock, or a late "
            f"retry. Sessions that end before they start: {backwards:,}.",
        ),
    )


def at_least(count: int) -> str:
    """A count that stops at `NEWEST`: `5,000+`."""
    return words.at_least(count, NEWEST)
