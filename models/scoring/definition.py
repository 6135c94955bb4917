"""The scoring definition, read from the text that people write (TOML)."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, cast

from models.facts.keys import iso2
from models.facts.paths import HOME, page_of, path_of
from models.facts.search import fold
from models.facts.titles.meaning import DEPARTMENTS, SENIORITIES

Kind = Literal["words", "part", "range"]

CRITERIA: dict[str, Kind] = {
    "seniority": "words",
    "department": "words",
    "title": "part",
    "employees": "range",
    "industry": "words",
    "country": "words",
    "growth": "range",
    "funding": "words",
}
"""What fit can look at, and how: words, any of which may match; parts of a text; or a range of
numbers. All but the first three are the employer's (`country`: else the lead's own)."""

COMPANYS_OWN = ("employees", "industry", "country", "growth", "funding")
"""Criteria about the company alone."""

MOST_WEIGHT = 1_000_000
MOST_POINTS = 1_000_000
SHORTEST_HALF_LIFE_DAYS = 0.01
LONGEST_HALF_LIFE_DAYS = 3650
MOST_VALUES = 500
MOST_RULES = 200
LONGEST_TEXT = 200_000
LONGEST_PATH = 500
LONGEST_NAME = 200
"""Bounds of a definition: people write it, and every lead is checked against all of it."""

_KEPT_IN_MIND = 8192
"""Addresses whose rule a definition keeps in mind."""

ANY_OTHER = "*"
"""The path that stands for every page without a rule of its own."""


class DefinitionError(ValueError):
    """The text is not a valid definition; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of fit.

    `words`: folded; one of them is the value (`words`) or is contained in it (`part`); `given` as
    they were written. For a `range`: 1 within `full`, 0 outside `zero`, a straight line in between.
    """

    name: str
    weight: float
    given: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    full: tuple[float, float] = (0, 0)
    zero: tuple[float, float] = (0, 0)


@dataclass(frozen=True, slots=True)
class PageRule:
    """Points for a page: `path` decoded, or `ANY_OTHER`; for a view of `min_seconds` or longer."""

    path: str
    points: float
    min_seconds: float = 0


@dataclass(frozen=True)
class Definition:
    """The scoring definition: criteria of fit, and what gives points of intent."""

    fit: tuple[Criterion, ...] = ()
    half_life_days: float = 7
    return_visit: float = 0
    # Compared, but no part of the hash: a mapping has none.
    signals: Mapping[str, float] = field(default_factory=dict, hash=False)
    pages: tuple[PageRule, ...] = ()

    @cached_property
    def rules(self) -> dict[str, PageRule]:
        """The page rules by their paths."""
        return {rule.path: rule for rule in self.pages}

    @cached_property
    def rule_at(self) -> Callable[[str | None], PageRule | None]:
        """The rule with the longest path that an address is at or below, else the one for any
        other. It keeps in mind what it found, some of it: visitors see the same pages.
        """
        return lru_cache(maxsize=_KEPT_IN_MIND)(self._rule_at)

    def _rule_at(self, url: str | None) -> PageRule | None:
        page = page_of(url) if url else None
        if page is None:
            return None
        rules, path = self.rules, page.path
        if path in rules:
            return rules[path]
        # From the page up; no rule's path is longer than the longest.
        end = path.rfind(HOME, 0, self._longest_path + 1)
        while end > 0:
            if path[:end] in rules:
                return rules[path[:end]]
            end = path.rfind(HOME, 0, end)
        return rules.get(ANY_OTHER)

    @cached_property
    def _longest_path(self) -> int:
        """Characters of the longest path of a rule."""
        return max((len(rule.path) for rule in self.pages), default=0)

    @classmethod
    def parse(cls, text: str) -> "Definition":
        """Read a definition. Raises `DefinitionError`."""
        if len(text) > LONGEST_TEXT:
            raise DefinitionError(f"the text is longer than {LONGEST_TEXT:,} characters")
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DefinitionError(f"this is not TOML: {error}") from None
        _only(tree, "", ("fit", "intent"))
        fit, intent = (_table(tree, name, name) for name in ("fit", "intent"))
        _only(fit, "fit", tuple(CRITERIA))
        _only(intent, "intent", ("half_life_days", "return_visit", "signals", "pages"))
        signals = _table(intent, "signals", "intent.signals")
        pages = intent.get("pages", [])
        if not isinstance(pages, list) or len(pages) > MOST_RULES:
            raise DefinitionError(f"intent.pages must be a list of at most {MOST_RULES} pages")
        rules = tuple(_page(page, f"intent.pages, number {n}") for n, page in enumerate(pages, 1))
        if len({rule.path for rule in rules}) < len(rules):
            raise DefinitionError("intent.pages names a page twice")
        if len(signals) > MOST_RULES or any(len(name) > LONGEST_NAME for name in signals):
            raise DefinitionError(
                f"intent.signals may have at most {MOST_RULES} signals, with names of at most "
                f"{LONGEST_NAME} characters"
            )
        half_life = _number(intent, "half_life_days", "intent", 7, most=LONGEST_HALF_LIFE_DAYS)
        if half_life < SHORTEST_HALF_LIFE_DAYS:
            raise DefinitionError(
                f"intent.half_life_days must be a number from {SHORTEST_HALF_LIFE_DAYS} to"
                f" {LONGEST_HALF_LIFE_DAYS:,}"
            )
        return cls(
            tuple(_criterion(name, fit[name]) for name in CRITERIA if name in fit),
            half_life,
            _number(intent, "return_visit", "intent", 0, most=MOST_POINTS),
            {
                name: _number(signals, name, "intent.signals", 0, most=MOST_POINTS)
                for name in signals
            },
            rules,
        )

    def of_companies(self) -> "Definition":
        """The same with only the company's own criteria."""
        return Definition(tuple(one for one in self.fit if one.name in COMPANYS_OWN))


def _only(tree: Mapping[str, Any], place: str, names: tuple[str, ...]) -> None:
    for name in tree:
        if name not in names:
            where = f"{place}.{name}" if place else name
            raise DefinitionError(f"{where[:100]} is not known. Available: {', '.join(names)}")


def _table(tree: Mapping[str, Any], name: str, place: str) -> dict[str, Any]:
    found = tree.get(name, {})
    if not isinstance(found, dict):
        raise DefinitionError(f"{place} must be a table")
    return cast("dict[str, Any]", found)


def _number(
    tree: Mapping[str, Any], name: str, place: str, default: float, *, most: float
) -> float:
    value = tree.get(name, default)
    # `nan` can't be compared.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise DefinitionError(f"{place}.{name[:100]} must be a number from 0 to {most:,}")
    return float(value)


def _criterion(name: str, told: Any) -> Criterion:
    place, kind = f"fit.{name}", CRITERIA[name]
    if not isinstance(told, dict):
        raise DefinitionError(f"{place} must be a table such as {{ weight = 10, … }}")
    key = {"words": "any", "part": "has"}.get(kind)
    _only(told, place, ("weight", key) if key else ("weight", "full", "zero"))
    if "weight" not in told:
        raise DefinitionError(f"{place} needs a weight")
    weight = _number(told, "weight", place, 0, most=MOST_WEIGHT)
    if weight == 0:
        raise DefinitionError(
            f"{place}.weight must be more than 0. To ignore the criterion, leave it out"
        )
    if key:
        given = _words(told, key, name)
        # Countries are stored as codes if they can be recognised (`facts.keys`).
        words = ((iso2(word) if name == "country" else None) or word for word in given)
        return Criterion(name, weight, given, tuple(map(fold, words)))
    full, zero = _range(told, "full", place), _range(told, "zero", place)
    if not zero[0] <= full[0] <= full[1] <= zero[1]:
        raise DefinitionError(
            f"{place}: zero must enclose full, such as full = [50, 500] and zero = [10, 5000]"
        )
    return Criterion(name, weight, full=full, zero=zero)


def _words(told: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    found = told.get(key)
    place = f"fit.{name}.{key}"
    if not isinstance(found, list) or not found or len(found) > MOST_VALUES:
        raise DefinitionError(f"{place} must be a list of 1 to {MOST_VALUES} texts")
    if not all(isinstance(word, str) and fold(word) for word in found):
        raise DefinitionError(f"{place} must hold texts only")
    known = {"seniority": SENIORITIES, "department": DEPARTMENTS}.get(name)
    unknown = [word for word in found if known and fold(word) not in known]
    if unknown and known:
        raise DefinitionError(f"{place} may hold {', '.join(known)}")
    return tuple(word.strip() for word in found)


def _range(told: Mapping[str, Any], key: str, place: str) -> tuple[float, float]:
    found = told.get(key)
    if (
        not isinstance(found, list)
        or len(found) != len(("from", "to"))
        or not all(isinstance(end, int | float) and not isinstance(end, bool) for end in found)
        or not abs(found[0]) + abs(found[1]) < float("inf")
    ):
        raise DefinitionError(f"{place}.{key} must be two numbers, such as [50, 500]")
    return float(found[0]), float(found[1])


def _page(told: Any, place: str) -> PageRule:
    if not isinstance(told, dict):
        raise DefinitionError(
            f'{place} must be a table such as {{ path = "/pricing", points = 20 }}'
        )
    _only(told, place, ("path", "points", "min_seconds"))
    path = told.get("path")
    if not isinstance(path, str) or not (path == ANY_OTHER or path.startswith("/")):
        raise DefinitionError(f"{place} needs a path that begins with a slash, or {ANY_OTHER}")
    if len(path) > LONGEST_PATH:
        raise DefinitionError(f"{place}: the path must have at most {LONGEST_PATH} characters")
    if "points" not in told:
        raise DefinitionError(f"{place} needs points")
    return PageRule(
        path if path == ANY_OTHER else path_of(path),
        _number(told, "points", place, 0, most=MOST_POINTS),
        _number(told, "min_seconds", place, 0, most=MOST_POINTS),
    )
