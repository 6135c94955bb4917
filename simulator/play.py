"""Plays the story against a receiver: sends each event when its time has come, retries as Midbound.

One pace for every mode: an event leaves when the wall clock reaches its `created`. How fast the
story goes is decided where its times are made (`simulator.visits.events`), so what arrives just now
says that it happened just now.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpx

from simulator.clock import RateClock
from simulator.delivery import encode, sign
from simulator.dice import Dice
from simulator.visits import ScheduledEvent, events

# After a failed attempt, as Midbound's help centre has it; after the last the event is gone.
RETRY_AFTER_S = (30.0, 300.0, 1800.0)
_LEAST_RETRY_S = 0.2

IN_FLIGHT = 64
# Bodies that wait for a retry are kept in memory; above this the story waits for the receiver.
_UNSETTLED = 10_000
_ANSWER_WITHIN_S = 15.0

# `rate` is a bound, but a late timer may be made up for within this time.
_CATCH_UP_MS = 100.0
_SHUFFLE_WINDOW = 24
# With these the demo sees an event or two a second.
_ARRIVALS_PER_MINUTE = 15.0
# What the story makes of one newcomer in the long run, all their visits taken together.
_EVENTS_A_PERSON = 6.5


@dataclass
class Tally:
    """What became of the deliveries; `sent == stored + lost` once all is over.

    `sent` counts deliveries, wanted duplicates among them, but not their retries; `stored` those
    answered 2xx, of which `duplicates` were answered with the status "duplicate"; `retried`
    further attempts; `lost` those given up: after the last retry or because of a stop.
    """

    sent: int = 0
    stored: int = 0
    duplicates: int = 0
    retried: int = 0
    lost: int = 0


async def play(
    *,
    url: str,
    secret: str,
    visitors: int | None,
    rate: float | None,
    speed: float,
    seed: int,
    shuffle: bool,
    duplicates: float,
    on_answer: Callable[[str, int], None] | None = None,
    stop: asyncio.Event | None = None,
    arrivals_per_minute: float | None = None,
) -> Tally:
    """Play Midbound against the receiver at `url` until the story or `stop` ends it.

    `visitors`: how many people come, null without end. `speed`: story seconds a second, for the
    gaps between one person's events. `rate`: at most so many events a second. Newcomers arrive
    `arrivals_per_minute` of real time whatever the speed; null: as many as make that rate in the
    long run, or 15. A `speed` of 0 leaves the story's gaps out: events go at just that rate (null:
    as fast as the receiver takes them) and their times are fitted to it.
    `shuffle` mixes the order within a window of two dozen events, `duplicates` is the share (0..1)
    of events sent twice. `on_answer` gets each attempt's webhook-id and HTTP status, 0 for none.

    Once `stop` is set nothing new is sent, requests under way are waited for, retries dropped.
    Being cancelled (Ctrl-C under `asyncio.run`) ends it at once, without a tally.

    Raises ValueError for a number out of range, a bad secret or a `url` that is not http(s).
    """
    target = httpx.URL(url)
    if target.scheme not in {"http", "https"} or not target.host:
        raise ValueError("the receiver's URL must begin with http:// or https://")
    if speed < 0 or not 0 <= duplicates <= 1 or (rate is not None and rate <= 0):
        raise ValueError("speed must not be below 0, duplicates within 0..1, rate above 0")
    sign(secret, "evt_", b"{}")  # a bad secret is told now, not at the first event

    stop = stop or asyncio.Event()
    dice = Dice(seed + 1)  # what happens on the way must not change the story
    start_ms = int(_now_ms())
    story = events(
        visitors=visitors,
        seed=seed,
        start_ms=start_ms,
        speed=speed or 1.0,
        clock=None if speed else RateClock(start_ms, rate or math.inf, _now_ms),
        arrivals_per_minute=arrivals_per_minute or _arrivals(rate, speed),
    )
    due = repeated(story, duplicates, dice)
    if shuffle:
        due = shuffled(due, _SHUFFLE_WINDOW, dice)

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    # A proxy named in the environment would lead deliveries to one's own machine astray.
    async with httpx.AsyncClient(
        limits=limits, timeout=_ANSWER_WITHIN_S, trust_env=False
    ) as client:
        sender = _Sender(
            client=client,
            url=target,
            secret=secret,
            speed=max(speed, 1.0),
            on_answer=on_answer,
            stop=stop,
        )
        await _send_all(due, 1000 / rate if rate else 0.0, sender, stop)
    return sender.tally


def _arrivals(rate: float | None, speed: float) -> float:
    """Give newcomers a minute: more than the rate lets through would leave the story behind."""
    return rate * 60 / _EVENTS_A_PERSON if rate and speed else _ARRIVALS_PER_MINUTE


async def _send_all(
    due: Iterable[ScheduledEvent], gap_ms: float, sender: "_Sender", stop: asyncio.Event
) -> None:
    """Start each delivery at its time and at least `gap_ms` after the one before; await all."""
    turn = 0.0
    async with asyncio.TaskGroup() as tasks:
        for scheduled in due:
            turn = max(turn + gap_ms, scheduled.at_ms, _now_ms() - _CATCH_UP_MS)
            wait_s = (turn - _now_ms()) / 1000
            if stop.is_set() or (wait_s > 0 and await _stopped_within(stop, wait_s)):
                return
            await sender.take_place()
            if stop.is_set():
                return
            body = encode(scheduled.event)
            tasks.create_task(sender.deliver(str(scheduled.event["id"]), body))


class _Sender:
    """Delivers events, so many at a time, and counts what became of them."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        url: httpx.URL,
        secret: str,
        speed: float,
        on_answer: Callable[[str, int], None] | None,
        stop: asyncio.Event,
    ) -> None:
        self.tally = Tally()
        self._client = client
        self._url = url
        self._secret = secret
        self._waits_s = [max(wait / speed, _LEAST_RETRY_S) for wait in RETRY_AFTER_S]
        self._on_answer = on_answer
        self._stop = stop
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)
        self._unsettled = asyncio.Semaphore(_UNSETTLED)

    async def take_place(self) -> None:
        """Wait until another delivery may start; `deliver` gives the place back.

        The first attempt's place is taken before the event is even encoded, so a receiver that is
        slow holds up the story, not memory.
        """
        await self._unsettled.acquire()
        await self._in_flight.acquire()

    async def deliver(self, webhook_id: str, body: bytes) -> None:
        """Deliver one event: the first attempt at once, then as often as Midbound tries."""
        self.tally.sent += 1
        try:
            if await self._attempt(webhook_id, body):
                return
            for wait_s in self._waits_s:
                if await _stopped_within(self._stop, wait_s):
                    break
                await self._in_flight.acquire()
                self.tally.retried += 1
                if await self._attempt(webhook_id, body):
                    return
            self.tally.lost += 1
        finally:
            self._unsettled.release()

    async def _attempt(self, webhook_id: str, body: bytes) -> bool:
        """Send it once, signed with the present time; tell whether it was taken."""
        try:
            answer = await self._client.post(
                self._url, content=body, headers=sign(self._secret, webhook_id, body)
            )
        except httpx.TransportError:
            self._tell(webhook_id, 0)
            return False
        finally:
            self._in_flight.release()
        self._tell(webhook_id, answer.status_code)
        if not answer.is_success:
            return False
        self.tally.stored += 1
        self.tally.duplicates += _status(answer.content) == "duplicate"
        return True

    def _tell(self, webhook_id: str, status: int) -> None:
        if self._on_answer is not None:
            self._on_answer(webhook_id, status)


def repeated(story: Iterable[ScheduledEvent], share: float, dice: Dice) -> Iterator[ScheduledEvent]:
    """Give every event, and `share` (0..1) of them twice in a row: two that race are hardest."""
    for scheduled in story:
        yield scheduled
        if share and dice.chance(share):
            yield scheduled


def shuffled(story: Iterable[ScheduledEvent], window: int, dice: Dice) -> Iterator[ScheduledEvent]:
    """Mix the order: always one of the `window` next events, drawn by lot.

    None goes out before its `created`: each takes the time of the latest that was drawn from.
    """
    waiting: list[ScheduledEvent] = []
    latest_ms = 0
    for scheduled in story:
        latest_ms = scheduled.at_ms
        waiting.append(scheduled)
        if len(waiting) >= window:
            drawn = waiting.pop(dice.randrange(len(waiting)))
            yield ScheduledEvent(latest_ms, drawn.event)
    dice.shuffle(waiting)
    for scheduled in waiting:
        yield ScheduledEvent(latest_ms, scheduled.event)


def _status(content: bytes) -> str | None:
    """Read the `status` of a receiver's answer; another receiver may answer anything."""
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer.get("status") if isinstance(answer, dict) else None


def _now_ms() -> float:
    return time.time() * 1000


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, unless told to stop first; tell whether that was so."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
