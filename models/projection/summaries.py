"""Daily summaries: what reports need about a day's sessions, leads and events, packed into one row
per day.

A summary is a function of the rows of a span of time. Those of whole, past days are kept; for any
other span (today, a day that has changed since, the ends of a range) the reader makes them from the
rows, by the same code (`read`). So every figure is exact however much is kept, and a report over
years reads a few rows per day and no sessions.

Whoever changes rows reopens their days in the same transaction (`reopen`): nothing is counted up,
and a wrong summary is discarded like an outdated one. The projector sums up when it is idle
(`sum_up`).

Days are those of a time zone (`models.days`), which the database stores; a receiver that starts
with a different `TIME_ZONE` puts it in force, and all days are summed up again. Until then, reports
in a zone other than the kept one read the rows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Table,
    func,
    insert,
    select,
    text,
    update,
)

from models.days import begin_of, day_of, days_of, end_of
from models.payloads.wire import LAST_MS
from models.projection import summing
from models.storage.database import Database
from models.storage.rows import Row, delete, fetch_bytes
from models.tables import (
    EVENT,
    EVENT_DAY,
    HEARD_DAY,
    LEAD,
    LEAD_DAY,
    PROJECTION,
    SESSION,
    SESSION_DAY,
)

LEASE_S = 0.02
"""How long one lease may sum up days: nobody waits much longer than this for the projection."""

LEASE_WAIT_S = 60.0

MOST_DAYS = 3_660
"""How many past days are kept; what claims to be older is read from its rows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is summed up: which rows, by which of their times (ms, UTC), and into which table."""

    days: Table
    rows: Table
    time: str
    of: Callable[[Connection, int, int, ZoneInfo], Row]
    """Makes the summary of the rows between two times, both included, by the days of a zone."""


SESSIONS = Kind(SESSION_DAY, SESSION, "last_activity", summing.sessions)
LEADS = Kind(LEAD_DAY, LEAD, "last_seen", summing.leads)
EVENTS = Kind(EVENT_DAY, EVENT, "received_at", summing.events)
HEARD = Kind(HEARD_DAY, SESSION, "heard_at", summing.heard)
KINDS = (SESSIONS, LEADS, EVENTS, HEARD)


def zone_in_force(db: Connection) -> ZoneInfo:
    """The zone of the kept days: the one a receiver last gave the database, and before that UTC."""
    told: str | None = db.execute(select(PROJECTION.c.time_zone)).scalar_one()
    return ZoneInfo(told or "UTC")


def put_in_force(database: Database, zone: ZoneInfo) -> bool:
    """Put this zone in force; if it was a different one, all days are summed up again.

    Returns False if another process holds the projection's lock: try again. Raises SQLAlchemy's
    errors when the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return False
        with lease.read() as db:
            told = db.execute(select(PROJECTION.c.time_zone)).scalar_one()
        if told != zone.key:
            with lease.write() as db:
                forget_days(db)
                db.execute(update(PROJECTION).values(time_zone=zone.key))
    return True


def forget_days(db: Connection, schema: str = "") -> None:
    """Drop all kept days of every kind; `schema` ends in a dot."""
    for kind in KINDS:
        db.execute(text(f'DELETE FROM {schema}"{kind.days.name}"'))


def read(
    db: Connection,
    kind: Kind,
    columns: Collection[str],
    since: int | None,
    until: int | None,
    *,
    zone: ZoneInfo,
) -> Iterator[Row]:
    """Summaries that together are of the rows from `since` to `until` (ms, both included; null is
    open), in the order of time: of days of this zone where they are kept, of whatever lies between
    otherwise.
    """
    at = max(since or 0, 0)
    end = LAST_MS if until is None else min(until, LAST_MS)
    for day, *values in _kept(db, kind, columns, (at, end), zone):
        begin = begin_of(day, zone)
        if at < begin:
            yield kind.of(db, at, begin - 1, zone)
        yield dict(zip(columns, values, strict=True))
        at = begin_of(day + 1, zone)
    if at <= end:
        yield kind.of(db, at, end, zone)


def _kept(
    db: Connection, kind: Kind, columns: Collection[str], span: tuple[int, int], zone: ZoneInfo
) -> Iterable[tuple[Any, ...]]:
    """What is kept for the whole days within these times, by day number."""
    first, last = span
    if last < first or zone != zone_in_force(db):
        return ()
    before, after = day_of(first - 1, zone), day_of(last + 1, zone)
    return fetch_bytes(
        db,
        f"SELECT day, {', '.join(columns)} FROM {kind.days.name}"
        " WHERE day > {0} AND day < {0} ORDER BY day",
        before,
        after,
    )


def times(table: Table) -> tuple[str, ...]:
    """The columns by which rows of a table are summed up: what `reopen` needs to know about a
    row.
    """
    return tuple(kind.time for kind in KINDS if kind.rows is table)


def reopen(db: Connection, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
    """These rows of a table have changed; each as it was before the change, and as it is after.

    Only their `times` are looked at.
    """
    kinds = [kind for kind in KINDS if kind.rows is table]
    if not rows or not kinds:
        return
    day_at = days_of(zone_in_force(db))
    for kind in kinds:
        _reopen(db, kind, set(map(day_at, sorted(row[kind.time] for row in rows))))


def _reopen(db: Connection, kind: Kind, days: Collection[int]) -> None:
    delete(db, kind.days, "day", days, kind="bigint")


def sum_up(database: Database, *, now: int | None = None, most_days: int = MOST_DAYS) -> int:
    """Sum up past days, newest first, in one commit: as many as `LEASE_S` allows, but at least one
    of each kind. `now` (ms, UTC) is the present by default; `most_days`: as `MOST_DAYS`.

    Returns how many; 0 also if another process holds the projection's lock, under which no row
    changes. Raises SQLAlchemy's errors when the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return 0
        with lease.read() as db:
            end, zone = monotonic() + LEASE_S, zone_in_force(db)
            today = day_of(int(time() * 1000) if now is None else now, zone)
            past = range(today - most_days, today)
            made = [(kind, list(_some_days(db, kind, zone, past, end))) for kind in KINDS]
        if any(rows for _, rows in made):
            with lease.write() as db:
                for kind, rows in made:
                    if rows:
                        db.execute(insert(kind.days), rows)
    return sum(len(rows) for _, rows in made)


def _some_days(
    db: Connection, kind: Kind, zone: ZoneInfo, past: range, end: float
) -> Iterator[Row]:
    for day in _open(db, kind, zone, past):
        yield _day(db, kind, day, zone)
        if monotonic() >= end:
            return


def check(database: Database, limit: int = 20) -> dict[str, int]:
    """Sum up again what is kept, and reopen days whose summary differs; returns how many by table.

    A few days per lease, so that nobody waits long. Raises `TimeoutError` if the projection's lock
    can't be taken.
    """
    wrong: Counter[str] = Counter()
    for kind in KINDS:
        after: int | None = -1
        while after is not None:
            with database.lease(wait_s=LEASE_WAIT_S) as lease:
                if lease is None:
                    raise TimeoutError("deriving did not pause; is its process stuck?")
                with lease.read() as db:
                    query = select(kind.days).where(kind.days.c.day > after)
                    rows = db.execute(query.order_by(kind.days.c.day).limit(limit)).mappings().all()
                    zone = zone_in_force(db)
                    days = [
                        row["day"] for row in rows if dict(row) != _day(db, kind, row["day"], zone)
                    ]
                if days:
                    with lease.write() as db:
                        _reopen(db, kind, days)
                    wrong[kind.days.name] += len(days)
            after = rows[-1]["day"] if rows else None
    return wrong


def _day(db: Connection, kind: Kind, day: int, zone: ZoneInfo) -> Row:
    return {"day": day, **kind.of(db, begin_of(day, zone), end_of(day, zone), zone)}


def _open(db: Connection, kind: Kind, zone: ZoneInfo, past: range) -> Iterable[int]:
    """Past days that are not kept, newest first, including those without rows."""
    earliest = db.execute(select(func.min(kind.rows.c[kind.time]))).scalar()
    if earliest is None:
        return []
    first = max(day_of(earliest, zone), past.start)
    kept = set(db.execute(select(kind.days.c.day).where(kind.days.c.day >= first)).scalars())
    return (day for day in range(past.stop - 1, first - 1, -1) if day not in kept)
