"""Maintaining the database: checking that everything is in order, and copying it while it is
written to."""

import os
import sqlite3
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from models.ledger.packing import unpack
from models.storage.database import Database
from models.tables import DELIVERY, EVENT, LEAD, PENDING, QUARANTINE, SESSION

_CHUNK = 1000
_PAGES = 2000
"""SQLite pages copied at a time: writers get their turn in between."""


class BackupError(RuntimeError):
    """The copy can't be made; the message says what to do instead."""


@dataclass(slots=True)
class Report:
    """What a check found: counts to read, and faults to fix."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_database(database: Database) -> Report:
    """Count everything, and read every body in the ledger, in bounded memory."""
    report = Report()
    with database.read() as db:
        if database.path is not None:
            said = str(db.execute(text("PRAGMA quick_check(1)")).scalar())
            if said != "ok":
                report.faults.append(f"SQLite says: {said}")
        for name, table in (
            ("deliveries", DELIVERY), ("derived events", EVENT), ("waiting", PENDING),
            ("in quarantine", QUARANTINE), ("sessions", SESSION), ("leads", LEAD),
        ):  # fmt: skip
            count = db.execute(select(func.count()).select_from(table)).scalar()
            report.lines.append(f"{count:>12,} {name}")
        homeless = db.execute(
            select(func.count())
            .select_from(SESSION)
            .where(~select(1).where(LEAD.c.key == SESSION.c.lead).exists())
        ).scalar()
        if homeless:
            report.faults.append(f"{homeless} sessions without their lead. Run visitor-desk replay")
        bodies = db.execution_options(stream_results=True, yield_per=_CHUNK).execute(
            select(DELIVERY.c.webhook_id, DELIVERY.c.body)
        )
        unreadable = 0
        for row in bodies:
            try:
                unpack(bytes(row.body))
            except zlib.error:
                unreadable += 1
        if unreadable:
            report.faults.append(f"{unreadable} bodies in the ledger can't be unpacked")
    return report


def backup_database(database: Database, target: Path) -> None:
    """Copy a SQLite database to a new file, online; it holds personal data, so only its owner may
    read it.

    Raises `BackupError` for Postgres, and if the file exists or can't be written.
    """
    if database.path is None:
        raise BackupError(
            "Postgres has its own tool for this: run pg_dump --format=custom --file=backup.dump "
            "with your database's URL"
        )
    part = Path(f"{target}.part")
    if target.exists():
        raise BackupError(f"{target} already exists: name a new file")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        source, copy = sqlite3.connect(database.path), sqlite3.connect(part)
        try:
            source.backup(copy, pages=_PAGES)
        finally:
            copy.close()
            source.close()
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"can't write {target}: {error}") from None
    finally:
        part.unlink(missing_ok=True)
