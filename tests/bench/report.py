"""What came out: a table to read, JSON to compare, a page to look at."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tests.bench.intake import Round

GOAL_RATIO = 10.0
GOAL_P99_MS = 100.0

_HEADER = ("work", "peer", "ratio", "spread", "absolute", "goal")
_COLORS = {"plain": "#9aa4b2", "floor": "#c9a227", "ours": "#2563eb"}


@dataclass(frozen=True, slots=True)
class Half:
    """A round at half of the rate that was reached; `rate` in events a second."""

    rate: float
    round: Round


@dataclass(slots=True)
class Results:
    """All that a run measured. `body_bytes`: mean size; `commit_ms`: a bare commit, by database."""

    mix: str
    body_bytes: float
    body_only_rate: float = 0.0
    commit_ms: dict[str, float] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    half_rate: list[Half] = field(default_factory=list)

    def of(self, database: str, peer: str) -> list[Round]:
        """A peer's rounds on a database, in the order they were played."""
        return [r for r in self.rounds if (r.database, r.peer) == (database, peer)]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `ratio` is the median over rounds, `spread` the least and the most."""

    work: str
    peer: str = ""
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    absolute: str = ""
    goal: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        return (
            self.work,
            self.peer,
            "" if self.ratio is None else f"{self.ratio:.2f}",
            "" if self.spread is None else f"{self.spread[0]:.2f} to {self.spread[1]:.2f}",
            self.absolute,
            self.goal,
        )


def rows(results: Results) -> list[Row]:
    """The table: each figure a ratio to a peer of the same run, the absolute beside it."""
    found = []
    for database in results.commit_ms:
        ours = results.of(database, "ours")
        for peer in ("plain", "floor"):
            theirs = results.of(database, peer)
            goal = f"≥ {GOAL_RATIO:.0f}" if peer == "plain" else ""
            found += _against(database, peer, ours, theirs, goal)
        if ours:
            found += _alone(database, ours)
        for half in results.half_rate:
            if half.round.database == database:
                found.append(_at_half(database, half))
    return found


def _against(
    database: str, peer: str, ours: Sequence[Round], theirs: Sequence[Round], goal: str
) -> list[Row]:
    if not ours or not theirs:
        return []
    works: tuple[tuple[str, Callable[[Round], float], str, str], ...] = (
        ("events/s until derived", lambda r: r.derived_rate, "/s", goal),
        ("events/s until answered", lambda r: r.answered_rate, "/s", ""),
        ("p99 of the answer, 64 connections", lambda r: r.p99, " ms", ""),
        ("CPU of the receiver, an event", lambda r: r.cpu, " ms", ""),
    )
    found = []
    for work, of, unit, its_goal in works:
        pairs = [(of(o), of(t)) for o, t in zip(ours, theirs, strict=True)]
        ratios = [o / t for o, t in pairs]
        ours_mid, theirs_mid = (statistics.median(side) for side in zip(*pairs, strict=True))
        form = ".0f" if unit == "/s" or ours_mid > 20 else ".2f"
        found.append(
            Row(
                f"{database}: {work}",
                peer,
                statistics.median(ratios),
                (min(ratios), max(ratios)),
                f"{ours_mid:{form}} against {theirs_mid:{form}}{unit}",
                its_goal,
            )
        )
    return found


def _alone(database: str, ours: Sequence[Round]) -> list[Row]:
    p50 = statistics.median(r.p50 for r in ours)
    p99 = statistics.median(r.p99 for r in ours)
    found = [
        Row(
            f"{database}: answer at 64 connections",
            absolute=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
            goal=f"p99 < {GOAL_P99_MS:.0f} ms",
        ),
        Row(
            f"{database}: peak memory of the receiver",
            absolute=f"{statistics.median(r.memory for r in ours):.0f} MB",
        ),
    ]
    server = [r.database_cpu for r in ours if r.database_cpu is not None]
    if server:
        found.append(
            Row(
                f"{database}: CPU of the server, an event",
                absolute=f"{statistics.median(server):.2f} ms",
            )
        )
    return found


def _at_half(database: str, half: Half) -> Row:
    times = f"p50 {half.round.p50:.0f} ms, p99 {half.round.p99:.0f} ms"
    return Row(f"{database}: answer at half rate", absolute=f"{times} at {half.rate:.0f}/s")


def text(results: Results) -> str:
    """The table, with what the machine can do under it."""
    lines = [_HEADER, *(row.cells() for row in rows(results))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    written = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    written.insert(1, "  ".join("-" * width for width in widths))
    commits = ", ".join(f"{kind} {ms:.1f} ms" for kind, ms in results.commit_ms.items())
    read = f"reading the body and answering, {results.body_only_rate:.0f}/s"
    size = f"{results.body_bytes / 1000:.1f} kB on average (mix {results.mix})"
    notes = [f"Events of {size}.", f"For orientation: {read}; a bare commit, {commits}."]
    return "\n".join(line.rstrip() for line in ["", *written, "", *notes, ""])


def write(results: Results, folder: Path) -> list[Path]:
    """Write `intake.json` and `intake.html`; gives their paths."""
    data = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "table": [asdict(row) for row in rows(results)],
        **asdict(results),
    }
    as_json, page = folder / "intake.json", folder / "intake.html"
    as_json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    page.write_text(_page(results), encoding="utf-8")
    return [as_json, page]


def _page(results: Results) -> str:
    """One page that needs no network: charts and the table."""
    works: tuple[tuple[str, Callable[[Round], float]], ...] = (
        ("events/s until derived", lambda r: r.derived_rate),
        ("events/s until answered", lambda r: r.answered_rate),
        ("p99 of the answer, ms", lambda r: r.p99),
        ("CPU of the receiver, ms an event", lambda r: r.cpu),
    )
    figure = make_subplots(
        rows=3,
        cols=2,
        subplot_titles=[work for work, _ in works],
        specs=[[{}, {}], [{}, {}], [{"type": "table", "colspan": 2}, None]],
    )
    databases = list(results.commit_ms)
    for place, (_, of) in enumerate(works):
        for peer, color in _COLORS.items():
            played = [[of(r) for r in results.of(database, peer)] for database in databases]
            if not all(played):
                continue
            mids = [statistics.median(values) for values in played]
            bar = go.Bar(
                name=peer,
                x=databases,
                y=mids,
                marker_color=color,
                showlegend=place == 0,
                error_y={
                    "array": [max(v) - mid for v, mid in zip(played, mids, strict=True)],
                    "arrayminus": [mid - min(v) for v, mid in zip(played, mids, strict=True)],
                },
            )
            figure.add_trace(bar, row=place // 2 + 1, col=place % 2 + 1)
    cells = [row.cells() for row in rows(results)]
    table = go.Table(
        header={"values": _HEADER, "align": "left"},
        cells={"values": list(zip(*cells, strict=True)), "align": "left"},
    )
    figure.add_trace(table, row=3, col=1)
    figure.update_layout(title="Visitor Desk: intake", height=1300, template="plotly_white")
    page: str = figure.to_html(include_plotlyjs=True)
    return page
