"""One batch at a time, by whoever holds the projection's lock: derive it, wait for it."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection, text

from models.audit import record_rules_gift
from models.facts.ignored import Ignoring
from models.kept_out.erasing import keep_out
from models.kept_out.names import KeyFileError, barred_names
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept
from models.projection import deadly
from models.projection.deadly import give_another_try
from models.projection.hot_pages import MARKED, mark, next_marks
from models.projection.interpreting import Batch, interpret
from models.projection.projecting import Projected, project
from models.rules.judging import judge
from models.storage.database import Database
from models.storage.rows import delete
from models.storage.transient import is_away
from models.storage.version import advance
from models.tables import PENDING

_log = structlog.get_logger("projector")

BATCH = 256
"""Deliveries in a batch: enough to share a commit, few enough to keep SQLite's writers waiting
for some milliseconds only."""

ELSEWHERE_S = 0.05
"""How long it waits while another process holds the lock."""

LEFT_S = 10.0
"""How long who only wants to be exact leaves suspects to the projector: it is the one that is
started again when it dies of them."""

Finish = Callable[[Connection, Sequence[Kept], Batch, Projected], None]
"""What ends a batch, in its transaction: it is told its deliveries, what they were interpreted as,
and what they changed."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What one batch came to; `lag_ms` is the age of its oldest delivery when committed.

    `alone`: it was one delivery that was noted before, for it may be deadly
    (`projection.deadly`).
    """

    deliveries: int
    quarantined: int
    lag_ms: int
    alone: bool = False


@dataclass(slots=True)
class Care:
    """How careful a process is: deliveries still to be derived one by one.

    `noted` is the one whose death is counted already: a database that was away killed nobody.
    """

    left: int = 0
    noted: int | None = None


def derive_batch(
    database: Database,
    lists: Ignoring,
    *,
    limit: int = BATCH,
    wait_s: float = 0,
    care: Care | None = None,
    leave_suspects: bool = False,
) -> Derived | None:
    """Derive the oldest pending deliveries under the projection's lock, a suspect alone.

    Whom the lists ignore goes in the same commit, as who was forgotten does.
    With `leave_suspects` one that comes first is left to others, with all behind it. The rows, the
    mark that they are done, and what goes of people who are kept out are one commit. Gives None
    when another process holds the lock for longer than `wait_s` seconds. Raises `KeyFileError` when
    the key of barred names is gone, SQLAlchemy's errors when the database is away.
    """
    with database.lease(wait_s=wait_s) as lease:
        if lease is None:
            return None
        names = barred_names(database, lists)
        care = care or Care()

        def finish(db: Connection, done: Sequence[Kept], batch: Batch, changed: Projected) -> None:
            delete(db, PENDING, "seq", [delivery.seq for delivery in done], kind="bigint")
            if alone:
                deadly.clear(db, [delivery.seq for delivery in done])
            keep_out(db, names, lists, batch, changed, done)
            judge(db, batch.facts, changed, partial(record_rules_gift, names), _now())
            advance(db)

        with lease.read() as db:
            deliveries, alone = _next(ledger.pending(db, 1 if care.left else limit), care)
            names.any(db)  # without the key nothing is derived, or they would come back
        if alone and leave_suspects:
            return Derived(0, 0, 0, alone=True)
        if alone and care.noted != deliveries[0].seq:
            deadly.note(database, deliveries[0].seq)
            care.noted = deliveries[0].seq
        batch = interpret(deliveries)
        quarantined = derive(lease.write, deliveries, batch, finish) if deliveries else 0
    care.left = max(0, care.left - 1) if deliveries else 0
    oldest = min((delivery.received_at for delivery in deliveries), default=_now())
    return Derived(len(deliveries), quarantined, max(0, _now() - oldest), alone)


def _next(deliveries: list[Kept], care: Care) -> tuple[list[Kept], bool]:
    """Those that can be derived at once, and whether it is one that must be derived alone."""
    # The death that is counted while it is at hand is none yet.
    deliveries = [one._replace(deaths=0) if one.seq == care.noted else one for one in deliveries]
    is_suspect = [one.deaths is not None and one.deaths < deadly.DEADLY for one in deliveries]
    if deliveries and (is_suspect[0] or (care.left and deliveries[0].deaths is None)):
        return deliveries[:1], True
    return deliveries[: is_suspect.index(True)] if any(is_suspect) else deliveries, False


def derive(
    write: Callable[[], AbstractContextManager[Connection]],
    deliveries: Sequence[Kept],
    batch: Batch,
    finish: Finish,
) -> int:
    """Derive deliveries, interpreted as `batch`, and `finish` them, in one transaction; gives how
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
    return sum(derive(write, [one], interpret([one]), finish) for one in deliveries)


def mark_batch(database: Database, limit: int = MARKED) -> int:
    """Mark the next sessions that wait for it, hot or not, in one commit; gives how many.

    Gives 0, too, when another process holds the projection's lock. Raises SQLAlchemy's errors when
    the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return 0
        with lease.read() as db:
            marks = next_marks(db, limit)
        if marks is None:
            return 0
        with lease.write() as db:
            mark(db, marks)
            if marks.wrong:
                advance(db)
        return marks.sessions


def _now() -> int:
    return int(time.time() * 1000)


def catch_up(database: Database, lists: Ignoring, *, timeout_s: float = 600) -> None:
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
            derived = derive_batch(database, lists, wait_s=0.1, leave_suspects=is_left)
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


def replay_quarantined(
    database: Database, lists: Ignoring, webhook_id: str | None = None
) -> tuple[int, int]:
    """Derive again what is set aside, all of it or one delivery; gives how many there were, and
    how many stay so.

    Raises `TimeoutError` when the projection does not get to them.
    """
    one = "" if webhook_id is None else " AND q.webhook_id = :webhook_id"
    chosen = {} if webhook_id is None else {"webhook_id": webhook_id}
    with database.write() as db:
        waiting = text(
            "INSERT INTO pending (seq) SELECT d.seq FROM quarantine q JOIN delivery d"
            " ON d.webhook_id = q.webhook_id"
            f" WHERE NOT EXISTS (SELECT 1 FROM pending p WHERE p.seq = d.seq){one} RETURNING seq"
        )
        again = db.execute(waiting, chosen).scalars().all()
        give_another_try(db, again)
    before = len(again)
    catch_up(database, lists)
    with database.read() as db:
        left = text(f"SELECT count(*) FROM quarantine q WHERE true{one}")
        after = db.execute(left, chosen).scalar() or 0
    return before, after
