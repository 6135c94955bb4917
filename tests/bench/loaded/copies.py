"""A loaded database made larger in a minute or two: what scores are made of, over and over.

Companies, leads, their visits, page events and scores are there as often as asked for, each time
under other keys that lie among the first ones. The ledger and what else is derived stay as they
are, so nothing but scoring is measured on it.
"""

import shutil
import sqlite3
import sys
from pathlib import Path

from sqlalchemy import Table

from models.tables import COMPANY, LEAD, LEAD_SCORE, PAGE_EVENT, SESSION, SESSION_POINTS

_COLUMNS = {"sid", "lead", "key", "company_key", "first_touch_sid", "last_touch_sid"}
"""What is another one in each copy."""

_PAGES = """
source.session s CROSS JOIN copy CROSS JOIN source.page_event t ON t.sid = s.sid
ORDER BY s.sid, n, t.place
"""

# In the order of their keys, so that every row is written behind the one before.
_TABLES: tuple[tuple[Table, str], ...] = (
    (COMPANY, "source.company t CROSS JOIN copy ORDER BY t.key, n"),
    (LEAD, "source.lead t CROSS JOIN copy ORDER BY t.key, n"),
    (LEAD_SCORE, "source.lead_score t CROSS JOIN copy ORDER BY t.version, t.lead, n"),
    (SESSION, "source.session t CROSS JOIN copy ORDER BY t.sid, n"),
    (PAGE_EVENT, _PAGES),
    (SESSION_POINTS, "source.session_points t CROSS JOIN copy ORDER BY t.version, t.sid, n"),
)


def sqlite_file(leads: int, source: Path) -> Path:
    """A SQLite file with so many leads, or some more, made of a loaded one unless it is there."""
    file = source.with_name(f"leads-{leads}-of-{source.name}")
    if not file.exists():
        part = file.with_suffix(".part")
        _copy(source, part, leads)
        part.rename(file)
    return file


def _copy(source: Path, file: Path, leads: int) -> None:
    shutil.copyfile(source, file)
    with sqlite3.connect(file, isolation_level=None) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -400000")  # kB
        db.execute("ATTACH ? AS source", (str(source),))
        (there,) = db.execute("SELECT count(*) FROM source.lead").fetchone()
        times = -(-leads // there)
        db.execute("CREATE TEMP TABLE copy (n TEXT PRIMARY KEY)")
        numbers = [("",), *((f"~{number:03}",) for number in range(1, times))]
        db.executemany("INSERT INTO copy VALUES (?)", numbers)
        names = ", ".join(f"'{table.name}'" for table, _ in _TABLES)
        indexes = db.execute(
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            f" AND tbl_name IN ({names})"
        ).fetchall()
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("BEGIN")
        for name, _ in indexes:
            db.execute(f'DROP INDEX main."{name}"')
        for table, rows in _TABLES:
            print(f"{table.name}, {times} times", file=sys.stderr, flush=True)
            db.execute(f'DELETE FROM main."{table.name}"')
            columns = [column.name for column in table.columns if column.computed is None]
            given = [f't."{name}" || n' if name in _COLUMNS else f't."{name}"' for name in columns]
            into = ", ".join(f'"{name}"' for name in columns)
            db.execute(
                f'INSERT INTO main."{table.name}" ({into}) SELECT {", ".join(given)} FROM {rows}'
            )
        for _, definition in indexes:
            db.execute(definition)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
