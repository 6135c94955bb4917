"""What another definition would make of the present leads, before it is saved."""

import heapq
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from models.facts.row import Row
from models.scoring import intent
from models.scoring.definition import CRITERIA, Definition
from models.scoring.fit import fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import DAY_MS
from models.scoring.keeping import known_of, people_of, values_of
from models.scoring.versions import in_force
from models.storage.rows import among, fetch, load, many, placeholder
from models.tables import LEAD, PAGE_EVENT, SESSION

SAMPLE = 20_000
"""Leads that are looked at, always the same; fewer where there are not so many."""

DEEP = 2_000
"""Of them those whose visits are looked at again, where what intent asks has changed."""

MOST_MOVED = 8
_PART = 500


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


def effect(db: Connection, definition: Definition, moment: int) -> Effect:
    """The effect of a definition on a fixed sample, as of a moment (Unix ms)."""
    now = in_force(db)
    keys = list(db.execute(select(LEAD.c.key)).scalars())
    is_deep = _asks(definition) != _asks(now.definition)
    sample = _fixed(keys, DEEP if is_deep else SAMPLE)
    before, after = Counter[str](), Counter[str]()
    lacking: Counter[str] = Counter()
    unknown = 0
    moved: list[Moved] = []
    for begin in range(0, len(sample), _PART):
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
            before[graded[0]] += 1
            after[graded[1]] += 1
            if fit.fit is None:
                unknown += 1
                lacking.update(p.criterion.name for p in fit.parts if p.share is None)
            if graded[0] != graded[1]:
                by = (fit.fit or 0) + will - (fit_was or 0) - was
                moved.append(Moved(key, lead["full_name"] or key, *graded, by))
    moved.sort(key=lambda one: (one.by, one.lead))
    return Effect(
        len(keys),
        before.total(),
        before,
        after,
        [one for one in reversed(moved[-MOST_MOVED:]) if one.by > 0],
        [one for one in moved[:MOST_MOVED] if one.by < 0],
        unknown,
        [(name, lacking[name]) for name in CRITERIA if lacking[name]],
    )


def _asks(definition: Definition) -> tuple[object, ...]:
    """What intent is made of."""
    return (
        definition.half_life_days, definition.return_visit, dict(definition.signals),
        definition.pages,
    )  # fmt: skip


def _fixed(keys: Sequence[str], size: int) -> list[str]:
    """The same keys each time, of all parts of the data."""
    if len(keys) <= size:
        return sorted(keys)
    return sorted(heapq.nsmallest(size, keys, key=lambda key: (zlib.crc32(key.encode()), key)))


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
