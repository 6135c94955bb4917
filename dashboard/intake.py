"""Intake in figures and charts: what Operations draws from its queries' rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard import words
from dashboard.page import span, utc_time
from dashboard.queries.operations import DAY_MS, HOUR_MS, NEWEST, part
from models.payloads import EVENTS, STAGES

Row = dict[str, Any]


class Period(NamedTuple):
    """How far back to look, and whether a bar is an hour or a day of the viewer's."""

    label: str
    length_ms: int
    by_day: bool


PERIODS = {
    "24h": Period("24 hours", DAY_MS, by_day=False),
    "7d": Period("7 days", 7 * DAY_MS, by_day=True),
    "30d": Period("30 days", 30 * DAY_MS, by_day=True),
}

OUTCOMES = {
    "quarantined": "Quarantined",
    "duplicate": "Duplicate",
    "conflict": "With another body",
}
"""What can become of a delivery besides being derived."""


def since(period: Period, now_ms: int) -> int:
    """Where a period begins: a whole hour, so that its first bar is whole."""
    return (now_ms - period.length_ms) // HOUR_MS * HOUR_MS


def bars(
    rows: Iterable[Row], by: str, period: Period, now_ms: int, zone: ZoneInfo
) -> tuple[list[datetime], dict[str, list[int]]]:
    """Counts of rows (of `queries.intake`) by bar and by the value of a column.

    Gives the bars' beginnings, without a gap, in the viewer's zone, and a list of counts a value.
    """
    counted: dict[str, Counter[datetime]] = {}
    for row in rows:
        bar = _bar(row["hour"], period, zone)
        counted.setdefault(row[by], Counter())[bar] += row["count"]
    hours = range(since(period, now_ms), now_ms + 1, HOUR_MS)
    places = list(dict.fromkeys(_bar(hour, period, zone) for hour in hours))
    return places, {value: [count[bar] for bar in places] for value, count in counted.items()}


def _bar(ms: int, period: Period, zone: ZoneInfo) -> datetime:
    at = datetime.fromtimestamp(ms / 1000, zone).replace(tzinfo=None)
    return at.replace(hour=0, minute=0) if period.by_day else at


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
    """Derived deliveries of each known event type, in the order of the pipeline."""
    counts = Counter[str]()
    for row in rows:
        if row["outcome"] == "derived":
            counts[row["type"]] += row["count"]
    return {kind: counts[kind] for kind in EVENTS}


class Tile(NamedTuple):
    """One number of the strip."""

    label: str
    value: str
    meaning: str


def tiles(told: dict[str, Any], waiting: Row, aside: int, now_ms: float) -> tuple[Tile, ...]:
    """The strip: how intake goes, from the answers of `queries`, `told` by their names."""
    outcomes = Counter[str]()
    for row in told["intake"]:
        outcomes[row["outcome"]] += row["count"]
    lags, clocks = told["lags"], told["clocks"]
    most, slowest = part(lags, 0.95), lags[-1] if lags else None
    newest, commit = waiting["received_at"], waiting["committed_at"]
    behind = commit - newest if newest is not None and commit >= newest else None
    return (
        Tile(
            "Since the last event",
            words.MISSING if newest is None else span(max(0, now_ms - newest) / 1000),
            f"It was received {utc_time(newest)}.",
        ),
        Tile(
            "Deliveries",
            f"{outcomes.total():,}",
            "All that came in this period, duplicates too; not those of an unknown type.",
        ),
        Tile(
            "Duplicates",
            f"{outcomes['duplicate'] + outcomes['conflict']:,}",
            f"Came again in this period; {outcomes['conflict']:,} of them with another body. The"
            " first one counts.",
        ),
        Tile("Quarantined", f"{aside:,}", "Set aside because they can't be read, of all time."),
        Tile(
            "Receipt lag",
            milliseconds(part(lags, 0.5)),
            f"From an event's creation to its receipt: half of the newest {len(lags):,} of this"
            f" period were faster. 95% were faster than {milliseconds(most)}; the slowest took"
            f" {milliseconds(slowest)}.",
        ),
        Tile(
            "Commit lag",
            milliseconds(behind),
            "From the newest event's receipt to the last commit of derived rows: at most this,"
            " since later work counts in it.",
        ),
        Tile("Waiting", at_least(waiting["count"]), "Kept in the ledger, not derived yet."),
        Tile(
            "Clocks astray",
            f"{clocks['future'] + clocks['late']:,}",
            f"Of {clocks['events']:,} events {clocks['future']:,} were made in the future and"
            f" {clocks['late']:,} more than a day before they came: a wrong clock, or a late"
            " retry.",
        ),
    )


def at_least(count: int) -> str:
    """A count that stops at `NEWEST`: `5,000+`."""
    return f"{count:,}+" if count >= NEWEST else f"{count:,}"


@dataclass(slots=True)
class Step:
    """A stage of the funnel, in sessions: how many came to it, and what became of them."""

    label: str
    reached: int = 0
    went_on: int = 0
    running: int = 0

    @property
    def dropped(self) -> int:
        """Sessions that ended here."""
        return self.reached - self.went_on - self.running


def funnel(sets: Iterable[Row]) -> tuple[list[Step], int]:
    """The five steps from `queries.stage_sets`, and the number of sessions in all.

    Every session is finalized once it is quiet, so finalized is no step further: a session dropped
    out where none of the stages up to validated follows, unless it still runs.
    """
    steps = [Step(label) for label in words.STAGES]
    total = 0
    last = STAGES["finalized"]
    for row in sets:
        total += row["count"]
        numbers = [number for number in STAGES.values() if row["stages"] >> number & 1]
        pipeline = [number for number in numbers if number != last]
        for number in pipeline:
            step = steps[number - 1]
            step.reached += row["count"]
            if number != pipeline[-1]:
                step.went_on += row["count"]
            elif last not in numbers:
                step.running += row["running"]
        if last in numbers:
            steps[last - 1].reached += row["count"]
    return steps, total


def funnel_chart(steps: Sequence[Step], total: int, colours: Sequence[str]) -> go.Figure:
    """One bar a stage: went on, still runs, ended here."""
    figure = go.Figure()
    labels = [
        f"{step.label}  <br>{step.reached:,} · {_share(step.reached, total)}  " for step in steps
    ]
    goal = steps[STAGES["validated"] - 1]
    *pipeline, finalized = steps
    parts = (
        ("Went on", [step.went_on for step in pipeline if step is not goal], 0),
        ("Came to the end", [0, 0, 0, goal.dropped, finalized.reached], 5),
        ("Still running", [step.running for step in pipeline], 3),
        ("Went no further", [step.dropped for step in pipeline if step is not goal], 6),
    )
    for label, values, colour in parts:
        figure.add_bar(
            y=labels[: len(values)],
            x=values,
            name=label,
            orientation="h",
            marker_color=colours[colour],
            marker_line_width=0,
            hovertemplate="%{x:,} sessions",
        )
    figure.update_layout(
        barmode="stack", hovermode="y unified", bargap=0.35, legend_traceorder="normal"
    )
    figure.update_xaxes(tickformat=",d", nticks=5)
    figure.update_yaxes(autorange="reversed")
    return figure


def _share(count: int, total: int) -> str:
    return f"{count / total:.0%}" if total else words.MISSING


def worst_drop(steps: Sequence[Step]) -> Step | None:
    """The stage after which the largest share of its sessions ended; validated is the goal."""
    dropped = [step for step in steps[:3] if step.dropped > 0]
    return max(dropped, key=lambda step: step.dropped / step.reached, default=None)


def milliseconds(ms: int | None) -> str:
    """A lag: `840 ms`, `2.4 s`, `13 min`; `–` for none."""
    if ms is None:
        return words.MISSING
    if abs(ms) < 1000:  # noqa: PLR2004 - a second
        return f"{ms} ms"
    length = timedelta(milliseconds=abs(ms)).total_seconds()
    sign = "-" if ms < 0 else ""
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if length >= 2 * seconds:
            return f"{sign}{length / seconds:,.0f} {unit}"
    return f"{sign}{length:.1f} s"


def size(count: int) -> str:
    """Bytes as people read them: `12.4 MB`."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - the next unit begins
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"
