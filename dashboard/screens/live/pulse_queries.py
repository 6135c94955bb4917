"""Queries of the strip above the feed: how many, how much, how long silent; all within bounds."""

from sqlalchemy import ColumnElement, Connection, Select, func, select

from models.tables import DELIVERY, EVENT, LEAD, PENDING, PROJECTION, QUARANTINE, SESSION

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
"""A quarter of an hour: every time zone's midnight is at one."""


def last_received(db: Connection) -> int | None:
    """When the newest derived delivery came in, in ms, UTC; None if there is none."""
    newest: int | None = db.execute(select(func.max(EVENT.c.received_at))).scalar_one()
    return newest


def people_now(db: Connection, since: int, at_most: int) -> int:
    """How many were heard from since a time (ms, UTC) and have a session that is not finalized;
    counts to `at_most`."""
    return _count(
        db,
        select(LEAD.c.key)
        .join(SESSION, SESSION.c.sid == LEAD.c.last_sid)
        .where(LEAD.c.heard_at >= since, SESSION.c.finalized.is_(False))
        .limit(at_most),
    )


def people_since(db: Connection, since: int, at_most: int) -> int:
    """How many were heard from since a time in ms, UTC; counts to `at_most`."""
    return _count(db, select(LEAD.c.key).where(LEAD.c.heard_at >= since).limit(at_most))


def people_by_quarter(db: Connection, since: int, at_most: int) -> dict[int, int]:
    """People by the quarter of an hour (since 1970, UTC) in which they were heard of last.

    Each counts once, so the sum from a midnight on is how many were heard of that day. Of the
    `at_most` heard of last, since a time in ms, UTC.
    """
    return _by_slot(db, LEAD.c.heard_at, QUARTER_MS, since, at_most)


def deliveries_by_minute(db: Connection, since: int, at_most: int) -> dict[int, int]:
    """Deliveries by the minute (since 1970, UTC) they came in; of the newest `at_most`."""
    return _by_slot(db, EVENT.c.received_at, MINUTE_MS, since, at_most)


def waiting(db: Connection, at_most: int) -> tuple[int, int | None]:
    """How many deliveries are not derived yet (counts to `at_most`), and since when nobody has
    derived any (ms, UTC): the receipt of the oldest, but not from before the last that were. What
    was in a spool for long is old, and no trouble while it is worked through.
    """
    oldest = (
        select(DELIVERY.c.received_at)
        .join(PENDING, PENDING.c.seq == DELIVERY.c.seq)
        .order_by(PENDING.c.seq)
        .limit(1)
    )
    count, received = _count(db, select(PENDING.c.seq).limit(at_most)), db.execute(oldest).scalar()
    if received is None:
        return count, None
    return count, max(received, db.execute(select(PROJECTION.c.projected_at)).scalar_one())


def set_aside(db: Connection, at_most: int) -> int:
    """How many deliveries are in quarantine; counts to `at_most`."""
    return _count(db, select(QUARANTINE.c.webhook_id).limit(at_most))


def _count(db: Connection, bounded: Select[tuple[object]]) -> int:
    return db.execute(select(func.count()).select_from(bounded.subquery())).scalar_one()


def _by_slot(
    db: Connection, time: ColumnElement[int], width_ms: int, since: int, at_most: int
) -> dict[int, int]:
    newest = select(time.label("at")).where(time >= since).order_by(time.desc()).limit(at_most)
    slot = (newest.subquery().c.at // width_ms).label("slot")
    return {
        row.slot: row.rows
        for row in db.execute(select(slot, func.count().label("rows")).group_by(slot))
    }
