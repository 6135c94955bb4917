"""Grade: fit as a letter and intent as a figure. Absolute on purpose: with quartiles a quarter
would always be "A".

Intent is 100 times (1 minus two to the power of minus raw/20), rounded half up. It is read from a
key (`intent.key_of`): the highest whole percentage whose minimum raw sum the key reaches at the
moment, the same here and in SQL.
"""

import math
from bisect import bisect_right
from typing import NamedTuple

HALVING = 20
"""Points that make half of 100."""

LEAST_KEYS = tuple(math.log2(-HALVING * math.log2(1 - (n - 0.5) / 100)) for n in range(1, 101))
"""log2 of the smallest raw sum that gives an intent of 1, 2, … 100."""

LETTER_FROM = ((80, "A"), (60, "B"), (40, "C"), (0, "D"))
"""The lowest fit for each letter, best first."""

_INTENTS = ((60, "1"), (35, "2"), (10, "3"), (0, "4"))
UNKNOWN = "?"

LETTERS = (*(mark for _, mark in LETTER_FROM), UNKNOWN)
FIGURES = tuple(mark for _, mark in _INTENTS)
GRADES = (*(letter + figure for letter in LETTERS for figure in FIGURES), *LETTERS, *FIGURES)
"""All that may be asked for: `A1`; `A` for any A, `1` for any 1."""


_LETTER_AT = [next(mark for least, mark in LETTER_FROM if fit >= least) for fit in range(101)]
_FIGURE_AT = [next(mark for least, mark in _INTENTS if intent >= least) for intent in range(101)]


class Range(NamedTuple):
    """Whole numbers, both ends included."""

    least: int
    most: int


def intent_of(key: float, moment: int, half_life_ms: float) -> int:
    """Intent, 0 to 100, at a moment (Unix ms), for somebody with this `key`."""
    return bisect_right(thresholds(moment, half_life_ms), key)


def thresholds(moment: int, half_life_ms: float) -> list[float]:
    """The smallest keys that give an intent of 1, 2, … 100 at a moment."""
    faded = moment / half_life_ms
    return [least + faded for least in LEAST_KEYS]


def intent_of_raw(raw: float) -> int:
    """Intent, 0 to 100, of a raw sum."""
    return math.floor(100 * (1 - math.exp2(-raw / HALVING)) + 0.5)


def letter(fit: int | None) -> str:
    """A, B, C, D for a fit from 0 to 100; `?` for none."""
    return UNKNOWN if fit is None else _LETTER_AT[fit]


def rank(fit: int | None) -> int:
    """The letter of a fit as a number by which leads are sorted: 4 for A to 1 for D, 0 for `?`."""
    return rank_of(letter(fit))


def rank_of(mark: str) -> int:
    """The same of a letter."""
    return len(LETTERS) - 1 - LETTERS.index(mark)


def letter_of(rank: int) -> str:
    """The letter with a rank."""
    return LETTERS[len(LETTERS) - 1 - rank]


def figure(intent: int) -> str:
    """1, 2, 3, 4 for an intent from 0 to 100."""
    return _FIGURE_AT[intent]


def grade(fit: int | None, intent: int) -> str:
    """Both: `A1`."""
    return letter(fit) + figure(intent)


def intents_of(mark: str) -> Range:
    """The range of intents for a figure."""
    place = FIGURES.index(mark)
    return Range(_INTENTS[place][0], _INTENTS[place - 1][0] - 1 if place else 100)
