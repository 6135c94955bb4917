"""The strip above the feed in numbers: how busy it is, whether intake is fine.

Measured every few seconds while somebody is looking, whatever the traffic. Past spans keep their
counts: only the newest minutes are counted again.
"""

import json

from sqlalchemy import Connection

from dashboard.data.settings import settings
from dashboard.data.silence import LEAST_MS, TIMES, usual_ms
from dashboard.screens.live import pulse_queries as queries
from dashboard.screens.live.pulse_queries import MINUTE_MS, QUARTER_MS
from models.days import begin_of, day_of

NOW_MS = 30 * MINUTE_MS
"""Visitors heard from within this time, whose session is not finalized, are here now."""

MOST = 10_000
"""Counting ends here, and the strip says `10,000+`."""

_HOUR_MS = 60 * MINUTE_MS
_DAY_QUARTERS = 101  # a day that is an hour longer, and the quarter that has begun
_SERIES = 50_000
_RECOUNT_MINUTES = 1  # a delivery is derived, and so counted, some time after it came in


class Pulse:
    """Takes the pulse again and again; keeps what need not be counted again. One thread at a
    time.
    """

    def __init__(self, most: int = MOST) -> None:
        """Nothing is counted until it is taken, and nothing beyond `most`."""
        self._most = most
        self._minutes: dict[int, int] = {}

    def text(self, db: Connection, now: int) -> str:
        """The pulse at a time (ms, UTC) as JSON.

        `last`: newest delivery; `usual_ms`: the longest silence that is usual at this hour of the
        week, and `times` that, `least_ms` at least, is still normal; both None on an empty product.
        `people`: by the quarter of an hour of their last event; `today`: the quarter that the day
        began with; `minutes` and `hours`: deliveries. Each list ends with the current span, at
        `now`. Times in ms, UTC.
        """
        last = queries.last_received(db)
        count, since = queries.waiting(db, self._most)
        quarter, zone = now // QUARTER_MS, settings().zone()
        people = queries.people_by_quarter(db, (quarter - _DAY_QUARTERS + 1) * QUARTER_MS, _SERIES)
        self._count(db, now)
        return json.dumps(
            {
                "most": self._most,
                "now": queries.people_now(db, now - NOW_MS, self._most),
                "hour": queries.people_since(db, now - _HOUR_MS, self._most),
                "people": [
                    people.get(slot, 0) for slot in range(quarter - _DAY_QUARTERS + 1, quarter + 1)
                ],
                "quarter": quarter,
                "today": begin_of(day_of(now, zone), zone) // QUARTER_MS,
                "minutes": self._series(now // MINUTE_MS, 60, 1),
                "hours": self._series(now // MINUTE_MS, 24, 60),
                "last": last,
                "usual_ms": None if last is None else usual_ms(db, now),
                "times": TIMES,
                "least_ms": LEAST_MS,
                "waiting": count,
                "waiting_since": since,
                "aside": queries.set_aside(db, self._most),
            },
            separators=(",", ":"),
        )

    def _count(self, db: Connection, now: int) -> None:
        day = now // MINUTE_MS - 24 * 60
        newest = max(self._minutes, default=day)
        self._minutes = {at: count for at, count in self._minutes.items() if at >= day}
        since = max(day, newest - _RECOUNT_MINUTES)
        counted = queries.deliveries_by_minute(db, since * MINUTE_MS, _SERIES)
        for at, count in counted.items():  # the bound may have cut the oldest minute short
            self._minutes[at] = max(count, self._minutes.get(at, 0))

    def _series(self, minute: int, length: int, width: int) -> list[int]:
        """Deliveries in the last `length` spans of `width` minutes each."""
        return [
            sum(self._minutes.get(at, 0) for at in range(end - width + 1, end + 1))
            for end in range(minute - width * (length - 1), minute + 1, width)
        ]
