"""Retention: visits that ended long ago go, with all their deliveries and what only they fed.

Their ledger rows go whole, not to stubs: nobody sends again after days, and an old request played
back is refused by its age.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models import ledger
from models.database import Database
from models.projection import advance
from models.rows import delete, load
from models.tables import DELIVERY, EVENT, REPEAT
from models.withdrawal import remove

DAY_MS = 86_400_000
SESSIONS = 50
"""Visits in one transaction: intake waits for some milliseconds at most."""

ROWS = 500
"""Ledger rows looked through in one transaction."""


@dataclass(slots=True)
class Pruned:
    """What went: visits, and deliveries with those that belong to no visit."""

    sessions: int = 0
    deliveries: int = 0

    def add(self, more: "Pruned") -> None:
        """Count what else went."""
        self.sessions += more.sessions
        self.deliveries += more.deliveries


def cutoff(days: int) -> int:
    """Unix ms before which a last activity is too old."""
    return int(time.time() * 1000) - days * DAY_MS


def count_old(database: Database, before: int) -> Pruned:
    """What `prune` would remove: visits whose last activity lies before a time (Unix ms).

    Deliveries are those of these visits; what belongs to none is not counted.
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


def prune(database: Database, before: int) -> Iterator[Pruned]:
    """Remove visits whose last activity lies before a time (Unix ms), then deliveries received
    before it that belong to no visit: a short transaction each time the next piece is asked for.

    Raises `TimeoutError` when the projection's lock is not to be had.
    """
    while True:
        with database.deriving() as db:
            pruned = _remove_visits(db, before)
        if not pruned.sessions:
            break
        yield pruned
    after: int | None = 0
    while after is not None:
        with database.deriving() as db:
            after, homeless = _remove_homeless(db, before, after)
        yield Pruned(0, homeless)


def _remove_visits(db: Connection, before: int) -> Pruned:
    oldest = text(
        "SELECT sid FROM session WHERE last_activity < :before"
        " ORDER BY last_activity, sid LIMIT :limit"
    )
    sids = db.execute(oldest, {"before": before, "limit": SESSIONS}).scalars().all()
    events = load(db, EVENT, "sid", sids, ("webhook_id",))
    deliveries = ledger.by_id(db, {event["webhook_id"] for event in events})
    if not deliveries:  # none, or none that could be removed: do not ask for ever
        return Pruned()
    remove(db, deliveries)
    advance(db)
    return Pruned(len(sids), len(deliveries))


def _remove_homeless(db: Connection, before: int, after: int) -> tuple[int | None, int]:
    """Of the next rows of the ledger remove old ones without event: stubs, and what could not be
    read. Gives the last row looked at, None once all are new, and how many went.
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
        return None, 0
    homeless = [row for row in old if row.visit is None and row.pending is None]
    stubs = [row.seq for row in homeless if row.erased is not None]
    delete(db, DELIVERY, "seq", stubs, kind="bigint")
    unread = [row.webhook_id for row in homeless if row.erased is None]
    if unread:
        remove(db, ledger.by_id(db, unread))
        advance(db)
    db.execute(REPEAT.delete().where(REPEAT.c.received_at < before))
    return rows[-1].seq, len(homeless)
