"""What a look at the database finds for those who watch Live: texts that are new to them.

At news only those leads are sifted and told anew who were heard of since, or of whom somebody said
something. That an employer's size or time alone has changed others is found between, a few at a
time: no look may be so long that news wait for its end.
"""

import time
from collections.abc import Mapping, Sequence, Set
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from dashboard.screens.live.pulse import Pulse
from dashboard.screens.live.rows import feed_text, offers_text, told
from dashboard.screens.live.sifting.sieve import Look, Sieve, Sifted
from dashboard.screens.live.wanted import Wanted
from models.annotations.statements import newest, spoken_of
from models.storage.version import version

LIMIT = 100
"""Leads that a viewer is told of."""

PULSE_S = 3.0
"""Between two looks at the strip's numbers; they change with time alone, too."""

NEWS_SHARE = 4
"""Looks at what is new may take one part in so many of the time."""

ROUND_SHARE = 10
"""The same of looks at who is not known to have changed."""

OVERDUE_S = 1.0
"""So long such a look waits for one without news."""

MOST_AGAIN = 25
"""Leads that such a look says anew: those longest ago."""

AGAIN_S = 40.0
"""What time alone changes is looked for so often: who is in a segment of the last days, say. With
the round itself that is within a minute.
"""

OFFERS_SHARE = 20
"""Looking for the values that filters may have takes one part in so many of the time."""


class Found(NamedTuple):
    """What is new: the feed of those who want it so, the strip, and what filters may be."""

    feeds: dict[Wanted, str]
    pulse: str | None = None
    offers: str | None = None


class Looking:
    """Keeps what was found and told, so that the next look costs little. One thread at a time."""

    def __init__(
        self,
        *,
        pulse_s: float = PULSE_S,
        again_s: float = AGAIN_S,
        news_share: int = NEWS_SHARE,
        limit: int = LIMIT,
    ) -> None:
        """Nothing is known yet."""
        self._pulse_s, self._again_s = pulse_s, again_s
        self._news_share, self._limit = news_share, limit
        self._pulse, self._sieve = Pulse(), Sieve()
        self._version: int | None = None
        self._offered: int | None = None
        self._said: int | None = None
        self._heard: Mapping[str, int] = {}
        self._sifted: dict[Wanted, Sifted] = {}
        self._told: dict[str, str] = {}
        self._due = set[str]()
        self._texts: dict[Wanted, str] = {}
        self._pulse_at = self._news_at = self._turn_at = self._aged_at = time.monotonic()
        self._offers_at = self._pulse_at

    def look(self, db: Connection, every: Set[Wanted], new: Set[Wanted]) -> Found:
        """What is new to viewers who want this; all of it to those who are `new` themselves."""
        at = time.monotonic()
        # First, for the version is looked at in it: what commits in between is then told again.
        feeds = self.feeds(db, every, new)
        pulse = offers = None
        if at >= self._pulse_at:
            self._pulse_at = at + self._pulse_s
            pulse = self._pulse.text(db, int(time.time() * 1000))
        # Long to look for, so not while others wait for news; but a first viewer wants to choose.
        if self._offered is None or not (feeds or pulse):
            offers = self._offers(db)
        return Found(feeds, pulse, offers)

    def _offers(self, db: Connection) -> str | None:
        at = time.monotonic()
        if at < self._offers_at or self._version == self._offered:
            return None
        self._offered, said = self._version, offers_text(db)
        now = time.monotonic()
        self._offers_at = now + max(self._pulse_s, (OFFERS_SHARE - 1) * (now - at))
        return said

    def _keep(self, every: Set[Wanted]) -> None:
        """Keep nothing for those who have left."""
        self._sieve.keep(every)
        for gone in self._sifted.keys() - every:
            self._sifted.pop(gone)
            self._texts.pop(gone, None)

    def feeds(self, db: Connection, every: Set[Wanted], new: Set[Wanted]) -> dict[Wanted, str]:
        """The feeds that are new, by what their viewers want."""
        at, found = time.monotonic(), version(db)
        self._keep(every)
        new = {*new, *(every - self._texts.keys())}
        if at >= self._aged_at + self._again_s:
            self._aged_at = at
            self._sieve.age()
            self._due = set(self._told)
        is_news = found != self._version and at >= self._news_at
        # What is new is told first: the others have their turn when nothing is, or are overdue.
        is_turn = at >= self._turn_at + (OVERDUE_S if is_news else 0)
        is_turn = is_turn and (self._sieve.is_stale() or bool(self._due))
        if not (new or is_news or is_turn):
            return {}
        is_known = found == self._version
        said = newest(db)
        spoken = set() if self._said in {None, said} else spoken_of(db, self._said)
        look = Look(db, spoken, self._heard if is_known else None)
        sifted: dict[Wanted, Sifted] = {}
        for some in self._sieve.whole(look, new):
            sifted |= some
        if is_news:
            sifted |= self._sieve.newest(look)
            self._version, self._said, self._heard = found, said, look.heard
            self._due = set(self._told)
        is_turn = is_turn and (is_known or is_news)
        if is_turn:
            sifted |= self._sieve.some(look)
        feeds = self._texts_of(look, found, sifted, new, MOST_AGAIN if is_turn else 0)
        now = time.monotonic()
        if is_news:
            self._news_at = now + (self._news_share - 1) * (now - at)
        if is_turn:
            self._turn_at = now + (ROUND_SHARE - 1) * (now - at)
        return feeds

    def _texts_of(
        self,
        look: Look,
        found: int,
        sifted: Mapping[Wanted, Sifted],
        new: Set[Wanted],
        again: int,
    ) -> dict[Wanted, str]:
        """The feeds that say something else than before, or to somebody new; so many leads are said
        `again` that are not known to have changed.
        """
        others = {
            wanted
            for wanted, its in sifted.items()
            if its.is_other or its.refused != self._sifted.get(wanted, its).refused
        }
        self._sifted |= sifted
        shown = {wanted: its.matching.keys[: self._limit] for wanted, its in self._sifted.items()}
        changed = self._tell(look, shown, again)
        feeds: dict[Wanted, str] = {}
        for wanted, keys in shown.items():
            is_new = wanted in new
            if is_new or wanted in others or not changed.isdisjoint(keys):
                said = [self._told[key] for key in keys if key in self._told]
                text = feed_text(self._sifted[wanted], self._limit, said)
                if is_new or text != self._texts.get(wanted):
                    self._texts[wanted] = text
                    feeds[wanted] = f'{{"version":{found},{text[1:]}'
        return feeds

    def _tell(self, look: Look, shown: Mapping[Wanted, Sequence[str]], again: int) -> set[str]:
        """Say of leads what is not said yet, or may be otherwise now; gives those where it is."""
        every = set[str]().union(*shown.values())
        due = islice((key for key in self._told if key in self._due and key in every), again)
        keys = (every - self._told.keys()) | (every & look.moved) | set(due)
        fresh = told(look.db, sorted(keys))
        changed = {key for key in keys if fresh.get(key) != self._told.get(key)}
        # Those said longest ago stand first.
        kept = {k: text for k, text in self._told.items() if k in every and k not in keys}
        self._told = kept | fresh
        self._due = self._due & kept.keys()
        return changed
