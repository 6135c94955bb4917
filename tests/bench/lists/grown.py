"""A database of very many visits out of one of some: its humans over and over, each time others.

What lists ask is made ten times as large by copying rows: a human becomes another one, with visits
of their own some seconds earlier, at another firm unless theirs is one of the large ones. So the
rows that lists read are as many and as wide as a receiver's, in minutes; ledger and browsers,
which no list reads, stay as they are. Campaigns are a few large ones and a long tail, some
countries are rare, some leads are somebody's, some firms are customers.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table, event

from models.projection.summaries import KINDS, sum_up
from models.projector.rescoring import rescore
from models.scoring import versions
from models.storage.database import Database
from models.tables import (
    ADDRESS,
    COMPANY,
    EMAIL_CHECK,
    LEAD,
    LEAD_ADDRESS,
    LEAD_IDENTIFIER,
    LEAD_SCORE,
    LEAD_WORD,
    NEVER,
    PAGE_EVENT,
    SESSION,
    SESSION_PAGE,
    SESSION_POINTS,
)
from tests.bench.loaded import loader

DEFINITION = """\
[fit]
seniority  = { weight = 30, any = ["c_level", "vp", "head", "director"] }
department = { weight = 10, any = ["marketing", "sales"] }
employees  = { weight = 25, full = [50, 500], zero = [10, 5000] }
industry   = { weight = 15, any = ["Software Development", "Financial Services"] }
country    = { weight = 10, any = ["US", "DE"] }
growth     = { weight = 5, full = [10, 1000], zero = [0, 1000] }

[intent]
half_life_days = 7
return_visit = 5
signals = { form_submit = 25 }
pages = [ { path = "/pricing", points = 20 }, { path = "*", points = 1 } ]
"""
"""Scores that tell people apart: the first version has no fit."""

TIMES = 10
"""How many times as many visits there are."""

_LARGE = 40
"""Of this many a firm's people there is one in ten whose firm stays the same in each copy."""

_SEGMENTS = {
    "buyers": "seniority=c_level&seniority=vp&page=/pricing",
    "paid": "channel=Paid+Search&channel=Paid+Social&country.not=US",
    "quiet-giants": "min_employees=1000&intent_min=10",
}
_CUSTOMERS = 0.02  # of all firms

_RARE_SQL = tuple(
    f"UPDATE session SET {name} = {value}, folded_{name} = {value} WHERE {which}"
    for name, value, which in (
        ("utm_campaign", "'partner_offer_' || (rowid % 997)", "rowid % 997 < 40"),
        ("utm_term", "'phrase ' || (rowid % 9973)", "rowid % 4 = 0"),
    )
)
"""A long tail: forty campaigns of a thousandth of the visits each, very many terms."""

TABLES = (
    LEAD, LEAD_WORD, LEAD_IDENTIFIER, LEAD_ADDRESS, LEAD_SCORE, ADDRESS, EMAIL_CHECK, COMPANY,
    SESSION, SESSION_PAGE, SESSION_POINTS, PAGE_EVENT,
)  # fmt: skip
"""What lists read."""


def grown_file(sessions: int, files: Path = loader.FILES) -> Path:
    """The SQLite database with some `sessions`, a tenth of them loaded; made unless it is there."""
    source = loader.sqlite_file(sessions // TIMES, files)
    file = files / f"lists-{sessions}-{source.stem.rpartition('-')[2]}.db"
    if file.exists():
        return file
    part = file.with_suffix(".part")
    for left in files.glob(f"{part.name}*"):
        left.unlink()
    began = time.monotonic()
    _grow(source, part)
    part.rename(file)
    for left in files.glob(f"{part.name}*"):
        left.unlink()
    print(f"{file.name} in {time.monotonic() - began:,.0f} s", file=sys.stderr)
    return file


def _grow(source: Path, file: Path) -> None:
    file.write_bytes(b"")
    with sqlite3.connect(source) as rows:
        rows.execute("VACUUM INTO ?", (str(file),))
    database = Database(f"sqlite:///{file}")
    event.listen(database.engine, "connect", _hurry)
    versions.save(database, DEFINITION, "bench")
    rescore(database)
    database.close()
    with sqlite3.connect(file) as db:
        _hurry(db, None)
        for told in _statements(db):
            began = time.monotonic()
            db.execute(told)
            print(f"{time.monotonic() - began:6.1f} s  {told[:70]}", file=sys.stderr, flush=True)
    while sum_up(database):
        pass
    database.close()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _hurry(db: sqlite3.Connection, _record: object) -> None:
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")  # kB
    db.execute("PRAGMA foreign_keys = OFF")


def _statements(db: sqlite3.Connection) -> Iterator[str]:
    """All that is done to the copy of a loaded database."""
    yield "DELETE FROM lead_score WHERE version <> (SELECT scoring_version FROM projection)"
    yield "DELETE FROM session_points WHERE version <> (SELECT scoring_version FROM projection)"
    names = ", ".join(f"'{table.name}'" for table in TABLES)
    indexes = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        f" AND tbl_name IN ({names})"
    ).fetchall()
    # Made again at the end: in one go, and in order.
    yield (
        "CREATE TEMP TABLE large AS SELECT company_key AS key FROM lead WHERE company_key NOT NULL"
        f" GROUP BY company_key HAVING count(*) >= {_LARGE}"
    )
    for name, _ in indexes:
        yield f'DROP INDEX "{name}"'
    for table in TABLES:
        yield f'CREATE TEMP TABLE "old_{table.name}" AS SELECT * FROM "{table.name}"'
        for copy in range(1, TIMES):
            yield _copied(table, copy)
        yield f'DROP TABLE "old_{table.name}"'
    yield from _RARE_SQL
    for kind in KINDS:
        yield f'DELETE FROM "{kind.days.name}"'
    yield (
        "UPDATE lead SET owner = CASE rowid % 3 WHEN 0 THEN 'anna@desk.example' ELSE"
        " 'ben@desk.example' END, status = CASE rowid % 5 WHEN 0 THEN 'meeting' ELSE 'working' END"
        " WHERE rowid % 53 = 0"
    )
    for _, sql in indexes:
        yield sql
    yield "INSERT INTO list VALUES ('customers', 0, 0)"
    yield (
        "INSERT INTO list_entry SELECT 'customers', key, NULL, NULL, NULL FROM company"
        f" WHERE key NOT LIKE '%:%' AND rowid % {round(1 / _CUSTOMERS)} = 0"
    )
    for name, query in _SEGMENTS.items():
        yield f"INSERT INTO segment VALUES ('{name}', '{name}', '{query}', NULL, 0, 0)"


_KEY = "{name} || '~{copy}'"
_AT_HOST = "replace({name}, '@', '@x{copy}-')"
_FIRM = "'x{copy}-' || {name}"
_NAMED = "CASE WHEN instr({name}, '@') THEN " + _AT_HOST + " ELSE " + _FIRM + " END"
_EMPLOYER = "CASE WHEN {name} IN (SELECT key FROM large) THEN {name} ELSE " + _FIRM + " END"
_EARLIER = "{name} - {copy} * 7000"
_CAMPAIGN = "CASE WHEN {copy} % 3 THEN {name} || '_{copy}' ELSE {name} END"
_COUNTRY = "CASE WHEN {copy} = 9 AND {name} = 'PT' THEN 'MT' ELSE {name} END"
_STANDING = (
    f"CASE WHEN {{name}} > {NEVER} THEN {{name}}"
    " - {copy} * 7000 / (SELECT half_life_ms FROM projection) ELSE {name} END"
)
_TELLING = """replace({name}, '"]', '~{copy}"]')"""
_CHANGED = {
    **dict.fromkeys(("sid", "vid", "lead", "last_sid", "first_touch_sid", "last_touch_sid"), _KEY),
    **dict.fromkeys(("address", "email"), _AT_HOST),
    **dict.fromkeys(("utm_campaign", "last_utm_campaign", "folded_utm_campaign"), _CAMPAIGN),
    **dict.fromkeys(
        ("first_seen", "last_seen", "heard_at", "started_at", "ended_at", "last_activity",
         "first_touched_at", "last_touched_at", "known_at"),
        _EARLIER,
    ),
    "value": _NAMED,
    "company_key": _EMPLOYER,
    "domain": _FIRM,
    "country": _COUNTRY,
    "intent_key": _STANDING,
    "telling": _TELLING,
}  # fmt: skip
"""What is another one's in each copy, by its column, in SQL: who, where and when (7 s earlier)."""


def _copied(table: Table, copy: int) -> str:
    """The statement that adds one more copy of a table's rows."""
    changed = _CHANGED | ({"key": _FIRM} if table is COMPANY else {"key": _KEY})
    names = [f'"{column.name}"' for column in table.columns]
    values = [
        changed.get(column.name, "{name}").format(name=name, copy=copy)
        for column, name in zip(table.columns, names, strict=True)
    ]
    among = " WHERE key NOT IN (SELECT key FROM large)" if table is COMPANY else ""
    return (
        f'INSERT INTO "{table.name}" ({", ".join(names)}) SELECT {", ".join(values)}'
        f' FROM "old_{table.name}"{among}'
    )


if __name__ == "__main__":
    grown_file(int(sys.argv[1]), *map(Path, sys.argv[2:]))
