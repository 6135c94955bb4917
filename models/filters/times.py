"""Times in filters: dates and times, and days relative to today so that a saved segment stays
true.
"""

import re
import time
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from models.days import begin_of, date_of, day_of, end_of, number_of
from models.payloads.wire import LAST_MS, iso_ms

UTC = ZoneInfo("UTC")
"""For a moment whose days don't matter."""

_DAYS_AGO = re.compile(r"-([0-9]{1,4})d")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FilterError(ValueError):
    """A filter can't be used; the message says what it may be."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment of asking, in Unix ms, and the zone whose days count."""

    ms: int
    zone: ZoneInfo

    @classmethod
    def now(cls, zone: ZoneInfo) -> "When":
        """This moment, with the days of a zone."""
        return cls(time.time_ns() // 1_000_000, zone)

    def today(self) -> int:
        """The day that it is in the zone, by its number (`models.days`)."""
        return day_of(self.ms, self.zone)


def moment(name: str, text: str, when: When, *, is_end: bool = False) -> int:
    """Unix ms of a filter's time: an ISO time (UTC unless it names a zone), or a day of the
    desk's zone: an ISO date, `today`, `yesterday`, `-7d` (seven days before today).

    A day means its beginning or, with `is_end`, its last millisecond. Raises `FilterError`.
    """
    day = _day(text, when)
    if day is None:
        # In a URL the plus sign of a zone may have become a space.
        ms = None if _DATE.fullmatch(text) else iso_ms(text.replace(" ", "+"))
        if ms is None:
            example = date_of(when.today()).isoformat()
            raise FilterError(
                f"{name} must be an ISO date or time, such as {example}, or today, yesterday or -7d"
            )
        return ms
    if not is_end:
        return max(begin_of(day, when.zone), 0)
    return min(end_of(day, when.zone), LAST_MS)


def _day(text: str, when: When) -> int | None:
    word = text.lower()
    days = 0 if word == "today" else 1 if word == "yesterday" else None
    ago = _DAYS_AGO.fullmatch(word)
    if days is None and ago:
        days = int(ago[1])
    if days is not None:
        return max(when.today() - days, 0)
    try:
        day = number_of(date.fromisoformat(text)) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and day >= 0 else None
