"""A range's numbers by campaign, next to those of another range, for rows, tiles and charts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from dashboard.data.activity import FEW_LEADS, Activity, Level, Range, Spelled, chosen, places
from dashboard.data.settings import now, settings
from dashboard.filters.ranges import Against, year_before
from dashboard.screens.campaigns import queries
from dashboard.screens.campaigns.quality import LARGE_EMPLOYER, Quality, quality_of
from dashboard.screens.campaigns.queries import Key, Leads, People, Touch, Visits
from dashboard.widgets import days
from dashboard.widgets.days import Days
from models.days import begin_of, day_of
from models.filters.comparing import as_value
from models.filters.names import SENDABLE
from models.filters.query import Filters
from models.filters.query import Question as Asked
from models.segments.asking import asked as ask

MOST_ROWS = 200
_STEPS = 31
"""Points of a trend, at most."""

_NO_VISITS, _NO_LEADS = Visits(0, None, 0), Leads(0, 0, 0, 0, 0)


Measure = Literal["sessions", "leads"]
"""What trends and the chart count per day."""


class Question(NamedTuple):
    """A report's parameters; an open range ends at `end` (ms) for comparison and trend.

    `filters` are all except the range, `against` is what it is compared with.
    """

    level: Level
    span: Range
    touch: Touch
    end: int
    filters: Filters = Filters()
    against: Against = "before"
    measure: Measure = "sessions"
    who: str | None = None


class Numbers(NamedTuple):
    """The numbers for a value, or in total; shares in percent, null if there is nobody.

    `large_leads` and `large_qualified` are those from companies with `LARGE_EMPLOYER` people or
    more.
    """

    visits: int
    known_leads: int
    new_leads: int
    lead_companies: int
    qualified_leads: int
    large_qualified: int
    qualified_share: float | None
    sendable_share: float | None
    hot_visits: int
    median_dwell: float | None
    large_leads: int
    well_share: float | None = None
    median_fit: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A value of the level (or the total), now and in the range before, with its trend.

    `name` is its most common spelling, `also` the others, most common first.
    """

    key: Key
    now: Numbers
    before: Numbers | None
    trend: list[int] = field(default_factory=list)
    trend_before: list[int] = field(default_factory=list)
    name: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Lines, most sessions first; `values` says how many values there are in all. `before` is the
    range they are compared with, `drawn` the steps of the trends.
    """

    total: Line
    lines: list[Line]
    values: int
    before: Range | None = None
    drawn: Days | None = None


_OF_SESSIONS: dict[str, dict[str, str]] = {
    "visits": {},
    "hot_visits": {"hot": "yes"},
    "median_dwell": {"min_duration": "0"},
}
_LARGE = {"min_employees": str(LARGE_EMPLOYER)}
_OF_LEADS: dict[str, dict[str, str]] = {
    "known_leads": {"leads": "identified"},
    "new_leads": {"leads": "new"},
    "lead_companies": {"leads": "employed"},
    "qualified_leads": {"leads": "qualified"},
    "qualified_share": {"leads": "qualified"},
    "sendable_share": {"validity": SENDABLE},
    "large_leads": {"leads": "identified", **_LARGE},
    "well_share": {"leads": "identified", "fit_min": str(queries.WELL)},
    "median_fit": {"leads": "identified", "fit_min": "0"},
    "large_qualified": {"leads": "qualified", **_LARGE},
}

FILTER_OF: dict[Level, str] = {
    "campaign": "utm_campaign",
    "source": "utm_source",
    "medium": "utm_medium",
    "content": "utm_content",
    "channel": "channel",
    "referring host": "referrer_host",
}
"""The filter for a value of a level; no filter means exactly one landing page."""


def behind(number: str, key: Key, level: Level, touch: Touch) -> dict[str, str] | None:
    """The filters, apart from the range, for the sessions that a number counts, or whose leads it
    counts.

    `number` is one of `Numbers`; `key` is its value of `level`, or `()` for the total. None if no
    filter means exactly these.
    """
    if key and level not in FILTER_OF:
        return None
    of_value = {FILTER_OF[level]: as_value(key[0])} if key else {}
    if number in _OF_SESSIONS:
        return of_value | _OF_SESSIONS[number]
    return of_value | ({"touch": touch} if key else {}) | _OF_LEADS[number]


def range_before(span: Range, end: int, against: Against = "before") -> Range | None:
    """The range to compare with: of the same length, ending where this one begins, or the same days
    a year earlier; none for a range without a beginning.

    `end` (ms) replaces a missing end.
    """
    if span.since is None or against == "none":
        return None
    until = span.until if span.until is not None else end
    if against == "year":
        found = year_before(span.since, until, now())
        return Range(*found) if found and found[0] < found[1] < span.since else None
    since = max(_begin_before(span.since, until), 0)
    return Range(since, span.since - 1) if until >= span.since > since else None


def _begin_before(since: int, until: int) -> int:
    """Where the range before begins: as many days earlier, or ms if it is not whole days."""
    zone = settings().zone()
    first, after = day_of(since, zone), day_of(until + 1, zone)
    if (since, until + 1) == (begin_of(first, zone), begin_of(after, zone)):
        return begin_of(2 * first - after, zone)
    return since - (until - since + 1)


def in_range(db: Connection, filters: Filters, span: Range, who: str | None = None) -> Asked:
    """These filters within a range, asked now by somebody.

    Raises like `models.segments.asking`.
    """
    ends = {"since": span.since, "until": span.until}
    for name, ms in ends.items():
        if ms is not None:
            filters = filters.also(name, _iso(ms))
    return ask(db, filters, now(), who=who)


def _iso(ms: int) -> str:
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Counted(NamedTuple):
    """What is known about a range: its sessions, and the leads who had them."""

    active: Activity
    people: People
    by_key: dict[Key, Numbers]
    in_all: Numbers


def report(db: Connection, asked: Question, *, few_leads: int = FEW_LEADS) -> Report:
    """All numbers by the requested level, now and in the range before, and in total. Where those
    who match are at most `few_leads` nobody else is looked at.
    """
    before = range_before(asked.span, asked.end, asked.against)
    active = _active(db, asked, asked.span, few_leads)
    earlier = _active(db, asked, before, few_leads) if before else None
    keys = _keys(active, earlier)
    known = queries.seen(db, (before or asked.span).since, asked.touch, keys)
    everybody = known, quality_of(db, keys)
    now = _counted(db, asked, asked.span, active, everybody)
    then = _counted(db, asked, before, earlier, everybody) if before and earlier else None
    names = now.active.values[asked.level], places(known.touches, asked.level)[0]
    by_key = now.by_key
    order = sorted(
        by_key, key=lambda key: (-by_key[key].visits, -by_key[key].known_leads, key[0] or "")
    )
    lines = [
        Line(
            key,
            by_key[key],
            then.by_key.get(key, _numbers_of()) if then else None,
            name=spelled[0] if spelled else None,
            also=spelled[1:],
        )
        for key in order[:MOST_ROWS]
        for spelled in (_spelled(key[0], names),)
    ]
    total = Line((), now.in_all, then and then.in_all)
    drawn = days.drawn(*asked.span, now.active.extent(), asked.end, most=_STEPS)
    if drawn:
        _add_trends(asked, (now, then), before, [total, *lines], drawn)
    return Report(total, lines, len(by_key), before, drawn)


_Everybody = tuple[People, Quality]
"""All leads who may be counted, and their quality."""


def _active(db: Connection, asked: Question, span: Range, few_leads: int) -> Activity:
    within = in_range(db, asked.filters, span, asked.who)
    return chosen(db, within, (asked.level,), few_leads=few_leads)


def _keys(*active: Activity | None) -> frozenset[str] | None:
    """The keys of all whose sessions these are; None where they are not known, or too many."""
    every = [one.keys for one in active if one]
    if any(keys is None for keys in every):
        return None
    return frozenset().union(*(keys for keys in every if keys))


def _spelled(key: str | None, names: Sequence[Spelled]) -> tuple[str, ...]:
    """The spellings of a value, most common first: among visits, else among touches."""
    for known in names:
        its = known.spellings_of(key)
        if its:
            return its
    return (key,) if key is not None else ()


def _counted(
    db: Connection, asked: Question, span: Range, active: Activity, everybody: _Everybody
) -> _Counted:
    """By the requested level, and in total."""
    level, touch, (known, quality) = asked.level, asked.touch, everybody
    people = queries.people(db, known, active, span.until, level=level, touch=touch)
    visits = queries.visits(active, level)
    leads = queries.leads(people, level, span, quality)
    found = {
        key: _numbers_of(visits.get(key, _NO_VISITS), leads.get(key, _NO_LEADS))
        for key in visits | leads
    }
    in_all = _numbers_of(
        queries.visits(active, None)[()], queries.leads(people, None, span, quality)[()]
    )
    return _Counted(active, people, found, in_all)


def _numbers_of(visits: Visits = _NO_VISITS, leads: Leads = _NO_LEADS) -> Numbers:
    return Numbers(
        visits=visits.sessions,
        known_leads=leads.leads,
        new_leads=leads.new,
        lead_companies=leads.companies,
        qualified_leads=leads.qualified,
        large_qualified=leads.qualified_large,
        qualified_share=share(leads.qualified, leads.leads),
        sendable_share=share(leads.sendable, leads.leads),
        hot_visits=visits.hot,
        median_dwell=visits.median_seconds,
        large_leads=leads.large,
        well_share=share(leads.well_fitting, leads.leads),
        median_fit=leads.median_fit,
    )


def share(part: int, whole: int) -> float | None:
    """Percent; null of nothing."""
    return 100 * part / whole if whole else None


def change(now: float | None, before: float | None) -> float | None:
    """Growth in percent; null if there was nothing to grow from."""
    return None if now is None or not before else 100 * (now - before) / before


def _add_trends(
    asked: Question,
    counted: tuple[_Counted, _Counted | None],
    before: Range | None,
    lines: Sequence[Line],
    drawn: Days,
) -> None:
    now, then = counted
    for line, counts in zip(lines, _steps(asked, now, lines, drawn), strict=True):
        line.trend.extend(counts)
    zone = settings().zone()
    begin = None if asked.span.since is None else begin_of(day_of(asked.span.since, zone), zone)
    if then is None or before is None or before.since is None or drawn.start != begin:
        return  # there is none, or now is not drawn from the range's own begin
    # Step by step as long after its own begin.
    earlier = drawn._replace(start=begin_of(day_of(before.since, zone), zone))
    for line, counts in zip(lines, _steps(asked, then, lines, earlier), strict=True):
        line.trend_before.extend(counts)


def _steps(
    asked: Question, counted: _Counted, lines: Collection[Line], drawn: Days
) -> list[list[int]]:
    """The measure of each line, step by step."""
    values = {line.key[0] for line in lines if line.key}
    counts: dict[tuple[Key, int], int] = {}
    for level, wanted in ((None, set()), (asked.level, values)):
        where = {"start": drawn.start, "days": drawn.days}
        if asked.measure == "sessions":
            counts |= queries.trend(counted.active, level, wanted, **where)
        else:
            counts |= queries.lead_trend(counted.active, counted.people, level, wanted, **where)
    return [[counts.get((line.key, at), 0) for at in range(drawn.steps)] for line in lines]
