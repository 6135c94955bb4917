"""Figures of a back-test: shares with their intervals, and what a ranking brings. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Z = 1.959963984540054
"""95 % of a normal distribution lie within this many standard deviations."""

LEAST_WON = 20
"""With fewer outcomes the figures prove nothing."""


class Share(NamedTuple):
    """How many of how many, and Wilson's 95 % interval of the rate, from 0 to 1."""

    of: int
    won: int
    rate: float
    low: float
    high: float


def share(won: int, of: int) -> Share:
    """The rate with its interval; out of none, it can be anything."""
    if not of:
        return Share(0, 0, 0.0, 0.0, 1.0)
    rate = won / of
    middle = (rate + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * math.sqrt(rate * (1 - rate) / of + Z * Z / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # At 0 and 1 the interval ends exactly there.
    return Share(of, won, rate, 0.0 if not won else low, 1.0 if won == of else high)


@dataclass(frozen=True, slots=True)
class Known:
    """A lead as of the cut: `grade`, what each way of choosing sorts by, and what came after."""

    key: str
    grade: str
    intent_key: float
    letter: int
    fit: int | None
    last_seen: int
    hot_at: int | None
    has_won: bool


class Way(NamedTuple):
    """A way of choosing whom to call, and how many of the first ones won."""

    name: str
    first: Share
    lift: float | None
    """How many times as often as among all leads; None if nobody won."""


WAYS: dict[str, Callable[[Known], Any]] = {
    "grade": lambda one: (one.letter, one.intent_key),
    "newest first": lambda one: one.last_seen,
    "hot page alone": lambda one: one.hot_at or -1,
    "fit alone": lambda one: -1 if one.fit is None else one.fit,
}
"""What each way sorts by, highest first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures: everybody, by grade, and by way of choosing `calls` of them."""

    everybody: Share
    by_grade: dict[str, Share]
    calls: int
    ways: Sequence[Way]

    @property
    def proves_nothing(self) -> bool:
        """Whether too few won for the figures to mean anything."""
        return self.everybody.won < LEAST_WON


def figures(leads: Iterable[Known], calls: int) -> Figures:
    """What happened to these leads, by grade; and to the first `calls` by each way of choosing."""
    known = sorted(leads, key=lambda one: one.key)
    everybody = share(sum(one.has_won for one in known), len(known))
    graded: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        graded[one.grade].append(one)
    by_grade = {
        grade: share(sum(one.has_won for one in its), len(its))
        for grade, its in sorted(graded.items(), key=lambda item: (item[0][0] == "?", item[0]))
    }
    ways = []
    for name, by in WAYS.items():
        first = sorted(known, key=by, reverse=True)[:calls]
        its = share(sum(one.has_won for one in first), len(first))
        ways.append(Way(name, its, its.rate / everybody.rate if everybody.rate else None))
    return Figures(everybody, by_grade, calls, ways)
