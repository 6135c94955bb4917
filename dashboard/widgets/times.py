"""Times in words: the desk's zone, moments, lengths and gaps.

`assets/format.js` gives the same texts in browsers.
"""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.data.settings import settings
from dashboard.widgets import words

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000

_GAPS = ((365 * _DAY, "year"), (_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))

_WORDED_IN_SECONDS = 2 * _MINUTE
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def zone() -> ZoneInfo:
    """The desk's time zone, `TIME_ZONE`."""
    return settings().zone()


def moment(ms: int | None, now_ms: float | None = None) -> str:
    """Unix ms in the desk's zone: `22:25` today, `14 Feb, 22:25` on another day; `–` for none."""
    if ms is None:
        return words.MISSING
    at, now = _at(ms).astimezone(zone()), _now(now_ms)
    is_today = at.date() == now.date()
    return f"{at:%H:%M}" if is_today else f"{day(ms, now_ms)}, {at:%H:%M}"


def day(ms: int, now_ms: float | None = None) -> str:
    """A day: `14 Feb`; with the year if it is not this year."""
    at = _at(ms).astimezone(zone())
    text = f"{at.day} {_MONTHS[at.month - 1]}"
    return text if at.year == _now(now_ms).year else f"{text} {at.year}"


def _now(now_ms: float | None) -> datetime:
    ms = time.time() * 1000 if now_ms is None else now_ms
    return datetime.fromtimestamp(ms / 1000, zone())


def utc_time(ms: int | None) -> str:
    """Unix ms in full, `2025-02-14 22:25:06.432 UTC`, to show next to or behind a local time."""
    if ms is None:
        return "–"
    return f"{_at(ms):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d} UTC"


def ago(ms: int | None, now_ms: float | None = None) -> str:
    """How long ago, in its largest unit: `12 s ago`, `6 d ago`; `just now` also for the future."""
    if ms is None:
        return words.MISSING
    passed = (time.time() * 1000 if now_ms is None else now_ms) - ms
    return "just now" if passed < 2 * _SECOND else f"{span(passed / 1000)} ago"


def span(seconds: float) -> str:
    """A length of time in its largest unit: `53 s`, `12 min`, `3 h`, `6 d`."""
    for length, unit in _SPANS:
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit}"
    return "0 s"


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def dwell(ms: int) -> str:
    """A length of time as people compare them: `53 s`, `4 min 10 s`, `3 h 5 min`."""
    if ms < _WORDED_IN_SECONDS:
        return f"{max(ms, 0) // _SECOND} s"
    if ms < _HOUR:
        return _two(ms, (_MINUTE, "min"), (_SECOND, "s"))
    if ms < _DAY:
        return _two(ms, (_HOUR, "h"), (_MINUTE, "min"))
    return _two(ms, (_DAY, "d"), (_HOUR, "h"))


def _two(ms: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    whole, rest = divmod(ms, large[0])
    text = f"{whole:,} {large[1]}"
    return f"{text} {rest // small[0]} {small[1]}" if rest >= small[0] else text


def month_before(ms: int | None, days: object) -> str | None:
    """The month this many days before a moment, `Jul 2024`: a number of days is true only on the
    day it was sent. None if either is missing or impossible."""
    if ms is None or not isinstance(days, int | float):
        return None
    try:
        return f"{_at(ms) - timedelta(days=days):%b %Y}"
    except (OverflowError, ValueError):
        return None


def later(ms: int) -> str:
    """The gap before a visit in words: `6 days later`; `meanwhile` when there is none."""
    if ms < 0:
        return "meanwhile"
    for length, unit in _GAPS:
        # To the nearest: five days and 23 hours are six days to anybody.
        number = round(ms / length)
        if number:
            return f"{counted(number, unit)} later"
    return "moments later"


def counted(number: int, unit: str) -> str:
    """`1 page`, `12 pages`."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def clock(ms: int) -> str:
    """Time since the start, `0:53`, `1:04:10`, `2 d 3 h`; before it with a minus sign."""
    sign = "−" if ms < 0 else ""  # noqa: RUF001 - the sign that is as wide as a digit
    seconds = abs(ms) // _SECOND
    if abs(ms) >= _DAY:
        return sign + dwell(abs(ms))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def milliseconds(ms: int | None) -> str:
    """A lag: `840 ms`, `2.4 s`, `13 min`; `–` for none."""
    if ms is None:
        return words.MISSING
    if abs(ms) < 1000:  # noqa: PLR2004 - a second
        return f"{ms} ms"
    length = timedelta(milliseconds=abs(ms)).total_seconds()
    sign = "-" if ms < 0 else ""
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if length >= 2 * seconds:
            return f"{sign}{length / seconds:,.0f} {unit}"
    return f"{sign}{length:.1f} s"
