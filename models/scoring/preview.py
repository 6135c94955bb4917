"""What another definition would change for the present leads, before it is saved."""

import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection

from models.scoring.anew import Heard, intents_by
from models.scoring.definition import CRITERIA, Definition
from models.scoring.fit import Fit, Value, weighing
from models.scoring.grade import grade, letter, letter_of, thresholds
from models.scoring.versions import in_force
from models.storage.rows import among, fetch, many, placeholder, stream

SAMPLE = 20_000
"""Leads that are looked at, always the same ones; fewer if there are not that many."""

MOST_MOVED = 8

PART = 5_000
"""Leads that are looked at together."""

_ROWS = 5_000

OnPart = Callable[[float], None]
"""Called with the share, 0 to 1, that is done; may raise to stop."""


class Moved(NamedTuple):
    """A lead whose grade would change."""

    lead: str
    name: str
    before: str
    after: str
    by: int
    """How much fit and intent rise together; below 0: fall."""


class Effect(NamedTuple):
    """The result: `looked_at` of `leads`; grades before and after; who rises and falls most; how
    many have no fit, and what is missing.
    """

    leads: int
    looked_at: int
    before: Counter[str]
    after: Counter[str]
    rising: Sequence[Moved]
    falling: Sequence[Moved]
    unknown: int
    lacking: Sequence[tuple[str, int]]


class Fits(NamedTuple):
    """The letters of all leads before and after; how many have no fit, and what is missing."""

    leads: int
    before: Counter[str]
    after: Counter[str]
    unknown: int
    lacking: Sequence[tuple[str, int]]


@dataclass
class _Tally:
    """Results for some leads."""

    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    moved: list[Moved] = field(default_factory=list)
    unknown: int = 0
    lacking: Counter[str] = field(default_factory=Counter)

    def add(self, before: str, after: str, fit: Fit, times: int = 1) -> None:
        self.before[before] += times
        self.after[after] += times
        if fit.fit is None:
            self.unknown += times
            for part in fit.parts:
                if part.share is None:
                    self.lacking[part.criterion.name] += times

    def lacks(self) -> list[tuple[str, int]]:
        return [(name, self.lacking[name]) for name in CRITERIA if self.lacking[name]]


class Sample(NamedTuple):
    """The keys of those that are looked at, of so many leads."""

    leads: int
    keys: Sequence[str]


def sample_of(db: Connection, most: int = SAMPLE) -> Sample:
    """At most so many leads: the same ones each time, for as long as none come or go."""
    keys = [key for (key,) in fetch(db, "SELECT key FROM lead")]
    return Sample(len(keys), fixed(keys, most))


def effect(
    db: Connection,
    sample: Sample,
    definition: Definition,
    moment: int,
    on_part: OnPart = lambda _: None,
    *,
    part: int = PART,
) -> Effect:
    """The effect of a definition on a sample, as of a moment (Unix ms), so many leads at a time."""
    now = in_force(db)
    is_deep = _asks(definition) != _asks(now.definition)
    least = thresholds(moment, now.half_life_ms)
    weighed = _weighing(definition)
    sql = (
        "SELECT l.key, l.full_name, l.sessions, l.heard_at, s.fit, s.intent_key"
        f"{_values(definition)} {_WITH_VALUES.format(placeholder(db))} AND {among(db, 'l.key')}"
    )
    tally = _Tally()
    for begin in range(0, len(sample.keys), part):
        on_part(begin / len(sample.keys))
        some = sorted(sample.keys[begin : begin + part])
        people = fetch(db, sql, now.version, many(db, some))
        intents: dict[str, int] = {}
        if is_deep:
            heard = {row[0]: Heard(row[2], row[3]) for row in people}
            intents = intents_by(db, definition, heard, moment)
        for key, name, _, _, fit_was, key_was, *values in people:
            was = bisect_right(least, key_was)
            # Left out is who has no points any more, or no visits.
            will = intents.get(key, 0) if is_deep else was
            fit = weighed(tuple(values))
            graded = (grade(fit_was, was), grade(fit.fit, will))
            tally.add(*graded, fit)
            if graded[0] != graded[1]:
                by = (fit.fit or 0) + will - (fit_was or 0) - was
                tally.moved.append(Moved(key, name or key, *graded, by))
    tally.moved.sort(key=lambda one: (one.by, one.lead))
    return Effect(
        sample.leads,
        tally.before.total(),
        tally.before,
        tally.after,
        [one for one in reversed(tally.moved[-MOST_MOVED:]) if one.by > 0],
        [one for one in tally.moved[:MOST_MOVED] if one.by < 0],
        tally.unknown,
        tally.lacks(),
    )


def fits(db: Connection, definition: Definition, on_part: OnPart = lambda _: None) -> Fits:
    """The fit of all leads by a definition, compared with what is shown now."""
    everybody = fetch(db, "SELECT count(*) FROM lead")[0][0]
    values = _values(definition)
    # Many are alike: who differs in nothing that counts is weighed once.
    sql = f"SELECT count(*), s.letter{values} {_WITH_VALUES} GROUP BY s.letter{values}"
    weighed = _weighing(definition)
    tally = _Tally()
    for number, (times, rank, *its) in enumerate(stream(db, sql, in_force(db).version)):
        if number % _ROWS == 0:
            on_part(tally.before.total() / max(everybody, 1))
        fit = weighed(tuple(its))
        tally.add(letter_of(rank), letter(fit.fit), fit, times)
    counts = tally.before.total(), tally.before, tally.after, tally.unknown
    return Fits(*counts, tally.lacks())


_VALUES = {
    "seniority": "l.seniority",
    "department": "l.department",
    "title": "l.job_title",
    "employees": "c.employee_count",
    "industry": "c.industry",
    "country": "coalesce(nullif(c.country, ''), l.country)",
    "growth": "c.headcount_growth_yoy",
    "funding": "c.last_round_type",
}
"""What `values_of` needs of a lead and its employer, in SQL."""

_WITH_VALUES = (
    "FROM lead_score s JOIN lead l ON l.key = s.lead LEFT JOIN company c ON c.key = l.company_key"
    " WHERE s.version = {0}"
)


def _values(definition: Definition) -> str:
    """What a definition's fit looks at, behind other columns."""
    return "".join(f", {_VALUES[one.name]}" for one in definition.fit)


def _weighing(definition: Definition) -> Callable[[tuple[Value, ...]], Fit]:
    """The fit of who has these values, in the order of the definition; some are kept in mind."""
    names, weighed = [one.name for one in definition.fit], weighing(definition)
    return lru_cache(maxsize=_ROWS)(lambda values: weighed(dict(zip(names, values, strict=True))))


def _asks(definition: Definition) -> tuple[object, ...]:
    """What intent is made of."""
    return (
        definition.half_life_days, definition.return_visit, dict(definition.signals),
        definition.pages,
    )  # fmt: skip


def fixed(keys: Sequence[str], most: int) -> list[str]:
    """So many keys at most, the same ones each time, of all parts of the data, in an order that has
    nothing to do with them.
    """
    # Of many only those are sorted that can be among the first.
    edge = 2**32 if len(keys) <= most else 2**32 * most * 5 // (4 * len(keys))
    found = [(place, key) for key in keys if (place := zlib.crc32(key.encode())) < edge]
    if len(found) < min(most, len(keys)):
        found = [(zlib.crc32(key.encode()), key) for key in keys]
    return [key for _, key in sorted(found)[:most]]


def marks(grades: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Grades counted by their letter, and by their figure."""
    letters, figures = Counter[str](), Counter[str]()
    for mark, count in grades.items():
        letters[mark[0]] += count
        figures[mark[1:]] += count
    return letters, figures
