"""From what was measured of filters on Live to lines of the table, each with its goal."""

import statistics
from collections.abc import Sequence

from tests.bench.feed.filtered import VIEWERS, Filtered
from tests.bench.report import Row
from tests.bench.screens.reads import p95

_CORE, _MB = 30.0, 300.0
_LONGER = 1.5
"""By how much a row may take longer to those who filter."""


def of_filtered(database: str, found: Sequence[Filtered]) -> list[Row]:
    """What filters cost, against the same viewers without any."""
    plain: dict[str, Filtered] = {}
    rows = []
    for one in found:
        who = (
            f"{VIEWERS} viewers with {one.filters} filters" if one.filters else f"{VIEWERS} viewers"
        )
        ms = p95(one.ms)
        absolute = (
            f"{one.core:.1f} % of a core, {one.memory:.0f} MB,"
            f" p50 {statistics.median(one.ms):.0f} ms, p95 {ms:.0f}"
        )
        work, before = f"{database}, {one.checkout}: {who}", plain.get(one.checkout)
        if before is None:
            plain[one.checkout] = one
            rows.append(Row(work, absolute=absolute))
            continue
        ratio = ms / p95(before.ms)
        is_met = one.core <= _CORE and one.memory <= _MB and ratio <= _LONGER
        goal = f"≤ {_CORE:.0f} %, ≤ {_MB:.0f} MB, p95 ≤ {_LONGER:g} times"
        rows.append(Row(work, "no filters", ratio, None, absolute, goal, is_met))
    return rows
