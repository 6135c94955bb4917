"""Sessions of a range counted by day and touch, out of the days that are summed up.

A handful of numbers for each touch and day stands for any number of sessions; lengths are all
there, because medians of days do not add up.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from models.days import begin_of, end_of
from models.projection.summaries import SESSIONS, Touch, read
from models.settings import settings
from models.tables import SESSION

Level = Literal["source", "medium", "campaign", "content"]
LEVELS: tuple[Level, ...] = ("source", "medium", "campaign", "content")
Value = str | None

Numbers = NDArray[np.int64]


class Range(NamedTuple):
    """From when to when (Unix ms, both included); null is open."""

    since: int | None
    until: int | None


class Extent(NamedTuple):
    """How many sessions there are, with the begin of the first and the end of the last day
    (ms) that has any.
    """

    total: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Activity:
    """Sessions by day and touch: entry by entry a day (`models.days`), a touch, its counts.

    `durations` has the seconds of all finalized ones, entry after entry.
    """

    touches: Sequence[Touch]
    days: Numbers
    sessions: Numbers
    hot: Numbers
    finalized: Numbers
    durations: Numbers

    def extent(self) -> "Extent":
        """How many there are, and between which times."""
        if not len(self.days):
            return Extent(0, None, None)
        first, last = int(self.days.min()), int(self.days.max())
        zone = settings().zone()
        return Extent(int(self.sessions.sum()), begin_of(first, zone), end_of(last, zone))

    def by(self, level: Level | None) -> tuple[list[Value], Numbers]:
        """The values of a level, null among them, and the place of each entry's in that list.

        Without a level there is one, null, for all.
        """
        return places(self.touches, level)


def places(touches: Sequence[Touch], level: Level | None) -> tuple[list[Value], Numbers]:
    """The values of a level among touches, and the place of each touch's in that list."""
    if level is None:
        return [None], np.zeros(len(touches), np.int64)
    at = LEVELS.index(level)
    place: dict[Value, int] = {}
    found = [place.setdefault(touch[at], len(place)) for touch in touches]
    return list(place), np.array(found, np.int64)


def activity(db: Connection, span: Range) -> Activity:
    """Sessions whose last activity is in the range."""
    visits: list[Any] = []
    durations = [b""]
    for day in read(db, SESSIONS, ("visits", "durations"), *span, zone=settings().zone()):
        visits += json.loads(day["visits"])
        durations.append(day["durations"])
    counts = np.array([(visit[0], *visit[5:]) for visit in visits], np.int64).reshape(-1, 4)
    touches = [tuple(visit[1:5]) for visit in visits]
    days, sessions, hot, finalized = counts.T
    lengths = np.frombuffer(b"".join(durations), "<i8")
    return Activity(touches, days, sessions, hot, finalized, lengths)


def summed(numbers: Numbers, place: Numbers, size: int) -> Numbers:
    """Sums of numbers by their place among so many."""
    return np.bincount(place, weights=numbers, minlength=size).astype(np.int64)


def any_at_all(db: Connection) -> bool:
    """Whether there is a session."""
    return db.execute(select(SESSION.c.sid).limit(1)).first() is not None
