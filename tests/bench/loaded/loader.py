"""Fills a database with two years of sessions: `python -m tests.bench load --help`.

A process of its own tells the history and signs it; this one keeps and derives it by the product's
own two steps, in larger batches than the receiver's. So ledger and derived tables are what a
receiver would have made of the same deliveries. Postgres gets the rows of the SQLite file, table by
table: both databases hold the same (docs/invariants.md, 2), and copying is some times faster.
"""

import hashlib
import multiprocessing
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import event

from models import migrations
from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.projection.summaries import sum_up
from models.projector.deriving import derive_batch
from models.storage.database import Database
from simulator.delivery import encode, sign
from simulator.dice import Dice
from tests.bench.loaded.history import history
from tests.conftest import SECRET
from tests.processes import ROOT

FILES = ROOT / "build" / "bench"
"""Where loaded databases are kept for the next time."""

_SEED = 11
_BATCH = 4096
_AHEAD = 3  # batches told but not kept yet
_HOUR_MS = 3_600_000
_COPIED = 2000  # rows read from SQLite at once


def load(sessions: int, url: str, files: Path = FILES) -> None:
    """Fill an empty database, which is migrated first, with so many sessions.

    The SQLite file it comes from is made when `files` has none for this number and these tables.
    Raises `ValueError` when the database is not empty.
    """
    source = sqlite_file(sessions, files)
    database = Database(url)
    if database.path is not None:
        if database.path.stat().st_size:
            raise ValueError(f"{database.path} exists already: name a new file")
        shutil.copyfile(source, database.path)
        return
    migrations.upgrade(database)
    database.close()
    copy(source, url)


def sqlite_file(sessions: int, files: Path = FILES) -> Path:
    """The SQLite database with so many sessions, made unless it is there. Readers may share it."""
    file = files / f"sessions-{sessions}-{_fingerprint()}.db"
    if file.exists():
        return file
    files.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    for left in files.glob(f"{part.name}*"):
        left.unlink()
    _make(sessions, part)
    part.rename(file)
    for left in files.glob(f"{part.name}*"):  # locks and the empty log of the file's first name
        left.unlink()
    return file


def _fingerprint() -> str:
    """Of what a loaded database depends on: the schema, and who comes."""
    schema = sorted((ROOT / "models" / "migrations" / "versions").glob("*.py"))
    story = [*sorted((ROOT / "simulator").glob("*.py")), Path(__file__).with_name("history.py")]
    return hashlib.sha256(b"".join(p.read_bytes() for p in schema + story)).hexdigest()[:10]


def _make(sessions: int, file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    # Nobody needs the file after a crash.
    event.listen(database.engine, "connect", _hurry)
    migrations.upgrade(database)
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue(_AHEAD)
    end_ms = int(time.time() * 1000) // _HOUR_MS * _HOUR_MS
    teller = context.Process(target=_tell, args=(sessions, end_ms, queue), daemon=True)
    teller.start()
    began, count = time.monotonic(), 0
    while deliveries := queue.get():
        ledger.keep(database, deliveries)
        while (derived := derive_batch(database, Ignoring(), limit=_BATCH)) and derived.deliveries:
            count += derived.deliveries
        rate = count / (time.monotonic() - began)
        print(f"\r{count:>10,} deliveries, {rate:,.0f}/s ", end="", file=sys.stderr, flush=True)
    teller.join()
    while sum_up(database):
        pass
    print(f"in {time.monotonic() - began:,.0f} s", file=sys.stderr)
    if teller.exitcode:
        raise RuntimeError("the history could not be told; see above")
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")  # kB


def _tell(sessions: int, end_ms: int, queue: Any) -> None:
    try:
        deliveries = _deliveries(sessions, end_ms)
        while some := list(islice(deliveries, _BATCH)):
            queue.put(some)
    finally:
        queue.put([])


def _deliveries(sessions: int, end_ms: int) -> Iterator[Delivery]:
    dice = Dice(_SEED + 1)
    for scheduled in history(sessions, seed=_SEED, end_ms=end_ms):
        body, webhook_id = encode(scheduled.event), scheduled.event["id"]
        received_at = scheduled.at_ms + int(dice.lognormvariate(5, 0.7))  # median 150 ms
        headers = sign(SECRET, webhook_id, body, now_s=received_at // 1000)
        yield Delivery(
            webhook_id,
            received_at,
            headers["webhook-timestamp"],
            headers["webhook-signature"],
            body,
        )


def copy(source: Path, url: str) -> None:
    """Copy a SQLite file into an empty, migrated Postgres database, every table that both have.

    Indexes are dropped for that and made again. Raises `ValueError` when it is not empty.
    """
    with (
        sqlite3.connect(source) as rows,
        psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as db,
    ):
        tables = [
            name
            for (name,) in db.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
                " AND relnamespace = current_schema()::regnamespace"
                " AND NOT relispartition AND relname <> 'alembic_version'"
            )
        ]
        filled = [name for name in tables if _count(db, name)]
        if not set(filled) <= {"projection", "desk", "scoring"}:  # as migrations leave them
            raise ValueError(f"the database is not empty: {', '.join(filled)}")
        indexes = db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)"
        ).fetchall()
        # No foreign key is checked, for the rows come from where all were.
        db.execute("SET session_replication_role = replica")
        for name, _ in indexes:
            db.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        for name in tables:
            _copy_table(rows, db, name)
        for _, definition in indexes:
            db.execute(definition)
        # As autovacuum would do in its time.
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def _count(db: psycopg.Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    found = db.execute(query).fetchone()
    return found[0] if found else 0


def _copy_table(rows: sqlite3.Connection, db: psycopg.Connection, table: str) -> None:
    if not rows.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
        return
    name = sql.Identifier(table)
    db.execute(sql.SQL("DELETE FROM {}").format(name))
    columns = db.execute(
        "SELECT attname, atttypid = 'bool'::regtype, pg_get_serial_sequence(%s, attname)"
        " FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        (f'"{table}"', f'"{table}"'),
    ).fetchall()
    names = [column for column, _, _ in columns]
    flags = [place for place, (_, is_flag, _) in enumerate(columns) if is_flag]
    quoted = ", ".join(f'"{column}"' for column in names)
    found = rows.execute(f'SELECT {quoted} FROM "{table}"')
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        name, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with db.cursor().copy(into) as copy:
        while some := found.fetchmany(_COPIED):
            for row in some:
                copy.write_row(_with_flags(row, flags) if flags else row)
    for column, _, sequence in columns:
        if sequence:
            highest = sql.SQL("SELECT setval({}, greatest(max({}), 1)) FROM {}")
            db.execute(highest.format(sequence, sql.Identifier(column), name))


def _with_flags(row: tuple[Any, ...], places: list[int]) -> list[Any]:
    """A row with true and false where SQLite has numbers."""
    changed = list(row)
    for place in places:
        changed[place] = None if row[place] is None else bool(row[place])
    return changed
