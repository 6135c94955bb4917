"""Three weeks of made-up visits, as a desk that has run for that long would have seen them.

People come during working hours, mostly Monday to Friday, and more of them every week. It also says
who bought in the end (`deals`): the truth that a back-test of scores is compared with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.clock import SpeedClock
from simulator.dice import Dice
from simulator.people import Person
from simulator.purposes import Purpose
from simulator.visits import ScheduledEvent, Story

DAY_MS = 86_400_000
SPAN_MS = 21 * DAY_MS
"""How long the history is."""

_HOUR_MS = 3_600_000
_NEWCOMERS = 2450  # roughly the number of leads: some share computers, some turn out to be two
# How busy each hour (UTC) is compared with the busiest, and each day of the week from Monday on.
_HOURS = (
    0.12, 0.10, 0.08, 0.08, 0.10, 0.15, 0.30, 0.55, 0.85, 1.00, 1.00, 0.95,
    0.85, 0.95, 1.00, 1.00, 0.95, 0.85, 0.70, 0.55, 0.45, 0.35, 0.25, 0.18,
)  # fmt: skip
_WEEKDAYS = (0.95, 1.0, 1.0, 0.95, 0.8, 0.25, 0.3)
_GROWTH = 0.6  # how much more comes on the last day than on the first

# The share of buyers who buy: of those who asked for a demo, and of the others.
_WON = 0.85
_WON_UNASKED = 0.25
_DECIDES_DAYS = (1.0, 9.0)


@dataclass(frozen=True, slots=True)
class Deal:
    """A company that bought: its domain, and when (Unix ms)."""

    domain: str
    won_ms: int


class History:
    """The history up to `end_ms` (Unix ms). The same arguments give the same, byte for byte."""

    def __init__(self, *, end_ms: int, seed: int, newcomers: int = _NEWCOMERS) -> None:
        """`newcomers`: about how many people come in total."""
        self._start_ms = end_ms - SPAN_MS
        self._end_ms = end_ms
        self._newcomers = newcomers
        self._seed = seed
        self._met: dict[int, Person] = {}

    def events(self) -> Iterator[ScheduledEvent]:
        """Yield what was sent up to the end, in time order."""
        story = _Story(self._start_ms, self._seed, self._newcomers)
        for scheduled in story.events(None, 0.0):
            if scheduled.at_ms > self._end_ms:
                return
            if scheduled.person:
                self._met[scheduled.person.seed] = scheduled.person
            yield scheduled

    def deals(self) -> list[Deal]:
        """Who has bought by the end, among those whose events were yielded so far: one deal per
        company, in time order.

        Buyers do, mostly those who asked for a demo, some days after that.
        """
        dice = Dice(self._seed + 1)
        first: dict[str, Deal] = {}
        for person in self._met.values():
            asked = person.asked_for_demo_ms
            days = dice.uniform(*_DECIDES_DAYS)
            does = dice.chance(_WON if asked is not None else _WON_UNASKED)
            if person.purpose is not Purpose.BUYER or not does:
                continue
            begun = person.last_seen_ms if asked is None else asked
            deal = Deal(person.company.domain, self._start_ms + begun + int(days * DAY_MS))
            known = first.get(deal.domain)
            if deal.won_ms <= self._end_ms and (known is None or deal.won_ms < known.won_ms):
                first[deal.domain] = deal
        return sorted(first.values(), key=lambda deal: (deal.won_ms, deal.domain))


class _Story(Story):
    """A story whose newcomers come during working hours."""

    def __init__(self, start_ms: int, seed: int, newcomers: int) -> None:
        began = datetime.fromtimestamp(start_ms / 1000, UTC)
        super().__init__(Dice(seed), SpeedClock(start_ms, 1.0), began.year)
        self._began = began
        hours = range(SPAN_MS // _HOUR_MS)
        self._busy_gap_ms = (
            sum(self._busy(hour * _HOUR_MS) for hour in hours) * _HOUR_MS / newcomers
        )

    def _gap(self, now: int, _gap_ms: float) -> int:
        """Draw moments at the busiest hour's pace, and drop the more of them the less busy their
        hour is.
        """
        at = float(now)
        while True:
            at += self._dice.expovariate((1 + _GROWTH) / self._busy_gap_ms)
            if self._dice.chance(self._busy(int(at)) / (1 + _GROWTH)):
                return int(at) - now

    def _busy(self, at: int) -> float:
        """How many come at a story time (ms), compared with the busiest hour of the first day."""
        then = self._began + timedelta(milliseconds=at)
        grown = 1 + _GROWTH * at / SPAN_MS
        return grown * _HOURS[then.hour] * _WEEKDAYS[then.weekday()]
