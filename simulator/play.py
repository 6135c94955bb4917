"""Plays the story against a receiver: sends each event at its time, and retries as Midbound does.

In every mode an event is sent when the wall clock reaches its `created`. The story's speed is
decided where its times are made (`simulator.visits.events`), so what arrives now says that it
happened now.
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

# Waits after a failed attempt, from Midbound's help centre; after the last one the event is lost.
RETRY_AFTER_S = (30.0, 300.0, 1800.0)
_LEAST_RETRY_S = 0.2

IN_FLIGHT = 64
# Bodies that wait for a retry are kept in memory; with this many, the story waits.
_UNSETTLED = 10_000
_ANSWER_WITHIN_S = 15.0

# `rate` is a maximum, but a timer that fires late may be made up for within this time.
_CATCH_UP_MS = 100.0
_SHUFFLE_WINDOW = 24
# With this the demo gets one or two events per second.
_ARRIVALS_PER_MINUTE = 15.0
# How many events there are per person in the long run, over all their visits.
_EVENTS_A_PERSON = 6.5


@dataclass
class Tally:
    """What became of the deliveries; at the end, `sent == stored + lost`.

    `sent` counts deliveries, including intended duplicates but not retries; `stored` those answered
    with 2xx, of which `duplicates` had the status "duplicate"; `retried` the further attempts;
    `lost` those given up, after the last retry or because of `stop`.
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
    """Play Midbound against the receiver at `url` until the story ends or `stop` is set.

    `secret` signs the deliveries: one `whsec_<base64>`. `visitors`: how many people come; None for
    no end. `seed` decides the story. `speed`: seconds of the story per real second, for the gaps
    between one person's events. `rate`: the most events per second. `arrivals_per_minute`: new
    people per real minute, whatever the speed; None for as many as make `rate` in the long run, or
    15 without one. With a `speed` of 0 there are no gaps: events are sent at exactly `rate` (None:
    as fast as the receiver takes them), and their times follow from it. `shuffle` mixes the order
    within a window of two dozen events; `duplicates` is the share (0..1) of events sent twice.
    `on_answer` is called after each attempt with its webhook-id and HTTP status, 0 for no answer.

    Once `stop` is set, nothing new is sent, requests under way are finished, retries are dropped.
    Cancelling it (Ctrl-C under `asyncio.run`) ends it at once, without a tally.

    Raises ValueError for a number out of range, a bad secret or a `url` that is not http(s).
    """
    target = httpx.URL(url)
    if target.scheme not in {"http", "https"} or not target.host:
        raise ValueError("the receiver's URL must begin with http:// or https://")
    if speed < 0 or not 0 <= duplicates <= 1 or (rate is not None and rate <= 0):
        raise ValueError("speed must not be below 0, duplicates within 0..1, rate above 0")
    sign(secret, "evt_", b"{}")  # raises for a bad secret now, not at the first event

    stop = stop or asyncio.Event()
    dice = Dice(seed + 1)  # shuffling and repeating must not change the story
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
    # A proxy from the environment would misdirect deliveries to this machine.
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
    """New people per minute: with more than the rate lets through, sending would fall behind."""
    return rate * 60 / _EVENTS_A_PERSON if rate and speed else _ARRIVALS_PER_MINUTE


async def _send_all(
    due: Iterable[ScheduledEvent], gap_ms: float, sender: "_Sender", stop: asyncio.Event
) -> None:
    """Start each delivery at its time, at least `gap_ms` after the one before, and await all."""
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
    """Delivers events, at most `IN_FLIGHT` at a time, and counts what became of them."""

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
        """Wait until another delivery may start; `deliver` frees its place.

        The place is taken before the event is encoded, so that a slow receiver delays the story
        instead of filling the memory.
        """
        await self._unsettled.acquire()
        await self._in_flight.acquire()

    async def deliver(self, webhook_id: str, body: bytes) -> None:
        """Deliver one event: try at once, then retry as often as Midbound does."""
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
        """Send it once, signed with the present time; whether it was accepted."""
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
    """Yield every event, and `share` (0..1) of them twice in a row: two that race are the hardest
    case.
    """
    for scheduled in story:
        yield scheduled
        if share and dice.chance(share):
            yield scheduled


def shuffled(story: Iterable[ScheduledEvent], window: int, dice: Dice) -> Iterator[ScheduledEvent]:
    """Mix the order: always draw one of the next `window` events.

    None is sent before its `created`: each gets the time of the latest event in the window.
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
    """The `status` in a receiver's answer, if there is one; other receivers may answer anything."""
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer.get("status") if isinstance(answer, dict) else None


def _now_ms() -> float:
    return time.time() * 1000


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep until the time is over or `stop` is set; whether it was set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
