"""Who derives, and when: one batch at a time, by whoever holds the projection's lock."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from models import ledger
from models.database import Database, Lease
from models.ledger import Delivery
from models.projection import Batch, project, understand
from models.rows import delete
from models.tables import PENDING

BATCH = 256
"""Deliveries in a batch: enough to share a commit, few enough to keep SQLite's writers waiting
for some milliseconds only."""

IDLE_S = 0.25
"""How long the projector sleeps when nobody wakes it: other receivers' deliveries come that late
at most when the lock's holder dies."""

_log = structlog.get_logger("projector")


@dataclass(frozen=True, slots=True)
class Derived:
    """What one batch came to; `lag_ms` is the age of its oldest delivery when committed."""

    deliveries: int
    quarantined: int
    lag_ms: int


def derive_batch(database: Database, *, limit: int = BATCH, wait_s: float = 0) -> Derived | None:
    """Derive the oldest pending deliveries under the projection's lock.

    The rows and the mark that they are done are one commit. Gives None when another process holds
    the lock for longer than `wait_s` seconds. Raises SQLAlchemy's errors when the database is away.
    """
    with database.lease(wait_s=wait_s) as lease:
        if lease is None:
            return None
        with lease.read() as db:
            deliveries = ledger.pending(db, limit)
        if not deliveries:
            return Derived(0, 0, 0)
        batch = understand(deliveries)
        try:
            _commit(lease, deliveries, batch)
        except (OperationalError, InterfaceError):
            raise
        except SQLAlchemyError as error:
            if len(deliveries) == 1:
                raise
            _log.warning("batch_failed", error=type(error).__name__, deliveries=len(deliveries))
        else:
            return _summary(deliveries, batch)
    return _derive_one_by_one(database, deliveries, wait_s)


def _derive_one_by_one(
    database: Database, deliveries: Sequence[Delivery], wait_s: float
) -> Derived | None:
    """After a batch that the database refused: each alone, and what it still refuses set aside."""
    done: list[Delivery] = []
    quarantined = 0
    for delivery in deliveries:
        with database.lease(wait_s=wait_s) as lease:
            if lease is None:
                return None
            batch = understand([delivery])
            try:
                _commit(lease, [delivery], batch)
            except (OperationalError, InterfaceError):
                raise
            except DBAPIError as error:
                refused = batch.refuse(delivery, type(error.orig).__name__)
            else:
                refused = None
        if refused:
            with database.lease(wait_s=wait_s) as lease:
                if lease is None:
                    return None
                _commit(lease, [delivery], refused)
                quarantined += 1
        done.append(delivery)
    return Derived(len(done), quarantined, _lag(done))


def _commit(lease: Lease, deliveries: Sequence[Delivery], batch: Batch) -> None:
    with lease.write() as db:
        project(db, batch)
        delete(db, PENDING, "seq", [d.seq for d in deliveries], kind="bigint")
        advance(db)


def advance(db: Connection) -> None:
    """Tell all readers that derived rows changed."""
    db.execute(
        text("UPDATE projection SET version = version + 1, projected_at = :now WHERE id = 1"),
        {"now": int(time.time() * 1000)},
    )


def _summary(deliveries: Sequence[Delivery], batch: Batch) -> Derived:
    return Derived(len(deliveries), len(batch.quarantined), _lag(deliveries))


def _lag(deliveries: Sequence[Delivery]) -> int:
    oldest = min((d.received_at for d in deliveries), default=0)
    return max(0, int(time.time() * 1000) - oldest)


def catch_up(database: Database, *, timeout_s: float = 600) -> None:
    """Return when everything acknowledged before the call is derived, by us or by another process.

    For whoever needs exactness: an export, a test. Raises `TimeoutError` after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    with database.read() as db:
        last = db.execute(text("SELECT max(seq) FROM pending")).scalar()
    while last is not None:
        derive_batch(database, wait_s=0.1)
        with database.read() as db:
            left = db.execute(
                text("SELECT 1 FROM pending WHERE seq <= :last LIMIT 1"), {"last": last}
            ).scalar()
        if left is None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("deliveries are still waiting to be derived; is the receiver stuck?")


class Projector(threading.Thread):
    """Derives what comes in, for as long as the process lives."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="projector", daemon=True)
        self._database = database
        self._wake = threading.Event()
        self._stopping = False
        self.on_derived = lambda _derived: None

    def wake(self) -> None:
        """Say that something came in."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch at hand and end."""
        self._stopping = True
        self._wake.set()
        self.join()

    def run(self) -> None:
        """Derive batch after batch; sleep when there is none; outlive whatever goes wrong."""
        while not self._stopping:
            self._wake.clear()
            pause = self._step()
            if pause:
                self._wake.wait(pause)

    def _step(self) -> float:
        """Derive one batch; gives the seconds to rest after it."""
        try:
            derived = derive_batch(self._database)
        except SQLAlchemyError as error:
            _log.warning("projection_paused", error=type(error).__name__)
            return 1.0
        except Exception as error:  # noqa: BLE001 - a dead projector would be noticed by nobody
            _log.error("projection_failed", error=type(error).__name__, exc_info=False)
            return 1.0
        if derived is None:
            return IDLE_S / 5
        if derived.deliveries == 0:
            return IDLE_S
        self.on_derived(derived)
        return 0.0
