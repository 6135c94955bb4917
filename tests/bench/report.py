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

GOALS = {
    ("SQLite", "plain"): 14.0,
    ("Postgres", "plain"): 22.0,
    ("SQLite", "floor"): 0.6,
    ("Postgres", "floor"): 0.6,
}
"""Least ratio of events a second until derived, by database and peer."""

GOAL_HALF_RATE_P99_MS = 40.0
GOAL_LONE_P50_MS = 8.0
"""Where a bare commit takes 1 ms."""

GOAL_STORED_BYTES = 3_500

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
    lone: list[Round] = field(default_factory=list)
    """One connection: each event waits for the answer to the one before."""
    two: list[Round] = field(default_factory=list)
    """Two receivers on one Postgres."""

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
    for database, commit_ms in results.commit_ms.items():
        ours = results.of(database, "ours")
        for peer in ("plain", "floor"):
            found += _against(database, peer, ours, results.of(database, peer))
        if ours:
            found += _alone(database, ours)
        found += [_at_half(half) for half in results.half_rate if half.round.database == database]
        found += [_lone(its, commit_ms) for its in results.lone if its.database == database]
        if ours and database == "Postgres":
            found += [_two(two, ours) for two in results.two]
    return found


def _against(database: str, peer: str, ours: Sequence[Round], theirs: Sequence[Round]) -> list[Row]:
    if not ours or not theirs:
        return []
    goal = f"≥ {GOALS[database, peer]:g}"
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
    def middle(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, ours))

    p50, p99 = middle(lambda r: r.p50), middle(lambda r: r.p99)
    cpu = f"{middle(lambda r: r.cpu):.2f} ms"
    if database == "Postgres":
        cpu += f", the server's {middle(lambda r: r.database_cpu or 0.0):.2f} ms"
    told = (
        ("answer at 64 connections", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms", ""),
        ("CPU an event, all processes of the receiver", cpu, ""),
        ("peak memory, all processes of the receiver", f"{middle(lambda r: r.memory):.0f} MB", ""),
        (
            "stored an event, all in",
            f"{middle(lambda r: r.stored):.0f} bytes",
            f"≤ {GOAL_STORED_BYTES}",
        ),
    )
    return [Row(f"{database}: {work}", absolute=its, goal=goal) for work, its, goal in told]


def _at_half(half: Half) -> Row:
    times = f"p50 {half.round.p50:.0f} ms, p99 {half.round.p99:.0f} ms"
    return Row(
        f"{half.round.database}: answer at half rate",
        absolute=f"{times} at {half.rate:.0f}/s",
        goal=f"p99 ≤ {GOAL_HALF_RATE_P99_MS:.0f} ms",
    )


def _lone(lone: Round, commit_ms: float) -> Row:
    return Row(
        f"{lone.database}: answer to a lone event",
        "bare commit",
        lone.p50 / commit_ms,
        absolute=f"p50 {lone.p50:.1f}, p99 {lone.p99:.1f} against {commit_ms:.1f} ms",
        goal=f"p50 ≤ {GOAL_LONE_P50_MS:.0f} ms where a commit takes 1",
    )


def _two(two: Round, ours: Sequence[Round]) -> Row:
    """What two receivers come to, and of how many cores: these are what limits."""
    one = statistics.median(r.derived_rate for r in ours)
    cores = (two.cpu + (two.database_cpu or 0.0)) * two.derived_rate / 1000
    return Row(
        f"{two.database}: two receivers, events/s until derived",
        "one receiver",
        two.derived_rate / one,
        absolute=f"{two.derived_rate:.0f} against {one:.0f}/s, {cores:.1f} cores busy",
    )


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
