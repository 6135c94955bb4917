"""From what was measured of ringing to lines of the table, each with its goal."""

import statistics
from collections.abc import Sequence

from tests.bench.report import Row
from tests.bench.ringing.deriving import Derived
from tests.bench.ringing.sending import Rang
from tests.bench.screens.reads import p95

_ARRIVED_MS = 2_000.0
_A_SECOND = 500.0
_MORE = {100: 1.15, 1_000: 1.40}
"""By how much deriving may take longer, by the number of rules."""


def of_deriving(derived: Derived) -> list[Row]:
    """What rules cost, against none."""
    found = []
    for rules, most in _MORE.items():
        ratios = derived.ratios(rules)
        ratio = statistics.median(ratios)
        found.append(
            Row(
                f"{derived.database}: deriving with {rules:,} rules",
                "none",
                ratio,
                (min(ratios), max(ratios)),
                f"CPU {derived.mean(rules):.2f} against {derived.mean(0):.2f} ms an event",
                f"≤ {most:g}",
                ratio <= most,
            )
        )
    return found


def of_rang(database: str, rang: Sequence[Rang]) -> list[Row]:
    """From the 200 to the message."""
    found = []
    for one in rang:
        beside = f"beside {one.rate} events/s" if one.rate else "at rest"
        away = f", {one.away:,} waiting elsewhere" if one.away else ""
        found.append(
            Row(
                f"{database}: 200 to message {beside}{away}",
                absolute=f"p50 {statistics.median(one.ms):.0f} ms, p95 {p95(one.ms):.0f} ms",
                goal=f"p95 ≤ {_ARRIVED_MS:,.0f} ms",
                met=p95(one.ms) <= _ARRIVED_MS,
            )
        )
    return found


def of_messages(database: str, a_second: float) -> Row:
    """How many messages one destination gets."""
    return Row(
        f"{database}: messages to a webhook that answers at once",
        absolute=f"{a_second:,.0f} a second",
        goal=f"≥ {_A_SECOND:.0f}",
        met=a_second >= _A_SECOND,
    )
