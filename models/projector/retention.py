"""Retention: visits that ended long ago are deleted, with all their deliveries and whatever only
those contributed to.

Their ledger rows are deleted, not turned into stubs: nobody retries after days, and an old request
that is replayed is refused because of its age.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from models.kept_out.messages import take_back
from models.ledger import deliveries as ledger
from models.projection.withdrawal import remove
from models.storage.database import Database
from models.storage.rows import delete, load
from models.storage.version import advance
from models.tables import DELIVERY, EVENT, REPEAT

DAY_MS = 86_400_000
SESSIONS = 50
"""Visits in one transaction: intake waits a few milliseconds at most."""

ROWS = 500
"""Ledger rows looked through in one transaction."""


QUIET_DAYS = 7
"""Days without a delivery after which a wrong clock is more likely than a quiet site."""

SHARE, FEW_DAYS, SHARE_OF_FEW_DAYS = 0.5, 3, 0.9
"""A larger share of all visits than this is never deleted at once without asking; if
`RETENTION_DAYS` is at most `FEW_DAYS`, a single day's share is large anyway.
"""


@dataclass(slots=True)
class Pruned:
    """What was deleted: visits, and deliveries, including those that belong to no visit."""

    sessions: int = 0
    deliveries: int = 0

    def add(self, more: "Pruned") -> None:
        """Add to the counts."""
        self.sessions += more.sessions
        self.deliveries += more.deliveries


def cutoff(days: int) -> int:
    """Unix ms before which a last activity is too old."""
    return int(time.time() * 1000) - days * DAY_MS


def reason_to_ask(database: Database, days: int) -> str | None:
    """Why retention must not continue unasked, in a sentence for ops; None if it may.

    A clock that is wrong by weeks, or a mistyped number of days, would erase everything.
    """
    before = cutoff(days)
    with database.read() as db:
        newest = db.execute(
            text("SELECT received_at FROM delivery ORDER BY seq DESC LIMIT 1")
        ).scalar()
        total = db.execute(text("SELECT count(*) FROM session")).scalar_one()
        older = text("SELECT count(*) FROM session WHERE last_activity < :before")
        old = db.execute(older, {"before": before}).scalar_one()
    if newest is None:
        return None
    silent = (int(time.time() * 1000) - newest) // DAY_MS
    if silent >= min(QUIET_DAYS, days):
        return f"the newest delivery came {silent} days ago, so this machine's clock may be wrong"
    if old > total * (SHARE if days > FEW_DAYS else SHARE_OF_FEW_DAYS):
        return f"{old:,} of {total:,} visits would be deleted at once with RETENTION_DAYS={days}"
    return None


def count_old(database: Database, before: int) -> Pruned:
    """What `prune` would remove: visits whose last activity lies before a time (Unix ms).

    Deliveries are those of these visits; deliveries without a visit are not counted.
    """
    with database.read() as db:
        sessions = db.execute(
            text("SELECT count(*) FROM session WHERE last_activity < :before"), {"before": before}
        ).scalar_one()
        deliveries = db.execute(
            text(
                "SELECT count(*) FROM session s JOIN event e ON e.sid = s.sid"
                " WHERE s.last_activity < :before"
            ),
            {"before": before},
        ).scalar_one()
    return Pruned(sessions, deliveries)


def _nothing_to_record() -> None:
    """The caller has recorded it."""


def prune(
    database: Database, before: int, record: Callable[[], object] = _nothing_to_record
) -> Iterator[Pruned]:
    """Remove visits whose last activity lies before a time (Unix ms), then deliveries received
    before it that belong to no visit: one short transaction each time the next piece is requested.

    `record` is called before each transaction that removes anything; if it raises, everything
    stops. Raises `TimeoutError` if the projection's lock can't be taken.
    """
    while _has_old_visits(database, before):
        record()
        with database.deriving() as db:
            pruned = _remove_visits(db, before)
        if not pruned.sessions:
            break
        yield pruned
    after: int | None = 0
    while after is not None:
        with database.read() as db:
            next_after, homeless = _homeless(db, before, after)
        if homeless:
            record()
            with database.deriving() as db:
                # Checked again: what was waiting may have been derived meanwhile.
                next_after, homeless = _homeless(db, before, after)
                _remove_homeless(db, homeless)
        after = next_after
        yield Pruned(0, len(homeless))
    with database.write() as db:
        db.execute(REPEAT.delete().where(REPEAT.c.received_at < before))


def _has_old_visits(database: Database, before: int) -> bool:
    with database.read() as db:
        found = text("SELECT 1 FROM session WHERE last_activity < :before LIMIT 1")
        return db.execute(found, {"before": before}).scalar() is not None


def _remove_visits(db: Connection, before: int) -> Pruned:
    oldest = text(
        "SELECT sid FROM session WHERE last_activity < :before"
        " ORDER BY last_activity, sid LIMIT :limit"
    )
    sids = db.execute(oldest, {"before": before, "limit": SESSIONS}).scalars().all()
    events = load(db, EVENT, "sid", sids, ("webhook_id",))
    deliveries = ledger.by_id(db, {event["webhook_id"] for event in events})
    if not deliveries:  # none, or none that could be removed: do not ask forever
        return Pruned()
    take_back(db, sids)
    remove(db, deliveries)
    advance(db)
    return Pruned(len(sids), len(deliveries))


def _homeless(db: Connection, before: int, after: int) -> tuple[int | None, list[Any]]:
    """Among the next rows of the ledger, the old ones without an event: stubs, and what could not
    be read.

    Returns the last row looked at (None once all are new) and those rows.
    """
    rows = db.execute(
        text(
            "SELECT d.seq, d.webhook_id, d.received_at, d.erased, e.sid AS visit,"
            " p.seq AS pending FROM delivery d LEFT JOIN event e ON e.webhook_id = d.webhook_id"
            " LEFT JOIN pending p ON p.seq = d.seq WHERE d.seq > :after ORDER BY d.seq LIMIT :limit"
        ),
        {"after": after, "limit": ROWS},
    ).all()
    old = [row for row in rows if row.received_at < before]
    if not old:
        return None, []
    homeless = [row for row in old if row.visit is None and row.pending is None]
    return rows[-1].seq, homeless


def _remove_homeless(db: Connection, homeless: list[Any]) -> None:
    stubs = [row.seq for row in homeless if row.erased is not None]
    delete(db, DELIVERY, "seq", stubs, kind="bigint")
    unread = [row.webhook_id for row in homeless if row.erased is None]
    if unread:
        remove(db, ledger.by_id(db, unread))
        advance(db)
