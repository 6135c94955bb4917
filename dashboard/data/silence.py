"""Whether intake has stopped, judged by what is usual at this hour of the week.

Nights, weekends and lunch breaks are silent every week; a Tuesday at eleven is not. So a silence is
compared with the longest silences around the same moment in each of the last weeks. Each query is
an index range or probe, and the result is cached for a minute.
"""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from models.days import DAY_MS
from models.tables import EVENT

MINUTE_MS = 60_000
AROUND_MS = 30 * MINUTE_MS
"""How far around a moment a silence counts for that hour."""

WEEKS = 4
TIMES = 2.5
"""A silence is unusual if it lasts more than this many times the usual."""

LEAST_MS = MINUTE_MS
YOUNG_MS = 12 * MINUTE_MS
"""The usual silence for a desk that has not yet seen this hour of the day."""

_MOST = 20_000
"""Events around a moment that are looked at; if there are more, the newest say enough."""


class Silence(NamedTuple):
    """How long nothing came in, and how long is usual at this hour of the week, in ms."""

    lasts_ms: int
    usual_ms: int


def silence(db: Connection, now: int) -> Silence | None:
    """The silence at a moment (Unix ms) if it is unusually long; else None."""
    last = db.execute(select(func.max(EVENT.c.received_at))).scalar_one()
    if last is None:
        return None
    usual = usual_ms(db, now)
    return Silence(now - last, usual) if now - last > normal_ms(usual) else None


def normal_ms(usual: int) -> int:
    """How long a silence may last, in ms, given what is usual."""
    return max(LEAST_MS, int(TIMES * usual))


def _found_usual(db: Connection, now: int) -> int:
    """The longest usual silence around a moment (Unix ms), in ms: from the same hour in the last
    weeks, or on a young desk in the last days.
    """
    first = db.execute(select(func.min(EVENT.c.received_at))).scalar_one()
    if first is None:
        return YOUNG_MS
    for step, times in ((7 * DAY_MS, WEEKS), (DAY_MS, 6)):
        moments = [now - step * n for n in range(1, times + 1)]
        found = [_longest(db, at, now) for at in moments if at - AROUND_MS >= first]
        if found:
            return int(median(found))
    return max([YOUNG_MS, *_gaps([*_times(db, first, now), first])])


def _longest(db: Connection, at: int, now: int) -> int:
    """The longest silence that reaches into the time around a moment."""
    since, until = at - AROUND_MS, at + AROUND_MS
    column = EVENT.c.received_at
    before = db.execute(select(func.max(column)).where(column < since)).scalar_one()
    after = db.execute(select(func.min(column)).where(column > until)).scalar_one()
    times = [time for time in (after or now, *_times(db, since, until), before) if time is not None]
    return max(_gaps(times), default=0)


def _times(db: Connection, since: int, until: int) -> list[int]:
    """When events came in, the newest first."""
    column = EVENT.c.received_at
    query = select(column).where(column.between(since, until)).order_by(column.desc())
    return list(db.execute(query.limit(_MOST)).scalars())


def _gaps(times: list[int]) -> Iterator[int]:
    return (later - earlier for later, earlier in pairwise(times))


class _Kept:
    """Caches what is usual for a minute: it changes only with the hour, and all screens ask."""

    def __init__(self, ask: Callable[[Connection, int], int]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], int] = {}

    def __call__(self, db: Connection, now: int) -> int:
        place = (str(db.engine.url), now // MINUTE_MS)
        found = self._known.get(place)
        if found is None:
            found = self._ask(db, now)
            with self._lock:
                self._known = {place: found}
        return found


usual_ms = _Kept(_found_usual)
"""The longest silence that is usual around a moment (Unix ms), in ms."""
