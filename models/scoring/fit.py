"""Fit, 0 to 100: how well who somebody is meets what is sold. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial

from models.facts.search import fold
from models.scoring.definition import CRITERIA, Criterion, Definition

Number = float | Fraction
Value = str | float | None
"""What is known of somebody for a criterion; None for nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one criterion came to: `share` is x, from 0 to 1; None where nothing is known."""

    criterion: Criterion
    value: Value
    share: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Fit from 0 to 100, or None; `known` is the share of the weight that is known, in percent,
    None where nothing has weight. `parts` are in the order of the definition.
    """

    fit: int | None
    known: int | None
    parts: tuple[Part, ...]


def fit_of(definition: Definition, values: Mapping[str, Value]) -> Fit:
    """Fit of somebody of whom these values are known, by criterion: the share of the known weight
    that they meet, in percent, rounded half up; None while less than half of all weight is known.
    """
    return weighing(definition)(values)


@lru_cache(maxsize=8)
def weighing(definition: Definition) -> Callable[[Mapping[str, Value]], Fit]:
    """`fit_of` by a definition, for many: it keeps in mind what a value meets, of some of them."""
    looks = [
        (one.name, lru_cache(maxsize=_KEPT_IN_MIND, typed=True)(partial(_part, one)))
        for one in definition.fit
    ]
    whole = math.fsum(one.weight for one in definition.fit)
    return lambda values: _fit(tuple([look(values.get(name)) for name, look in looks]), whole)


def _fit(parts: tuple[Part, ...], whole: float) -> Fit:
    if not parts:
        return Fit(None, None, parts)
    known = [part for part in parts if part.share is not None]
    weight = math.fsum([part.criterion.weight for part in known])
    share = half_up(100 * weight / whole)
    if 2 * weight < whole:
        return Fit(None, share, parts)
    near = 100 * math.fsum([part.criterion.weight * (part.share or 0) for part in known]) / weight
    # Where floats can't tell which way to round, whole fractions do.
    fit = half_up(near) if abs(near % 1 - 0.5) > _DOUBT else half_up(_exactly(known))
    return Fit(fit, share, parts)


_KEPT_IN_MIND = 4096
"""Values of a criterion whose part is kept in mind."""


def are_alike(definition: Definition, one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether two, of whom these values are known by criterion, meet all that is asked alike."""
    return all(
        _part(asked, one.get(asked.name)).share == _part(asked, other.get(asked.name)).share
        for asked in definition.fit
    )


_DOUBT = 1e-9

CRITERION_NAMES = {
    "seniority": "Seniority", "department": "Department", "title": "Title",
    "employees": "Employees", "industry": "Industry", "country": "Country",
    "growth": "Growth, %", "funding": "Last round",
}  # fmt: skip
"""What people call what fit looks at."""


def _exactly(known: Sequence[Part]) -> Fraction:
    met = weight = Fraction(0)
    for part in known:
        one, x = part.criterion, Fraction(part.share or 0)
        if CRITERIA[one.name] == "range" and isinstance(part.value, int | float):
            full, zero = ((Fraction(low), Fraction(high)) for low, high in (one.full, one.zero))
            x = Fraction(_within(Fraction(part.value), full, zero))
        met += Fraction(one.weight) * x
        weight += Fraction(one.weight)
    return 100 * met / weight


def _part(one: Criterion, value: Value) -> Part:
    if isinstance(value, str):
        value = value.strip() or None
    if value is None:
        return Part(one, None, None)
    match CRITERIA[one.name]:
        case "words":
            return Part(one, value, float(fold(str(value)) in one.words))
        case "part":
            text = fold(str(value))
            return Part(one, value, float(any(word in text for word in one.words)))
        case _:
            return Part(one, value, float(_within(float(value), one.full, one.zero)))


def _within(value: Number, full: tuple[Number, Number], zero: tuple[Number, Number]) -> Number:
    """1 within `full`, 0 outside `zero`, straight lines between."""
    if full[0] <= value <= full[1]:
        return 1
    if value <= zero[0] or value >= zero[1]:
        return 0
    if value < full[0]:
        return (value - zero[0]) / (full[0] - zero[0])
    return (zero[1] - value) / (zero[1] - full[1])


def half_up(number: Number) -> int:
    """A number rounded to a whole one, halves upward."""
    return math.floor(number + (Fraction(1, 2) if isinstance(number, Fraction) else 0.5))
