"""Queries of Operations: the state of intake, what is set aside, what is unknown, how big
everything is.

Each reads an index range, or no more rows than it says. Times are Unix ms, UTC.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, func, literal, select, text

from dashboard.data.settings import settings
from dashboard.data.with_company import Row
from models.facts.ranks import created_of, delivery_of
from models.projection.summaries import EVENTS, HEARD, read
from models.projection.summing import QUARTER_MS, hour_column
from models.tables import (
    COMMIT_LAG,
    DELIVERY,
    EVENT,
    PENDING,
    PROJECTION,
    QUARANTINE,
    REPEAT,
    SESSION,
    UNKNOWN,
    VISITOR_ADDRESS,
    WITHHELD,
)

NEWEST = 5_000
"""How many events "the newest" means where an answer needs each one."""

MOST_TYPES = 50
"""Event types that are distinguished; Midbound sends five."""


def intake(db: Connection, since: int) -> list[Row]:
    """Deliveries received since then, by hour, event type and outcome: `hour`, `type`, `outcome`,
    `count`.

    `outcome` is `derived`, `quarantined`, `duplicate` or `conflict`; the last two have no `type`.
    """
    return [
        *(
            {"hour": hour * QUARTER_MS, "type": kind, "outcome": "derived", "count": count}
            for hour, kind, count, _, _ in _events(db, since)
        ),
        *_by_hour(db, QUARANTINE, "quarantined", since, QUARANTINE.c.type),
        *_by_hour(db, REPEAT, "duplicate", since, None, REPEAT.c.conflict.is_(False)),
        *_by_hour(db, REPEAT, "conflict", since, None, REPEAT.c.conflict.is_(True)),
    ]


def _events(db: Connection, since: int) -> Iterator[list[Any]]:
    """Hour, type, events, those dated in the future and late ones: see table `event_day`."""
    for day in read(db, EVENTS, ("counts",), since, None, zone=settings().zone()):
        yield from json.loads(day["counts"])


def _by_hour(
    db: Connection,
    table: FromClause,
    outcome: str,
    since: int,
    kind: ColumnElement[Any] | None,
    *conditions: ColumnElement[bool],
) -> list[Row]:
    hour = hour_column(table.c.received_at, settings().zone(), since).label("hour")
    groups = [hour] if kind is None else [hour, kind.label("type")]
    query = (
        select(*groups, func.count().label("count"))
        .where(table.c.received_at >= since, *conditions)
        .group_by(*groups)
    )
    return [
        {"type": None, **row, "hour": row["hour"] * QUARTER_MS, "outcome": outcome}
        for row in db.execute(query).mappings()
    ]


def lags(db: Connection, since: int) -> list[int]:
    """From an event's `created` to its receipt, in ms, sorted; the newest events since then.

    Below 0 if Midbound's clock is ahead of ours.
    """
    query = (
        select(EVENT.c.received_at - EVENT.c.created)
        .where(EVENT.c.received_at >= since)
        .order_by(EVENT.c.received_at.desc())
        .limit(NEWEST)
    )
    return sorted(db.execute(query).scalars())


def waiting(db: Connection) -> Row:
    """What the projector still has to do, and what it last did.

    `count` of waiting deliveries, at most `NEWEST`; `oldest`, when the first of them was received;
    `received_at`, when the newest derived one was received; `derived_at`, when it last derived.
    """
    first = select(PENDING.c.seq).order_by(PENDING.c.seq).limit(NEWEST).subquery()
    count, seq = db.execute(select(func.count(), func.min(first.c.seq))).one()
    oldest = db.execute(select(DELIVERY.c.received_at).where(DELIVERY.c.seq == seq)).scalar()
    return {
        "count": count,
        "oldest": oldest,
        "received_at": db.execute(select(func.max(EVENT.c.received_at))).scalar(),
        "derived_at": db.execute(select(PROJECTION.c.projected_at)).scalar(),
    }


def newest(db: Connection) -> int:
    """The number (`seq`) of the ledger's newest delivery; 0 when it is empty."""
    return db.execute(select(func.max(DELIVERY.c.seq))).scalar() or 0


def received_after(db: Connection, seq: int) -> int | None:
    """When the first delivery after that one was received; None when there is none."""
    query = select(DELIVERY.c.received_at).where(DELIVERY.c.seq > seq)
    return db.execute(query.order_by(DELIVERY.c.seq).limit(1)).scalar()


def commit_lags(db: Connection, since: int) -> list[Row]:
    """From receipt to commit: `count` deliveries received in an `hour` were committed within
    `within_ms`, but not within the next smaller bound. In the order of hour and bound.
    """
    query = (
        select(*COMMIT_LAG.c["hour", "within_ms"], COMMIT_LAG.c.deliveries.label("count"))
        .where(COMMIT_LAG.c.hour >= since)
        .order_by(COMMIT_LAG.c.hour, COMMIT_LAG.c.within_ms)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def latest_by_type(db: Connection) -> dict[str, int]:
    """When each event type was last received, including unknown types: `MOST_TYPES` of them.

    Two index probes per type, however many events there are.
    """
    kinds = select(func.min(EVENT.c.type).label("type"), literal(1).label("place"))
    first = kinds.cte("kinds", recursive=True)
    following = select(func.min(EVENT.c.type)).where(EVENT.c.type > first.c.type)
    following = following.correlate(first)
    every = first.union_all(
        select(following.scalar_subquery(), first.c.place + 1).where(
            first.c.type.is_not(None), first.c.place < MOST_TYPES
        )
    )
    newest = select(func.max(EVENT.c.received_at)).where(EVENT.c.type == every.c.type)
    query = select(every.c.type, newest.correlate(every).scalar_subquery())
    return dict(map(tuple, db.execute(query.where(every.c.type.is_not(None)))))


def clocks(db: Connection, since: int) -> Row:
    """Events received since then that were made in the `future`, or over a day before (`late`)."""
    counts = [numbers for _, _, *numbers in _events(db, since)]
    events, future, late = map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0)
    return {"future": future, "late": late, "events": events}


def stage_sets(db: Connection, since: int, quiet_since: int) -> list[Row]:
    """Sessions heard from since then, by the set of stages that came for them: `stages`, a bit `1
    << stage` each, `count`, `backwards`, how many of them end before they start, and `running`, how
    many were heard from since `quiet_since`.
    """
    counts, backwards = Counter[int](), Counter[int]()
    for day in read(db, HEARD, ("counts",), since, None, zone=settings().zone()):
        for stages, sessions, astray in json.loads(day["counts"]):
            counts[stages] += sessions
            backwards[stages] += astray
    latest = select(SESSION.c.stages, func.count()).where(
        SESSION.c.heard_at >= max(since, quiet_since)
    )
    running = dict(map(tuple, db.execute(latest.group_by(SESSION.c.stages))))
    return [
        {
            "stages": stages,
            "count": counts[stages],
            "backwards": backwards[stages],
            "running": running.get(stages, 0),
        }
        for stages in sorted(counts)
    ]


def conflicts(db: Connection, since: int, limit: int = 50) -> list[Row]:
    """Deliveries that came again with a different body, newest first: `webhook_id`,
    `received_at`.
    """
    query = (
        select(REPEAT.c.webhook_id, REPEAT.c.received_at)
        .where(REPEAT.c.received_at >= since, REPEAT.c.conflict.is_(True))
        .order_by(REPEAT.c.received_at.desc(), REPEAT.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def crowded(db: Connection) -> int:
    """Visitors that are not joined by address because too many are linked; at most `NEWEST`."""
    its = select(VISITOR_ADDRESS.c.vid).where(VISITOR_ADDRESS.c.crowded.is_(True)).distinct()
    return int(
        db.execute(select(func.count()).select_from(its.limit(NEWEST).subquery())).scalar_one()
    )


def withheld(db: Connection) -> list[Row]:
    """Deliveries that were not kept, by `reason`: `dropped` as they came, or `erased` later."""
    return [
        dict(row) for row in db.execute(select(WITHHELD).order_by(WITHHELD.c.reason)).mappings()
    ]


def unknown(db: Connection, limit: int = 200) -> list[Row]:
    """Fields and types that this version does not know, newest first.

    `created_first` and `created_last` are of the first and the newest event that had it;
    `webhook_id` is the newest one's delivery.
    """
    query = select(UNKNOWN).order_by(UNKNOWN.c.rank.desc(), UNKNOWN.c.path).limit(limit)
    return [
        {
            "type": row.type,
            "path": row.path,
            "created_first": row.first_created,
            "created_last": created_of(row.rank),
            "webhook_id": delivery_of(row.rank),
        }
        for row in db.execute(query)
    ]


def storage(db: Connection) -> Row:
    """The database itself: `kind`, `bytes` on disk and the schema's `revision`."""
    is_postgres = db.dialect.name == "postgresql"
    size = (
        "SELECT pg_database_size(current_database())"
        if is_postgres
        else "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    )
    return {
        "kind": "Postgres" if is_postgres else "SQLite",
        "bytes": int(db.execute(text(size)).scalar_one()),
        "revision": db.execute(text("SELECT version_num FROM alembic_version")).scalar(),
    }


def part(values: Sequence[int], share: float) -> int | None:
    """The value that this share of sorted values does not exceed; None if there are no values."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else None


def within(counts: Mapping[int, int], share: float) -> int | None:
    """The smallest bound within which this share of the counts lies; None if nothing was
    counted.
    """
    wanted = share * sum(counts.values())
    reached = 0
    for bound, count in sorted(counts.items()):
        reached += count
        if reached >= wanted:
            return bound
    return None
