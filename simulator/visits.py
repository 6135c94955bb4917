"""Visits, as the events that Midbound sends about them, in time order.

The pipeline follows Midbound's public docs and SDK types: resolved, qualified, enriched, one
validated event per email, and finalized when the session has been quiet for a while. Some visits
stop at each step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count

from simulator import website
from simulator.browsers import Browser, browser, scanner
from simulator.clock import Clock, SpeedClock
from simulator.companies import Company
from simulator.dice import Dice
from simulator.people import Address, Person, Population
from simulator.places import place
from simulator.profiles import spelled
from simulator.purposes import DEMO_REQUEST, HABITS, Purpose, form
from simulator.sessions import Glance, Json, Send, Visit, event

_MINUTE_MS = 60_000
_HOUR_S = 3600.0
_PROVIDER_CODES: tuple[tuple[float, str], ...] = ((80, "jNNdd"), (20, "OMzN4"))
_CHECK_ERRORS = (
    ("timeout", "The mail server did not answer in time."),
    ("greylisted", "The mail server asked to try again later."),
    ("rate_limited", "The check was put off by a rate limit."),
)
# (weight, (least, most)) seconds from one visit's last activity to the next visit.
_RETURNS: tuple[tuple[float, tuple[float, float]], ...] = (
    (35, (40 * 60, 2 * _HOUR_S)),
    (35, (2 * _HOUR_S, 30 * _HOUR_S)),
    (30, (30 * _HOUR_S, 130 * _HOUR_S)),
)
# A serious buyer brings a colleague after this share of visits, so many seconds later.
_BRINGS = 0.16
_BROUGHT_AFTER_S = (0.5 * _HOUR_S, 30 * _HOUR_S)
_ENDS_AT_DEMO = 0.2  # of a buyer's visits after the first


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """An event and when Midbound sends it: `at_ms` (Unix ms), the event's `created`.

    Events of one visit share parts (the finalized one repeats the enrichment): don't change them.
    `person` is whose visit it is: the whole truth, of which the event says only a part.
    """

    at_ms: int
    event: Json
    person: Person | None = field(default=None, compare=False)


class _Newcomer:
    """Somebody new arrives."""


_Step = Send | Person | _Newcomer


def events(
    *,
    visitors: int | None,
    seed: int,
    start_ms: int,
    speed: float = 1.0,
    arrivals_per_minute: float = 15.0,
    clock: Clock | None = None,
) -> Iterator[ScheduledEvent]:
    """Yield the events of `visitors` people (None: without end), in the order of `at_ms`.

    The same arguments give the same events, byte for byte. `start_ms` (Unix ms) is the beginning.
    `speed`: seconds of the story per second of the payloads' times; above 1, every gap, dwell and
    return gets shorter by the same factor. `arrivals_per_minute`: new people per minute of the
    payloads' times, whatever the speed. A `clock` replaces `start_ms` and `speed` for the payloads'
    times; arrivals are then per minute of the story. Only people who will come back are kept in
    memory.

    Raises ValueError if `speed` or `arrivals_per_minute` is not above 0, or `visitors` is negative.
    """
    if speed <= 0 or arrivals_per_minute <= 0:
        raise ValueError("speed and arrivals_per_minute must be above 0")
    if visitors is not None and visitors < 0:
        raise ValueError("visitors must not be negative")
    gap_ms = _MINUTE_MS / arrivals_per_minute * (1.0 if clock else speed)
    year = datetime.fromtimestamp(start_ms / 1000, UTC).year
    return Story(Dice(seed), clock or SpeedClock(start_ms, speed), year).events(visitors, gap_ms)


class Story:
    """Who comes when, and what is sent about it: a heap of what happens next."""

    pages_rate = 0.45
    """Rate of the exponential distribution of a visit's further pages: the smaller, the more."""

    def __init__(self, dice: Dice, clock: Clock, year: int) -> None:
        """`clock` turns story time into the payloads' time and decides nothing else; `year` is when
        the story begins.
        """
        self._dice = dice
        self._clock = clock
        self._population = Population(dice, year)
        self._ahead: list[tuple[int, int, _Step]] = []
        self._brought: list[tuple[int, int, Company]] = []  # a heap: from when (story ms), where
        self._order = count()  # settles ties, so that the heap never compares steps

    def events(self, visitors: int | None, gap_ms: float) -> Iterator[ScheduledEvent]:
        """Yield the events of so many people (None: without end). Newcomers are `gap_ms` (of the
        story) apart on average; the first comes at once.
        """
        arrived = 0
        if visitors != 0:
            self._plan(0, _Newcomer())
        while self._ahead:
            now, _, step = heappop(self._ahead)
            match step:
                case Send():
                    created = self._clock.send(now)
                    told = event(step, now, created, self._clock, self._dice)
                    yield ScheduledEvent(created, told, step.visit.person)
                case Person():
                    self._begin(step, now)
                case _Newcomer():
                    arrived += 1
                    self._begin(self._newcomer(now), now)
                    if visitors is None or arrived < visitors:
                        self._plan(now + self._gap(now, gap_ms), step)

    def _gap(self, _now: int, gap_ms: float) -> int:
        """Draw the time from one newcomer to the next (story ms)."""
        return int(self._dice.expovariate(1 / gap_ms))

    def _newcomer(self, now: int) -> Person:
        """Make who comes next: a colleague of a buyer if one is due, else anybody."""
        is_due = self._brought and self._brought[0][0] <= now
        buying = heappop(self._brought)[2] if is_due else None
        return self._population.newcomer(buying)

    def _plan(self, at: int, step: _Step) -> None:
        heappush(self._ahead, (at, next(self._order), step))

    def _begin(self, person: Person, now: int) -> None:
        """Let somebody visit, and decide whether they come back."""
        dice = self._dice
        visit = self._visit(person, now)
        if dice.chance(HABITS[person.purpose].returns):
            later = dice.ms(*dice.weighted(_RETURNS))
            self._plan(visit.last_activity + later, person)
        is_earnest = person.visits > 1 or person.asked_for_demo_ms is not None
        if person.purpose is Purpose.BUYER and is_earnest and dice.chance(_BRINGS):
            due = visit.last_activity + dice.ms(*_BROUGHT_AFTER_S)
            heappush(self._brought, (due, next(self._order), person.company))

    def _visit(self, person: Person, now: int) -> Visit:
        """Decide everything that happens in this visit."""
        dice = self._dice
        if person.browsers:
            self._change(person)
        person.visits += 1
        person.last_seen_ms = now
        glances, last_activity = self._glances(person, now)
        visit = Visit(
            person=person,
            browser=self._browser(person),
            began=now,
            last_activity=last_activity,
            glances=glances,
            place=place(dice) if dice.chance(0.06) else person.place,  # some are travelling
            linkedin_url=spelled(person.handle, dice) if person.handle else None,
            pid=dice.weighted(website.PIXELS),
            prid=dice.weighted(_PROVIDER_CODES),
        )
        last_sent = self._pipeline(visit, now)
        if dice.chance(0.97):
            quiet = max(last_activity + dice.ms(9 * 60, 24 * 60), last_sent + 1000)
            self._plan(quiet, Send(visit, "identity.session.finalized"))
        return visit

    def _pipeline(self, visit: Visit, now: int) -> int:
        """Plan the events up to validated; returns the story time (ms) of the last one."""
        dice, person = self._dice, visit.person
        now += dice.ms(0.4, 4)
        self._plan(now, Send(visit, "identity.resolved"))
        if person.handle:
            if not dice.chance(0.82):
                return now
            now += dice.ms(2, 30)
            self._plan(now, Send(visit, "identity.qualified"))
            if not dice.chance(0.88):
                return now
            now += dice.ms(10, 80)
            self._plan(now, Send(visit, "identity.enriched"))
        if dice.chance(0.88):
            visit.checks = [self._check(address) for address in person.addresses]
        for check in visit.checks:
            now += dice.ms(2, 40)
            self._plan(now, Send(visit, "identity.validated", check))
        return now

    def _change(self, person: Person) -> None:
        """What may have changed for somebody who comes back: a profile, a promotion."""
        dice = self._dice
        if person.first and not person.handle and dice.chance(0.35):
            self._population.reveal(person)
        if person.level + 1 < len(person.craft.titles) and dice.chance(0.05):
            person.level += 1

    def _browser(self, person: Person) -> Browser:
        """Pick their browser: mostly their own, sometimes a shared one."""
        dice, company = self._dice, person.company
        if person.purpose is Purpose.BOT:
            if not person.browsers:
                person.browsers.append(scanner(dice))
        elif not person.browsers:
            mobile = dice.chance(0.22)
            shared = company.desk if dice.chance(0.12) else None
            person.browsers.append(shared or browser(dice, mobile=mobile))
            if not mobile:
                company.desk = person.browsers[0]
        elif len(person.browsers) == 1 and dice.chance(0.35):
            person.browsers.append(browser(dice, mobile=dice.chance(0.7)))
        return dice.choice(person.browsers)

    def _glances(self, person: Person, now: int) -> tuple[list[Glance], int]:
        """Draw the page events of a visit that begins now, and its last activity (story ms)."""
        dice, why = self._dice, person.purpose
        at, ref, found = now + dice.ms(0.1, 0.4), None, list[Glance]()
        for url, title in self._pages(person):
            found.append(Glance(at, url, title, ref))
            at += self._dwell(why)
            if name := form(dice, why, url.removeprefix(website.SITE)):
                found.append(Glance(at, url, title, ref, None, "form_submit", {"form": name}))
                if name == DEMO_REQUEST and person.asked_for_demo_ms is None:
                    person.asked_for_demo_ms = at
                at += dice.ms(1, 20)
            ref = url
        if dice.chance(0.18):
            found[-1].outlink = website.outlink(dice)
        return found, at

    def _pages(self, person: Person) -> list[tuple[str, str]]:
        """Draw the pages somebody looks at: the URL and title of each."""
        dice, why = self._dice, person.purpose
        if why is Purpose.COMPETITOR:
            return website.every_page(dice)
        rate = self.pages_rate * HABITS[why].pages_rate
        pages = [website.page(dice, why) for _ in range(1 + min(int(dice.expovariate(rate)), 11))]
        if why is Purpose.BUYER and person.visits > 1 and dice.chance(_ENDS_AT_DEMO):
            pages.append(website.demo_page())
        return pages

    def _dwell(self, why: Purpose) -> int:
        """Draw how long somebody stays on a page (ms)."""
        if why is Purpose.BOT:
            return self._dice.ms(0.05, 0.9)
        return int(min(max(self._dice.lognormvariate(3.4, 0.9), 2), 600) * 1000)  # median 30 s

    def _check(self, address: Address) -> Json:
        """Check an address: mostly its true verdict, now and then an error instead."""
        dice = self._dice
        failed = dice.chance(0.05)
        code, message = dice.choice(_CHECK_ERRORS)
        return {
            "email": address.value,
            "validity": None if failed else address.verdict,
            "provider": "millionverifier" if dice.chance(0.8) else "examplecheck",
            "error": {"code": code, "message": message} if failed else None,
        }
