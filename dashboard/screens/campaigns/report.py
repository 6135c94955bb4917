"""A range's numbers by campaign, next to those of the range before, as rows and tiles say them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from dashboard.data.activity import Activity, Level, Range, activity
from dashboard.screens.campaigns import queries
from dashboard.screens.campaigns.queries import Key, Leads, People, Touch, Visits
from dashboard.widgets import days
from models.days import begin_of, day_of
from models.filters.comparing import as_value
from models.filters.names import SENDABLE
from models.settings import settings

MOST_ROWS = 200
_STEPS = 31
"""Points of a trend line, at most."""

_NO_VISITS, _NO_LEADS = Visits(0, None, 0), Leads(0, 0, 0, 0, 0)


class Question(NamedTuple):
    """What a report is asked for; an open range ends at `end` (ms) for comparing and trend."""

    level: Level
    span: Range
    touch: Touch
    end: int


class Numbers(NamedTuple):
    """What is told of a value, or of all; shares in percent, null where there is nobody."""

    visits: int
    known_leads: int
    new_leads: int
    lead_companies: int
    qualified_share: float | None
    sendable_share: float | None
    hot_visits: int
    median_dwell: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A value of the level (or all of them), now and in the range before, with its trend."""

    key: Key
    now: Numbers
    before: Numbers | None
    trend: list[int]


@dataclass(frozen=True, slots=True)
class Report:
    """Lines, most sessions first; `values` says of how many they are the largest."""

    total: Line
    lines: list[Line]
    values: int


_OF_SESSIONS: dict[str, dict[str, str]] = {
    "visits": {},
    "hot_visits": {"hot": "yes"},
    "median_dwell": {"min_duration": "0"},
}
_OF_LEADS = {
    "known_leads": {"leads": "identified"},
    "new_leads": {"leads": "new"},
    "lead_companies": {"leads": "employed"},
    "qualified_share": {"leads": "qualified"},
    "sendable_share": {"validity": SENDABLE},
}


def behind(number: str, key: Key, level: Level, touch: Touch) -> dict[str, str]:
    """The filters, besides the range, of the sessions that a number counts, or whose leads.

    `number` is one of `Numbers`; `key` the value of `level` that it is of, or `()` for all.
    """
    of_value = {f"utm_{level}": as_value(key[0])} if key else {}
    if number in _OF_SESSIONS:
        return of_value | _OF_SESSIONS[number]
    return of_value | ({"touch": touch} if key else {}) | _OF_LEADS[number]


def range_before(span: Range, end: int) -> Range | None:
    """The range of the same length that ends where this one begins; none for one without begin.

    `end` (ms) stands in for a missing end.
    """
    if span.since is None:
        return None
    until = span.until if span.until is not None else end
    since = max(_begin_before(span.since, until), 0)
    return Range(since, span.since - 1) if until >= span.since > since else None


def _begin_before(since: int, until: int) -> int:
    """Where the range before begins: as many days earlier, or ms where these are no whole days."""
    zone = settings().zone()
    first, after = day_of(since, zone), day_of(until + 1, zone)
    if (since, until + 1) == (begin_of(first, zone), begin_of(after, zone)):
        return begin_of(2 * first - after, zone)
    return since - (until - since + 1)


def report(db: Connection, asked: Question) -> Report:
    """All numbers by the level that is asked for, now and in the range before, and in all."""
    before = range_before(asked.span, asked.end)
    active = activity(db, asked.span)
    known = queries.seen(db, (before or asked.span).since, asked.touch)
    now, in_all = _numbers(db, asked, asked.span, active, known)
    then, in_all_before = (
        _numbers(db, asked, before, activity(db, before), known) if before else ({}, None)
    )
    order = sorted(now, key=lambda key: (-now[key].visits, -now[key].known_leads, key[0] or ""))
    lines = [
        Line(key, now[key], then.get(key, _numbers_of()) if before else None, [])
        for key in order[:MOST_ROWS]
    ]
    total = Line((), in_all, in_all_before, [])
    _add_trends(asked, active, [total, *lines])
    return Report(total, lines, len(now))


def _numbers(
    db: Connection, asked: Question, span: Range, active: Activity, known: People
) -> tuple[dict[Key, Numbers], Numbers]:
    """By the level that is asked for, and in all."""
    people = queries.people(db, known, span, asked.touch)
    visits = queries.visits(active, asked.level)
    leads = queries.leads(people, asked.level, span)
    found = {
        key: _numbers_of(visits.get(key, _NO_VISITS), leads.get(key, _NO_LEADS))
        for key in visits | leads
    }
    return found, _numbers_of(
        queries.visits(active, None)[()], queries.leads(people, None, span)[()]
    )


def _numbers_of(visits: Visits = _NO_VISITS, leads: Leads = _NO_LEADS) -> Numbers:
    return Numbers(
        visits=visits.sessions,
        known_leads=leads.leads,
        new_leads=leads.new,
        lead_companies=leads.companies,
        qualified_share=share(leads.qualified, leads.leads),
        sendable_share=share(leads.sendable, leads.leads),
        hot_visits=visits.hot,
        median_dwell=visits.median_seconds,
    )


def share(part: int, whole: int) -> float | None:
    """Percent; null of nothing."""
    return 100 * part / whole if whole else None


def change(now: float | None, before: float | None) -> float | None:
    """Growth in percent; null when there was nothing to grow from."""
    return None if now is None or not before else 100 * (now - before) / before


def _add_trends(asked: Question, active: Activity, lines: Sequence[Line]) -> None:
    drawn = days.drawn(*asked.span, active.extent(), asked.end, most=_STEPS)
    if drawn is None:
        return
    values = {line.key[0] for line in lines if line.key}
    counts = queries.trend(active, None, (), start=drawn.start, days=drawn.days)
    counts |= queries.trend(active, asked.level, values, start=drawn.start, days=drawn.days)
    for line in lines:
        line.trend.extend(counts.get((line.key, at), 0) for at in range(drawn.steps))
