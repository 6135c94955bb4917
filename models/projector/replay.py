"""Replay: every derived table is rebuilt from the ledger, while everything keeps running.

The rebuilt tables grow next to the live ones, hidden from everybody. When they have caught up, the
projection pauses, the two are compared, and what differs is changed in one transaction. So readers
see the old state or the new one, a kill leaves the old one, and if nothing was wrong, nothing is
written.

The rebuild runs the projection's own code: its connection resolves the names of derived tables to
the rebuilt ones (Postgres by `search_path`, SQLite by a separate file with the live one attached),
and names of the ledger to the ledger.

Half of the work is reading bodies, which needs no database: a separate process can do that ahead
(`reading_process`).
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process

from sqlalchemy import Connection, Table, text

from models.annotations import mentions
from models.annotations.statements import restate
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept
from models.memory import calm_collector
from models.projection import summaries
from models.projection.hot_pages import hot_paths, mark_all_anew
from models.projection.interpreting import Batch, interpret
from models.projection.withdrawal import refuse_damaged, withdraw_erased
from models.projector.deriving import derive
from models.projector.rebuilt import Rebuild, rebuilding
from models.projector.rescoring import begin_anew
from models.scoring import versions
from models.storage.database import Database, Lease
from models.storage.rows import differs_from, execute_many, placeholder, unlogged
from models.storage.version import advance
from models.tables import DERIVED, LEAD_SCORE, SESSION_POINTS

RULES = 8
"""Number of the merge rules. Raise it when you change what is derived; databases whose rows follow
older rules are then derived again (`is_outdated`)."""

BATCH = 250
"""Deliveries in a batch: memory stays flat however long the ledger is."""

_SCORES = (LEAD_SCORE, SESSION_POINTS)

AHEAD = 2
"""Batches that are read ahead of the one that is merged."""
LEASE_WAIT_S = 60.0

Progress = Callable[[int, int], None]
"""Called with deliveries done and deliveries in all."""


@dataclass(slots=True)
class Replayed:
    """The result of a replay: deliveries derived again, and rows changed by table."""

    deliveries: int = 0
    changed: dict[str, int] = field(default_factory=dict)


def reading_process() -> Executor:
    """A process that reads bodies ahead of a `replay`, for callers that can use a second core."""
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin_reading)


def _begin_reading() -> None:
    """For the reading process, which would otherwise wait forever for its next piece if ours is
    killed."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    calm_collector()


def _end_with_starter() -> None:
    starter = parent_process()
    if starter is not None:
        starter.join()
        os._exit(1)


def replay(
    database: Database,
    on_progress: Progress = lambda _done, _total: None,
    reader: Executor | None = None,
    *,
    batch: int = BATCH,
) -> Replayed:
    """Rebuild all derived tables from the ledger; `reader` reads bodies ahead, if there is one;
    `batch` deliveries are brought in at a time.

    Raises `ReplayRunsError` if another replay is running, `TimeoutError` if the projection's lock
    is not free, SQLAlchemy's errors if the database is away, `DamagedBodyError` if a body from
    which something was derived is damaged.
    """
    with rebuilding(database) as rebuild:
        with rebuild.db.begin():
            total = rebuild.db.execute(text("SELECT count(*) FROM delivery")).scalar() or 0
            hot = hot_paths(rebuild.db)
            said = mentions.newest(rebuild.db)
            scored_by = versions.in_force(rebuild.db).version
        result = Replayed()
        after = 0
        for deliveries, interpreted in _read_ahead(rebuild.db, reader, batch):
            after = deliveries[-1].seq
            result.deliveries += _bring_in(rebuild, deliveries, interpreted)
            on_progress(result.deliveries, max(total, result.deliveries))
        with database.lease(wait_s=LEASE_WAIT_S) as lease:
            if lease is None:
                raise TimeoutError("deriving did not pause; is its process stuck?")
            # Some may have a lower number than one that was committed before them.
            missed = "NOT EXISTS (SELECT 1 FROM replayed r WHERE r.seq = d.seq) AND :after = :after"
            while deliveries := _next(rebuild.db, missed, after, batch):
                result.deliveries += _bring_in(rebuild, deliveries, interpret(deliveries))
            on_progress(result.deliveries, result.deliveries)
            with rebuild.db.begin():
                withdraw_erased(rebuild.db, _erased_since(rebuild.db))
                has_switched = versions.in_force(rebuild.db).version != scored_by
                for table in DERIVED:
                    # Scores of other versions are being prepared, or left over.
                    if table not in _SCORES:
                        _compare(rebuild, table)
                    elif not has_switched:
                        _compare(rebuild, table, version=scored_by)
            rebuild.check_alone()  # what was compared must not change meanwhile
            with _swapping(database, rebuild, lease) as db:
                result.changed = _swap(db, rebuild, has_switched=has_switched)
                # It may have missed what was said while it ran.
                live = f"{rebuild.live}."
                restate(db, mentions.follow_since(db, said, live), live)
                if hot_paths(db) != hot:  # a receiver has put others in force meanwhile
                    mark_all_anew(db, f"{rebuild.live}.projection")
    result.changed |= summaries.check(database)
    return result


def is_outdated(database: Database) -> bool:
    """Whether derived rows follow older merge rules, so that a `replay` is due."""
    with database.read() as db:
        return bool(db.execute(text("SELECT rules FROM projection")).scalar_one() < RULES)


def _next(db: Connection, condition: str, after: int, limit: int) -> list[Kept]:
    with db.begin():
        return ledger.some(db, condition, {"after": after, "limit": limit})


def _read_ahead(
    db: Connection, reader: Executor | None, size: int
) -> Iterator[tuple[list[Kept], Batch]]:
    """The ledger in parts, in the order of `seq`, each with how it is interpreted."""
    begun: deque[tuple[list[Kept], Future[Batch] | None]] = deque()
    for deliveries in _parts(db, size):
        begun.append((deliveries, reader.submit(interpret, deliveries) if reader else None))
        if len(begun) > AHEAD or reader is None:
            yield _read(*begun.popleft())
    while begun:
        yield _read(*begun.popleft())


def _parts(db: Connection, size: int) -> Iterator[list[Kept]]:
    after = 0
    while deliveries := _next(db, "d.seq > :after", after, size):
        yield deliveries
        after = deliveries[-1].seq


def _read(deliveries: list[Kept], batch: Future[Batch] | None) -> tuple[list[Kept], Batch]:
    return deliveries, batch.result() if batch else interpret(deliveries)


def _erased_since(db: Connection) -> list[str]:
    """What was forgotten, ignored or removed as too old while the replay ran: the replay must not
    bring it back."""
    sql = (
        "SELECT r.webhook_id FROM replayed r WHERE NOT EXISTS"
        " (SELECT 1 FROM delivery d WHERE d.seq = r.seq AND d.erased IS NULL)"
    )
    return list(db.execute(text(sql)).scalars())


def _bring_in(rebuild: Rebuild, deliveries: Sequence[Kept], batch: Batch) -> int:
    @contextmanager
    def write() -> Iterator[Connection]:
        with rebuild.db.begin():
            yield rebuild.db

    def mark_done(db: Connection, done: Sequence[Kept], *_interpreted: object) -> None:
        mark = placeholder(db)
        sql = f"INSERT INTO replayed (seq, webhook_id) VALUES ({mark}, {mark})"
        execute_many(db, sql, [(delivery.seq, delivery.webhook_id) for delivery in done])

    with rebuild.db.begin():
        refuse_damaged(rebuild.db, batch, f"{rebuild.live}.event")
    derive(write, deliveries, batch, mark_done)
    return len(deliveries)


def _compare(rebuild: Rebuild, table: Table, version: int | None = None) -> None:
    """Note the keys that are gone and the rows that are new or different, before anybody has to
    wait; for scores, those of one `version`.

    Rows are compared by their keys: compared as sets, whole rows would be sorted first.
    """
    db, name = rebuild.db, table.name
    old, new = f'{rebuild.live}."{name}" l', f'{rebuild.rebuilt}."{name}" r'
    keys = [column.name for column in table.primary_key]
    same = " AND ".join(f'r."{key}" = l."{key}"' for key in keys)
    others = (
        f'r."{column.name}" {differs_from(db)} l."{column.name}"'
        for column in table.columns
        if not column.primary_key
    )
    columns = ", ".join(f'r."{column.name}"' for column in table.columns)
    is_other = " OR ".join([f'l."{keys[0]}" IS NULL', *others])
    of_old, of_new = (
        "" if version is None else f" AND {one}.version = {int(version)}" for one in ("l", "r")
    )
    has_gone = f"NOT EXISTS (SELECT 1 FROM {new} WHERE {same})"
    for noted, query in (
        ("gone", f"SELECT {_names(table, keys=True)} FROM {old} WHERE {has_gone}{of_old}"),
        (
            "other",
            f"SELECT {columns} FROM {new} LEFT JOIN {old} ON {same} WHERE ({is_other}){of_new}",
        ),
    ):
        place = f"{rebuild.rebuilt}.{noted}_{name}"
        db.execute(text(f"CREATE {unlogged(db)} TABLE {place} AS {query}"))


@contextmanager
def _swapping(database: Database, rebuild: Rebuild, lease: Lease) -> Iterator[Connection]:
    """The one transaction that readers see: on Postgres the lease's own, so that the lock holds."""
    if database.is_postgres:
        with lease.write() as db:
            yield db
    else:
        with rebuild.db.begin():
            yield rebuild.db


def _swap(db: Connection, rebuild: Rebuild, *, has_switched: bool) -> dict[str, int]:
    changed: dict[str, int] = {}
    for table in DERIVED:
        if has_switched and table in _SCORES:
            continue
        keys, columns = _names(table, keys=True), _names(table)
        sets = ", ".join(
            f'"{c.name}" = excluded."{c.name}"' for c in table.columns if not c.primary_key
        )
        live = f'{rebuild.live}."{table.name}"'
        gone = db.execute(
            text(
                f"DELETE FROM {live} WHERE ({keys}) IN"
                f" (SELECT {keys} FROM {rebuild.rebuilt}.gone_{table.name})"
            )
        ).rowcount
        other = db.execute(
            text(
                f"INSERT INTO {live} ({columns})"
                f" SELECT {columns} FROM {rebuild.rebuilt}.other_{table.name} WHERE true"
                f" ON CONFLICT ({keys}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
            )
        ).rowcount
        if gone + other:
            changed[table.name] = gone + other
    db.execute(
        text(
            f"DELETE FROM {rebuild.live}.pending"
            f" WHERE seq IN (SELECT seq FROM {rebuild.rebuilt}.replayed)"
        )
    )
    projection = f"{rebuild.live}.projection"
    db.execute(text(f"UPDATE {projection} SET rules = {RULES} WHERE rules < {RULES}"))
    if changed:
        summaries.forget_days(db, f"{rebuild.live}.")
        begin_anew(db, rebuild.live, has_switched=has_switched)
        advance(db, projection)
    return changed


def _names(table: Table, *, keys: bool = False) -> str:
    chosen = table.primary_key.columns if keys else table.columns
    return ", ".join(f'"{column.name}"' for column in chosen)
