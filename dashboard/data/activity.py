"""Visits of a range, each with where it came from, from the daily summaries.

A million of them are a few arrays of numbers, which count, group and join very quickly; with
filters, they are read from the rows into the same arrays.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from dashboard.data.settings import settings
from models.days import begin_of, end_of
from models.facts.search import fold
from models.filters.choosing import visits_match
from models.filters.query import Question
from models.projection import summing
from models.projection.summaries import SESSIONS, read
from models.projection.summing import (
    BOT,
    HOT,
    PLACE_COLUMNS,
    VISIT_COLUMNS,
    Touch,
    visits_summed,
)
from models.tables import SESSION

Level = Literal[
    "campaign", "source", "medium", "content", "channel", "landing page", "referring host"
]
LEVELS: tuple[Level, ...] = get_args(Level)
TAGS = frozenset({"campaign", "source", "medium", "content"})
"""Levels that people write by hand: spellings that compare as equal are one value."""
Value = str | None

Numbers = NDArray[np.int64]

FEW_LEADS = 5_000
"""So many are looked up one by one; of more it is quicker to read what is kept of everybody."""


class Range(NamedTuple):
    """From when to when (Unix ms, both included); null is open."""

    since: int | None
    until: int | None


class Extent(NamedTuple):
    """How many sessions there are, with the beginning of the first and the end of the last day (ms)
    that has any.
    """

    total: int
    first: int | None
    last: int | None


class Spelled:
    """The distinct values of a level, in which spellings that compare as equal are one: each has a
    place, in the order in which it was first seen.
    """

    def __init__(self, level: Level | None) -> None:
        self._plain = _plain if level in TAGS else _as_it_is
        self._place: dict[Value, int] = {}
        self.spellings: list[Counter[str]] = []

    def place(self, value: Value, count: int = 0) -> int:
        """The place of a value; also counts this many more occurrences."""
        at = self._place.setdefault(self._plain(value), len(self._place))
        if at == len(self.spellings):
            self.spellings.append(Counter())
        if value is not None:
            self.spellings[at][value.strip()] += count
        return at

    def keys(self) -> list[Value]:
        """Each value in the form in which it is compared."""
        return list(self._place)

    def names(self) -> list[Value]:
        """Each value in its most common spelling; alphabetically the first if several are."""
        return [
            min(its, key=lambda text: (-its[text], text)) if its else None for its in self.spellings
        ]

    def spellings_of(self, key: Value) -> tuple[str, ...]:
        """The spellings of a value, most common first; none if it never occurs."""
        its = self.spellings[self._place[key]] if key in self._place else Counter[str]()
        return tuple(sorted((text for text in its if its[text]), key=lambda t: (-its[t], t)))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.spellings)


def _plain(value: Value) -> Value:
    return None if value is None else fold(value)


def _as_it_is(value: Value) -> Value:
    return value


@dataclass(frozen=True, slots=True)
class Activity:
    """Visits by last activity, entry by entry: the day (`models.days`), whether a hot page was seen
    and whether a likely bot's, how many seconds it was (-1 while it is not over), whose (a digest).

    `places` has, for each level that was asked for, each visit's place among its `values`. `keys`
    are those of the leads, where they were read and are at most `FEW_LEADS`.
    """

    days: Numbers
    hot: NDArray[np.bool_]
    bots: NDArray[np.bool_]
    seconds: Numbers
    leads: Numbers
    places: dict[Level, Numbers]
    values: dict[Level, Spelled]
    keys: frozenset[str] | None = None

    def extent(self) -> "Extent":
        """How many there are, and between which times."""
        if not len(self.days):
            return Extent(0, None, None)
        first, last = int(self.days.min()), int(self.days.max())
        zone = settings().zone()
        return Extent(len(self.days), begin_of(first, zone), end_of(last, zone))

    def by(self, level: Level | None) -> tuple[list[Value], Numbers]:
        """The values of a level as they compare, null among them, and the place of each entry's in
        that list. Without a level there is one, null, for all.
        """
        if level is None:
            return [None], np.zeros(len(self.days), np.int64)
        return self.values[level].keys(), self.places[level]

    def only(self, wanted: NDArray[np.bool_]) -> "Activity":
        """Only these entries."""
        return replace(
            self,
            days=self.days[wanted],
            hot=self.hot[wanted],
            bots=self.bots[wanted],
            seconds=self.seconds[wanted],
            leads=self.leads[wanted],
            places={level: place[wanted] for level, place in self.places.items()},
        )


def activity(db: Connection, span: Range, levels: Collection[Level] = LEVELS) -> Activity:
    """Sessions whose last activity is in the range, with these levels of where they came from."""
    columns = ("runs", "vals", "leads", "seconds", "flags", *(PLACE_COLUMNS[one] for one in levels))
    return _joined(read(db, SESSIONS, columns, *span, zone=settings().zone()), levels)


def chosen(
    db: Connection,
    asked: Question,
    levels: Collection[Level] = LEVELS,
    *,
    few_leads: int = FEW_LEADS,
) -> Activity:
    """Sessions that match filters. Daily summaries answer for a range alone, with or without likely
    bots; any other filter looks at every session in the range. `few_leads`: as `FEW_LEADS`.
    """
    others = asked.filters.without("since", "until")
    if others.without("bots").is_empty():
        active = activity(db, Range(asked.since, asked.until), levels)
        bots = asked.filters.one("bots")
        return active if bots in {None, "show"} else active.only(active.bots == (bots == "only"))
    query = select(*SESSION.c[VISIT_COLUMNS]).where(visits_match(asked))
    rows: Any = db.execute(query.order_by(SESSION.c.last_activity, SESSION.c.sid))
    keys = set[str]()
    active = _joined([visits_summed(_noting(rows, keys), settings().zone())], levels)
    return replace(active, keys=frozenset(keys) if len(keys) <= few_leads else None)


def _noting(visits: Iterable[Any], keys: set[str]) -> Iterator[Any]:
    at = VISIT_COLUMNS.index("lead")
    for visit in visits:
        keys.add(visit[at])
        yield visit


def hidden_bots(db: Connection, asked: Question) -> int:
    """How many more sessions there would be with likely bots; 0 if they are not hidden."""
    if asked.filters.one("bots") != "hide":
        return 0
    return len(chosen(db, asked.also("bots", "only"), ()).days)


def _joined(days: Iterable[dict[str, Any]], levels: Collection[Level]) -> Activity:
    numbers: dict[str, list[Any]] = {name: [] for name in ("days", "leads", "seconds", "flags")}
    values = {level: Spelled(level) for level in levels}
    places: dict[Level, list[Any]] = {level: [] for level in levels}
    for day in days:
        for number, count in json.loads(day["runs"]):
            numbers["days"].append(np.full(count, number, np.int64))
        numbers["leads"].append(np.frombuffer(day["leads"], "<i8"))
        numbers["seconds"].append(np.frombuffer(day["seconds"], "<i4"))
        numbers["flags"].append(np.frombuffer(day["flags"], "u1"))
        told = json.loads(day["vals"]) if levels else ()
        for level in levels:
            here = np.frombuffer(day[PLACE_COLUMNS[level]], "<u4")
            its = told[summing.LEVELS.index(level)]
            counts = np.bincount(here, minlength=len(its)).tolist()
            known = [
                values[level].place(value, count) for value, count in zip(its, counts, strict=True)
            ]
            places[level].append(np.array(known, np.int64)[here] if known else here[:0])
    flags = _one(numbers["flags"], np.dtype(np.uint8))
    return Activity(
        _one(numbers["days"]),
        (flags & HOT) != 0,
        (flags & BOT) != 0,
        _one(numbers["seconds"]),
        _one(numbers["leads"]),
        {level: _one(its) for level, its in places.items()},
        values,
    )


def _one(arrays: Sequence[Any], kind: Any = np.int64) -> Any:
    return np.concatenate([np.zeros(0, kind), *arrays]).astype(kind, copy=False)


def places(touches: Sequence[Touch], level: Level | None) -> tuple[Spelled, Numbers]:
    """The values of a level among touches, and the place of each touch's among them."""
    values = Spelled(level)
    if level is None:
        values.place(None)
        return values, np.zeros(len(touches), np.int64)
    at = summing.LEVELS.index(level)
    return values, np.array([values.place(touch[at]) for touch in touches], np.int64)


def summed(numbers: Any, place: Numbers, size: int) -> Numbers:
    """Sums of numbers, by place."""
    return np.bincount(place, weights=numbers, minlength=size).astype(np.int64)


def any_at_all(db: Connection) -> bool:
    """Whether there is a session."""
    return db.execute(select(SESSION.c.sid).limit(1)).first() is not None
