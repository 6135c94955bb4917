"""Days summed up: what reports ask of a day's sessions, leads and events, packed into one row for
each day.

A summary is a function of the rows of a span of time. Those of whole days that are over are kept;
for any other span (today, a day that changed since, the ends of a range) the reader makes them
from the rows, by the same code (`read`). So every figure is exact however much is kept, and a
report over years touches some rows a day and no session.

Whoever changes rows reopens their days in the same transaction (`reopen`): nothing is counted up,
and a wrong summary is as gone as an outdated one. The projector sums up when it is idle (`sum_up`).

Days are those of a time zone (`models.days`). Which one stands in the database; a receiver that
starts with another `TIME_ZONE` puts it in force, and all days are summed up anew. Until then, who
asks for days of another zone than is kept gets them from the rows.

Text that is only told apart or counted, the keys of leads and companies, is kept as a number
(`digest`): a hundredth of the room, and numbers are counted in no time.
"""

import json
import struct
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from models.days import DAY_MS, begin_of, day_of, days_of, end_of
from models.payloads.vocabulary import SENDABLE
from models.payloads.wire import LAST_MS
from models.settings import settings
from models.storage.database import Database
from models.storage.rows import Row, delete, fetch_bytes, stream
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

HOUR_MS = 3_600_000
QUARTER_MS = HOUR_MS // 4
"""A quarter of an hour: every time zone's hours and days begin with one."""

LEASE_S = 0.02
"""How long days are summed up under one lease: nobody waits for the projection much longer."""

LEASE_WAIT_S = 60.0

MOST_DAYS = 3_660
"""Days back that are kept; what claims to be older is read from its rows."""

CLOCK_SLACK_MS = 1_000
"""Two good clocks differ by this much at most: an event made later than that lies in the future."""

Touch = tuple[str | None, str | None, str | None, str | None]
"""Source, medium, campaign and content that a visit came by."""

LEAD_FACTS = (
    ("lead", "q"), ("company", "q"), ("first_seen", "q"), ("last_seen", "q"),
    ("first_touched_at", "q"), ("last_touched_at", "q"), ("first_touch", "I"), ("last_touch", "I"),
    ("stages", "H"), ("sendable", "B"),
)  # fmt: skip
"""A lead in table `lead_day`: names and types, as `struct` writes them, little-endian.

`lead` and `company` are digests, 0 for none; touches are places in the day's list of them, and
their times are `NEVER` for none.
"""

NEVER = 2**62
_LEAD = struct.Struct("<" + "".join(code for _, code in LEAD_FACTS))


def digest(text: str | None) -> int:
    """A 64-bit number for a text, 0 for none: of a million texts, two share one once in 10^7."""
    if text is None:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


def _sessions(db: Connection, first: int, last: int, zone: ZoneInfo) -> Row:
    """Of sessions by their last activity: counts by touch and day, lengths, whose they are."""
    counts: dict[tuple[int, Touch], list[int]] = {}
    lengths: dict[tuple[int, Touch], list[int]] = {}
    leads: set[str] = set()
    day_at = days_of(zone)
    for at, hot, length, lead, *touch in stream(
        db,
        "SELECT last_activity, hot, duration_seconds, lead,"
        " utm_source, utm_medium, utm_campaign, utm_content"
        " FROM session WHERE last_activity BETWEEN {0} AND {0}",
        first,
        last,
    ):
        place = (day_at(at), tuple(touch))
        count = counts.setdefault(place, [0, 0])
        count[0] += 1
        count[1] += bool(hot)
        if length is not None:
            lengths.setdefault(place, []).append(length)
        leads.add(lead)
    visits, durations = [], array("q")
    for place in sorted(counts, key=_in_order):
        its = sorted(lengths.get(place, ()))
        durations.extend(its)
        visits.append([place[0], *place[1], *counts[place], len(its)])
    return {
        "visits": _json(visits),
        "durations": durations.tobytes(),
        "leads": array("q", sorted(map(digest, leads))).tobytes(),
    }


def _leads(db: Connection, first: int, last: int, _zone: ZoneInfo) -> Row:
    """Of identified leads by when they were last seen: what `LEAD_FACTS` names."""
    touches: dict[Touch, int] = {(None, None, None, None): 0}
    packed = bytearray()
    for (
        key, company, first_seen, last_seen, first_at, last_at, stages, validity, *utm,
    ) in stream(
        db,
        "SELECT key, COALESCE(company_key, company_name), first_seen, last_seen,"
        " first_touched_at, last_touched_at, stages, email_validity,"
        " utm_source, utm_medium, utm_campaign, utm_content,"
        " last_utm_source, last_utm_medium, last_utm_campaign, last_utm_content"
        " FROM lead WHERE last_seen BETWEEN {0} AND {0}"
        " AND (full_name IS NOT NULL OR email IS NOT NULL OR linkedin_url IS NOT NULL)"
        " ORDER BY last_seen, key",
        first,
        last,
    ):  # fmt: skip
        packed += _LEAD.pack(
            digest(key),
            digest(company),
            first_seen,
            last_seen,
            NEVER if first_at is None else first_at,
            NEVER if last_at is None else last_at,
            touches.setdefault(tuple(utm[:4]), len(touches)),
            touches.setdefault(tuple(utm[4:]), len(touches)),
            stages,
            validity in SENDABLE,
        )
    return {"touches": _json(list(touches)), "facts": bytes(packed)}


def _events(db: Connection, first: int, last: int, zone: ZoneInfo) -> Row:
    """Of events by their receipt: how many an hour of each type, and by whose clock is astray."""
    hour = hour_column(EVENT.c.received_at, zone, first).label("hour")
    query = (
        select(
            hour,
            EVENT.c.type,
            func.count(),
            func.count().filter(
                func.coalesce(EVENT.c.said_created, EVENT.c.created)
                > EVENT.c.received_at + CLOCK_SLACK_MS
            ),
            func.count().filter(EVENT.c.created < EVENT.c.received_at - DAY_MS),
        )
        .where(EVENT.c.received_at.between(first, last))
        .group_by(hour, EVENT.c.type)
        .order_by(hour, EVENT.c.type)
    )
    return {"counts": _json([list(row) for row in db.execute(query)])}


def hour_column(time: ColumnElement[int], zone: ZoneInfo, first: int) -> ColumnElement[int]:
    """When the hour began that a column's moment is in, in quarters of an hour since 1970, as SQL;
    hours are those of the day that `first` (ms) is in: half an hour aside in some zones.
    """
    begin = begin_of(day_of(first, zone), zone)
    hours = (time - literal(begin, BigInteger)) // HOUR_MS
    return hours * (HOUR_MS // QUARTER_MS) + literal(begin // QUARTER_MS, BigInteger)


def _heard(db: Connection, first: int, last: int, _zone: ZoneInfo) -> Row:
    """Of sessions by when they were last heard of: by the stages that came for them."""
    ends_too_early = or_(
        SESSION.c.last_activity < SESSION.c.started_at, SESSION.c.ended_at < SESSION.c.started_at
    )
    query = (
        select(SESSION.c.stages, func.count(), func.count().filter(ends_too_early))
        .where(SESSION.c.heard_at.between(first, last))
        .group_by(SESSION.c.stages)
        .order_by(SESSION.c.stages)
    )
    return {"counts": _json([list(row) for row in db.execute(query)])}


def _in_order(place: tuple[int, Touch]) -> Any:
    day, touch = place
    return day, [(value is not None, value) for value in touch]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Kind:
    """What is summed up: rows, by which of their times (ms, UTC), and into which table."""

    days: Table
    rows: Table
    time: str
    of: Callable[[Connection, int, int, ZoneInfo], Row]
    """Makes the summary of the rows between two times, both included, by days of a zone."""


SESSIONS = Kind(SESSION_DAY, SESSION, "last_activity", _sessions)
LEADS = Kind(LEAD_DAY, LEAD, "last_seen", _leads)
EVENTS = Kind(EVENT_DAY, EVENT, "received_at", _events)
HEARD = Kind(HEARD_DAY, SESSION, "heard_at", _heard)
KINDS = (SESSIONS, LEADS, EVENTS, HEARD)


def zone_in_force(db: Connection) -> ZoneInfo:
    """The zone that kept days are of: the one the database was last told, else this process's."""
    told: str | None = db.execute(select(PROJECTION.c.time_zone)).scalar_one()
    return settings().zone() if told is None else ZoneInfo(told)


def put_in_force(database: Database, zone: ZoneInfo) -> bool:
    """Make this the zone that days are kept of; if another was, all are summed up anew.

    Gives False when another process holds the projection's lock: try again. Raises SQLAlchemy's
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
    """Keep no day of any kind; `schema` ends in a dot."""
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
    """What is kept of the days that lie within these times as a whole, after their numbers."""
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
    """The columns by which rows of a table are summed up: what `reopen` must be told of a row."""
    return tuple(kind.time for kind in KINDS if kind.rows is table)


def reopen(db: Connection, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
    """These rows of a table are others now: each as it was before the change, and as it is after.

    All that is looked at are their `times`.
    """
    kinds = [kind for kind in KINDS if kind.rows is table]
    if not rows or not kinds:
        return
    day_at = days_of(zone_in_force(db))
    for kind in kinds:
        _reopen(db, kind, set(map(day_at, sorted(row[kind.time] for row in rows))))


def _reopen(db: Connection, kind: Kind, days: Collection[int]) -> None:
    delete(db, kind.days, "day", days, kind="bigint")


def sum_up(database: Database) -> int:
    """Sum up days that are over, the newest first, in one commit: as many as `LEASE_S` allows, but
    one of each kind.

    Gives how many, 0 also when another process holds the projection's lock: under it no row
    changes. Raises SQLAlchemy's errors when the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return 0
        with lease.read() as db:
            end, zone = monotonic() + LEASE_S, zone_in_force(db)
            made = [(kind, list(_some_days(db, kind, zone, end))) for kind in KINDS]
        if any(rows for _, rows in made):
            with lease.write() as db:
                for kind, rows in made:
                    if rows:
                        db.execute(insert(kind.days), rows)
    return sum(len(rows) for _, rows in made)


def _some_days(db: Connection, kind: Kind, zone: ZoneInfo, end: float) -> Iterator[Row]:
    for day in _open(db, kind, zone):
        yield _day(db, kind, day, zone)
        if monotonic() >= end:
            return


def check(database: Database, limit: int = 20) -> dict[str, int]:
    """Sum up again what is kept, and reopen days whose summary is another; gives how many by table.

    Some days under a lease, so that nobody waits for long. Raises `TimeoutError` when the
    projection's lock can't be taken.
    """
    wrong: Counter[str] = Counter()
    for kind in KINDS:
        after: int | None = -1
        while after is not None:
            with database.lease(wait_s=LEASE_WAIT_S) as lease:
                if lease is None:
                    raise TimeoutError("the projection did not pause; is its process stuck?")
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


def _open(db: Connection, kind: Kind, zone: ZoneInfo) -> Iterable[int]:
    """Days that are over and not kept, the newest first; those without rows, too."""
    earliest = db.execute(select(func.min(kind.rows.c[kind.time]))).scalar()
    if earliest is None:
        return []
    today = day_of(int(time() * 1000), zone)
    first = max(day_of(earliest, zone), today - MOST_DAYS)
    kept = set(db.execute(select(kind.days.c.day).where(kind.days.c.day >= first)).scalars())
    return (day for day in range(today - 1, first - 1, -1) if day not in kept)
