"""From what lists took to lines of the table: a line for each part of each list."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.bench.lists.asking import Asked
from tests.bench.report import Row
from tests.bench.screens.reads import p95

_SELECTIVE_MS = 150.0
_SCORED_MS = 60.0
_OF_LIST = frozenset({"first page", "deep page", "count"})


def of_lists(database: str, sessions: int, found: Iterable[Asked]) -> list[Row]:
    """Each part of each list, over all questions of a kind, with the question that took longest."""
    parts: dict[tuple[str, str, bool | None], list[Asked]] = defaultdict(list)
    for one in found:
        parts[one.of, one.part, one.is_selective].append(one)
    return [
        _line(f"{database}, {sessions:,} sessions: {_named(of)}", its) for of, its in parts.items()
    ]


def _named(part: tuple[str, str, bool | None]) -> str:
    of, what, is_selective = part
    kind = {True: ", selective", False: ", none selective", None: ""}[is_selective]
    return f"{of}, {what}{kind}"


def _line(work: str, asked: Sequence[Asked]) -> Row:
    ms = [one for its in asked for one in its.ms]
    cpu = [one for its in asked for one in its.cpu_ms]
    worst = max(asked, key=lambda one: statistics.median(one.cpu_ms))
    goal, met = "", None
    most = _most(worst)
    if most:
        goal, met = f"p95 ≤ {most:.0f} ms", p95(ms) <= most
    longest = f"; longest: {worst.name}, CPU {statistics.median(worst.cpu_ms):.0f}"
    return Row(
        work,
        absolute=(
            f"p50 {statistics.median(ms):.0f} ms, p95 {p95(ms):.0f}"
            f" (CPU {statistics.median(cpu):.0f}, {p95(cpu):.0f})"
            f"{longest if len(asked) > 1 else ''}"
        ),
        goal=goal,
        met=met,
    )


def _most(one: Asked) -> float | None:
    """How long it may take, in ms: the lists with a selective filter, and leads by their scores."""
    if one.is_selective and one.part in _OF_LIST:
        return _SELECTIVE_MS
    if one.of == "leads" and one.part.rpartition(" ")[2] in {"intent", "grade"}:
        return _SCORED_MS
    return None
