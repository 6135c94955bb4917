"""Ranges in words: those to choose from, and the name of the one in an address."""

from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from models.days import begin_of, date_of, day_of, end_of, monday_of, number_of
from models.filters.times import FilterError, When, moment

EVER = "1970-01-01"
"""Value of `since` for everything, on a screen that shows only some days by default."""

Against = Literal["before", "year", "none"]
AGAINST: dict[Against, str] = {
    "before": "the period before",
    "year": "the same days a year ago",
    "none": "nothing",
}
"""What a range is compared with, the usual first."""
assert tuple(AGAINST) == get_args(Against)  # noqa: S101 - two lists of the same


class Preset(NamedTuple):
    """A named range, as filters write it; null is open."""

    label: str
    since: str | None
    until: str | None


def presets(when: When, default_days: int | None = None) -> list[Preset]:
    """Ranges to choose from, in whole days of the zone. `default_days`: what a screen shows without
    a range, which then needs no parameters in the address.
    """
    today = date_of(when.today())
    monday = date_of(monday_of(when.today()))
    month = today.replace(day=1)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    last_quarter = _months_before(quarter, 3)
    found = [
        Preset("Today", "today", "today"),
        Preset("Yesterday", "yesterday", "yesterday"),
        *(Preset(f"Last {days} days", f"-{days}d", "today") for days in (7, 30, 90)),
        _days("This week", monday, monday + timedelta(days=6)),
        _days("Last week", monday - timedelta(days=7), monday - timedelta(days=1)),
        _days("This month", month, _months_before(month, -1) - timedelta(days=1)),
        _days("Last month", last_month, month - timedelta(days=1)),
        _days("This quarter", quarter, _months_before(quarter, -3) - timedelta(days=1)),
        _days("Last quarter", last_quarter, quarter - timedelta(days=1)),
        Preset("All time", EVER if default_days else None, None),
    ]
    if default_days is None:
        return found
    return [
        Preset(one.label, None, None) if one.since == f"-{default_days}d" else one for one in found
    ]


def _days(label: str, first: date, last: date) -> Preset:
    return Preset(label, first.isoformat(), last.isoformat())


def _months_before(first: date, months: int) -> date:
    """The first day of the month this many months before."""
    at = first.year * 12 + first.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


def label_of(
    since: str | None, until: str | None, when: When, default_days: int | None = None
) -> str:
    """A range in words: a preset's name, else its dates."""
    for one in presets(when, default_days):
        if (one.since, one.until) == (since or None, until or None):
            return one.label
    if default_days and (since, until) == (f"-{default_days}d", "today"):
        return f"Last {default_days} days"
    first, last = day_named("since", since, when), day_named("until", until, when)
    if first and last:
        return f"{first:%-d %b %Y}" if first == last else f"{first:%-d %b %Y} – {last:%-d %b %Y}"
    if first:
        return f"Since {first:%-d %b %Y}"
    return f"Until {last:%-d %b %Y}" if last else "Range"


def day_named(name: str, text: str | None, when: When) -> date | None:
    """The day of the zone that a filter's time is in; None if there is none or it can't be read."""
    if not text:
        return None
    try:
        ms = moment(name, text, when, is_end=name == "until")
        return date_of(day_of(ms, when.zone))
    except (FilterError, OverflowError):
        return None


def year_before(since: int | None, until: int | None, when: When) -> tuple[int, int] | None:
    """The same days a year earlier, ms; None for a range without a beginning. An open one ends
    today.

    The 29th of February is compared with the 28th.
    """
    if since is None:
        return None
    last = until if until is not None else end_of(when.today(), when.zone)
    first_day, last_day = (_year_earlier(day_of(ms, when.zone)) for ms in (since, last))
    if first_day is None or last_day is None:
        return None
    return max(begin_of(first_day, when.zone), 0), end_of(last_day, when.zone)


def _year_earlier(day: int) -> int | None:
    try:
        at = date_of(day)
        earlier = at.replace(year=at.year - 1, day=min(at.day, 28) if at.month == 2 else at.day)  # noqa: PLR2004 - February
    except (ValueError, OverflowError):
        return None
    return number_of(earlier) if earlier.year > 1969 else 0  # noqa: PLR2004 - days begin in 1970
