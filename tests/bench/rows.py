"""From what was measured to lines of the table, each with its goal and whether it is met.

The goals are those that Visitor Desk sets itself; a line without one is for orientation.
"""

import statistics
from collections.abc import Sequence

from tests.bench.export import Exported
from tests.bench.live import Seen, Watched
from tests.bench.replay import Replayed
from tests.bench.report import Row
from tests.bench.screens.reads import Read, p95

_VIEW_MS, _VIEW_GROWTH = 150.0, 1.5
_ALL_TIME_MS, _AGAIN_MS = 400.0, 20.0
_SEARCH_MS = 60.0
_ALL_TIME_SCREENS = ("campaigns", "emails", "operations")
_SHOWN_MS, _SHOWN_BUSY_MS = 600.0, 1200.0
_MOST_VIEWERS, _CORE, _DASHBOARD_MB = 100, 10.0, 250.0
_EXPORT, _EXPORT_MB = 0.7, 60.0
_REPLAY, _REPLAY_MB = 1.5, 200.0


def of_reads(database: str, by_size: dict[int, list[Read]]) -> list[Row]:
    """Every view at the most sessions, against itself at the fewest."""
    sizes = sorted(by_size)
    few, many = sizes[0], sizes[-1]
    before = {(r.view.screen, r.view.name): r for r in by_size[few]}
    return [
        _read(database, many, few, read, before.get((read.view.screen, read.view.name)))
        for read in by_size[many]
    ]


def _read(database: str, many: int, few: int, read: Read, before: Read | None) -> Row:
    view = read.view
    work = f"{database}, {many:,} sessions: {view.screen}, {view.name}"
    if read.fault:
        return Row(work, absolute=f"failed: {read.fault[:120]}", goal="opens", met=False)
    goal, met = _read_goal(read)
    absolute = (
        f"p50 {read.first_p50:.1f} ms (CPU {read.cpu_ms:.1f}), p95 {read.first_p95:.1f};"
        f" again {read.again_p95:.1f}"
    )
    if before is None or before is read or not before.first_p50:
        return Row(work, absolute=absolute, goal=goal, met=met)
    ratios = sorted(one / before.first_p50 for one in read.first)
    ratio = read.first_p50 / before.first_p50
    if many > few and view.kind in {"list", "detail"}:
        goal += f", ≤ {_VIEW_GROWTH:g} times"
        met = met and ratio <= _VIEW_GROWTH
    return Row(work, f"{few:,} sessions", ratio, (ratios[0], ratios[-1]), absolute, goal, met)


def _read_goal(read: Read) -> tuple[str, bool | None]:
    view = read.view
    if view.kind == "search":
        return f"≤ {_SEARCH_MS:.0f} ms", read.first_p95 <= _SEARCH_MS
    if view.kind == "all time" and view.screen in _ALL_TIME_SCREENS:
        met = read.first_p95 <= _ALL_TIME_MS and read.again_p95 <= _AGAIN_MS
        return f"≤ {_ALL_TIME_MS:.0f} ms, again ≤ {_AGAIN_MS:.0f}", met
    if view.kind in {"default", "list", "detail"}:
        return f"p95 ≤ {_VIEW_MS:.0f} ms", read.first_p95 <= _VIEW_MS
    return "", None


def of_live(database: str, seen: Sequence[Seen], watched: Sequence[Watched]) -> list[Row]:
    """From the 200 to the row, and what those who watch cost."""
    found = []
    for one in seen:
        goal, at = (
            (_SHOWN_BUSY_MS, f"at {one.rate} events/s") if one.rate else (_SHOWN_MS, "at rest")
        )
        found.append(
            Row(
                f"{database}: 200 to visible {at}",
                absolute=f"p50 {statistics.median(one.ms):.0f} ms, p95 {p95(one.ms):.0f} ms",
                goal=f"p95 ≤ {goal:,.0f} ms",
                met=p95(one.ms) <= goal,
            )
        )
    for one_watched in watched:
        is_most = one_watched.viewers >= _MOST_VIEWERS
        found.append(
            Row(
                f"{database}: {one_watched.viewers} viewers of Live",
                absolute=f"{one_watched.core:.1f} % of a core, {one_watched.memory:.0f} MB",
                goal=f"≤ {_CORE:.0f} %, ≤ {_DASHBOARD_MB:.0f} MB" if is_most else "",
                met=one_watched.core <= _CORE and one_watched.memory <= _DASHBOARD_MB
                if is_most
                else None,
            )
        )
    return found


def of_export(database: str, exported: Exported) -> list[Row]:
    """An export against the database's own tool, and the memory it takes."""
    ratio, work = statistics.median(exported.ratios), f"{database}: export of {exported.name}"
    theirs = exported.rows / statistics.median(exported.tool)
    return [
        Row(
            f"{work}, {exported.rows:,} rows",
            exported.tool_name,
            ratio,
            (min(exported.ratios), max(exported.ratios)),
            f"{exported.rate:,.0f} against {theirs:,.0f} rows/s",
            f"≥ {_EXPORT}",
            ratio >= _EXPORT,
        ),
        Row(
            f"{work}, memory above idle",
            absolute=f"{exported.above_idle:.0f} MB",
            goal=f"≤ {_EXPORT_MB:.0f} MB",
            met=exported.above_idle <= _EXPORT_MB,
        ),
    ]


def of_replay(replayed: Replayed) -> list[Row]:
    """A replay against the intake of the same events."""
    ratio, work = replayed.rate / replayed.intake_rate, f"{replayed.database}: replay"
    return [
        Row(
            f"{work} of {replayed.deliveries:,} deliveries",
            "intake",
            ratio,
            None,
            f"{replayed.rate:,.0f} against {replayed.intake_rate:,.0f}/s",
            f"≥ {_REPLAY}",
            ratio >= _REPLAY,
        ),
        Row(
            f"{work}, peak memory",
            absolute=f"{replayed.memory:.0f} MB",
            goal=f"≤ {_REPLAY_MB:.0f} MB",
            met=replayed.memory <= _REPLAY_MB,
        ),
    ]


def of_start(seconds: Sequence[float], installed: dict[str, float]) -> list[Row]:
    """Until `up` answers, and what is installed."""
    first, *later = seconds
    largest = ", ".join(f"{name} {mb:.0f}" for name, mb in list(installed.items())[:3])
    return [
        Row("up until ready, on a new database", absolute=f"{first:.1f} s"),
        Row(
            "up until ready",
            absolute=f"{statistics.median(later or seconds):.1f} s",
        ),
        Row("installed, without Python", absolute=f"{sum(installed.values()):.0f} MB ({largest})"),
    ]
