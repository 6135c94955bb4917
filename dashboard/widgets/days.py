"""Time in steps of whole days, for charts: where they begin, how long and how many they are."""

import time
from typing import NamedTuple

from dashboard.data.activity import Extent
from dashboard.data.settings import settings
from models.days import DAY_MS, begin_of, day_of, end_of

_STEPS = (1, 7, 30)
_WHOLE_RANGE_MS = 400 * DAY_MS
"""A range up to this long is drawn from its own beginning, including quiet days; a longer one from
where there is data."""


class Days(NamedTuple):
    """Steps of this many days; step 0 begins at `start` (ms, the beginning of a day)."""

    start: int
    days: int
    steps: int

    @property
    def day(self) -> int:
        """The day that step 0 begins with (`models.days`)."""
        return day_of(self.start, settings().zone())

    def word(self) -> str:
        """What one step is: `day`, `7 days`."""
        return "day" if self.days == 1 else f"{self.days:,} days"


def end_of_today() -> int:
    """The last ms of this day: an end that stays the same for a while, so caches can hold."""
    zone = settings().zone()
    return end_of(day_of(int(time.time() * 1000), zone), zone)


def drawn(
    since: int | None, until: int | None, extent: Extent, end: int, *, most: int
) -> Days | None:
    """Steps for the sessions of a range (ms), at most about `most`; none for no sessions.

    An open range ends at `end`: a session dated later must not stretch the chart.
    """
    if extent.first is None or extent.last is None:
        return None
    last = end if until is None else min(until, max(end, extent.last))
    first = since if since is not None and last - since <= _WHOLE_RANGE_MS else extent.first
    zone = settings().zone()
    start = day_of(min(first, last), zone)
    days = day_of(last, zone) - start + 1
    step = next((step for step in _STEPS if days <= step * most), -(-days // most))
    return Days(begin_of(start, zone), step, -(-days // step))
