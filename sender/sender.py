"""The sender: delivers messages from the outbox to their destinations as long as it holds the lock.

Each destination has its own queue and its own pace, so a slow one holds up no other. The result of
a try is committed before the next one begins; a sender that is killed in between sends once more,
under the same `webhook-id`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.audit import record_off
from models.rules import destinations, outbox
from models.rules.destinations import Destination
from models.rules.messages import Desk, Message, compose
from models.rules.outbox import Fares, Result, now_ms
from models.settings import Settings
from models.storage.database import SENDING_LOCK, Database, Lease
from models.storage.outage import log_fields
from models.storage.rows import Row
from models.tables.rules import SENT, WAITING
from sender.delivering import FORMS, Tried, attempt, gone, reason_to_switch_off, result
from sender.metrics import Metrics
from sender.network import Network

LOOK_S = 0.2
"""How often it looks for messages that are due."""

ELSEWHERE_S = 1.0
"""How often it asks for the lock while another sender has it, and after problems."""

COUNT_S, PRUNE_S = 5.0, 3600.0
"""How often it counts what is waiting, and deletes what is old."""

STOP_S = 20.0
"""How long messages on their way may take when it is told to stop."""

BATCH = 96
"""Messages made, sent and saved together."""

FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
"""How long a destination that is down is left alone, except for retries by schedule: twice as long
each time, up to the longest."""

ANSWER_S = 10.0
"""How long Postgres may leave a query unanswered."""

AHEAD_S = 1.0
"""Where a batch takes no longer than this, the next one is made while it is sent; who takes longer
must not get what was known long ago."""

_NAMES = 64
"""Host names looked up at a time: one that takes long must not keep others waiting."""

T = TypeVar("T")
_log = structlog.get_logger("sender")


class Taken(NamedTuple):
    """Messages that are due, by their rows and, where somebody is known whom they are about, made;
    and their destination, as it is now.
    """

    destination: Destination
    rows: list[Row]
    messages: dict[int, Message]


class Sender:
    """One sender process."""

    def __init__(self, settings: Settings) -> None:
        """Put the parts together. Raises `DatabaseUrlError` for an unusable URL."""
        self.settings = settings
        self.metrics = Metrics()
        self.database = Database(settings.database_url, answer_s=ANSWER_S)
        self.is_at_work = False
        """Whether it holds the lock and the database answers; another sender may be doing the
        work.
        """
        self.trouble: str | None = None
        self.is_elsewhere = False
        self._key_file = settings.sealing_key()
        self._desk = Desk(settings.dashboard_link(), settings.zone())
        self._ending = asyncio.Event()
        self._threads = ThreadPoolExecutor(4, "sender-database")
        self._rests: dict[str, tuple[float, float]] = {}
        self._counted_at = self._pruned_at = float("-inf")

    async def run(self) -> None:
        """Send until told to stop; survives whatever goes wrong."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_NAMES, "sender-names"))
        network = Network(allow_private=self.settings.sender_allow_private)
        try:
            while not self._ending.is_set():
                try:
                    await self._hold_and_send(network)
                except Exception as error:  # noqa: BLE001 - a dead sender would be noticed too late
                    self._note_trouble(error)
                    await self._pause(ELSEWHERE_S)
        finally:
            self.is_at_work = False
            await network.close()
            self._threads.shutdown(wait=False)
            self.database.close()

    def stop(self) -> None:
        """Let messages on their way finish, and start nothing new."""
        self._ending.set()

    def _note_trouble(self, error: Exception) -> None:
        self.is_at_work = False
        trouble = type(error).__name__
        if trouble != self.trouble:  # once, not every second of an outage
            _log.error("sending_paused", **log_fields(error))
        self.trouble = trouble

    async def _hold_and_send(self, network: Network) -> None:
        """Take the lock, and send as long as we hold it; without it, wait a little."""
        held = self.database.lease(lock=SENDING_LOCK)
        lease = await self._do(held.__enter__)
        try:
            self.is_elsewhere = lease is None
            if lease is None:
                self.trouble = None
                await self._pause(ELSEWHERE_S)
            else:
                await self._send(network, lease)
        finally:
            self.is_at_work = False
            with suppress(SQLAlchemyError):  # gone with its connection: the lock is, too
                await self._do(partial(held.__exit__, None, None, None))

    async def _send(self, network: Network, lease: Lease) -> None:
        ways: dict[str, asyncio.Task[None]] = {}
        try:
            while not self._ending.is_set():
                for destination in await self._do(partial(self._due, lease)):
                    if destination.name not in ways:
                        way = self._send_all(network, destination)
                        ways[destination.name] = asyncio.create_task(way)
                self._come_to_work()
                await self._look_after()
                await self._pause(LOOK_S)
                for name in [name for name, way in ways.items() if way.done()]:
                    ways.pop(name).result()
        finally:
            await _ended(ways.values())

    def _come_to_work(self) -> None:
        if self.trouble:
            _log.info("sending_resumed")
            self.trouble = None
        self.is_at_work = True

    def _due(self, lease: Lease) -> list[Destination]:
        """Destinations with due messages; raises if the lock is lost."""
        with lease.read() as db:
            db.execute(text("SELECT 1"))
        now, moment = now_ms(), time.monotonic()
        with self.database.read() as db:
            every = destinations.listed(db)
            self.metrics.off.set(sum(one.off_since is not None for one in every))
            return [
                one
                for one in every
                if one.is_open(now)
                and self._rests.get(one.name, (0, 0))[0] <= moment
                and outbox.due(db, one.name, now, 1)
            ]

    async def _send_all(self, network: Network, destination: Destination) -> None:
        """Send a destination what is due, until nothing is left or it is down."""
        form = FORMS[destination.kind]
        is_well, is_quick = destination.failing_since is None, False
        ahead: asyncio.Task[Taken] | None = None
        try:
            while not self._ending.is_set():
                # One that is down is tried with one message, not with all that are waiting.
                limit = min(BATCH, form.at_once * 6) if is_well and not form.every_s else 1
                taken = await (self._still(ahead) if ahead else self._take(destination, limit))
                ahead = None
                if not taken.rows:
                    return
                destination, begun = taken.destination, time.monotonic()
                if is_quick and len(taken.rows) == limit:
                    more = self._take(destination, limit, taken.rows[-1])
                    ahead = asyncio.create_task(more)
                tried = await self._try(network, taken)
                goes_on = await self._settle(taken, tried)
                if not goes_on:
                    return
                is_well, is_quick = True, time.monotonic() - begun < AHEAD_S
                if form.every_s:
                    await self._pause(form.every_s - (time.monotonic() - begun))
        finally:
            if ahead:
                ahead.cancel()

    async def _take(self, destination: Destination, limit: int, after: Row | None = None) -> Taken:
        """The next messages that are due, made as things are now; none while it wants none."""

        def take() -> Taken:
            with self.database.read() as db:
                now_known, now = destinations.find(db, destination.name), now_ms()
                if now_known is None or not now_known.is_open(now):
                    return Taken(destination, [], {})
                rows = outbox.due(db, destination.name, now, limit, after)
                made = compose(db, rows, now_known.leaves_out, self._desk)
                return Taken(now_known, rows, made)

        return await self._do(take)

    async def _still(self, ahead: asyncio.Task[Taken]) -> Taken:
        """What was taken ahead, but for what was withdrawn meanwhile; nothing where the destination
        went.
        """
        taken = await ahead

        def look() -> set[int]:
            with self.database.read() as db:
                now_known = destinations.find(db, taken.destination.name)
                if now_known is None or not now_known.is_open(now_ms()):
                    return set()
                return outbox.still_waiting(db, taken.rows)

        there = await self._do(look)
        return taken._replace(rows=[row for row in taken.rows if row["id"] in there])

    async def _try(self, network: Network, taken: Taken) -> dict[int, Tried]:
        """Send messages, some at a time; if one finds the destination down, the rest waits."""
        destination, rows, messages = taken
        left = [row["id"] for row in rows if row["id"] in messages]
        left.reverse()
        tried: dict[int, Tried] = {}

        async def send() -> None:
            while left and not any(one.is_down for one in tried.values()):
                number = left.pop()
                tried[number] = await attempt(
                    network, destination, self._key_file, messages[number]
                )

        at_once = min(FORMS[destination.kind].at_once, len(left))
        await asyncio.gather(*(send() for _ in range(at_once)))
        return tried | {row["id"]: _GONE for row in rows if row["id"] not in messages}

    async def _settle(self, taken: Taken, tried: dict[int, Tried]) -> bool:
        """Save the results of tries; returns whether to continue with this destination."""
        destination, rows = taken.destination, taken.rows
        now = now_ms()
        results = []
        for row in rows:
            one = tried.get(row["id"])
            if one is not None:
                results.append(gone(row) if one is _GONE else result(row, one))
        asked = [one for one in tried.values() if one is not _GONE]
        waits = [one.wait_s for one in asked if one.wait_s is not None]
        fares = Fares(
            destination.name,
            took=any(one.state == SENT for one in asked),
            failed=any(one.state != SENT for one in asked),
            off_reason=next(filter(None, map(reason_to_switch_off, asked)), None),
            resume_at=now + round(max(waits) * 1000) if waits else None,
        )
        off = await self._keep(results, fares, now)
        if off:
            _log.warning("destination_switched_off", destination=destination.name, reason=off)
        self._count(destination, rows, results, now)
        is_down = any(one.is_down for one in asked)
        if is_down:
            _, rest_s = self._rests.get(destination.name, (0.0, 0.0))
            rest_s = min(max(rest_s * 2, FIRST_REST_S), LONGEST_REST_S)
            self._rests[destination.name] = (time.monotonic() + rest_s, rest_s)
        elif fares.took:
            self._rests.pop(destination.name, None)
        return not is_down

    async def _keep(self, results: Sequence[Result], fares: Fares, now: int) -> str | None:
        """Commit the results of tries; while the database is away, retry, because nothing should be
        sent twice only because its result could not be saved.
        """

        def keep() -> str | None:
            with self.database.write() as db:
                off = outbox.settle(db, results, fares, now)
                if off:
                    record_off(db, fares.destination, off)
                return off

        while True:
            try:
                return await self._do(keep)
            except SQLAlchemyError as error:
                self._note_trouble(error)
                if self._ending.is_set():
                    raise
                await self._pause(ELSEWHERE_S)

    def _count(
        self, destination: Destination, rows: Sequence[Row], results: Sequence[Result], now: int
    ) -> None:
        by_id = {row["id"]: row for row in rows}
        for one in results:
            if one.state == SENT:
                self.metrics.sent.labels(destination.kind).inc()
                row = by_id[one.id]
                if row["attempts"] == 0 and row["due_at"] <= row["made_at"]:
                    self.metrics.seconds.observe(max(now - row["event_at"], 0) / 1000)
            else:
                is_last = "no" if one.state == WAITING else "yes"
                self.metrics.failed.labels(destination.kind, is_last).inc()

    async def _look_after(self) -> None:
        moment = time.monotonic()
        if moment - self._counted_at >= COUNT_S:
            self._counted_at = moment
            self.metrics.waiting.set(await self._do(self._waiting))
        if moment - self._pruned_at >= PRUNE_S:
            self._pruned_at = moment
            await self._do(self._prune)

    def _waiting(self) -> int:
        with self.database.read() as db:
            return outbox.counts(db).get(WAITING, 0)

    def _prune(self) -> None:
        with self.database.write() as db:
            outbox.prune(db, now_ms())

    async def _do(self, work: Callable[[], T]) -> T:
        """Run something with the database, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), max(seconds, 0.001))


_GONE = Tried("", None, "")


async def _ended(ways: Any) -> None:
    """Let messages on their way finish, and cut off what does not."""
    if ways:
        _, late = await asyncio.wait(ways, timeout=STOP_S)
        for way in late:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
