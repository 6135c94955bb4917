"""Who derives, and when: one batch at a time, by whoever holds the projection's lock."""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy import Connection, text

from models import audit, ledger, suspects
from models.barred import KeyFileError, names_of_database
from models.database import Database, is_away
from models.hot import mark, next_marks, put_in_force
from models.ignoring import ignoring
from models.keeping_out import keep_out
from models.ledger import Kept
from models.logs import configure_logs
from models.memory import calm_collector
from models.outage import told_of
from models.projection import Batch, advance, project, understand
from models.retention import Pruned, cutoff, prune, reason_to_ask
from models.rows import delete
from models.settings import settings
from models.summaries import sum_up
from models.tables import PENDING

BATCH = 256
"""Deliveries in a batch: enough to share a commit, few enough to keep SQLite's writers waiting
for some milliseconds only."""

IDLE_S = 0.25
"""How long the projector sleeps when nobody wakes it: other receivers' deliveries come that late
at most when the lock's holder dies."""

ELSEWHERE_S = 0.05
"""How long it waits while another process holds the lock."""

RETENTION_S = 86_400.0
"""How often it looks for visits older than `RETENTION_DAYS`."""

LOOK_S = 5.0
"""How long no day is looked for to sum up when none was found."""

TROUBLE_S = 1.0
"""How long it waits after a batch that failed."""

ONE_BY_ONE = "PROJECTOR_ONE_BY_ONE"
"""The environment variable that tells a projector that those before it died: it derives one by one
at first."""

LEFT_S = 10.0
"""How long who only wants to be exact leaves suspects to the projector: it is the one that is
started again when it dies of them."""

_log = structlog.get_logger("projector")


@dataclass(frozen=True, slots=True)
class Derived:
    """What one batch came to; `lag_ms` is the age of its oldest delivery when committed.

    `alone`: it was one delivery that was noted before, for it may be deadly (`suspects`).
    """

    deliveries: int
    quarantined: int
    lag_ms: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """How the thread beside the projector fares: how often it died, and whether it does so again
    and again.
    """

    worker: str = "refresh"
    deaths: int = 0
    failing: bool = False


@dataclass(slots=True)
class Care:
    """How careful a process is: deliveries still to be derived one by one.

    `noted` is the one whose death is counted already: a database that was away killed nobody.
    """

    left: int = 0
    noted: int | None = None


def derive_batch(
    database: Database,
    *,
    limit: int = BATCH,
    wait_s: float = 0,
    care: Care | None = None,
    leave_suspects: bool = False,
) -> Derived | None:
    """Derive the oldest pending deliveries under the projection's lock, a suspect alone.

    With `leave_suspects` one that comes first is left to others, with all behind it. The rows, the
    mark that they are done, and what goes of people who are kept out are one commit. Gives None
    when another process holds the lock for longer than `wait_s` seconds. Raises `KeyFileError` when
    the key of barred names is gone, SQLAlchemy's errors when the database is away.
    """
    with database.lease(wait_s=wait_s) as lease:
        if lease is None:
            return None
        names, lists = names_of_database(database, settings()), ignoring(settings())

        care = care or Care()

        def finish(
            db: Connection, done: Sequence[Kept], batch: Batch, leads: Collection[str]
        ) -> None:
            delete(db, PENDING, "seq", [delivery.seq for delivery in done], kind="bigint")
            if alone:
                suspects.clear(db, [delivery.seq for delivery in done])
            keep_out(db, names, lists, batch, leads, done)
            advance(db)

        with lease.read() as db:
            deliveries, alone = _next(ledger.pending(db, 1 if care.left else limit), care)
            names.any(db)  # without the key nothing is derived, or they would come back
        if alone and leave_suspects:
            return Derived(0, 0, 0, alone=True)
        if alone and care.noted != deliveries[0].seq:
            suspects.note(database, deliveries[0].seq)
            care.noted = deliveries[0].seq
        batch = understand(deliveries)
        quarantined = derive(lease.write, deliveries, batch, finish) if deliveries else 0
    care.left = max(0, care.left - 1) if deliveries else 0
    oldest = min((delivery.received_at for delivery in deliveries), default=_now())
    return Derived(len(deliveries), quarantined, max(0, _now() - oldest), alone)


def _next(deliveries: list[Kept], care: Care) -> tuple[list[Kept], bool]:
    """Those that can be derived at once, and whether it is one that must be derived alone."""
    # The death that is counted while it is at hand is none yet.
    deliveries = [one._replace(deaths=0) if one.seq == care.noted else one for one in deliveries]
    is_suspect = [one.deaths is not None and one.deaths < suspects.DEADLY for one in deliveries]
    if deliveries and (is_suspect[0] or (care.left and deliveries[0].deaths is None)):
        return deliveries[:1], True
    return deliveries[: is_suspect.index(True)] if any(is_suspect) else deliveries, False


Finish = Callable[[Connection, Sequence[Kept], Batch, Collection[str]], None]
"""What ends a batch, in its transaction: it is told its deliveries, what they were understood as,
and the leads that they touched."""


def derive(
    write: Callable[[], AbstractContextManager[Connection]],
    deliveries: Sequence[Kept],
    batch: Batch,
    finish: Finish,
) -> int:
    """Derive deliveries, understood as `batch`, and `finish` them, in one transaction; gives how
    many are set aside.

    When the database refuses the batch each is tried alone, so that a bad one is set aside alone.
    Raises SQLAlchemy's errors when the database is away.
    """
    try:
        with write() as db:
            finish(db, deliveries, batch, project(db, batch))
    except Exception as error:
        if is_away(error):
            raise
        _log.warning("batch_refused", error=type(error).__name__, deliveries=len(deliveries))
        if len(deliveries) == 1:
            with write() as db:
                refused = batch.refuse(deliveries[0], type(error).__name__)
                finish(db, deliveries, refused, project(db, refused))
            return 1
    else:
        return len(batch.quarantined)
    return sum(derive(write, [one], understand([one]), finish) for one in deliveries)


def mark_batch(database: Database) -> int:
    """Mark the next sessions that wait for it, hot or not, in one commit; gives how many.

    Gives 0, too, when another process holds the projection's lock. Raises SQLAlchemy's errors when
    the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return 0
        with lease.read() as db:
            marks = next_marks(db)
        if marks is None:
            return 0
        with lease.write() as db:
            mark(db, marks)
            if marks.wrong:
                advance(db)
        return marks.sessions


def _now() -> int:
    return int(time.time() * 1000)


def catch_up(database: Database, *, timeout_s: float = 600) -> None:
    """Return when everything acknowledged before the call is derived, by us or by another process.

    For whoever needs exactness: an export, a test. Raises `TimeoutError` after `timeout_s` seconds,
    or `KeyFileError` when no process had the key of barred names.
    """
    deadline = time.monotonic() + timeout_s
    theirs = time.monotonic() + LEFT_S
    with database.read() as db:
        last = db.execute(text("SELECT max(seq) FROM pending")).scalar()
    while last is not None:
        try:
            is_left = time.monotonic() < theirs
            derived = derive_batch(database, wait_s=0.1, leave_suspects=is_left)
            if is_left and derived and derived.alone and not derived.deliveries:
                time.sleep(ELSEWHERE_S)
        except KeyFileError:
            # Another process may have the key: a dashboard on its own has none.
            if time.monotonic() > deadline:
                raise
            time.sleep(ELSEWHERE_S)
        with database.read() as db:
            left = db.execute(
                text("SELECT 1 FROM pending WHERE seq <= :last LIMIT 1"), {"last": last}
            ).scalar()
        if left is None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("deliveries are still waiting to be derived; is the receiver stuck?")


class Projector:
    """Derives batch after batch, outlives whatever goes wrong; keeps the marks of hot visits."""

    def __init__(
        self,
        database: Database,
        hot_paths: Sequence[str],
        on_derived: Callable[[Derived], None],
        *,
        one_by_one: bool = False,
    ) -> None:
        """Take the database, the paths of `HOT_PAGES` that are to be in force, and who is told.

        `one_by_one`: others died, so the first deliveries of a batch are derived each alone.
        """
        self._care = Care(left=BATCH if one_by_one else 0)
        self._database = database
        self._hot_paths: Sequence[str] | None = hot_paths
        self._marking = True
        self._on_derived = on_derived
        self._sum_up_at = 0.0
        self._trouble: str | None = None
        self._pruning: Iterator[object] | None = None
        self._prune_at = float("-inf")

    def step(self) -> float:
        """Derive one batch; gives the seconds to rest after it."""
        try:
            if self._hot_paths is not None and put_in_force(self._database, self._hot_paths):
                self._hot_paths = None  # told once: another receiver may start with others
            derived = derive_batch(self._database, care=self._care)
            if derived and (self._marking or not derived.deliveries):
                self._marking = mark_batch(self._database) > 0
            pruned = derived is not None and self._prune()
            if derived and not derived.deliveries and time.monotonic() >= self._sum_up_at:
                pause = IDLE_S if sum_up(self._database) else LOOK_S
                self._sum_up_at = time.monotonic() + pause
        except Exception as error:  # noqa: BLE001 - a dead projector would be noticed by nobody
            trouble = type(error).__name__
            if trouble != self._trouble:  # once, not every second of an outage
                _log.error("projection_paused", **told_of(error))
            self._trouble = trouble
            return TROUBLE_S
        if self._trouble:
            _log.info("projection_resumed")
            self._trouble = None
        if derived is None:
            return ELSEWHERE_S
        if derived.deliveries:
            self._on_derived(derived)
        return 0.0 if derived.deliveries or self._marking or pruned else IDLE_S

    def _prune(self) -> bool:
        """A piece of what retention takes, so that what comes in need not wait for all of it;
        whether there was one.
        """
        days = settings().retention_days
        if days and self._pruning is None and time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + RETENTION_S
            self._pruning = _prune_and_record(self._database, days)
        if self._pruning is None:
            return False
        try:
            next(self._pruning)
        except StopIteration:
            self._pruning = None
        except Exception:
            self._pruning, self._prune_at = None, float("-inf")
            raise
        return True


def _prune_and_record(database: Database, days: int) -> Iterator[Pruned]:
    """`prune`, once the audit log has it; nothing where somebody has to be asked first."""
    why = reason_to_ask(database, days)
    if why:
        _log.warning("retention_waits", reason=why)
        return
    with ExitStack() as stack:
        entries: list[audit.Entry] = []

        def record() -> None:
            if not entries:
                said = {"days": str(days)}
                recorded = audit.recorded(database, audit.RECEIVER, "prune", said=said)
                entries.append(stack.enter_context(recorded))

        for pruned in prune(database, cutoff(days), record):
            for entry in entries:
                entry.count(pruned.deliveries)
            yield pruned


def main() -> None:
    """Derive for the receiver that started this process (`receiver.projector`) as long as it lives.

    A byte on standard input says that something came in; its end, that the receiver is gone,
    however it went. What a batch came to (`Derived`), and how the thread that refreshes fares
    (`Beside`) when that changes, is told on standard output, a JSON object a line.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # the receiver hears them, and tells us
        signal.signal(number, signal.SIG_IGN)
    from models.refresh import refresh_beside  # noqa: PLC0415 - a replay is made of batches, too

    chosen = settings()
    configure_logs(chosen.log_level)
    database = Database(chosen.database_url)
    careful = ONE_BY_ONE in os.environ
    projector = Projector(database, chosen.hot_paths(), _tell, one_by_one=careful)
    refreshing = refresh_beside(database)
    calm_collector()
    told = Beside()
    with suppress(BrokenPipeError):
        while _receiver_lives(projector.step()):
            fares = Beside(refreshing.name, refreshing.deaths, refreshing.is_failing())
            if fares != told:
                _tell(fares)
                told = fares


def _tell(what: Derived | Beside) -> None:
    os.write(sys.stdout.fileno(), f"{json.dumps(asdict(what))}\n".encode())


def _receiver_lives(wait_s: float) -> bool:
    """Wait for what comes in, `wait_s` seconds at most; False when the receiver is gone."""
    said, _, _ = select.select([sys.stdin], [], [], wait_s)
    return not said or bool(os.read(sys.stdin.fileno(), 4096))


if __name__ == "__main__":
    main()
