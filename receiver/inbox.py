"""Group commit: one writer takes all deliveries that wait, in one transaction, then answers all."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import ledger
from models.database import Database
from models.ledger import Delivery
from receiver.metrics import Metrics

CAPACITY = 2048
"""Deliveries that may wait; beyond that a sender is told to come back."""

CAPACITY_BYTES = 64 * 1024 * 1024
"""Bytes of bodies that may wait, so that large bodies can't fill the memory either."""

GROUP = 256
"""Deliveries in one transaction."""

_log = structlog.get_logger("inbox")


class FullError(Exception):
    """Too much is waiting; the sender should come back."""


class AwayError(Exception):
    """The database could not take the delivery."""


_Waiting = tuple[Delivery, "asyncio.Future[ledger.Outcome]"]


class Inbox:
    """The queue between requests and the writer thread."""

    def __init__(
        self, database: Database, metrics: Metrics, on_stored: Callable[[], None]
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._on_stored = on_stored
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Start the writer; call from the event loop that will ask."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Write what was accepted, then end the writer."""
        self._stopping = True
        self._work.set()
        await asyncio.to_thread(self._thread.join)

    async def keep(self, delivery: Delivery) -> ledger.Outcome:
        """Return when the delivery is committed, with what became of it.

        Raises `FullError` when too much waits, `AwayError` when the database could not take it.
        """
        answer: asyncio.Future[ledger.Outcome] = asyncio.get_running_loop().create_future()
        with self._lock:
            size = self._bytes + len(delivery.body)
            if len(self._waiting) >= CAPACITY or (self._waiting and size > CAPACITY_BYTES):
                raise FullError
            self._waiting.append((delivery, answer))
            self._bytes = size
        self._work.set()
        return await answer

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            while group := self._take():
                self._write(group)
            if self._stopping:
                return

    def _take(self) -> list[_Waiting]:
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
            self._bytes -= sum(len(delivery.body) for delivery, _ in group)
            self._metrics.queue.set(len(self._waiting))
        return group

    def _write(self, group: Sequence[_Waiting]) -> None:
        started = time.perf_counter()
        outcomes: list[ledger.Outcome] | None = None
        try:
            outcomes = ledger.keep(self._database, [delivery for delivery, _ in group])
        except SQLAlchemyError as error:
            _log.error("commit_failed", error=type(error).__name__, deliveries=len(group))
        except Exception as error:  # noqa: BLE001 - a dead writer would leave all senders waiting
            _log.error("commit_failed", error=type(error).__name__, deliveries=len(group))
        self._metrics.commit.observe(time.perf_counter() - started)
        self._metrics.batch.observe(len(group))
        assert self._loop is not None  # noqa: S101 - the thread is started after the loop is known
        self._loop.call_soon_threadsafe(_answer, group, outcomes)
        if outcomes:
            self._on_stored()


def _answer(group: Sequence[_Waiting], outcomes: Sequence[ledger.Outcome] | None) -> None:
    for place, (_, answer) in enumerate(group):
        if answer.done():  # the sender hung up; the delivery is kept all the same
            continue
        if outcomes is None:
            answer.set_exception(AwayError())
        else:
            answer.set_result(outcomes[place])
