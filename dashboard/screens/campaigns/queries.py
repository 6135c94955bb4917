"""Queries of the campaigns screen: each number by a level of where visits came from, or in total.

Every answer is by key: `(value,)` for each value of the level, including null, or `()` for the
total. Daily summaries answer (`models.projection.summaries`), so a range of years costs little more
than one of weeks; filters other than a range and likely bots read the rows.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from dashboard.data.activity import TAGS, Activity, Level, Numbers, Range, Value, places, summed
from dashboard.data.settings import settings
from dashboard.screens.campaigns.quality import UNKNOWN, Quality
from models.days import day_of
from models.facts.visits import UTM
from models.filters.people import QUALIFIED
from models.projection.summaries import LEADS, read
from models.projection.summing import LEAD_FACTS, VISIT_COLUMNS, digest, leads_of, touch_of
from models.projection.summing import LEVELS as ALL_LEVELS
from models.projection.summing import Touch as CameBy
from models.storage.rows import load
from models.tables import LEAD, SESSION

Touch = Literal["first", "last"]
Key = tuple[Value, ...]

MOST_VALUES = 5_000
"""Values of a level that are listed, largest first: anybody can make up more in a URL."""

_AT_ONCE = 1_000  # keys a statement: databases bound its parameters


class Visits(NamedTuple):
    """Sessions in a range; `median_seconds` is null while none of them is finalized; `hot` are
    those that saw a page of `HOT_PAGES`.
    """

    sessions: int
    median_seconds: float | None
    hot: int


class Leads(NamedTuple):
    """Identified leads active in a range; how many of them are new, qualified, from large
    companies, both, and sendable; and how many companies they are from. `well_fitting` are those
    with grade A or B, `median_fit` is over those whose fit is known.
    """

    leads: int
    new: int
    companies: int
    qualified: int
    sendable: int
    large: int = 0
    qualified_large: int = 0
    well_fitting: int = 0
    median_fit: float | None = None


def _largest(values: list[Value], counts: Numbers) -> Iterable[tuple[int, Value]]:
    """Places and values, the largest count first."""
    order = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    return ((int(place), values[place]) for place in order if counts[place])


class _Groups:
    """Numbers in the order of their places, looked up place by place."""

    def __init__(self, numbers: Numbers, place: Numbers, size: int) -> None:
        # The smaller the type, the faster numpy sorts: places are few.
        order = np.argsort(place.astype(np.min_scalar_type(size)), kind="stable")
        self._numbers = numbers[order]
        self._ends = np.cumsum(np.bincount(place, minlength=size))

    def at(self, place: int) -> Numbers:
        return self._numbers[self._ends[place - 1] if place else 0 : self._ends[place]]


def _key(level: Level | None, value: Value) -> Key:
    return (value,) if level else ()


def visits(active: Activity, level: Level | None) -> dict[Key, Visits]:
    """How many sessions, how long they are and how many saw a hot page; the most sessions first."""
    values, place = active.by(level)
    sessions = np.bincount(place, minlength=len(values))
    hot = summed(active.hot, place, len(values))
    is_over = active.seconds >= 0
    lengths = _Groups(active.seconds[is_over], place[is_over], len(values))
    found = {}
    for at, value in _largest(values, sessions):
        its = lengths.at(at)
        median = float(np.median(its)) if len(its) else None
        found[_key(level, value)] = Visits(int(sessions[at]), median, int(hot[at]))
    if level is None and not found:
        found[()] = Visits(0, None, 0)
    return found


def trend(
    active: Activity, level: Level | None, chosen: Collection[Value], *, start: int, days: int
) -> dict[tuple[Key, int], int]:
    """Sessions by key and step of this many days; step 0 begins at `start` (ms, the beginning of a
    day).

    Only chosen values, and nothing before that.
    """
    values, place = active.by(level)
    return _by_step(_step(active.days, start, days), place, values, level, chosen)


def _step(days_of_entries: Numbers, start: int, days: int) -> Numbers:
    step: Numbers = (days_of_entries - day_of(start, settings().zone())) // days
    return step


def _by_step(
    step: Numbers,
    place: Numbers,
    values: Sequence[Value],
    level: Level | None,
    chosen: Collection[Value],
) -> dict[tuple[Key, int], int]:
    wanted = np.array([level is None or value in chosen for value in values], bool)
    here = (step >= 0) & wanted[place] if len(place) else np.zeros(0, bool)
    steps = int(step[here].max(initial=0)) + 1
    counts = np.bincount(place[here] * steps + step[here], minlength=len(values) * steps)
    return {
        (_key(level, values[at // steps]), at % steps): int(counts[at])
        for at in np.flatnonzero(counts).tolist()
    }


_FACTS = np.dtype([(name, f"<{code}") for name, code in LEAD_FACTS])


class People(NamedTuple):
    """Identified leads: their facts, and for each the touch it counts under, as a place in a
    list.
    """

    facts: Any
    touches: list[CameBy]
    touch: Numbers


def seen(
    db: Connection, since: int | None, touch: Touch, keys: Collection[str] | None = None
) -> People:
    """Identified leads last seen since a time (ms), each with where its first or last visit with
    any `utm_*` came from, else the first or last of all; only those with these keys, if any are
    given.

    A lead is identified if it has a name, an address or a profile.
    """
    columns = ("touches", "facts")
    summaries = (
        read(db, LEADS, columns, since, None, zone=settings().zone())
        if keys is None
        else [leads_of(db, keys, since or 0)]
    )
    place: dict[CameBy, int] = {_UNTOUCHED: 0}
    days, of_touch = [np.zeros(0, _FACTS)], [np.zeros(0, np.int64)]
    for day in summaries:
        facts = np.frombuffer(day["facts"], _FACTS)
        its = [place.setdefault(tuple(tags), len(place)) for tags in json.loads(day["touches"])]
        days.append(facts)
        of_touch.append(np.array(its, np.int64)[facts[f"{touch}_touch"]])
    return People(np.concatenate(days), list(place), np.concatenate(of_touch))


def people(
    db: Connection,
    known: People,
    active: Activity,
    until: int | None,
    *,
    level: Level,
    touch: Touch,
) -> People:
    """

    Those of these leads that have one of these sessions, each with the first or last touch that
    began by a time (ms), if there is one.
    """
    facts, touches, its_touch = known
    here = _among(facts["lead"], np.unique(active.leads))
    facts, its_touch = facts[here], its_touch[here]
    if until is None:
        return People(facts, touches, its_touch)
    later = facts[f"{touch}_touched_at"] > until
    its_touch[later] = 0
    condition = _touched_before(until, level, touch)
    if condition is not None and later.any():
        leads = facts["lead"][later].tolist()
        earlier = _touches(db, set(leads), condition, until, touch)
        place = {came_by: at for at, came_by in enumerate(touches)}
        its_touch[later] = [
            place.setdefault(earlier.get(lead, _UNTOUCHED), len(place)) for lead in leads
        ]
        touches = list(place)
    return People(facts, touches, its_touch)


def _touched_before(until: int, level: Level, touch: Touch) -> ColumnElement[bool] | None:
    """Of leads whose touch began after a time, those that had another one by then with a value at
    this level, found by an index. None: there are none.
    """
    if level in TAGS and touch == "first":
        return None
    if level in TAGS:
        return and_(LEAD.c.last_touched_at > until, LEAD.c.first_touched_at <= until)
    if touch == "first":
        return and_(LEAD.c.first_touched_at > until, LEAD.c.first_seen <= until)
    is_untagged = and_(LEAD.c.last_touched_at.is_(None), LEAD.c.last_seen > until)
    return and_(or_(LEAD.c.last_touched_at > until, is_untagged), LEAD.c.first_seen <= until)


def _among(numbers: Numbers, ordered: Numbers) -> Any:
    """Which numbers are among others, which are sorted."""
    if not len(ordered):
        return np.zeros(len(numbers), bool)
    at = np.searchsorted(ordered, numbers)
    found: np.ndarray = ordered[np.minimum(at, len(ordered) - 1)] == numbers
    return found


_UNTOUCHED: CameBy = (None,) * len(ALL_LEVELS)


def _touches(
    db: Connection,
    leads: Collection[int],
    condition: ColumnElement[bool],
    until: int,
    touch: Touch,
) -> dict[int, CameBy]:
    """By a lead's digest, where its first or last touch that began by a time (ms) came from, for
    those of these leads that meet the condition. A visit with any `utm_*` counts before one
    without.
    """
    query = select(LEAD.c.key).where(condition)
    keys = [key for (key,) in db.execute(query) if digest(key) in leads]
    found: dict[str, str] = {}
    for at in range(0, len(keys), _AT_ONCE):
        some = keys[at : at + _AT_ONCE]
        rows = db.execute(
            select(SESSION.c.lead, SESSION.c.sid, _IS_TAGGED.label("tagged"))
            .where(SESSION.c.lead.in_(some), SESSION.c.started_at <= until)
            .order_by(SESSION.c.lead, SESSION.c.started_at, SESSION.c.sid)
        )
        best: dict[str, bool] = {}
        for lead, sid, is_tagged in rows:
            was = best.get(lead)
            if was is None or (is_tagged and not was) or (is_tagged == was and touch == "last"):
                best[lead], found[lead] = bool(is_tagged), sid
    sids = {sid: lead for lead, sid in found.items()}
    # Separately: joined, Postgres would read every session.
    came_by = VISIT_COLUMNS[5:]
    rows_of = load(db, SESSION, "sid", sids, ("sid", *came_by))
    return {digest(sids[row["sid"]]): touch_of([row[name] for name in came_by]) for row in rows_of}


_IS_TAGGED: ColumnElement[bool] = or_(*(SESSION.c[name].is_not(None) for name in UTM))


WELL = 60
"""The least fit of grade B."""


def leads(
    found: People,
    level: Level | None,
    span: Range,
    quality: Quality = UNKNOWN,
) -> dict[Key, Leads]:
    """How many leads, each under the one value of its touch; the most first.

    `new` are those first seen in the range; companies are where these leads work.
    """
    facts = found.facts
    known, of_touch = places(found.touches, level)
    values, place, size = known.keys(), of_touch[found.touch], len(known)
    is_new = np.ones(len(facts), bool)
    if span.since is not None:
        is_new &= facts["first_seen"] >= span.since
    if span.until is not None:
        is_new &= facts["first_seen"] <= span.until
    counts = np.bincount(place, minlength=size)
    employed = facts["company"] != 0
    companies = _Groups(facts["company"][employed], place[employed], size)
    is_qualified = facts["stages"] & QUALIFIED != 0
    is_large = employed & _among(facts["company"], quality.large)
    numbers = [
        summed(one, place, size)
        for one in (
            is_new, is_qualified, facts["sendable"], is_large, is_large & is_qualified,
        )
    ]  # fmt: skip
    has_fit = _among(facts["lead"], quality.leads)
    its_fits = quality.fits[np.searchsorted(quality.leads, facts["lead"][has_fit])]
    fits_at = _Groups(its_fits, place[has_fit], size)
    by_key = {}
    for at, value in _largest(values, counts):
        fit_of = np.asarray(fits_at.at(at))
        median = float(np.median(fit_of)) if len(fit_of) else None
        well = int((fit_of >= WELL).sum())
        new, qualified, sendable, of_large, both = (int(number[at]) for number in numbers)
        firms = _distinct(companies.at(at))
        by_key[_key(level, value)] = Leads(
            int(counts[at]), new, firms, qualified, sendable, of_large, both, well, median
        )
    return by_key or ({} if level else {(): Leads(0, 0, 0, 0, 0)})


def lead_trend(
    active: Activity,
    found: People,
    level: Level | None,
    chosen: Collection[Value],
    *,
    start: int,
    days: int,
) -> dict[tuple[Key, int], int]:
    """Identified leads with a session in each step, by key of their touch; otherwise as `trend`."""
    order = np.argsort(found.facts["lead"])
    known = found.facts["lead"][order]
    is_known = _among(active.leads, known)
    whose = np.searchsorted(known, active.leads[is_known])
    step = _step(active.days[is_known], start, days)
    # Each once a step.
    lowest = int(step.min(initial=0))
    width = int(step.max(initial=0)) - lowest + 1
    pairs = np.unique(whose * width + (step - lowest))
    values, of_touch = places(found.touches, level)
    place = of_touch[found.touch][order][pairs // width]
    return _by_step(pairs % width + lowest, place, values.keys(), level, chosen)


def _distinct(numbers: Numbers) -> int:
    """How many distinct ones. Sorting is many times faster than numpy's own function."""
    ordered = np.sort(numbers)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0
