"""What another definition would make of the present leads, before it is saved."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from models.facts.row import Row
from models.scoring import intent
from models.scoring.asking import LETTER, WITH_SCORE
from models.scoring.definition import CRITERIA, Definition
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of, letter
from models.scoring.intent import DAY_MS
from models.scoring.keeping import known_of, people_of, values_of
from models.scoring.versions import in_force
from models.storage.rows import among, fetch, load, many, placeholder
from models.tables import COMPANY, LEAD, LEAD_SCORE, PAGE_EVENT, SESSION

SAMPLE = 20_000
"""Leads that are looked at, always the same; fewer where there are not so many."""

DEEP = 2_000
"""Of them those that make the first picture where what intent asks has changed: then their visits
are looked at again, which takes longer.
"""

MOST_MOVED = 8
_PART = 500
_ROWS = 5_000
_MOST_KNOWN = 100_000
"""Different people whose fit is kept in mind while all are looked at."""

OnPart = Callable[[float], None]
"""Hears which share, 0 to 1, is done; may raise to end it."""


class Moved(NamedTuple):
    """A lead whose grade would be another."""

    lead: str
    name: str
    before: str
    after: str
    by: int
    """How much fit and intent rise together; less than 0: fall."""


class Effect(NamedTuple):
    """What it comes to: `looked_at` of `leads`; grades before and after; who rises and falls most;
    how many have no fit, and for lack of what.
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
    """The letters of all leads before and after; how many have no fit, and for lack of what."""

    leads: int
    before: Counter[str]
    after: Counter[str]
    unknown: int
    lacking: Sequence[tuple[str, int]]


@dataclass
class _Tally:
    """What is found of some leads."""

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

    def effect(self, leads: int) -> Effect:
        self.moved.sort(key=lambda one: (one.by, one.lead))
        return Effect(
            leads,
            self.before.total(),
            self.before.copy(),
            self.after.copy(),
            [one for one in reversed(self.moved[-MOST_MOVED:]) if one.by > 0],
            [one for one in self.moved[:MOST_MOVED] if one.by < 0],
            self.unknown,
            self.lacks(),
        )


def effects(
    db: Connection, definition: Definition, moment: int, on_part: OnPart = lambda _: None
) -> Iterator[Effect]:
    """The effect of a definition on a fixed sample, as of a moment (Unix ms): where that takes long
    first of a part of it, then of all of it.
    """
    now = in_force(db)
    keys = list(db.execute(select(LEAD.c.key)).scalars())
    is_deep = _asks(definition) != _asks(now.definition)
    sample = _fixed(keys)
    tally = _Tally()
    for begin in range(0, len(sample), _PART):
        if is_deep and begin == DEEP:
            yield tally.effect(len(keys))
        on_part(begin / len(sample))
        some = sample[begin : begin + _PART]
        kept = _kept(db, some, now.version)
        keys_now = _keys_by(db, definition, some) if is_deep else {}
        for key, (lead, company) in people_of(db, some).items():
            if key not in kept:
                continue
            fit_was, key_was = kept[key]
            fit = fit_of(definition, values_of(lead, company))
            was = intent_of(key_was, moment, now.half_life_ms)
            will = was
            if is_deep:
                will = intent_of(keys_now[key], moment, definition.half_life_days * DAY_MS)
            graded = (grade(fit_was, was), grade(fit.fit, will))
            tally.add(*graded, fit)
            if graded[0] != graded[1]:
                by = (fit.fit or 0) + will - (fit_was or 0) - was
                tally.moved.append(Moved(key, lead["full_name"] or key, *graded, by))
    yield tally.effect(len(keys))


def fits(db: Connection, definition: Definition, on_part: OnPart = lambda _: None) -> Fits:
    """The fit of all leads by a definition, against what is shown now."""
    names = [one.name for one in definition.fit]
    everybody = db.execute(select(func.count()).select_from(LEAD)).scalar_one()
    query = (
        select(LETTER, *(_VALUES[name] for name in names))
        .select_from(LEAD.join(LEAD_SCORE, WITH_SCORE))
        .outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
        .execution_options(yield_per=_ROWS)
    )
    tally = _Tally()
    known: dict[tuple[Any, ...], Fit] = {}
    for part in db.execute(query).partitions():
        on_part(tally.before.total() / max(everybody, 1))
        if len(known) > _MOST_KNOWN:
            known.clear()
        # Many are alike: what is known of each is weighed once.
        for (was, *values), times in Counter(map(tuple, part)).items():
            what = tuple(values)
            fit = known.get(what)
            if fit is None:
                fit = known[what] = fit_of(definition, dict(zip(names, values, strict=True)))
            tally.add(was, letter(fit.fit), fit, times)
    counts = tally.before.total(), tally.before, tally.after, tally.unknown
    return Fits(*counts, tally.lacks())


_VALUES: dict[str, ColumnElement[Any]] = {
    "seniority": LEAD.c.seniority,
    "department": LEAD.c.department,
    "title": LEAD.c.job_title,
    "employees": COMPANY.c.employee_count,
    "industry": COMPANY.c.industry,
    "country": func.coalesce(func.nullif(COMPANY.c.country, ""), LEAD.c.country),
    "growth": COMPANY.c.headcount_growth_yoy,
    "funding": COMPANY.c.last_round_type,
}
"""What `values_of` takes of a lead and its employer, in SQL."""


def _asks(definition: Definition) -> tuple[object, ...]:
    """What intent is made of."""
    return (
        definition.half_life_days, definition.return_visit, dict(definition.signals),
        definition.pages,
    )  # fmt: skip


def _fixed(keys: Sequence[str]) -> list[str]:
    """The same keys each time, of all parts of the data, in an order that has nothing to do with
    them.
    """
    # Of many only those are sorted that can be among the first.
    edge = 2**32 if len(keys) <= SAMPLE else 2**32 * SAMPLE * 5 // (4 * len(keys))
    found = [(place, key) for key in keys if (place := zlib.crc32(key.encode())) < edge]
    if len(found) < min(SAMPLE, len(keys)):
        found = [(zlib.crc32(key.encode()), key) for key in keys]
    return [key for _, key in sorted(found)[:SAMPLE]]


def _kept(
    db: Connection, leads: Sequence[str], version: int
) -> dict[str, tuple[int | None, float]]:
    """Fit and key of intent of these leads, as they are shown now."""
    sql = (
        f"SELECT lead, fit, intent_key FROM lead_score WHERE version = {placeholder(db)}"
        f" AND {among(db, 'lead')}"
    )
    found = fetch(db, sql, version, many(db, leads))
    return {lead: (fit, key) for lead, fit, key in found}


def _keys_by(db: Connection, definition: Definition, leads: Sequence[str]) -> dict[str, float]:
    """Where these leads would stand by a definition: their visits looked at again."""
    known = known_of(db, leads)
    visits = {v["sid"]: v for one in known.values() for v in one.visits if v["finalized"]}
    last = {
        row["sid"]: row["last_activity"]
        for row in load(db, SESSION, "sid", visits.keys(), ("sid", "last_activity"))
    }
    pages: dict[str, list[Row]] = defaultdict(list)
    for page in load(db, PAGE_EVENT, "sid", visits.keys(), ("sid", "place", "ts", "signal", "url")):
        pages[page["sid"]].append(page)
    given = {
        sid: intent.of_finalized(definition, visit | {"last_activity": last[sid]}, pages[sid])
        for sid, visit in visits.items()
    }
    half_life = definition.half_life_days * DAY_MS
    return {
        key: intent.key_of(
            [point for _, point in intent.of_lead(definition, one.visits, one.first, given)],
            half_life,
        )
        for key, one in known.items()
    }


def marks(grades: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Grades counted by their letter, and by their figure."""
    letters, figures = Counter[str](), Counter[str]()
    for mark, count in grades.items():
        letters[mark[0]] += count
        figures[mark[1:]] += count
    return letters, figures
