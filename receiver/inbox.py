"""Group commit: one writer takes all waiting deliveries in one transaction, then answers them all.

While the database is away the same groups go to the spool, and a second thread tries the database
and drains the spool into it.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from models import migrations
from models.facts.paths import HOT_PATHS
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.ledger.lags import add_lags
from models.storage.database import Database
from models.storage.desk_id import desk_id
from models.storage.outage import Outage, log_fields, outage
from models.storage.transient import is_away
from models.worker import Work, Worker
from receiver.metrics import Metrics
from receiver.spool import Spool, SpoolFullError
from receiver.waiting_lags import WaitingLags

GROUP = 256
"""Deliveries in one transaction."""

PROBE_S = 1.0
"""How often the database is tried while it is away."""

REST_S = 60.0
"""How long lags wait for a commit that includes them before they get one of their own."""

FULL_SAY_S = 10.0
"""How often the log says that neither database nor spool accepts anything."""

Outcome = ledger.Outcome | Literal["spooled"]

_log = structlog.get_logger("inbox")


class Room(NamedTuple):
    """How many deliveries may wait; beyond that a sender is told to come back. And how many bytes
    of bodies, so that large ones can't fill the memory either; a single one may always wait.
    """

    deliveries: int = 2048
    size: int = 64 * 1024 * 1024


ROOM = Room()


class FullError(Exception):
    """Too much is waiting; the sender should come back."""


class AwayError(Exception):
    """Neither the database nor the spool could take the delivery."""


_Waiting = tuple[Delivery, "asyncio.Future[Outcome]"]


class Inbox:
    """The queue between requests and the writer thread."""

    def __init__(
        self,
        database: Database,
        spool: Spool,
        metrics: Metrics,
        on_stored: Callable[[], None],
        withhold: ledger.Withhold,
        *,
        hot_paths: Sequence[str] = HOT_PATHS,
        room: Room = ROOM,
    ) -> None:
        self._database = database
        self._room = room
        self._hot_paths = hot_paths
        self._withhold = withhold
        self._spool = spool
        self._metrics = metrics
        self._on_stored = on_stored
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._lags = WaitingLags()
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._away = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trouble: str | None = None
        self._refusal: Outage | None = None
        self._full_said_at = -FULL_SAY_S
        self._writer = self._worker("inbox", self._run)
        self._drainer = self._worker("spool", self._watch)

    def _worker(self, name: str, work: Work) -> Worker:
        return Worker(name, work, self._metrics.deaths.labels(name).inc)

    def start(self) -> None:
        """Migrate and start the threads; call this from the event loop that will use it.

        The database may be away: then everything waits in the spool until it is back.
        """
        self._loop = asyncio.get_running_loop()
        self._away.set()
        self._watch_once()
        self._writer.start()
        self._drainer.start()

    def database_is_away(self) -> bool:
        """Whether the database did not answer, or accepted nothing, when it was last needed."""
        return self._away.is_set() or self._refusal is not None

    def refusal(self) -> str | None:
        """Why the database accepts no events although it accepts commits; None while it accepts
        them."""
        refusal = self._refusal
        return refusal.sentence if refusal else None

    def failing(self) -> list[str]:
        """Our threads that keep dying."""
        return [worker.name for worker in (self._writer, self._drainer) if worker.is_failing()]

    async def stop(self) -> None:
        """Write what was accepted, then stop the writer."""
        self._writer.tell_to_end()
        self._drainer.tell_to_end()
        self._work.set()
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._drainer.join)
        self._spool.close()

    async def take_in(self, delivery: Delivery) -> Outcome:
        """Return when the delivery is committed or spooled, with what became of it.

        Raises `FullError` when too much is waiting, `AwayError` when neither database nor spool
        could take it.
        """
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        with self._lock:
            size = self._bytes + len(delivery.body)
            waiting, room = len(self._waiting), self._room
            if waiting >= room.deliveries or (waiting and size > room.size):
                raise FullError
            self._waiting.append((delivery, answer))
            self._bytes = size
        self._work.set()
        return await answer

    def _run(self, ending: threading.Event) -> None:
        while True:
            has_work = self._work.wait(REST_S)
            self._work.clear()
            while group := self._take():
                self._write(group, ending)
            if not has_work or ending.is_set():
                self._write_lags()
            if ending.is_set():
                return

    def _take(self) -> list[_Waiting]:
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
            self._bytes -= sum(len(delivery.body) for delivery, _ in group)
            self._metrics.queue.set(len(self._waiting))
        return group

    def _write(self, group: Sequence[_Waiting], ending: threading.Event) -> None:
        started = time.perf_counter()
        outcomes: Sequence[Outcome] | None = None
        try:
            outcomes = self._store_or_spool([delivery for delivery, _ in group], ending)
        finally:  # whatever happened, everybody who waits gets an answer
            assert self._loop is not None  # noqa: S101 - started after the loop is known
            self._loop.call_soon_threadsafe(_answer, group, outcomes)
        self._metrics.commit.observe(time.perf_counter() - started)
        self._metrics.batch.observe(len(group))
        if outcomes:
            self._on_stored()

    def _store_or_spool(
        self, deliveries: Sequence[Delivery], ending: threading.Event
    ) -> Sequence[Outcome] | None:
        """Ledger, else spool; None when neither takes them."""
        if not self._away.is_set() or ending.is_set():
            try:
                return self._into_ledger(deliveries)
            except Exception as error:  # noqa: BLE001 - whatever it is, the spool can take them
                _log.error("database_away", **log_fields(error), deliveries=len(deliveries))
                self._away.set()
        try:
            self._spool.append(deliveries)
        except SpoolFullError:
            # Otherwise each group would be a line: as many as senders like.
            if time.monotonic() - self._full_said_at >= FULL_SAY_S:
                self._full_said_at = time.monotonic()
                _log.error("spool_full", deliveries=len(deliveries))
            return None
        self._metrics.spooled.set(self._spool.waiting)
        return ["spooled"] * len(deliveries)

    def _watch(self, ending: threading.Event) -> None:
        # Go by what is in the spool, not by a flag: the writer may spool something while a drain
        # ends, or after the database was found to be back.
        while not ending.wait(PROBE_S):
            if self._away.is_set() or self._spool.waiting:
                self._mend_spool()
                self._watch_once()

    def _mend_spool(self) -> None:
        try:
            self._spool.mend()
        except OSError as error:
            self._say_once("spool_unusable", error)

    def _watch_once(self) -> None:
        """Try the database while it is away; drain the spool into it while it is there."""
        if self._away.is_set() and not self._is_back():
            return
        try:
            drained = self._spool.drain(self._into_ledger, GROUP)
        except Exception as error:  # noqa: BLE001 - what waits is tried again, what comes must not wait
            if is_away(error):
                self._away.set()
            else:
                self._metrics.drain_failures.inc()
                self._say_once("drain_failed", error)
        else:
            self._trouble = None
            self._refusal = None  # nothing that was refused is waiting
            if drained:
                _log.info("spool_drained", deliveries=drained)
                self._on_stored()
        self._metrics.spooled.set(self._spool.waiting)

    def _is_back(self) -> bool:
        """Whether the database accepts commits again; if so, it is migrated.

        Raises `SchemaTooNewError`, which waiting does not fix.
        """
        try:
            # Reading is not enough: the database may be full, locked by another process, or a
            # replica.
            self._database.commit_nothing()
            migrations.upgrade(self._database, self._hot_paths)
            with self._database.read() as db:
                its_id = desk_id(db)
        except migrations.SchemaTooNewError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            if not is_away(error):
                self._say_once("database_still_away", error)
            return False
        self._know(its_id)
        self._away.clear()
        return True

    def _know(self, its_id: str) -> None:
        """Take over what waits under the database's id, and report what waits under other ids."""
        try:
            self._spool.belongs_to(its_id)
            left = self._spool.left_behind()
        except OSError as error:
            self._say_once("spool_unusable", error)
            return
        self._metrics.left_behind.set(sum(left.values()))
        for folder, size in left.items():
            # docs/restore.md says how to bring it in.
            _log.error("spool_left_behind", folder=folder, bytes=size)

    def _say_once(self, what: str, error: Exception) -> None:
        """Log a problem when it begins, not every second that it lasts."""
        details = log_fields(error)
        trouble = f"{what} {details}"
        if trouble != self._trouble:
            _log.error(what, **details)
        self._trouble = trouble

    def _into_ledger(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        lags = self._lags.take()
        try:
            outcomes = ledger.keep(self._database, deliveries, self._withhold, lags)
        except Exception as error:
            self._lags.put_back(lags)
            if _is_refusal(error):
                self._refusal = outage(error)
            raise
        self._refusal = None
        self._lags.note(deliveries)
        return outcomes

    def _write_lags(self) -> None:
        """Write what waited for a commit that did not come."""
        lags = self._lags.take(at_once=True)
        if not lags:
            return
        try:
            with self._database.write() as db:
                add_lags(db, lags)
        except Exception as error:  # noqa: BLE001 - they are only counts, and wait for the next
            self._lags.put_back(lags)
            _log.error("lags_wait", error=type(error).__name__)


def _is_refusal(error: Exception) -> bool:
    """Whether a reachable database refuses writes, and not because of the content of one row.

    Connection errors don't count: they name hosts and roles, and `_is_back` runs into them itself.
    """
    if not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError):
        return False
    trouble = outage(error)
    is_told = trouble.sqlstate is not None and (trouble.reason or trouble.mend) is not None
    return is_told and error.statement is not None and not error.connection_invalidated


def _answer(group: Sequence[_Waiting], outcomes: Sequence[Outcome] | None) -> None:
    for place, (_, answer) in enumerate(group):
        if answer.done():  # the sender hung up; the delivery is kept all the same
            continue
        if outcomes is None:
            answer.set_exception(AwayError())
        else:
            answer.set_result(outcomes[place])
