"""Lines of the table for intake, each with its goal and whether it is met."""

import statistics
from collections.abc import Callable, Sequence

from tests.bench.intake import Round
from tests.bench.report import Row
from tests.bench.rounds import Half, Intake

_PLAIN = {"SQLite": 14.0, "Postgres": 22.0}
_FLOOR = 0.6
_HALF_RATE_P99_MS = 40.0
_LONE_P50_MS = 8.0
"""Where a bare commit takes 1 ms."""

_STORED_BYTES = 3_500


def of_intake(intake: Intake) -> list[Row]:
    """Ours against each peer of the same rounds, and ours alone."""
    found: list[Row] = []
    for database, commit_ms in intake.commit_ms.items():
        ours = intake.of(database, "ours")
        for peer, goal in (("plain", _PLAIN[database]), ("floor", _FLOOR)):
            found += _against(database, peer, ours, intake.of(database, peer), goal)
        if ours:
            found += _alone(database, ours)
        found += [_at_half(half) for half in intake.half_rate if half.round.database == database]
        found += [_lone(its, commit_ms) for its in intake.lone if its.database == database]
        found += [_two(its, ours) for its in intake.two if its.database == database]
    return found


def _against(
    database: str, peer: str, ours: Sequence[Round], theirs: Sequence[Round], goal: float
) -> list[Row]:
    if not ours or not theirs:
        return []
    works: tuple[tuple[str, Callable[[Round], float], str, float | None], ...] = (
        ("events/s until derived", lambda r: r.derived_rate, "/s", goal),
        ("events/s until answered", lambda r: r.answered_rate, "/s", None),
        ("p99 of the answer, 64 connections", lambda r: r.p99, " ms", None),
        ("CPU of the receiver, an event", lambda r: r.cpu, " ms", None),
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
                "" if its_goal is None else f"≥ {its_goal:g}",
                None if its_goal is None else statistics.median(ratios) >= its_goal,
            )
        )
    return found


def _alone(database: str, ours: Sequence[Round]) -> list[Row]:
    def middle(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, ours))

    p50, p99, stored = middle(lambda r: r.p50), middle(lambda r: r.p99), middle(lambda r: r.stored)
    cpu = f"{middle(lambda r: r.cpu):.2f} ms"
    if database == "Postgres":
        cpu += f", the server's {middle(lambda r: r.database_cpu or 0.0):.2f} ms"
    memory = f"{middle(lambda r: r.memory):.0f} MB"
    return [
        Row(
            f"{database}: answer at 64 connections",
            absolute=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        ),
        Row(f"{database}: CPU an event, all processes of the receiver", absolute=cpu),
        Row(f"{database}: peak memory, all processes of the receiver", absolute=memory),
        Row(
            f"{database}: stored an event, all in",
            absolute=f"{stored:.0f} bytes",
            goal=f"≤ {_STORED_BYTES}",
            met=stored <= _STORED_BYTES,
        ),
    ]


def _at_half(half: Half) -> Row:
    its = half.round
    return Row(
        f"{its.database}: answer at half rate",
        absolute=f"p50 {its.p50:.0f} ms, p99 {its.p99:.0f} ms at {half.rate:.0f}/s",
        goal=f"p99 ≤ {_HALF_RATE_P99_MS:.0f} ms",
        met=its.p99 <= _HALF_RATE_P99_MS,
    )


def _lone(lone: Round, commit_ms: float) -> Row:
    # A slower disk is granted what its commits take longer.
    goal = _LONE_P50_MS - 1 + max(commit_ms, 1)
    return Row(
        f"{lone.database}: answer to a lone event",
        "bare commit",
        lone.p50 / commit_ms,
        absolute=f"p50 {lone.p50:.1f}, p99 {lone.p99:.1f} against {commit_ms:.1f} ms",
        goal=f"p50 ≤ {goal:.0f} ms",
        met=lone.p50 <= goal,
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
