"""What the campaigns screen asks: each number by a level of the campaign, or in all.

Every answer is by key: `(value,)` for each value of the level, null among them, or `()` for all
without a level. A range is over the last activity of sessions, as everywhere. Days that are summed
up answer (`models.projection.summaries`), so a range of years costs little more than one of weeks.
"""

import json
from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

import numpy as np
from sqlalchemy import Connection, or_, select

from dashboard.data.activity import LEVELS, Activity, Level, Numbers, Range, Value, places, summed
from models.days import day_of
from models.facts.visits import UTM
from models.filters.people import QUALIFIED
from models.projection.summaries import LEAD_FACTS, LEADS, SESSIONS, digest, read
from models.projection.summaries import Touch as Tags
from models.settings import settings
from models.storage.rows import load
from models.tables import LEAD, SESSION

Touch = Literal["first", "last"]
Key = tuple[Value, ...]

MOST_VALUES = 5_000
"""Values of a level that are told, largest first: anyone can make up more in a URL."""

_AT_ONCE = 1_000  # keys a statement: databases bound its parameters


class Visits(NamedTuple):
    """Sessions in a range; `median_seconds` is null while none of them is finalized; `hot` are
    those that saw a page of `HOT_PAGES`.
    """

    sessions: int
    median_seconds: float | None
    hot: int


class Leads(NamedTuple):
    """Identified leads active in a range, and how many of them are new, qualified, sendable."""

    leads: int
    new: int
    companies: int
    qualified: int
    sendable: int


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
    sessions = summed(active.sessions, place, len(values))
    hot = summed(active.hot, place, len(values))
    lengths = _Groups(active.durations, np.repeat(place, active.finalized), len(values))
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
    """Sessions by key and step of so many days; step 0 begins at `start` (ms, a day's begin).

    Only chosen values, and only what is not before that.
    """
    values, place = active.by(level)
    step = (active.days - day_of(start, settings().zone())) // days
    wanted = np.array([level is None or value in chosen for value in values], bool)
    here = (step >= 0) & wanted[place] if len(place) else np.zeros(0, bool)
    steps = int(step[here].max(initial=0)) + 1
    counts = summed(active.sessions[here], place[here] * steps + step[here], len(values) * steps)
    return {
        (_key(level, values[at // steps]), int(at % steps)): int(counts[at])
        for at in np.flatnonzero(counts)
    }


_FACTS = np.dtype([(name, f"<{code}") for name, code in LEAD_FACTS])


class People(NamedTuple):
    """Identified leads: their facts, and the touch that each counts under as a place in a list."""

    facts: np.ndarray
    touches: list[Tags]
    touch: Numbers


def seen(db: Connection, since: int | None, touch: Touch) -> People:
    """Identified leads last seen since a time (ms): whose first or last session with any `utm_*`.

    Identified is who has a name, an address or a profile.
    """
    place: dict[Tags, int] = {_UNTOUCHED: 0}
    days, of_touch = [np.zeros(0, _FACTS)], [np.zeros(0, np.int64)]
    for day in read(db, LEADS, ("touches", "facts"), since, None, zone=settings().zone()):
        facts = np.frombuffer(day["facts"], _FACTS)
        its = [place.setdefault(tuple(tags), len(place)) for tags in json.loads(day["touches"])]
        days.append(facts)
        of_touch.append(np.array(its, np.int64)[facts[f"{touch}_touch"]])
    return People(np.concatenate(days), list(place), np.concatenate(of_touch))


def people(db: Connection, known: People, span: Range, touch: Touch) -> People:
    """Of these leads, seen since the range begins or earlier, those with a session in the range.

    Each with its first or last touch that began before the range ends; none when there is none.
    """
    facts, touches, its_touch = known
    if span.until is None:
        # Whoever was active since a time was last seen since then.
        here = facts["last_seen"] >= (span.since or 0)
        return People(facts[here], touches, its_touch[here])
    here = _among(facts["lead"], _active(db, span))
    facts, its_touch = facts[here], its_touch[here]
    later = facts[f"{touch}_touched_at"] > span.until
    its_touch[later] = 0
    came_back = later & (facts["first_touched_at"] <= span.until)
    if touch == "last" and came_back.any():
        leads = facts["lead"][came_back].tolist()
        earlier = _last_touches(db, set(leads), span.until)
        place = {tags: at for at, tags in enumerate(touches)}
        its_touch[came_back] = [
            place.setdefault(earlier.get(lead, _UNTOUCHED), len(place)) for lead in leads
        ]
        touches = list(place)
    return People(facts, touches, its_touch)


def _among(numbers: Numbers, ordered: Numbers) -> np.ndarray:
    """Which numbers are among others that are in order."""
    if not len(ordered):
        return np.zeros(len(numbers), bool)
    at = np.searchsorted(ordered, numbers)
    found: np.ndarray = ordered[np.minimum(at, len(ordered) - 1)] == numbers
    return found


_UNTOUCHED: Tags = (None, None, None, None)


def _active(db: Connection, span: Range) -> Numbers:
    """Digests of the leads with a session in the range."""
    found = read(db, SESSIONS, ("leads",), *span, zone=settings().zone())
    days = [np.frombuffer(day["leads"], "<i8") for day in found]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *days]))


def _last_touches(db: Connection, leads: Collection[int], until: int) -> dict[int, Tags]:
    """The last touch before a range ended, by lead: of these, who each have a later one, too.

    Leads are digests; who they are is found among all that came back.
    """
    came_back = select(LEAD.c.key).where(
        LEAD.c.last_touched_at > until, LEAD.c.first_touched_at <= until
    )
    keys = [key for key in db.execute(came_back).scalars().all() if digest(key) in leads]
    # One probe of an index a lead.
    latest = (
        select(SESSION.c.sid)
        .where(
            SESSION.c.lead == LEAD.c.key,
            SESSION.c.started_at <= until,
            or_(*(SESSION.c[name].is_not(None) for name in UTM)),
        )
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(1)
        .correlate(LEAD)
        .scalar_subquery()
    )
    found = [
        row
        for at in range(0, len(keys), _AT_ONCE)
        for row in db.execute(
            select(LEAD.c.key, latest).where(LEAD.c.key.in_(keys[at : at + _AT_ONCE]))
        ).all()
    ]
    sids = {sid: lead for lead, sid in found if sid}
    # By themselves: joined, Postgres would read every session there is.
    rows = load(db, SESSION, "sid", sids, ("sid", *(f"utm_{level}" for level in LEVELS)))
    return {digest(sids[sid]): tuple(tags) for sid, *tags in (row.values() for row in rows)}


def leads(found: People, level: Level | None, span: Range) -> dict[Key, Leads]:
    """How many leads, each under the one value of its touch; the most first.

    `new` are those first seen in the range; companies are where these leads work.
    """
    facts = found.facts
    values, of_touch = places(found.touches, level)
    place, size = of_touch[found.touch], len(values)
    is_new = np.ones(len(facts), bool)
    if span.since is not None:
        is_new &= facts["first_seen"] >= span.since
    if span.until is not None:
        is_new &= facts["first_seen"] <= span.until
    counts = np.bincount(place, minlength=size)
    employed = facts["company"] != 0
    companies = _Groups(facts["company"][employed], place[employed], size)
    new = summed(is_new, place, size)
    qualified = summed(facts["stages"] & QUALIFIED != 0, place, size)
    sendable = summed(facts["sendable"], place, size)
    by_key = {
        _key(level, value): Leads(
            int(counts[at]),
            int(new[at]),
            _distinct(companies.at(at)),
            int(qualified[at]),
            int(sendable[at]),
        )
        for at, value in _largest(values, counts)
    }
    return by_key or ({} if level else {(): Leads(0, 0, 0, 0, 0)})


def _distinct(numbers: Numbers) -> int:
    """How many different ones. Sorting is many times faster than numpy's own way."""
    ordered = np.sort(numbers)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0
