"""Days and weeks of a time zone.

A day is numbered by its date, in days since 1970-01-01. It begins at the first moment at which the
zone's date is that date or later, so it has 23 or 25 hours when clocks change, and days follow each
other without gap or overlap, even if a zone once skipped a day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, case, literal

from models.payloads.wire import LAST_MS

DAY_MS = 86_400_000
"""A day of 24 hours: not every day is one."""

_EPOCH = date(1970, 1, 1)
_MS = timedelta(milliseconds=1)
_EPOCH_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = (date(9990, 1, 1) - _EPOCH).days
"""From here on, days have 24 hours: Python's dates end soon after."""

_CHARTED = range(-1, (date(2070, 1, 1) - _EPOCH).days)
"""How many days `day_column` searches for clock changes."""


def number_of(day: date) -> int:
    """A date's number."""
    return (day - _EPOCH).days


def date_of(day: int) -> date:
    """A number's date. Raises `OverflowError` outside the years 1–9999."""
    return _EPOCH + timedelta(day)


def monday_of(day: int) -> int:
    """The Monday of a day's week; 1970 began on a Thursday."""
    return day - (day + 3) % 7


@lru_cache(maxsize=20_000)
def begin_of(day: int, zone: ZoneInfo) -> int:
    """When a day begins, in Unix ms."""
    if day > _FAR:
        return begin_of(_FAR, zone) + (day - _FAR) * DAY_MS
    midnight = datetime.combine(date_of(day), datetime.min.time(), zone)
    first, second = (_ms(midnight.replace(fold=fold)) for fold in (0, 1))
    if first <= second:
        return first  # the first of two midnights, where there are two
    # No clock showed that midnight: the day begins when the clocks were put forward.
    before, after = second - 1, first
    while after - before > 1:
        middle = (before + after) // 2
        if number_of(_local(middle, zone)) >= day:
            after = middle
        else:
            before = middle
    return after


def end_of(day: int, zone: ZoneInfo) -> int:
    """The last millisecond of a day."""
    return begin_of(day + 1, zone) - 1


def day_of(ms: int, zone: ZoneInfo) -> int:
    """The day that a moment (Unix ms) is in."""
    far = begin_of(_FAR, zone)
    if ms >= far:
        return _FAR + (ms - far) // DAY_MS
    day = number_of(_local(ms, zone))
    # Where clocks went back over midnight, the date occurred twice, and its day continues.
    while begin_of(day + 1, zone) <= ms:
        day += 1
    return day


def days_of(zone: ZoneInfo) -> Callable[[int], int]:
    """`day_of` for many moments, sorted by day: each day is looked up once."""
    begin = end = day = 0

    def of(ms: int) -> int:
        nonlocal begin, end, day
        if not begin <= ms < end:
            day = day_of(ms, zone)
            begin, end = begin_of(day, zone), begin_of(day + 1, zone)
        return day

    return of


def day_column(
    time: ColumnElement[int], zone: ZoneInfo, since: int | None, until: int | None
) -> ColumnElement[int]:
    """The day that a column's moment is in, as SQL, for moments from `since` to `until` (Unix ms,
    null is open).

    Between two clock changes a day is a division; the newest ones are tested first.
    """
    runs = [
        (begin, shift)
        for (begin, shift), (end, _) in pairwise([*_runs(zone), (LAST_MS + 1, 0)])
        if (until is None or begin <= until) and (since is None or end > since)
    ]
    (_, oldest), *later = runs or _runs(zone)[-1:]
    days = [
        (time >= literal(begin, BigInteger), (time + literal(shift, BigInteger)) // DAY_MS)
        for begin, shift in reversed(later)
    ]
    first = (time + literal(oldest, BigInteger)) // DAY_MS
    return case(*days, else_=first) if days else first


@lru_cache(maxsize=8)
def _runs(zone: ZoneInfo) -> list[tuple[int, int]]:
    """From when (ms) which offset has to be added to a moment so that dividing by `DAY_MS` gives
    its day: one from the first day, and one from each day that does not follow a day of 24 hours.
    """
    days = [(begin_of.__wrapped__(day, zone), day) for day in _CHARTED]
    runs = [(begin, day * DAY_MS - begin) for begin, day in days[:1]]
    for (before, yesterday), (begin, day) in pairwise(days):
        if begin > before + DAY_MS:  # its last hour is still that day's
            runs.append((before + DAY_MS, yesterday * DAY_MS - before - DAY_MS))
        if begin != before + DAY_MS:
            runs.append((begin, day * DAY_MS - begin))
    return runs


def _local(ms: int, zone: ZoneInfo) -> date:
    return (_EPOCH_MOMENT + ms * _MS).astimezone(zone).date()


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH_MOMENT) // _MS
