"""Two years of the simulator's people, told in the order of time and in as many sessions as wanted.

The simulator plays a live site: who comes is new, and back within days or never. A site that has
run for years has regulars, firms whose people all come, and far more visits of late than at first.
The people, their firms, visits and payloads are the simulator's own; only who comes when is not.

Old visits are told briefly, to keep a million of them a matter of minutes: the finalized event,
the one that tells most of who a new visitor is, and a share of the others. Of the last two days
every event is told.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import heappop
from math import sqrt

from simulator.clock import SpeedClock
from simulator.companies import Company
from simulator.dice import Dice
from simulator.people import Person, Population
from simulator.places import place
from simulator.sessions import Send, Visit, event
from simulator.visits import ScheduledEvent, Story

DAY_MS = 86_400_000
SPAN_MS = 2 * 365 * DAY_MS
"""How far back the history goes."""

_NEWCOMERS = 0.296  # a session; somewhat fewer leads come of them, for people share machines

_REGULAR_SESSIONS = 500
_REGULAR_SHARE = 0.02  # of all sessions, at most, so that a small history is not about one person
_COMPANIES = 0.165  # new ones a newcomer
_LAST_HOUR = 0.002  # of all sessions
_HOUR_MS = 3_600_000
_RETURNING = 0.05  # of all sessions: the latest, whose people may come back
_WHOLE_MS = 2 * DAY_MS
_SILENT = 0.018  # of all visits, of which so little is told that nothing is
_BRIEF = 1 / 16  # of an old visit's further events

_NAMING = ("identity.resolved", "identity.qualified", "identity.enriched")


def history(sessions: int, *, seed: int, end_ms: int) -> Iterator[ScheduledEvent]:
    """Tell some `sessions` that began within two years before `end_ms` (Unix ms), in order.

    The same arguments give the same events. What would be sent after `end_ms` is left out.
    """
    visits = round(sessions / (1 - _SILENT))
    return _History(visits, Dice(seed), end_ms - SPAN_MS).all_events()


class _Population(Population):
    """People of fewer firms: the more came from one, the more still do."""

    def __init__(self, dice: Dice, year: int) -> None:
        super().__init__(dice, year)
        self._employers: list[Company] = list(self._recent)

    def _employer(self) -> Company:
        new = self._dice.chance(_COMPANIES)
        company = self._company(place(self._dice)) if new else self._dice.choice(self._employers)
        self._employers.append(company)
        return company


class _History(Story):
    pages_rate = 0.27  # some four pages a visit

    def __init__(self, sessions: int, dice: Dice, start_ms: int) -> None:
        year = datetime.fromtimestamp(start_ms / 1000, UTC).year
        super().__init__(dice, SpeedClock(start_ms, 1.0), year)
        self._population = _Population(dice, year)
        self._sessions = sessions
        self._came: deque[Person] = deque(maxlen=int(sessions * _RETURNING) + 1)
        self._planned: list[tuple[int, Send]] = []

    def all_events(self) -> Iterator[ScheduledEvent]:
        """Tell it: people come at their moments, events are sent in between."""
        regular = self._population.newcomer()
        often = max(1, min(_REGULAR_SESSIONS, int(self._sessions * _REGULAR_SHARE)))
        every = self._sessions // often
        for number, now in enumerate(self._moments()):
            yield from self._sent_until(now)
            if number % every == every // 2 and number // every < often:
                person = regular
            elif not self._came or self._dice.chance(_NEWCOMERS):
                person = self._population.newcomer()
            else:
                person = self._dice.choice(self._came)
            if person is not regular:
                self._came.append(person)
            self._visit(person, now)
        yield from self._sent_until(SPAN_MS)

    def _moments(self) -> Iterator[int]:
        """When sessions begin, in story ms: ever more of them, and a busy last hour."""
        last = max(1, int(self._sessions * _LAST_HOUR))
        before, span = self._sessions - last, SPAN_MS - _HOUR_MS
        for number in range(before):
            yield int(span * sqrt((number + self._dice.random()) / before))
        for number in range(last):
            yield span + int(_HOUR_MS * (number + self._dice.random()) / last)

    def _sent_until(self, now: int) -> Iterator[ScheduledEvent]:
        while self._ahead and self._ahead[0][0] <= now:
            at, _, step = heappop(self._ahead)
            if isinstance(step, Send):
                created = self._clock.send(at)
                payload = event(step, at, created, self._clock, self._dice)
                yield ScheduledEvent(created, payload)

    def _visit(self, person: Person, now: int) -> Visit:
        """Decide on a visit as the simulator does; of an old one only some events are sent."""
        is_newcomer = not person.browsers
        self._planned.clear()
        visit = super()._visit(person, now)
        sends = self._planned
        if now < SPAN_MS - _WHOLE_MS:
            # Whoever is known by browser and profile need not be named again.
            is_new = is_newcomer or not visit.browser.vid
            sends = [
                planned for planned in sends if self._is_sent(planned[1], sends, is_new=is_new)
            ]
        for at, send in sends:
            super()._plan(at, send)
        return visit

    def _plan(self, at: int, step: object) -> None:
        if isinstance(step, Send):
            self._planned.append((at, step))

    def _is_sent(self, send: Send, sends: list[tuple[int, Send]], *, is_new: bool) -> bool:
        if send.type == "identity.session.finalized":
            return True
        naming = [its for _, its in sends if its.type in _NAMING]
        return (is_new and send is naming[-1]) or self._dice.chance(_BRIEF)
