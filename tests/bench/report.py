"""What came out: a table to read, JSON to compare, a page to look at."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

_HEADER = ("work", "peer", "ratio", "spread", "absolute", "goal", "")
_MET, _MISSED, _NEUTRAL = "#15803d", "#b91c1c", "#1f2937"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `ratio` is the median over rounds, `spread` the least and the most.

    `met` is None where there is no goal.
    """

    work: str
    peer: str = ""
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    absolute: str = ""
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        return (
            self.work,
            self.peer,
            "" if self.ratio is None else f"{self.ratio:.2f}",
            "" if self.spread is None else f"{self.spread[0]:.2f} to {self.spread[1]:.2f}",
            self.absolute,
            self.goal,
            {None: "", True: "met", False: "MISSED"}[self.met],
        )


def text(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The table, what is to know of the machine under it, and how many goals are met."""
    lines = [_HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    written = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    written.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in ["", *written, "", *notes, _goals(rows), ""])


def _goals(rows: Sequence[Row]) -> str:
    goals = [row.met for row in rows if row.met is not None]
    return f"{sum(goals)} of {len(goals)} goals met."


def write(
    rows: Sequence[Row], notes: Sequence[str], measured: dict[str, Any], folder: Path
) -> list[Path]:
    """Write `bench.json`, with all that was measured, and `bench.html`; gives their paths."""
    data = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": notes,
        "table": rows,
        "measured": measured,
    }
    as_json, page = folder / "bench.json", folder / "bench.html"
    as_text = json.dumps(data, indent=1, ensure_ascii=False, default=_plain)
    as_json.write_text(as_text + "\n", encoding="utf-8")
    page.write_text(_page(rows, notes), encoding="utf-8")
    return [as_json, page]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def _page(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """One page that needs no network: ratios as bars on a logarithmic axis, and the table."""
    ratios = [row for row in rows if row.ratio]
    bars = go.Figure(
        go.Bar(
            y=[f"{row.work} / {row.peer}" for row in ratios],
            x=[row.ratio for row in ratios],
            orientation="h",
            marker_color=[_colour(row) for row in ratios],
            text=[row.absolute for row in ratios],
            error_x={
                "array": [row.spread[1] - (row.ratio or 0) if row.spread else 0 for row in ratios],
                "arrayminus": [
                    (row.ratio or 0) - row.spread[0] if row.spread else 0 for row in ratios
                ],
            },
        )
    )
    bars.update_layout(
        title="Visitor Desk: ratio to the peer of the same run",
        template="plotly_white",
        height=160 + 26 * len(ratios),
        yaxis={"autorange": "reversed", "automargin": True},
        xaxis={"type": "log", "title": "ratio"},
    )
    table = go.Figure(
        go.Table(
            columnwidth=[5, 2, 1, 2, 4, 3, 1],
            header={"values": _HEADER, "align": "left"},
            cells={
                "values": list(zip(*(row.cells() for row in rows), strict=True)),
                "align": "left",
                "font": {"color": [[_colour(row) for row in rows]]},
            },
        )
    )
    table.update_layout(height=200 + 24 * len(rows), title=" ".join([*notes, _goals(rows)]))
    page = "\n".join(
        [
            bars.to_html(full_html=False, include_plotlyjs=True),
            table.to_html(full_html=False, include_plotlyjs=False),
        ]
    )
    return f'<!doctype html><meta charset="utf-8"><title>Visitor Desk: benchmark</title>{page}'


def _colour(row: Row) -> str:
    return {None: _NEUTRAL, True: _MET, False: _MISSED}[row.met]
