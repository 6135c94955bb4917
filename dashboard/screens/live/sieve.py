"""Who fits each viewer's filters, kept from one look to the next.

To sift the newest thousands anew for every filter at every change would cost the more the more
people look. Between two whole looks only those are sifted who were heard of since the last one.
"""

import time
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from dashboard.screens.live.queries import (
    WINDOW,
    Fit,
    Fitting,
    fits,
    heard_of,
    heard_since,
    newest_heard,
    shown,
)
from dashboard.screens.live.wanted import Wanted

SLACK_MS = 30_000
"""A delivery may be derived so long after one that came later, and is then heard of so far back."""

MOST_CHANGED = 400
"""More than so many changed leads are no longer sifted one by one."""


class Look:
    """What one look at the database asks once for all filters."""

    def __init__(self, db: Connection) -> None:
        """Within one transaction of `db`."""
        self.db = db
        self.of = heard_of(db)
        self.heard_at = newest_heard(db)
        self._changed: dict[int, list[str]] = {}

    def changed(self, since: int) -> list[str]:
        """Who was heard of since a time (Unix ms); of very many some."""
        if since not in self._changed:
            self._changed[since] = heard_since(self.db, since, MOST_CHANGED + 1)
        return self._changed[since]


class _Kept(NamedTuple):
    """Who fitted, and as it was shown; when anybody at all had been heard of last (Unix ms), and
    when all were sifted (seconds of the process's clock); `is_whole`: nobody was alone since.
    """

    found: list[Fit]
    fitting: Fitting
    heard_at: int
    looked_at: float
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Sifted:
    """Who fits now; `is_other`: not the same people, or one of them was heard of again."""

    fitting: Fitting
    is_other: bool


class Sieve:
    """Keeps who fits; used by one thread at a time."""

    def __init__(self) -> None:
        """Nothing is kept until somebody asks."""
        self._kept: dict[Wanted, _Kept] = {}

    def whole(self, look: Look, wanted: Wanted) -> Fitting:
        """Sift all anew. Raises `FilterError` for a segment or list that is gone."""
        self._kept.pop(wanted, None)
        found = fits(look.db, wanted.asked(look.db), by_grade=wanted.by_grade)
        fitting = shown(found, wanted, look.of)
        self._kept[wanted] = _Kept(found, fitting, look.heard_at, time.monotonic())
        return fitting

    def newest(self, look: Look, wanted: Wanted) -> Sifted:
        """Sift only those who were heard of since. Raises what `whole` does."""
        kept = self._kept.get(wanted)
        if kept is None:
            return Sifted(self.whole(look, wanted), is_other=True)
        changed = look.changed(kept.heard_at - SLACK_MS)
        if len(changed) > MOST_CHANGED:
            return Sifted(self.whole(look, wanted), is_other=True)
        asked = wanted.asked(look.db)
        again = fits(look.db, asked, among=changed, by_grade=wanted.by_grade)
        gone = set(changed)
        found = [*again, *(one for one in kept.found if one.key not in gone)]
        found.sort(reverse=True)
        del found[WINDOW:]
        is_other = found != kept.found
        fitting = shown(found, wanted, look.of) if is_other else kept.fitting._replace(of=look.of)
        self._kept[wanted] = _Kept(found, fitting, look.heard_at, kept.looked_at, is_whole=False)
        return Sifted(fitting, is_other)

    def looked_at(self, wanted: Wanted) -> float:
        """When all were sifted for these filters (seconds of the process's clock); 0 if never."""
        kept = self._kept.get(wanted)
        return kept.looked_at if kept else 0.0

    def is_whole(self, wanted: Wanted) -> bool:
        """Whether all were sifted when last anybody was for these filters; true if never."""
        kept = self._kept.get(wanted)
        return kept is None or kept.is_whole

    def drop(self, wanted: Wanted) -> None:
        """Keep nothing for filters that nobody has any more."""
        self._kept.pop(wanted, None)
